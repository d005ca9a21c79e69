"""PAdES baseline B: the signature inside a PDF, invisible, added behind the file's own bytes.

pyHanko writes the PDF and asn1crypto encodes the CMS. What they would do anew for every signature (re-encode the
certificates, sign a trial run to learn its size, rewrite the metadata) is done once a certificate or not at all: 2 ms
of CPU instead of 20.

Source: PAdES ETSI EN 319 142-1 V1.2.1, 6.3 (baseline B); CMS RFC 5652, 5; signing-certificate-v2 RFC 5035; PDF/A-3
ISO 19005-3, 6.3 (annotations), 6.4.3 (signatures).
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from stages.signing import certificate as fitness

if TYPE_CHECKING:
    from cryptography import x509

    from connectors.keys import Signer

FIELD: Final = "Signature"


def sign_pdf(
    pdf: bytes,
    signer: Signer,
    at: datetime,
    *,
    field: str = FIELD,
    reason: str | None = None,
    location: str | None = None,
) -> bytes:
    """`pdf` with an approval signature over the whole of it; what was PDF/A-3b stays so.

    The bytes of `pdf` stand unchanged at the head of the result. `at` is the signing time that the signature claims
    (entry M), aware. `field` is the name of the signature field to make; `reason` and `location` are what readers show.
    With RSA the same input gives the same bytes.

    Raises CertificateUnfit (permanent) before the key is used; SignerUnavailable (transient) from the signer.
    """
    from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
    from pyhanko.sign.signers.pdf_byterange import SignatureObject

    fitness.check(signer.certificate, at)
    template = _template(signer.certificate, signer.chain)
    writer = _writer()(io.BytesIO(pdf))
    embedding = PdfCMSEmbedder(SigFieldSpec(field, on_page=0)).write_cms(field, writer)
    next(embedding)
    placeholder = SignatureObject(
        timestamp=at.astimezone(UTC),
        subfilter=SigSeedSubFilter.PADES,
        reason=reason,
        location=location,
        bytes_reserved=2 * template.size,
    )
    embedding.send(SigObjSetup(sig_placeholder=placeholder))
    prepared, output = embedding.send(SigIOSetup(md_algorithm="sha256"))
    attributes = template.signed_attributes(prepared.document_digest)
    embedding.send(template.signed_data(attributes, signer.sign(attributes)))
    result: bytes = output.getvalue()
    return result


@dataclass(frozen=True)
class _Template:
    """The parts of the CMS that do not change from one signature to the next, already encoded (DER)."""

    content_type: bytes
    signing_certificate: bytes
    issuer_and_serial: bytes
    digest_algorithm: bytes
    signature_algorithm: bytes
    certificates: bytes
    signature_size: int

    @property
    def size(self) -> int:
        """Octets of the largest CMS that this key can give."""
        return len(self.signed_data(self.signed_attributes(bytes(32)), bytes(self.signature_size)))

    def signed_attributes(self, digest: bytes) -> bytes:
        """What the key signs: content type, digest of the PDF, and which certificate this is (DER, SET OF).

        No signing time: PAdES forbids it here, entry M has it.
        """
        from asn1crypto import cms

        encoded: bytes = cms.CMSAttributes(
            [
                cms.CMSAttribute.load(self.content_type),
                _attribute("message_digest", digest),
                cms.CMSAttribute.load(self.signing_certificate),
            ]
        ).dump()
        return encoded

    def signed_data(self, attributes: bytes, signature: bytes) -> bytes:
        """ContentInfo (DER) of a detached SignedData with one signer."""
        from asn1crypto import algos, cms

        digest_algorithm = algos.DigestAlgorithm.load(self.digest_algorithm)
        signer_info = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier.load(self.issuer_and_serial),
                "digest_algorithm": digest_algorithm,
                "signed_attrs": cms.CMSAttributes.load(attributes),
                "signature_algorithm": algos.SignedDigestAlgorithm.load(self.signature_algorithm),
                "signature": signature,
            }
        )
        signed_data = cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [digest_algorithm],
                "encap_content_info": {"content_type": "data"},
                "certificates": cms.CertificateSet.load(self.certificates),
                "signer_infos": [signer_info],
            }
        )
        encoded: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump()
        return encoded


@lru_cache(maxsize=64)
def _template(certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]) -> _Template:
    from asn1crypto import algos, cms
    from asn1crypto.x509 import Certificate
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding
    from pyhanko.sign.general import as_signing_certificate_v2

    own, *issuers = [Certificate.load(one.public_bytes(Encoding.DER)) for one in (certificate, *chain)]
    key = certificate.public_key()
    elliptic = isinstance(key, ec.EllipticCurvePublicKey)
    bits: int = getattr(key, "key_size")  # noqa: B009 - both kinds that may sign have it, their common type does not
    sid = cms.IssuerAndSerialNumber({"issuer": own.issuer, "serial_number": own.serial_number})
    return _Template(
        content_type=_attribute("content_type", "data").dump(),
        signing_certificate=_attribute("signing_certificate_v2", as_signing_certificate_v2(own)).dump(),
        issuer_and_serial=cms.SignerIdentifier(name="issuer_and_serial_number", value=sid).dump(),
        digest_algorithm=algos.DigestAlgorithm({"algorithm": "sha256"}).dump(),
        signature_algorithm=algos.SignedDigestAlgorithm(
            {"algorithm": "sha256_ecdsa" if elliptic else "sha256_rsa"}
        ).dump(),
        certificates=cms.CertificateSet(
            [cms.CertificateChoices(name="certificate", value=one) for one in (own, *issuers)]
        ).dump(),
        # Two integers of the curve's length with a sign octet and two of header each, in a header of at most three.
        signature_size=2 * (bits // 8 + 3) + 3 if elliptic else bits // 8,
    )


def _attribute(kind: str, value: object) -> Any:
    from asn1crypto import cms

    return cms.CMSAttribute({"type": kind, "values": [value]})


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
