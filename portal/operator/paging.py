"""Where a page of a list ended, as the next one's address carries it: time and id of its last row."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from schemas.errors import ConfigurationError

Position = tuple[datetime, UUID]


def position(text: str) -> Position | None:
    """Where a page ended; None for the first. Raises ConfigurationError for anything else."""
    if not text:
        return None
    try:
        at, _, row = text.partition("~")
        return datetime.fromisoformat(at), UUID(row)
    except ValueError as error:
        raise ConfigurationError("the address of this page was cut off") from error


def older(found: list[dict[str, Any]], page: int, at: str, row: str, **query: str) -> str:
    """The query of the next page; empty where `found`, asked for one more than a page holds, is the last."""
    if len(found) <= page:
        return ""
    last = found[page - 1]
    return "?" + urlencode({**query, "after": f"{last[at].isoformat()}~{last[row]}"})
