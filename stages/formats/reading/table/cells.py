"""From the cells of a row to canonical fields, as a profile maps them: strictly, with the place of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from schemas.errors import Finding
from schemas.fields import KindName, Path, kind_at, parse_path
from schemas.tables import Column, TableMapping
from stages.formats.reading.records import refuse
from stages.formats.reading.table.rows import Columns, Row


class Numbers:
    """Numbers as one profile writes them. `13,75` is no number where the decimal sign is a point."""

    def __init__(self, mapping: TableMapping) -> None:
        self.thousands, self.decimal = mapping.thousands, mapping.decimal
        point, group = re.escape(mapping.decimal), re.escape(mapping.thousands)
        grouped = rf"|\d{{1,3}}(?:{group}\d{{3}})+" if group else ""
        self._pattern = re.compile(rf"([+-]?)((?:\d+{grouped})(?:{point}\d+)?)(-?)\Z", re.ASCII)
        self._trailing = mapping.trailing_minus
        self.example = f"1{mapping.thousands}234{mapping.decimal}56"

    def read(self, text: str) -> Decimal | None:
        match = self._pattern.match(text) if len(text) <= 40 else None
        if not match or (match[3] and (match[1] or not self._trailing)):
            return None
        digits = match[2].replace(self.thousands, "") if self.thousands else match[2]
        value = Decimal(digits.replace(self.decimal, "."))
        return -value if match[1] == "-" or match[3] else value


class Dates:
    """Cells that hold a day, by the patterns of the profile, tried in order. `read` gives None for what is none."""

    def __init__(self, patterns: Iterable[str]) -> None:
        self.patterns = tuple(patterns)
        self.read = lru_cache(maxsize=1024)(self._read)

    def _read(self, text: str) -> date | None:
        for pattern in self.patterns:
            try:
                return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a calendar date has no zone
            except ValueError:
                continue
        return None


@dataclass(frozen=True)
class _Field:
    path: Path
    kind: KindName
    at: int
    column: Column
    pattern: re.Pattern[str] | None


class Fields:
    """One part of a mapping (`document` or `line`) bound to the columns of a header."""

    def __init__(self, part: Mapping[str, Column], columns: Columns, mapping: TableMapping, *, lines: bool) -> None:
        self.numbers, self.dates, self.word = Numbers(mapping), Dates(mapping.dates), mapping.word
        root = mapping.line_model if lines else mapping.model
        self.fields = []
        for text, column in part.items():
            path = parse_path(text)
            kind = kind_at(path, root=root).name
            pattern = re.compile(column.pattern) if column.pattern else None
            self.fields.append(_Field(path, kind, columns.at(column.column), column, pattern))
        self._positions = sorted({f.at for f in self.fields})

    def raw(self, row: Row) -> list[str]:
        """The mapped cells as they stand: two rows with the same ones have the same values."""
        return [row.cells[at] if at < len(row.cells) else "" for at in self._positions]

    def values(self, row: Row, findings: list[Finding]) -> dict[str, Any]:
        """The nested fields of one row; what is wrong goes to `findings`."""
        data: dict[str, Any] = {}
        for field in self.fields:
            value = self._value(field, row, findings)
            if value is not None:
                _set(data, field.path, value)
        return data

    def column_of(self, path: Path) -> str | None:
        """The column that gave a field, or the group it is in."""
        for field in self.fields:
            if field.path[: len(path)] == path or path[: len(field.path)] == field.path:
                return field.column.column
        return None

    def _value(self, field: _Field, row: Row, findings: list[Finding]) -> Any:
        column = field.column
        text = row.cells[field.at].strip() if field.at < len(row.cells) else ""
        if not text:
            if column.default is None:
                return None
            text = column.default
        elif field.pattern is not None:
            match = field.pattern.fullmatch(text)
            if not match:
                self._wrong(
                    field,
                    row,
                    findings,
                    f"{self.word}-pattern",
                    "the cell has not the form that the profile asks for",
                    text,
                )
                return None
            text = match[1] if field.pattern.groups else match[0]
        if column.map is not None:
            mapped = column.map.get(text, column.otherwise)
            if mapped is None:
                self._wrong(
                    field, row, findings, f"{self.word}-map", "the profile does not say what this value means", text
                )
                return None
            text = mapped
        if column.template is not None:
            text = column.template.replace("{}", text)
        if field.kind == "number":
            number = self.numbers.read(text)
            if number is None:
                message = "this is not a number as the profile says they are written"
                self._wrong(field, row, findings, f"{self.word}-number", message, text, self.numbers.example)
            return number
        if field.kind == "date":
            day = self.dates.read(text)
            if day is None:
                message = "this is not a date as the profile says they are written"
                self._wrong(field, row, findings, f"{self.word}-date", message, text, " or ".join(self.dates.patterns))
            return day
        if field.kind == "flag":
            flag = {"true": True, "1": True, "false": False, "0": False}.get(text.lower())
            if flag is None:
                self._wrong(
                    field, row, findings, f"{self.word}-flag", "this is neither true nor false", text, "true or false"
                )
            return flag
        return text

    def _wrong(
        self,
        field: _Field,
        row: Row,
        findings: list[Finding],
        rule: str,
        message: str,
        found: str,
        expected: str | None = None,
    ) -> None:
        if len(findings) < 100:
            findings.append(refuse(rule, message, f'{row.place}, column "{field.column.column}"', found, expected))


def _set(data: dict[str, Any], path: Path, value: Any) -> None:
    """Put a value at a path, making the groups and lists on the way."""
    here: Any = data
    for at, step in enumerate(path):
        last = at == len(path) - 1
        if isinstance(step, int):
            while len(here) <= step:
                here.append({})
            if last:
                here[step] = value
            here = here[step]
        elif last:
            here[step] = value
        else:
            here = here.setdefault(step, [] if isinstance(path[at + 1], int) else {})
