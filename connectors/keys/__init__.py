"""Port `keys`: who holds a signing key, and makes a signature with it when asked.

Stages know only `Signer`. A key in a file (`files.py`), the demo key (`demo.py`), a PKCS#11 token or a cloud
key service all fit behind it: none of them needs to give the private key away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from cryptography import x509


@runtime_checkable
class Signer(Protocol):
    """One key and the certificates that speak for it. Safe to call from several threads."""

    @property
    def key_id(self) -> str:
        """Names the key in events: `sha256:` and the hex digest of the SubjectPublicKeyInfo (DER), so that a
        renewed certificate over the same key keeps it."""

    @property
    def certificate(self) -> x509.Certificate:
        """The signing certificate. Whether it may be used is the stage's question, not the port's."""

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """The certificate's issuers, nearest first, the root last if it is known; without the certificate itself."""

    def sign(self, data: bytes) -> bytes:
        """Signature over the SHA-256 digest of `data` (the data itself, any length, not its digest).

        RSA: RSASSA-PKCS1-v1_5, big-endian, as long as the modulus (RFC 8017, 8.2).
        ECDSA: DER of Ecdsa-Sig-Value, SEQUENCE { r INTEGER, s INTEGER } (RFC 3279, 2.2.3), as CMS wants it
        and key services return it; XML signatures want r||s and convert it.

        Raises SignerUnavailable (transient) when the holder of the key does not answer.
        """


def key_id(certificate: x509.Certificate) -> str:
    """What `Signer.key_id` must be for this certificate's key."""
    import hashlib

    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "sha256:" + hashlib.sha256(spki).hexdigest()
