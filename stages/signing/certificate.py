"""May this certificate sign a document now? Asked before the key is used, never after.

Source: RFC 5280, 4.1.2.5 (validity), 4.2.1.3 (key usage), 4.2.1.9 (basic constraints), 4.2.1.12 (extended key usage);
ETSI TS 119 312 (key lengths).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from schemas.errors import CertificateUnfit

if TYPE_CHECKING:
    from cryptography import x509

# Purposes with which public authorities issue certificates that people sign documents with. A certificate that names
# purposes and none of these (a web server's, a time-stamp's) was not issued for signing.
SIGNING_PURPOSES = {
    "2.5.29.37.0": "anyExtendedKeyUsage",
    "1.3.6.1.5.5.7.3.36": "documentSigning, RFC 9336",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.2": "clientAuth: FNMT's and ICP-Brasil's certificates for companies",
    "1.3.6.1.4.1.311.10.3.12": "Microsoft's document signing",
    "1.2.840.113583.1.1.5": "Adobe's authentic documents",
}
RSA_BITS = 2048
CURVES = {"secp256r1", "secp384r1"}


def check(certificate: x509.Certificate, at: datetime) -> None:
    """Raises CertificateUnfit (permanent: the document is parked) unless `certificate` may sign at `at` (aware).

    `detail["rule"]` is one of `expired`, `not-yet-valid`, `authority`, `key-usage`, `extended-key-usage`, `key`.
    """
    if at.utcoffset() is None:
        raise ValueError("`at` must be aware")
    if at < certificate.not_valid_before_utc:
        raise _unfit("not-yet-valid", f"not valid before {certificate.not_valid_before_utc:%Y-%m-%d %H:%M} UTC")
    if at > certificate.not_valid_after_utc:
        raise _unfit("expired", f"expired on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    _check_purpose(certificate)
    _check_key(certificate)


def days_left(certificate: x509.Certificate, at: datetime) -> int:
    """Whole days until it expires, rounded down; negative once it has."""
    return (certificate.not_valid_after_utc - at) // timedelta(days=1)


def _check_purpose(certificate: x509.Certificate) -> None:
    from cryptography import x509

    extensions = certificate.extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            raise _unfit("authority", "it is a certification authority's, not a signer's")
    except x509.ExtensionNotFound:
        pass
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
        if not (usage.digital_signature or usage.content_commitment):
            raise _unfit("key-usage", "its key usage has neither digitalSignature nor nonRepudiation")
    except x509.ExtensionNotFound:
        pass  # without the extension every usage is allowed
    try:
        purposes = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        if not any(purpose.dotted_string in SIGNING_PURPOSES for purpose in purposes):
            raise _unfit("extended-key-usage", "its extended key usage names no purpose that covers documents")
    except x509.ExtensionNotFound:
        pass


def _check_key(certificate: x509.Certificate) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < RSA_BITS:
            raise _unfit("key", f"its RSA key has {key.key_size} bits, fewer than {RSA_BITS}")
    elif not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in CURVES:
        raise _unfit("key", "its key is neither RSA nor ECDSA over P-256 or P-384")


def _unfit(rule: str, text: str) -> CertificateUnfit:
    return CertificateUnfit(f"the signing certificate may not sign: {text}", rule=rule)
