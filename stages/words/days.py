"""Days and moments as people write them there (CLDR, by Babel), and the first of a month as the French do: 1er."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale


@lru_cache(maxsize=4096)
def short(day: date, local: Locale) -> str:
    """For a row of facts: `20.12.2026`, the year in full."""
    from babel.dates import format_date

    return _with_ordinal(format_date(day, "medium", locale=local), local)


@lru_cache(maxsize=4096)
def long(day: date, local: Locale) -> str:
    """With its month in words, which nobody can misread: `20. Dezember 2026`."""
    from babel.dates import format_date

    return _with_ordinal(format_date(day, "long", locale=local), local)


def moment(at: datetime, zone: tzinfo, local: Locale) -> str:
    """The day with its month in words, and the time in 24 hours: `20. Dezember 2026, 14:05`."""
    from babel.dates import format_datetime

    return f"{long(at.astimezone(zone).date(), local)}, {format_datetime(at, 'HH:mm', tzinfo=zone, locale=local)}"


def _with_ordinal(text: str, local: Locale) -> str:
    """CLDR has no pattern for it."""
    return f"1er{text[1:]}" if local.language == "fr" and text.startswith("1 ") else text
