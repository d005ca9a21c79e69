"""The demo's own certification authority: so that the first run can sign without anybody's key.

Nobody trusts it, and each signature says so: the marker stands in the certificate's subject, where pages and PDFs
find it. The authority's private key is thrown away once it has issued the one certificate, so no other can ever
appear under it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.keys.files import load

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

MARKER = "Entrega demo - nobody trusts this certificate"
KEY_FILE = "demo-signing.pem"
CA_FILE = "demo-ca.pem"
VALIDITY = timedelta(days=730)
RENEW_BEFORE = timedelta(days=30)


@dataclass(frozen=True)
class DemoIdentity:
    """Where the demo's key and authority stand.

    `key_file` holds key, certificate and authority (PEM, mode 0600; `files.load` reads it);
    `ca_file` the authority's certificate, to verify by, and those of earlier ones below it.
    """

    key_file: Path
    ca_file: Path


def ensure(folder: Path, at: datetime) -> DemoIdentity:
    """The demo identity in `folder`, made if it is missing or about to expire; `at` is the present, aware.

    Processes that start together get the same one. A crash leaves either the old files or the new.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    identity = DemoIdentity(folder / KEY_FILE, folder / CA_FILE)
    with _locked(folder):
        if not _usable(identity, at):
            _make(identity, at)
    return identity


def is_demo(certificate: x509.Certificate) -> bool:
    """Whether this certificate came from here: a page must then say that the signature proves nothing to others."""
    from cryptography.x509.oid import NameOID

    return any(
        name.value == MARKER for name in certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
    )


def _usable(identity: DemoIdentity, at: datetime) -> bool:
    if not identity.key_file.exists():
        return False
    signer = load(identity.key_file)
    if not signer.certificate.not_valid_before_utc <= at < signer.certificate.not_valid_after_utc - RENEW_BEFORE:
        return False
    # The crash may have come between the two files: the public one is made again from the other.
    _publish(identity, signer.chain[0])
    return True


def _make(identity: DemoIdentity, at: datetime) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    ca_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    ca = _ca_certificate(ca_key, at)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    certificate = _signing_certificate(key, ca_key, ca, at)
    content = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    content += certificate.public_bytes(Encoding.PEM) + ca.public_bytes(Encoding.PEM)
    _write(identity.key_file, content, 0o600)
    _publish(identity, ca)


def _publish(identity: DemoIdentity, ca: x509.Certificate) -> None:
    """Puts `ca` at the head of the public file, and keeps earlier ones: what they signed is still to be verified."""
    from cryptography.hazmat.primitives.serialization import Encoding

    present = ca.public_bytes(Encoding.PEM)
    earlier = identity.ca_file.read_bytes() if identity.ca_file.exists() else b""
    if present not in earlier:
        _write(identity.ca_file, present + earlier, 0o644)


def _ca_certificate(key: RSAPrivateKey, at: datetime) -> x509.Certificate:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    name = _name("Entrega demo CA")
    return (
        _builder(at)
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def _signing_certificate(
    key: RSAPrivateKey, ca_key: RSAPrivateKey, ca: x509.Certificate, at: datetime
) -> x509.Certificate:
    """Usage digitalSignature and nonRepudiation (ETSI EN 319 412-2, type B), purpose documentSigning (RFC 9336)."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    return (
        _builder(at)
        .subject_name(_name("Entrega demo signature"))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(ca=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")]),
            critical=False,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
                ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
            ),
            critical=False,
        )
        .sign(ca_key, SHA256())
    )


def _builder(at: datetime) -> x509.CertificateBuilder:
    from cryptography import x509

    # A day back: another machine's clock may be behind ours.
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + VALIDITY)
    )


def _name(common_name: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Entrega demo"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, MARKER),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write(path: Path, content: bytes, mode: int) -> None:
    """Replaces `path` in one step; the bytes are on disk, and the mode is set before any of them is written."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, mode)
            file.write(content)
            file.flush()
            os.fsync(handle)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    import fcntl

    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)  # releases the lock
