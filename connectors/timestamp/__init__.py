"""Port `timestamp`: an authority that vouches for when something existed.

Source: RFC 3161 (time-stamp protocol), RFC 5816 (its update for SHA-2).
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable


@runtime_checkable
class TimeStamps(Protocol):
    """One time-stamping authority. Safe to call from several threads, and picklable."""

    def stamp(self, digest: bytes) -> bytes:
        """A TimeStampToken (DER of its ContentInfo) over a SHA-256 digest of 32 octets.

        The token is over this digest, answers this very request, and its signature fits the certificate in it; whether
        that certificate is trusted is for whoever verifies.

        Raises SignerUnavailable (transient) when the authority does not answer, or not with such a token.
        """

    @property
    def token_size(self) -> int:
        """Octets to keep free for the next token: the largest seen and some to spare. A larger one may come."""
