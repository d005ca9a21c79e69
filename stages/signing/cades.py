"""CAdES baseline B and T around a document: `.p7m`, as the Italian exchange system takes it.

Source: CAdES ETSI EN 319 122-1 V1.3.1, 6.3 (baseline B, T); CMS RFC 5652; Agenzia delle Entrate, Specifiche tecniche
FatturaPA 1.2.2, 2.2 (signed attributes content-type, message-digest, signing-certificate-v2).
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING, Final

from stages.signing import certificate, cms

if TYPE_CHECKING:
    from connectors.keys import Signer
    from connectors.timestamp import TimeStamps

MIME_TYPE: Final = "application/pkcs7-mime"


def sign(document: bytes, signer: Signer, at: datetime, stamps: TimeStamps | None = None) -> bytes:
    """A SignedData (DER) with `document` in it. `at` is the claimed signing time, aware, taken to the second.

    With `stamps` it carries a time-stamp (B-T). With RSA and without one the same input gives the same bytes.

    Raises CertificateUnfit (permanent) before the key is used; SignerUnavailable (transient) from the signer or the
    time-stamping authority.
    """
    certificate.check(signer.certificate, at)
    template = cms.template(signer.certificate, signer.chain)
    attributes = template.signed_attributes(hashlib.sha256(document).digest(), at)
    value = signer.sign(attributes)
    token = stamps.stamp(hashlib.sha256(value).digest()) if stamps else None
    return template.signed_data(attributes, value, content=document, token=token)
