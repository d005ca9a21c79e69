"""A signing key in a file: PKCS#12 (.p12, .pfx), or PEM with the chain in the same file or beside it.

The file is read once, at the start; a wrong password, a missing key or a certificate of another key must stop the
process then, and not the first document later.

Source: PKCS#12 RFC 7292; PEM RFC 7468.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.keys import key_id
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey

PEM_MARK = b"-----BEGIN "


@dataclass(frozen=True)
class KeyInMemory:
    """A `Signer` whose private key is in this process. The key never shows in repr or in a pickle."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    private_key: PrivateKey = field(repr=False)
    key_id: str

    def sign(self, data: bytes) -> bytes:
        """See `connectors.keys.Signer.sign`."""
        from cryptography.hazmat.primitives.asymmetric import ec, padding
        from cryptography.hazmat.primitives.hashes import SHA256

        if isinstance(self.private_key, ec.EllipticCurvePrivateKey):
            return self.private_key.sign(data, ec.ECDSA(SHA256()))
        return self.private_key.sign(data, padding.PKCS1v15(), SHA256())

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a private key is not sent to another process: load it there from its file")


def load(
    path: Path,
    password: str | None = None,
    chain: Path | None = None,
    *,
    setting: str = "signing_key_file",
    password_setting: str = "signing_key_password",  # noqa: S107 - a setting's name
    chain_setting: str = "signing_chain_file",
) -> KeyInMemory:
    """The key at `path`, with its certificate and the issuers that the files hold.

    PKCS#12 and PEM are told apart by content. `chain` is one more PEM file with certificates, in any order.
    The `..._setting` arguments are what the settings are called where the operator wrote them.

    Raises ConfigurationError, with the setting's name in its text.
    """
    content = _read(path, setting)
    if PEM_MARK in content:
        key, certificates = _from_pem(content, password, setting, password_setting)
    else:
        key, certificates = _from_pkcs12(content, password, setting, password_setting)
    if chain is not None:
        certificates += _certificates(_read(chain, chain_setting), chain_setting)
    return assemble(key, certificates, setting)


def assemble(key: object, certificates: Iterable[x509.Certificate], setting: str) -> KeyInMemory:
    """Finds the certificate of this key among `certificates`, and puts its issuers in order.

    Raises ConfigurationError when the key is neither RSA nor elliptic curve, or no certificate fits it.
    """
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ConfigurationError(f"{setting}: the key is neither RSA nor ECDSA")
    pool = list(certificates)
    if not pool:
        raise ConfigurationError(f"{setting}: there is a key but no certificate")
    public = key.public_key()
    own = [certificate for certificate in pool if certificate.public_key() == public]
    if not own:
        raise ConfigurationError(f"{setting}: the certificate belongs to another key")
    # After a renewal a file may hold both certificates of one key: the one that lasts longest is meant.
    certificate = max(own, key=lambda one: one.not_valid_after_utc)
    return KeyInMemory(certificate, chain_of(certificate, pool), key, key_id(certificate))


def certificates_of(path: Path, setting: str) -> list[x509.Certificate]:
    """The certificates in a PEM file. Raises ConfigurationError."""
    return _certificates(_read(path, setting), setting)


def chain_of(certificate: x509.Certificate, pool: list[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The issuers of `certificate` found in `pool`, nearest first; what issued nobody here is left out."""
    path = [certificate]
    while (issuer := next((one for one in pool if one not in path and _issued(one, path[-1])), None)) is not None:
        path.append(issuer)
    return tuple(path[1:])


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _read(path: Path, setting: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{setting}: cannot read {path}: {error.strerror}") from error


def _from_pkcs12(
    content: bytes, password: str | None, setting: str, password_setting: str
) -> tuple[object, list[x509.Certificate]]:
    from cryptography.hazmat.primitives.serialization import pkcs12

    try:
        store = pkcs12.load_pkcs12(content, None if password is None else password.encode())
    except ValueError as error:
        # The library has one exception for both, and one text that tells them apart.
        if "password" in str(error).lower():
            raise ConfigurationError(f"{password_setting}: wrong password for {setting}") from error
        raise ConfigurationError(f"{setting}: neither PKCS#12 nor PEM") from error
    if store.key is None:
        raise ConfigurationError(f"{setting}: no private key in it")
    held = [store.cert, *store.additional_certs] if store.cert is not None else list(store.additional_certs)
    return store.key, [one.certificate for one in held]


def _from_pem(
    content: bytes, password: str | None, setting: str, password_setting: str
) -> tuple[object, list[x509.Certificate]]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if b"PRIVATE KEY-----" not in content:
        raise ConfigurationError(f"{setting}: no private key in it")
    encrypted = b"ENCRYPTED" in content
    if encrypted and not password:
        raise ConfigurationError(f"{password_setting}: missing, and {setting} is encrypted")
    try:
        # A password for a key without one is an error to the library; it is only superfluous to us.
        key = load_pem_private_key(content, password.encode() if encrypted and password else None)
    except (ValueError, UnsupportedAlgorithm) as error:
        if encrypted:
            raise ConfigurationError(f"{password_setting}: wrong password for {setting}") from error
        raise ConfigurationError(f"{setting}: the private key cannot be read") from error
    return key, _certificates(content, setting) if b"BEGIN CERTIFICATE" in content else []


def _certificates(content: bytes, setting: str) -> list[x509.Certificate]:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificates(content)
    except ValueError as error:
        raise ConfigurationError(f"{setting}: a certificate cannot be read") from error
