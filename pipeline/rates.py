"""How fast a provider may be called."""

from __future__ import annotations

import time
from collections.abc import Callable


class Bucket:
    """Tokens that come back at `per_second`, at most a second's worth at a time."""

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._clock = clock
        self._most = max(1.0, per_second)
        self._tokens = self._most
        self._at = clock()

    def available(self) -> int:
        """How many calls may be made now; 0 while the provider wants to be left alone."""
        now = self._clock()
        if now > self._at:
            self._tokens = min(self._most, self._tokens + (now - self._at) * self.per_second)
            self._at = now
        return int(self._tokens) if now >= self._at else 0

    def take(self, calls: int) -> None:
        self._tokens -= calls

    def pause(self, seconds: float) -> None:
        """Nothing for so many seconds: the provider said so."""
        self._at = max(self._at, self._clock() + seconds)
        self._tokens = 0.0
