"""A time-stamping authority over HTTP or HTTPS.

pyHanko writes the request and reads the answer's status; what it does not ask (is the token over our digest, does its
signature fit) is asked here. Size and time of the answer are capped, redirects are not followed.

Source: RFC 3161, 2.4 (request and response), 3.4 (HTTP); RFC 7617 (user and password).
"""

from __future__ import annotations

import time
from base64 import b64encode
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from schemas.errors import ConfigurationError, SignerUnavailable

if TYPE_CHECKING:
    from asn1crypto import cms, tsp

ANSWER_BYTES: Final = 256 * 1024
FIRST_SIZE: Final = 6 * 1024
SPARE: Final = 256
"""Tokens of one authority differ by serial number, fractions of a second and the encoding of ECDSA's numbers."""


@dataclass(frozen=True)
class HttpTimeStamps:
    """See `connectors.timestamp.TimeStamps`. `seconds` bounds the whole exchange."""

    url: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    seconds: float = 10.0
    _seen: dict[str, int] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError("tsa_url: not an http or https address")

    @property
    def token_size(self) -> int:
        return self._seen.get("largest", FIRST_SIZE) + SPARE

    def stamp(self, digest: bytes) -> bytes:
        """See `connectors.timestamp.TimeStamps.stamp`."""
        from asn1crypto import tsp
        from pyhanko.sign.timestamps import TimeStamper
        from pyhanko.sign.timestamps.common_utils import TimestampRequestError, handle_tsp_response

        if len(digest) != 32:
            raise ValueError("not a SHA-256 digest")
        stamper: Any = TimeStamper  # pyHanko's classes have no types
        nonce, request = stamper().request_cms(digest, "sha256")
        answer = self._exchange(request.dump())
        try:
            token = handle_tsp_response(tsp.TimeStampResp.load(answer, strict=True), nonce)
            _check(token, digest)
        except TimestampRequestError as error:
            raise SignerUnavailable("the time-stamping authority refused the request, or answered another") from error
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise SignerUnavailable("the time-stamping authority's answer cannot be read") from error
        encoded: bytes = token.dump()
        self._seen["largest"] = max(len(encoded), self._seen.get("largest", 0))
        return encoded

    def _exchange(self, body: bytes) -> bytes:
        parts = urlsplit(self.url)
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        if self.username is not None:
            pair = b64encode(f"{self.username}:{self.password or ''}".encode()).decode("ascii")
            headers["Authorization"] = f"Basic {pair}"
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        deadline = time.monotonic() + self.seconds
        connection = kind(parts.hostname or "", parts.port, timeout=self.seconds)
        try:
            connection.request("POST", path, body, headers)
            response = connection.getresponse()
            content = b""
            while chunk := response.read1(ANSWER_BYTES):
                content += chunk
                if len(content) > ANSWER_BYTES:
                    raise SignerUnavailable("the time-stamping authority's answer is larger than any token")
                if time.monotonic() > deadline:
                    raise TimeoutError
        except (OSError, HTTPException) as error:
            raise SignerUnavailable("the time-stamping authority does not answer") from error
        finally:
            connection.close()
        if response.status != 200:
            raise SignerUnavailable(f"the time-stamping authority answered with HTTP status {response.status}")
        return content


def _check(token: cms.ContentInfo, digest: bytes) -> None:
    """Raises ValueError unless the token is over `digest` and its own signature fits the certificate in it."""
    import hashlib

    from pyhanko.sign.general import extract_signer_info
    from pyhanko.sign.validation.errors import SignatureValidationError
    from pyhanko.sign.validation.generic_cms import extract_certs_for_validation, validate_sig_integrity

    signed: Any = token["content"]
    encapsulated = signed["encap_content_info"]["content"]
    info: tsp.TSTInfo = encapsulated.parsed
    imprint = info["message_imprint"]
    if imprint["hash_algorithm"]["algorithm"].native != "sha256" or imprint["hashed_message"].native != digest:
        raise ValueError("the token is over something else")
    signer = extract_signer_info(signed)
    found = hashlib.new(signer["digest_algorithm"]["algorithm"].native, bytes(encapsulated)).digest()
    try:
        certificate = extract_certs_for_validation(signed).signer_cert
        whole = validate_sig_integrity(signer, certificate, "tst_info", found)
    except SignatureValidationError as error:
        raise ValueError("the token's signature cannot be checked") from error
    if whole != (True, True):
        raise ValueError("the token's signature does not fit")
