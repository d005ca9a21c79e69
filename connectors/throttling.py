"""How long a provider asks us to wait. Source: RFC 9110, 10.2.3; SendGrid's rate limit headers."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any


def retry_after(headers: Any, now: datetime) -> float | None:
    """Seconds to wait: Retry-After (seconds or a date), else X-RateLimit-Reset (Unix time), else None.

    >>> retry_after({"X-RateLimit-Reset": "1000000060"}, datetime.fromisoformat('2001-09-09T01:46:40+00:00'))
    60.0
    """
    if headers is None:
        return None
    after, reset = headers.get("Retry-After"), headers.get("X-RateLimit-Reset")
    try:
        if after and after.strip().isdigit():
            return float(after)
        if after:
            return max(0.0, (parsedate_to_datetime(after) - now).total_seconds())
        if reset:
            return max(0.0, float(reset) - now.timestamp())
    except (ValueError, TypeError):
        pass
    return None
