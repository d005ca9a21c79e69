"""An authority and its signers that live in memory only: for tests, and for whoever writes another key holder.

Nothing here is a shortcut: keys, certificates and signatures are real, they just never touch a disk.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from connectors.keys import Signer
from connectors.keys.files import KeyInMemory, assemble

if TYPE_CHECKING:
    from cryptography import x509

    from connectors.keys.files import PrivateKey


@dataclass(frozen=True)
class Authority:
    """Issues signing certificates, good ones and unfit ones."""

    certificate: x509.Certificate
    private_key: PrivateKey = field(repr=False)

    @classmethod
    def make(cls, at: datetime, name: str = "Authority in memory") -> Authority:
        """A root of its own, valid around `at` (aware) for forty years."""
        key = new_key("p256")
        span = timedelta(days=20 * 365)
        return cls(certify(name, key, name, key, at - span, at + span, ca=True, usage=("key_cert_sign",)), key)

    def issue(
        self,
        not_before: datetime,
        not_after: datetime,
        *,
        kind: str = "rsa2048",
        ca: bool = False,
        usage: tuple[str, ...] | None = ("digital_signature", "content_commitment"),
        purposes: tuple[str, ...] = (),
    ) -> KeyInMemory:
        """A signer with a new key of `kind` (see `new_key`) and a certificate over it.

        `usage` are names of `x509.KeyUsage`'s arguments, None for a certificate without the extension; `purposes` are
        dotted object identifiers of extended key usages.
        """
        key = new_key(kind)
        issuer = _common_name(self.certificate)
        certificate = certify(
            "Signer in memory",
            key,
            issuer,
            self.private_key,
            not_before,
            not_after,
            ca=ca,
            usage=usage,
            purposes=purposes,
        )
        return assemble(key, [certificate, self.certificate], "memory")


@dataclass
class Recording:
    """Another signer, and what it was asked to sign, in order."""

    signer: Signer
    asked: list[bytes] = field(default_factory=list)

    @property
    def key_id(self) -> str:
        return self.signer.key_id

    @property
    def certificate(self) -> x509.Certificate:
        return self.signer.certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        return self.signer.chain

    def sign(self, data: bytes) -> bytes:
        self.asked.append(data)
        return self.signer.sign(data)


def new_key(kind: str) -> PrivateKey:
    """`rsa` and its bits (`rsa2048`), `p256`, `p384` or `p521`."""
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if kind.startswith("rsa"):
        return rsa.generate_private_key(public_exponent=65537, key_size=int(kind.removeprefix("rsa")))
    return ec.generate_private_key({"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}[kind])


def certify(
    subject: str,
    key: PrivateKey,
    issuer: str,
    issuer_key: PrivateKey,
    not_before: datetime,
    not_after: datetime,
    *,
    ca: bool,
    usage: tuple[str, ...] | None,
    purposes: tuple[str, ...] = (),
) -> x509.Certificate:
    """A certificate over `key` under `subject`, issued by `issuer`; `usage` and `purposes` as in `Authority.issue`."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if usage is not None:
        builder = builder.add_extension(_key_usage(usage), critical=True)
    if purposes:
        named = x509.ExtendedKeyUsage([x509.ObjectIdentifier(one) for one in purposes])
        builder = builder.add_extension(named, critical=False)
    return builder.sign(issuer_key, SHA256())


def _key_usage(names: tuple[str, ...]) -> x509.KeyUsage:
    from cryptography import x509

    known = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: name in names for name in known.split()})


def _name(common_name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _common_name(certificate: x509.Certificate) -> str:
    from cryptography.x509.oid import NameOID

    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
