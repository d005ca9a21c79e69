"""How an attempt is recognised again in what comes back: a return path, a Message-ID, a header, a callback's address.

An attempt's id is opaque: it tells a provider nothing of the document or the recipient.
Source: VERP (Bernstein 1997), subaddressing (RFC 5233).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit
from uuid import UUID

HEADER = "X-Entrega-Attempt"

_UUID = re.compile(
    r"(?<![0-9a-z])([0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12})(?![0-9a-z])", re.IGNORECASE
)


def attempt_in(text: str | None) -> UUID | None:
    """The first attempt id in a text, as 32 hex digits or with hyphens; None where there is none."""
    found = _UUID.search(text) if text else None
    return UUID(found.group(1)) if found else None


def return_path(bounces: str, attempt: UUID) -> str:
    """The envelope's sender for one attempt.

    >>> return_path("bounces@example.com", UUID(int=1))
    'bounces+00000000000000000000000000000001@example.com'
    """
    local, _, domain = bounces.rpartition("@")
    return f"{local}+{attempt.hex}@{domain}"


def callback_url(base: str, attempt: UUID) -> str:
    """Where a provider reports on one attempt: `{attempt}` in the address is filled in, else a parameter is added.

    >>> callback_url("https://example.com/hooks/twilio", UUID(int=1))
    'https://example.com/hooks/twilio?attempt=00000000-0000-0000-0000-000000000001'
    """
    if "{attempt}" in base:
        return base.replace("{attempt}", str(attempt))
    parts = urlsplit(base)
    query = "&".join(filter(None, (parts.query, urlencode({"attempt": str(attempt)}))))
    return urlunsplit(parts._replace(query=query))


def attempt_of_callback(url: str) -> UUID | None:
    """The attempt for which `callback_url` made an address."""
    parts = urlsplit(url)
    named = parse_qs(parts.query).get("attempt", [""])[0]
    return attempt_in(named) or attempt_in(parts.path)
