"""Wrong tokens, counted by client and in all, for every door that the operator's token opens.

A right token is compared first and always enters: whoever guesses locks nobody out. The count slows guessing down to
what the log can tell; what keeps a token from being guessed is its length.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import structlog
from fastapi import Request

from portal.visitors import network

log = structlog.get_logger()

SECONDS = 60
BY_CLIENT, IN_ALL = 20, 200
"""Wrong tokens in `SECONDS` seconds, from one network and from anywhere; then they are answered 429."""


@dataclass
class Tries:
    """The wrong tokens of the last minute. At most `IN_ALL` are remembered, whatever comes."""

    seen: deque[tuple[float, str]] = field(default_factory=lambda: deque(maxlen=IN_ALL))

    def wrong(self, request: Request, now: float) -> bool:
        """Count a wrong token that came now (seconds); whether there were too many of them."""
        host = request.client.host if request.client else ""
        client = network(host) or "unknown"
        while self.seen and self.seen[0][0] <= now - SECONDS:
            self.seen.popleft()
        before = sum(each == client for _, each in self.seen)
        over = before >= BY_CLIENT or len(self.seen) >= IN_ALL
        if not over and (before + 1 == BY_CLIENT or len(self.seen) + 1 == IN_ALL):
            log.warning("many-wrong-tokens", network=client, by_client=before + 1, in_all=len(self.seen) + 1)
        self.seen.append((now, client))
        return over
