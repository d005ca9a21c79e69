"""A signing key in a PKCS#11 token (smart card, HSM, SoftHSM2): it never leaves the token, and signs there.

The library is loaded and the PIN given once a process. A session that the token lost (pulled out, restarted, logged
out) is opened again, once for each signature; then the document waits.

Source: OASIS PKCS#11 3.1, 5.6 (sessions), 6.1.9 (RSA PKCS #1), 6.3.12 (ECDSA).
"""

from __future__ import annotations

import hashlib
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.keys import key_id
from connectors.keys.files import certificates_of, chain_of
from schemas.errors import ConfigurationError, SignerUnavailable

if TYPE_CHECKING:
    from cryptography import x509

MODULE, TOKEN, LABEL, PIN = (
    "signing_pkcs11_module", "signing_pkcs11_token", "signing_pkcs11_label", "signing_pkcs11_pin",
)  # fmt: skip


@dataclass
class KeyInToken:
    """A `Signer`. One session, used by one thread at a time: that is how tokens work."""

    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]
    key_id: str
    _opened: _Session = field(repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def sign(self, data: bytes) -> bytes:
        """See `connectors.keys.Signer.sign`."""
        from pkcs11.exceptions import PKCS11Error

        with self._lock:
            try:
                return self._opened.sign(data)
            except (PKCS11Error, OSError):
                pass  # whatever it was, a new session is the one thing that may mend it
            try:
                self._opened.reopen()
                return self._opened.sign(data)
            except (PKCS11Error, OSError, ConfigurationError) as error:
                raise SignerUnavailable(f"the token does not sign: {type(error).__name__}") from error

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a token's session is not sent to another process: open it there")


def load(module: Path, token: str, label: str, pin: str, certificates: Path | None = None) -> KeyInToken:
    """The private key called `label` in the token called `token`, by the library `module`.

    Its certificate and issuers are looked for in `certificates` (PEM), else in the token: all that it holds.

    Raises ConfigurationError with the setting's name; a token that is not there now is none that signs later.
    """
    session = _Session(module, token, label, pin)
    session.open()
    setting = LABEL if certificates is None else "signing_certificate_file"
    pool = session.certificates() if certificates is None else certificates_of(certificates, setting)
    if not pool:
        raise ConfigurationError(f"{setting}: there is no certificate, neither in the token nor in a file")
    own = [one for one in pool if session.fits(one)]
    if not own:
        raise ConfigurationError(f"{setting}: the certificates belong to other keys")
    # After a renewal a token may hold both certificates of one key: the one that lasts longest is meant.
    certificate = max(own, key=lambda one: one.not_valid_after_utc)
    return KeyInToken(certificate, chain_of(certificate, pool), key_id(certificate), session)


@dataclass
class _Session:
    """A session with the user logged in, and the private key found in it."""

    module: Path
    token: str
    label: str
    pin: str = field(repr=False)
    _session: Any = field(default=None, repr=False)
    _key: Any = field(default=None, repr=False)

    def open(self) -> None:
        """Raises ConfigurationError, with the setting's name."""
        import pkcs11
        from pkcs11 import exceptions as failed

        if not self.module.is_file():
            raise ConfigurationError(f"{MODULE}: there is no file {self.module}")
        try:
            token = pkcs11.lib(str(self.module)).get_token(token_label=self.token)
        except (failed.NoSuchToken, failed.MultipleTokensReturned) as error:
            raise ConfigurationError(f"{TOKEN}: there is not exactly one token of this label") from error
        except (failed.PKCS11Error, RuntimeError, OSError) as error:
            raise ConfigurationError(f"{MODULE}: not a PKCS#11 library that works here") from error
        try:
            try:
                self._session = token.open(user_pin=self.pin)
            except failed.UserAlreadyLoggedIn:  # by another key of this token: who logs in does so for the process
                self._session = token.open()
        except failed.PKCS11Error as error:
            raise ConfigurationError(f"{PIN}: the token refuses it ({type(error).__name__})") from error
        try:
            self._key = self._session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self.label)
        except failed.PKCS11Error as error:
            self.close()
            raise ConfigurationError(f"{LABEL}: the token has not exactly one private key of this label") from error
        if self._key.key_type not in (pkcs11.KeyType.RSA, pkcs11.KeyType.EC):
            self.close()
            raise ConfigurationError(f"{LABEL}: the key is neither RSA nor ECDSA")

    def close(self) -> None:
        from pkcs11.exceptions import PKCS11Error

        session, self._session, self._key = self._session, None, None
        if session is not None:
            with suppress(PKCS11Error):  # it may be lost already
                session.close()

    def reopen(self) -> None:
        """A new session in a library that has looked for its tokens anew: some do so at their start only."""
        import pkcs11

        self.close()
        pkcs11.lib(str(self.module)).reinitialize()
        self.open()

    def sign(self, data: bytes) -> bytes:
        import pkcs11
        from pkcs11.exceptions import SessionClosed
        from pkcs11.util.ec import encode_ecdsa_signature

        if self._key is None:
            raise SessionClosed
        if self._key.key_type is pkcs11.KeyType.RSA:
            return bytes(self._key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))
        # The digest is taken here: many tokens know ECDSA only without a hash.
        raw = self._key.sign(hashlib.sha256(data).digest(), mechanism=pkcs11.Mechanism.ECDSA)
        return bytes(encode_ecdsa_signature(raw))

    def certificates(self) -> list[x509.Certificate]:
        """All X.509 certificates in the token; what cannot be read is no certificate of ours."""
        import pkcs11
        from cryptography import x509

        found = []
        for one in self._session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE}):
            try:
                found.append(x509.load_der_x509_certificate(bytes(one[pkcs11.Attribute.VALUE])))
            except ValueError:
                continue
        return found

    def fits(self, certificate: x509.Certificate) -> bool:
        """Whether the key is the certificate's: asked by a signature, which also proves that the key may sign."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
        from cryptography.hazmat.primitives.hashes import SHA256

        probe = b"Entrega: is this certificate that key's?"
        key = certificate.public_key()
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(self.sign(probe), probe, padding.PKCS1v15(), SHA256())
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(self.sign(probe), probe, ec.ECDSA(SHA256()))
            else:
                return False
        except InvalidSignature:
            return False
        return True
