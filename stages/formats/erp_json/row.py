"""One object of an ERP's JSON: its values taken strictly, each with its place, and what was not looked at.

Numbers keep the digits of their text, whether they stand as JSON numbers or as texts. `false` and empty texts are no
value (Odoo writes `false` for an empty field), nor is Business Central's empty day, 0001-01-01.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from schemas.fields import Path, format_path
from stages.formats.reading.completing import NUMBER, Locate, Unfit, as_day
from stages.formats.reading.records import Warnings, refuse

EXTRAS = 500
_EPOCH = re.compile(r"/Date\((-?\d{1,14})(?:[+-]\d{4})?\)/\Z")
_EMPTY_DAYS = ("0001-01-01", "0000-00-00")
_EXPONENT = 30


def exact(text: str) -> Decimal:
    """A JSON number as it is written. Raises Unfit for one that no amount has."""
    value = Decimal(text)
    exponent = value.as_tuple().exponent
    if len(text) > 40 or not isinstance(exponent, int) or abs(exponent) > _EXPONENT:
        raise Unfit(refuse("json-number", "a number that no amount, price or quantity has", found=text))
    return value


@dataclass
class Row:
    """An object at `path` of the parsed JSON."""

    data: dict[str, Any]
    path: Path
    locate: Locate
    seen: set[str] = field(default_factory=set)

    def place(self, key: str = "") -> str:
        return self.locate((*self.path, key) if key else self.path)

    def __contains__(self, key: str) -> bool:
        return key in self.data

    def value(self, key: str) -> Any:
        self.seen.add(key)
        found = self.data.get(key)
        return None if found is None or found is False or found == "" else found

    def text(self, *keys: str) -> str | None:
        """The first of these that has a value."""
        for key in keys:
            found = self.value(key)
            if isinstance(found, str) and found.strip():
                return found.strip()
            if isinstance(found, (int, Decimal)) and not isinstance(found, bool):
                return str(found)
            if found is not None and not isinstance(found, str):
                raise Unfit(refuse("json-text", f"{key} must be a text", self.place(key), str(found)))
        return None

    def number(self, key: str) -> Decimal | None:
        found = self.value(key)
        if found is None:
            return Decimal(0) if self.data.get(key) == 0 and self.data.get(key) is not False else None
        if isinstance(found, (int, Decimal)) and not isinstance(found, bool):
            return Decimal(found)
        if isinstance(found, str) and NUMBER.match(found.strip()) and len(found) <= 40:
            return Decimal(found.strip())
        raise Unfit(refuse("field-number", f"{key} is not a number", self.place(key), str(found), "1234.56"))

    def day(self, key: str) -> date | None:
        """ISO 8601, with or without a time, or OData version 2's milliseconds."""
        found = self.value(key)
        if found is None or found in _EMPTY_DAYS:
            return None
        if isinstance(found, str):
            if (epoch := _EPOCH.match(found)) and abs(int(epoch[1])) < 10**13:
                return datetime.fromtimestamp(int(epoch[1]) // 1000, UTC).date()
            day = as_day(found[:10])
            if day is not None and (len(found) == 10 or found[10] in "T "):
                return None if day.year == 1 else day
        raise Unfit(refuse("field-date", f"{key} is not a date", self.place(key), str(found), "2026-11-22"))

    def flag(self, key: str) -> bool:
        return self.value(key) is True

    def rows(self, key: str) -> list[Row] | None:
        """The objects below, as a list or in OData version 2's `results`; None where they are not expanded."""
        found = self.value(key)
        path: Path = (*self.path, key)
        if isinstance(found, dict) and "results" in found:
            found, path = found["results"], (*path, "results")
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            return None
        return [Row(one, (*path, n), self.locate) for n, one in enumerate(found)]

    def below(self, key: str) -> Row | None:
        found = self.value(key)
        return Row(found, (*self.path, key), self.locate) if isinstance(found, dict) else None

    def paged(self) -> str | None:
        """The key that says that a list below is only its first page."""
        for key, value in self.data.items():
            if key.endswith("@odata.nextLink") or (isinstance(value, dict) and "__next" in value):
                return key
        return None

    def leftovers(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """(key, text) of every simple value that was not looked at."""
        for key, value in self.data.items():
            simple = isinstance(value, (str, int, Decimal)) and not isinstance(value, bool)
            if key not in self.seen and simple and str(value).strip() and "@odata" not in key:
                yield f"{prefix}{key}", str(value)


@dataclass
class Reading:
    """What is gathered on the way to one document."""

    warnings: Warnings = field(default_factory=Warnings)
    extras: dict[str, str] = field(default_factory=dict)
    sources: dict[Path, Row] = field(default_factory=dict)

    def keep(self, row: Row, prefix: str = "") -> None:
        for key, value in row.leftovers(prefix):
            if len(self.extras) < EXTRAS:
                self.extras[key] = value[:1000]

    def locate(self, path: Path, whole: Row) -> str:
        """The line of the object that a field came from."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.sources:
                return f"{self.sources[path[:end]].place()}, {format_path(path)}"
        return whole.place() + (f", {format_path(path)}" if path else "")


def lean(data: dict[str, Any]) -> dict[str, Any]:
    """Without what has no value."""
    return {k: v for k, v in data.items() if v not in (None, "", [], {})}
