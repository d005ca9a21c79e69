"""What every page is given: settings, store, bytes, profiles, door, secrets. Made by `app.create_app`."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from connectors.profiles import Profiles
from connectors.storage import Storage
from pipeline.door import Door
from pipeline.settings import Settings
from pipeline.store.database import Store
from portal.pictures import Pictures
from portal.tries import Tries


@dataclass(frozen=True)
class Desk:
    """`public_url` is what links begin with, without a slash at its end: signatures are checked over it, never over
    the Host header. `secret` makes form tokens; the two tokens open the operator's page and the bounce hook."""

    settings: Settings
    store: Store
    storage: Storage
    profiles: Profiles
    door: Door
    pictures: Pictures
    public_url: str
    secret: bytes = field(repr=False)
    operator_token: str = field(repr=False)
    bounce_token: str = field(repr=False)
    tries: Tries = field(default_factory=Tries, repr=False)

    @property
    def is_public(self) -> bool:
        """Whether people come over TLS: cookies are then sent over nothing else."""
        return self.public_url.startswith("https://")

    def mark(self, *parts: object) -> str:
        """A keyed digest of parts, as 32 hex digits: what makes a form, a cookie or a parameter ours."""
        text = "\x1f".join(str(part) for part in parts)
        return hmac.new(self.secret, text.encode("utf-8"), hashlib.sha256).hexdigest()[:32]

    def marked(self, mark: str, *parts: object) -> bool:
        """Whether `mark` is the digest of these parts; in constant time, never raises."""
        return same(mark, self.mark(*parts))


def same(given: str, expected: str) -> bool:
    """Two secrets compared in constant time; what is not ASCII is simply another one."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("utf-8"))
