"""CMS signatures with one signer: what CAdES and PAdES have in common.

asn1crypto encodes. What a certificate gives the same way for every signature (its encoding, its issuers, its
algorithms) is made once and kept.

Source: CMS RFC 5652, 5; signing-certificate-v2 RFC 5035; CAdES ETSI EN 319 122-1 V1.3.1, 5 (attributes).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography import x509


@dataclass(frozen=True)
class Template:
    """The parts that do not change from one signature of a certificate to the next, already encoded (DER)."""

    content_type: bytes
    signing_certificate: bytes
    issuer_and_serial: bytes
    digest_algorithm: bytes
    signature_algorithm: bytes
    certificates: bytes
    signature_size: int

    @property
    def size(self) -> int:
        """Octets of the largest detached signature without time-stamp that this key can give."""
        return len(self.signed_data(self.signed_attributes(bytes(32)), bytes(self.signature_size)))

    def signed_attributes(self, digest: bytes, at: datetime | None = None) -> bytes:
        """What the key signs: content type, SHA-256 digest of the content, which certificate this is (DER, SET OF).

        `at` is the signing time that the signature claims, aware. PAdES has it elsewhere and forbids it here.
        """
        from asn1crypto import cms

        attributes = [
            cms.CMSAttribute.load(self.content_type),
            _attribute("message_digest", digest),
            cms.CMSAttribute.load(self.signing_certificate),
        ]
        if at is not None:
            seconds = at.astimezone(UTC).replace(microsecond=0)
            attributes.append(_attribute("signing_time", cms.Time(name="utc_time", value=seconds)))
        encoded: bytes = cms.CMSAttributes(attributes).dump()
        return encoded

    def signed_data(
        self, attributes: bytes, signature: bytes, *, content: bytes | None = None, token: bytes | None = None
    ) -> bytes:
        """ContentInfo (DER) of the SignedData: around `content`, or detached without one; `token` is its time-stamp."""
        from asn1crypto import algos, cms

        digest_algorithm = algos.DigestAlgorithm.load(self.digest_algorithm)
        signer_info = {
            "version": "v1",
            "sid": cms.SignerIdentifier.load(self.issuer_and_serial),
            "digest_algorithm": digest_algorithm,
            "signed_attrs": cms.CMSAttributes.load(attributes),
            "signature_algorithm": algos.SignedDigestAlgorithm.load(self.signature_algorithm),
            "signature": signature,
        }
        if token is not None:
            stamp = _attribute("signature_time_stamp_token", cms.ContentInfo.load(token))
            signer_info["unsigned_attrs"] = cms.CMSAttributes([stamp])
        encapsulated = {"content_type": "data"} if content is None else {"content_type": "data", "content": content}
        signed_data = cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [digest_algorithm],
                "encap_content_info": encapsulated,
                "certificates": cms.CertificateSet.load(self.certificates),
                "signer_infos": [cms.SignerInfo(signer_info)],
            }
        )
        encoded: bytes = cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump()
        return encoded


@lru_cache(maxsize=64)
def template(certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]) -> Template:
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
    return Template(
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
