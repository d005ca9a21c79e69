"""PAdES baseline B and T: the signature inside a PDF, invisible, added behind the file's own bytes.

pyHanko writes the PDF, `cms.py` the signature. What pyHanko would do anew for every signature (re-encode the
certificates, sign a trial run to learn its size, rewrite the metadata) is done once a certificate or not at all: 2 ms
of CPU instead of 20.

Source: PAdES ETSI EN 319 142-1 V1.2.1, 6.3 (baseline B, T); PDF/A-3 ISO 19005-3, 6.3 (annotations), 6.4.3 (signatures).
"""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from schemas.errors import NotSignable, SignerUnavailable
from stages.signing import certificate, cms

if TYPE_CHECKING:
    from connectors.keys import Signer
    from connectors.timestamp import TimeStamps

FIELD: Final = "Signature"
SPARE: Final = 256
"""Octets by which a second token may be larger than the first."""

DAMAGED: Final = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    AssertionError,
    ArithmeticError,
    RecursionError,
    OSError,
)
"""What pyHanko raises at a damaged file, beside its own errors."""


def sign_pdf(
    pdf: bytes,
    signer: Signer,
    at: datetime,
    *,
    field: str = FIELD,
    reason: str | None = None,
    location: str | None = None,
    stamps: TimeStamps | None = None,
) -> bytes:
    """`pdf` with an approval signature over the whole of it; what was PDF/A-3b stays so.

    The bytes of `pdf` stand unchanged at the head of the result. `at` is the signing time that the signature claims
    (entry M), aware. `field` is the name of the signature field to make; `reason` and `location` are what readers show.
    With `stamps` the signature carries a time-stamp (B-T). With RSA and without one the same input
    gives the same bytes.

    Raises NotSignable (permanent) where it is no PDF, or encrypted; CertificateUnfit (permanent) before the key is
    used; SignerUnavailable (transient) from the signer or the time-stamping authority.
    """
    certificate.check(signer.certificate, at)
    template = cms.template(signer.certificate, signer.chain)
    room = template.size + (stamps.token_size if stamps else 0)
    signed = _signed(pdf, signer, at, field, reason, location, stamps, room)
    if isinstance(signed, int):  # the token was larger than any before; the room is part of what is signed
        signed = _signed(pdf, signer, at, field, reason, location, stamps, signed)
    if isinstance(signed, int):
        raise SignerUnavailable("the time-stamping authority's tokens differ too much in size")
    return signed


def _signed(
    pdf: bytes,
    signer: Signer,
    at: datetime,
    field: str,
    reason: str | None,
    location: str | None,
    stamps: TimeStamps | None,
    room: int,
) -> bytes | int:
    """The signed PDF with `room` octets kept free for the CMS, or how many it would have taken."""
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.general import SigningError
    from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
    from pyhanko.sign.signers.pdf_byterange import SignatureObject

    template = cms.template(signer.certificate, signer.chain)
    try:
        writer = _writer()(io.BytesIO(pdf))
        if writer.prev.encrypted:
            raise NotSignable("the PDF is encrypted")
        embedding = PdfCMSEmbedder(SigFieldSpec(field, on_page=0)).write_cms(field, writer)
        next(embedding)
    except (PdfError, SigningError, *DAMAGED) as error:
        raise NotSignable("the PDF cannot be read, or has a signature field of this name") from error
    placeholder = SignatureObject(
        timestamp=at.astimezone(UTC),
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        location=location,
        bytes_reserved=2 * room,
    )
    embedding.send(SigObjSetup(sig_placeholder=placeholder))
    prepared, output = embedding.send(SigIOSetup(md_algorithm="sha256"))
    attributes = template.signed_attributes(prepared.document_digest)
    value = signer.sign(attributes)
    token = stamps.stamp(hashlib.sha256(value).digest()) if stamps else None
    encoded = template.signed_data(attributes, value, token=token)
    if len(encoded) > room:
        return len(encoded) + SPARE
    embedding.send(encoded)
    result: bytes = output.getvalue()
    return result


@cache
def _writer() -> Any:
    """pyHanko's writer of updates, less what it changes of its own accord.

    It stamps its name and the machine's clock into Info and XMP, and draws a random second half of the file's ID. The
    metadata is the renderer's (a rewritten XMP may lose the extension schema that PDF/A asks for), and the same
    signature should come out as the same bytes. Should a newer pyHanko call these hooks otherwise, its own behaviour
    comes back, and the tests say so.
    """
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.reader import PdfFileReader

    class Writer(IncrementalPdfFileWriter):
        def _update_meta(self) -> None:
            pass

        @classmethod
        def _handle_id(cls, prev: PdfFileReader) -> generic.ArrayObject:
            kept, _ = super()._handle_id(prev)  # type: ignore[no-untyped-call]
            prev.stream.seek(0)
            changed = generic.ByteStringObject(hashlib.sha256(prev.stream.read()).digest()[:16])
            return generic.ArrayObject([kept, changed])

    return Writer
