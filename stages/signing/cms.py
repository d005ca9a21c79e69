"""CMS signatures with one signer: what CAdES and PAdES have in common.

What a certificate gives the same way for every signature (its encoding, its issuers, its algorithms) is encoded once by
asn1crypto and kept; a signature then puts these octets together. asn1crypto itself would decode and encode the whole
anew, at 1 to 20 ms a signature.

Source: CMS RFC 5652, 5; signing-certificate-v2 RFC 5035; CAdES ETSI EN 319 122-1 V1.3.1, 5 (attributes); DER X.690.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cryptography import x509


SEQUENCE, SET, OCTET_STRING, UTC_TIME, GENERALIZED_TIME, CONTEXT_0, CONTEXT_1 = 0x30, 0x31, 0x04, 0x17, 0x18, 0xA0, 0xA1
VERSION_1: Final = bytes.fromhex("020101")
# Object identifiers, encoded.
DATA: Final = bytes.fromhex("06092a864886f70d010701")
SIGNED_DATA: Final = bytes.fromhex("06092a864886f70d010702")
MESSAGE_DIGEST: Final = bytes.fromhex("06092a864886f70d010904")
SIGNING_TIME: Final = bytes.fromhex("06092a864886f70d010905")
TIME_STAMP_TOKEN: Final = bytes.fromhex("060b2a864886f70d010910020e")


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
        attributes = [
            self.content_type,
            self.signing_certificate,
            _der(SEQUENCE, MESSAGE_DIGEST, _der(SET, _der(OCTET_STRING, digest))),
        ]
        if at is not None:
            attributes.append(_der(SEQUENCE, SIGNING_TIME, _der(SET, _time(at))))
        return _der(SET, *sorted(attributes))  # DER orders the members of a SET OF by their octets

    def signed_data(
        self, attributes: bytes, signature: bytes, *, content: bytes | None = None, token: bytes | None = None
    ) -> bytes:
        """ContentInfo (DER) of the SignedData: around `content`, or detached without one; `token` is its time-stamp."""
        inside = () if content is None else (_der(CONTEXT_0, _der(OCTET_STRING, content)),)
        stamp = () if token is None else (_der(CONTEXT_1, _der(SEQUENCE, TIME_STAMP_TOKEN, _der(SET, token))),)
        signer_info = _der(
            SEQUENCE,
            VERSION_1,
            self.issuer_and_serial,
            self.digest_algorithm,
            bytes([CONTEXT_0]) + attributes[1:],  # the same members under an implicit tag
            self.signature_algorithm,
            _der(OCTET_STRING, signature),
            *stamp,
        )
        signed_data = _der(
            SEQUENCE,
            VERSION_1,
            _der(SET, self.digest_algorithm),
            _der(SEQUENCE, DATA, *inside),
            bytes([CONTEXT_0]) + self.certificates[1:],
            _der(SET, signer_info),
        )
        return _der(SEQUENCE, SIGNED_DATA, _der(CONTEXT_0, signed_data))


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


def _time(at: datetime) -> bytes:
    """UTCTime until 2049, then GeneralizedTime (RFC 5652, 11.3)."""
    moment = at.astimezone(UTC)
    if moment.year < 2050:
        return _der(UTC_TIME, moment.strftime("%y%m%d%H%M%SZ").encode("ascii"))
    return _der(GENERALIZED_TIME, moment.strftime("%Y%m%d%H%M%SZ").encode("ascii"))


def _der(tag: int, *parts: bytes) -> bytes:
    """Tag, length and the parts as content (X.690, 8.1, 10.1)."""
    size = sum(map(len, parts))
    if size < 128:
        return bytes([tag, size]) + b"".join(parts)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + b"".join(parts)
