"""What every XML signature of ours is built from: names, canonical forms, digests, references, the key's answer.

Digests, canonical form and key operation are three separate steps. A library that fetches the referenced files while
it signs needs process-wide callbacks, may mix data up between threads, and newer libxmlsec refuses all but
same-document references; so the digests are taken here, and the key sees nothing but the canonical SignedInfo.

Source: XML signatures W3C xmldsig-core1; W3C xml-c14n, xml-exc-c14n; algorithms RFC 9231.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from lxml import etree

if TYPE_CHECKING:
    from cryptography import x509

    from connectors.keys import Signer

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
INCLUSIVE_C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
ECDSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
DIGESTS: Final = {
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "sha256": SHA256,
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
}
DECLARATION: Final = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def canonical(element: Any, method: str = EXCLUSIVE_C14N) -> bytes:
    """Canonical form without comments of an element in its place, or of a whole tree: what a digest is taken of."""
    return etree.tostring(element, method="c14n", exclusive=method == EXCLUSIVE_C14N, with_comments=False)


def signature_method(of: x509.Certificate) -> str:
    """The XML signature algorithm for this certificate's key, always over SHA-256."""
    from cryptography.hazmat.primitives.asymmetric import ec

    return ECDSA_SHA256 if isinstance(of.public_key(), ec.EllipticCurvePublicKey) else RSA_SHA256


def signature_value(signer: Signer, data: bytes) -> bytes:
    """What XML wants: RSA as the signer gives it; ECDSA as r||s, each of the curve's length (xmldsig-core1 6.4.3)."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    raw = signer.sign(data)
    key = signer.certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return raw
    size = (key.curve.key_size + 7) // 8
    return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(raw))


def add_reference(
    info: etree._Element,
    attributes: dict[str, str],
    data: bytes,
    transforms: Sequence[str] = (),
    digest: str = "sha256",
) -> None:
    """A Reference whose target is `data` once `transforms` are done."""
    reference = etree.SubElement(info, ds("Reference"), attributes)
    if transforms:
        listed = etree.SubElement(reference, ds("Transforms"))
        for transform in transforms:
            etree.SubElement(listed, ds("Transform"), {"Algorithm": transform})
    add_digest(reference, data, digest)


def add_digest(parent: etree._Element, data: bytes, digest: str = "sha256") -> None:
    etree.SubElement(parent, ds("DigestMethod"), {"Algorithm": DIGESTS[digest]})
    etree.SubElement(parent, ds("DigestValue")).text = base64(hashlib.new(digest, data).digest())


def add_certificates(key_info: etree._Element, signer: Signer) -> None:
    """The whole chain: receivers do not fetch issuers, some refuse a signature without them."""
    data = etree.SubElement(key_info, ds("X509Data"))
    for one in (signer.certificate, *signer.chain):
        etree.SubElement(data, ds("X509Certificate")).text = base64(der(one))


def der(of: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return of.public_bytes(Encoding.DER)


def base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def ds(name: str) -> str:
    return f"{{{DS}}}{name}"
