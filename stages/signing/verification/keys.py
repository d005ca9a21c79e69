"""Does this key's signature fit these bytes: the algorithms of XML signatures that are let through.

Source: algorithms of XML signatures RFC 9231, 2.3; ETSI TS 119 312 (which of them still prove something).
"""

from __future__ import annotations

from typing import Any, Final

from stages.signing.verification.trust import Trust

RSA: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-"
ECDSA: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-"
PSS: Final = "http://www.w3.org/2007/05/xmldsig-more#"
METHODS: Final = {
    **{f"{RSA}sha{bits}": ("rsa", f"SHA{bits}") for bits in (256, 384, 512)},
    **{f"{ECDSA}sha{bits}": ("ecdsa", f"SHA{bits}") for bits in (256, 384, 512)},
    **{f"{PSS}sha{bits}-rsa-MGF1": ("pss", f"SHA{bits}") for bits in (256, 384, 512)},
}
WEAK_METHODS: Final = {"http://www.w3.org/2000/09/xmldsig#rsa-sha1": ("rsa", "SHA1"), f"{ECDSA}sha1": ("ecdsa", "SHA1")}
"""Still computed, so that a change is told from age; no signature passes with them."""


def known(method: str) -> bool:
    return method in METHODS or method in WEAK_METHODS


def fits(key: Any, method: str, value: bytes, data: bytes) -> bool:
    """Whether `value` is the signature over `data` by `method` (a URI) with the public `key`."""
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

    kind, digest = {**METHODS, **WEAK_METHODS}.get(method, ("", ""))
    try:
        if kind == "rsa" and isinstance(key, rsa.RSAPublicKey):
            key.verify(value, data, padding.PKCS1v15(), getattr(hashes, digest)())
        elif kind == "pss" and isinstance(key, rsa.RSAPublicKey):
            algorithm = getattr(hashes, digest)()
            salt = padding.PSS(padding.MGF1(algorithm), algorithm.digest_size)
            key.verify(value, data, salt, algorithm)
        elif kind == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_der(value, key), data, ec.ECDSA(getattr(hashes, digest)()))
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _der(value: bytes, key: Any) -> bytes:
    """r||s, each of the curve's length, as the library wants them. Raises ValueError for another length."""
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    size = (key.curve.key_size + 7) // 8
    if len(value) != 2 * size:
        raise ValueError("not two numbers of the curve's length")
    return encode_dss_signature(int.from_bytes(value[:size], "big"), int.from_bytes(value[size:], "big"))


def trusted(trust: Trust, method: str, value: bytes, data: bytes) -> tuple[Any, Any]:
    """The trusted certificate (None for a bare key) and key that made the signature; None and None where none did."""
    for certificate in trust.certificates:
        if fits(certificate.public_key(), method, value, data):
            return certificate, certificate.public_key()
    for key in trust.keys:
        if fits(key, method, value, data):
            return None, key
    return None, None
