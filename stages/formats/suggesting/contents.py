"""What the cells of a column look like: numbers with which decimal sign, days in which order, codes, or text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from schemas.codes import COUNTRIES, CURRENCIES

PATTERNS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d",
    "%d.%m.%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%Y%m%d", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d%m%Y",
)  # fmt: skip
"""Ways to write a day, the usual ones of two that fit the same cells first."""
_NUMBER = re.compile(r"[+-]?\d{1,3}(?:[.,' \u00a0\u202f]\d{3})*(?:[.,]\d+)?-?\Z|[+-]?\d+(?:[.,]\d+)?-?\Z")
_CODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9._/-]{0,29}\Z")
_WHOLE = re.compile(r"\d+[.,]0\Z")
_RATE = re.compile(r"\d+(?:[.,]\d+)?\s*%?\Z")
_VAT = re.compile(r"[A-Z]{2}[A-Z0-9]{2,12}\Z")
_MOSTLY = 80
"""A column is what so many per cent of its cells are; the others are told. An export has bad cells in good columns."""


class Typed(str):
    """A cell whose sheet says itself that it is a number or a day: the signs that texts use do not matter to it."""

    __slots__ = ()


@dataclass(frozen=True)
class Seen:
    """A column's cells. `filled` is the part of them that has something in it."""

    cells: tuple[str, ...]
    filled: float
    number: bool = False
    dates: tuple[str, ...] = ()
    """Ways to write days that fit most cells, and as many as any other way."""
    currency: bool = False
    country: bool = False
    vat: bool = False
    distinct: int = 0
    signs: dict[str, int] = field(default_factory=dict)
    """How often `.` or `,` can only be the decimal sign."""
    trailing_minus: bool = False
    code: bool = False
    """One word each, with digits: what a thing is called by a machine."""
    whole: bool = False
    """Whole numbers to which a spreadsheet has given a `.0`."""
    percent: bool = False
    """Rates, some with a per cent sign."""

    @property
    def written(self) -> bool:
        """Are there numbers that are written as text?"""
        return self.number and not all(isinstance(cell, Typed) for cell in self.cells)

    @property
    def words(self) -> str:
        if self.dates:
            return "days"
        kinds = (("currency codes", self.currency), ("country codes", self.country), ("VAT numbers", self.vat))
        return next((name for name, yes in kinds if yes), "numbers" if self.number else "text")


def look(cells: Sequence[str]) -> Seen:
    said = tuple(c if isinstance(c, Typed) else c.strip() for c in cells if c.strip())
    filled = len(said) / len(cells) if cells else 0.0
    if not said:
        return Seen((), 0.0)
    some = said[:500]

    def share(test: re.Pattern[str] | frozenset[str]) -> bool:
        fits = sum(bool(test.match(c)) if isinstance(test, re.Pattern) else c in test for c in some)
        return fits * 100 >= _MOSTLY * len(some)

    dates = _ways(some)
    return Seen(
        said, filled, share(_NUMBER) and not dates, dates,
        share(frozenset(CURRENCIES)), share(frozenset(COUNTRIES)),
        share(_VAT) and any(any(x.isdigit() for x in c) for c in some), len(set(some)), _signs(some),
        any(c.endswith("-") for c in some if _NUMBER.match(c)), share(_CODE), share(_WHOLE),
        share(_RATE) and any(c.endswith("%") for c in some),
    )  # fmt: skip


def _ways(cells: Sequence[str]) -> tuple[str, ...]:
    """Of the ways in which most cells are days, those that fit the most of them."""
    wrong: dict[str, int] = {}
    for pattern in PATTERNS:
        misses = 0
        for cell in cells:
            misses += not is_day(cell, pattern)
            if misses * 100 > (100 - _MOSTLY) * len(cells):
                break
        else:
            wrong[pattern] = misses
    return tuple(p for p in wrong if wrong[p] == min(wrong.values()))


def is_day(text: str, pattern: str) -> bool:
    try:
        day = datetime.strptime(text, pattern)  # noqa: DTZ007 - a calendar date has no zone
    except ValueError:
        return False
    return 1950 <= day.year <= 2100 and (pattern not in ("%Y%m%d", "%d%m%Y") or len(text) == 8)


def is_number(text: str) -> bool:
    return bool(_NUMBER.match(text))


def _signs(cells: Sequence[str]) -> dict[str, int]:
    """`1.234,5` and `12,50` tell a comma, `1,234.5` and `12.50` a point; `1.234` tells nothing."""
    found: dict[str, int] = {}
    for cell in cells:
        if isinstance(cell, Typed) or not is_number(cell):
            continue
        body = cell.strip("+-")
        last = max(body.rfind("."), body.rfind(","))
        if last < 0:
            continue
        sign, behind, before = body[last], body[last + 1 :], body[:last]
        if len(behind) != 3 or any(x in before for x in ".,") or len(before) > 3 or before.startswith("0"):
            found[sign] = found.get(sign, 0) + 1
    return found


def decimal_sign(columns: Sequence[Seen]) -> tuple[str, bool]:
    """(the decimal sign, is it sure?)"""
    total = {sign: sum(c.signs.get(sign, 0) for c in columns if c.number) for sign in ".,"}
    if total["."] and total[","]:
        return max(".,", key=lambda sign: total[sign]), False
    return ("," if total[","] else "."), bool(total["."] or total[","])


def thousands(columns: Sequence[Seen], decimal: str) -> str:
    """The sign between groups of three digits, where there are any."""
    texts = [c for column in columns if column.number for c in column.cells if not isinstance(c, Typed)]
    for sign in (c for c in (".", ",", " ", "'", "\u00a0", "\u202f") if c != decimal):
        pattern = re.compile(rf"[+-]?\d{{1,3}}(?:{re.escape(sign)}\d{{3}})+(?:{re.escape(decimal)}\d+)?-?\Z")
        if any(sign in cell and pattern.match(cell) for cell in texts):
            return sign
    return ""
