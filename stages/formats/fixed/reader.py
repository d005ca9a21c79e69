"""Fixed-width records by a mapping profile: rows from here, documents by `reading/table`.

In       text in the encoding that the profile declares, EBCDIC too; one record a line, or records of one width and no
         line ends; fields at fixed places, counted in characters
Refused  a record that is too short for its fields, not as wide as the profile says, or that goes on behind its last
         field where the profile says neither `width` nor that it may (`surplus: ignore`)
"""

from __future__ import annotations

import codecs
from functools import partial
from typing import BinaryIO

from schemas.errors import Finding
from schemas.fixed_width import FixedField, FixedMapping
from schemas.profiles import ExtractionProfile
from schemas.tables import TableMapping
from stages.formats.fixed.records import Records, is_ebcdic
from stages.formats.reading.completing import Unfit
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Source, refuse, unreadable
from stages.formats.reading.table import reader
from stages.formats.reading.table.rows import Row, Rows, Start

_BROKEN = 100
_ENDS = "\r\n\x85"


def fits(head: Head, profile: ExtractionProfile | None) -> bool:
    """Any text, when a profile says how to read it: nothing else tells such a file, and nothing tells EBCDIC at all."""
    if profile is None or profile.fixed is None:
        return False
    return head.is_text or (head.kind in ("binary", "json", "xml") and is_ebcdic(profile.fixed.encoding))


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    if profile is None or profile.fixed is None:
        raise unreadable(
            "the export", (refuse("fixed-profile", "fixed-width records need a mapping profile", "line 1"),)
        )
    opened = partial(_open, profile.fixed)
    return reader.read(source, profile, profile.fixed.table(), opened, cursor, budget)


def _open(layout: FixedMapping, file: BinaryIO, _mapping: TableMapping, start: Start | None, _lines: bool) -> Rows:
    return FixedRows(file, layout, start)


class FixedRows:
    """Records as rows: the record's type where there is one, then its fields."""

    def __init__(self, file: BinaryIO, layout: FixedMapping, start: Start | None) -> None:
        self.file, self.layout = file, layout
        file.seek(0)
        mark = len(codecs.BOM_UTF8) if file.read(3) == codecs.BOM_UTF8 else 0
        self.codec = "utf-8" if mark else codecs.lookup(layout.encoding).name
        self.offset, self.line = start or (mark, 1)
        self._records = Records(file, self.codec, layout.width, max(self.offset, mark))
        self.offset = self._records.offset
        self._head: dict[str, str] = {}
        self._broken = 0

    def skip_line(self) -> None:
        self._records.take(self.line)
        self.offset, self.line = self._records.offset, self.line + 1

    def __iter__(self) -> FixedRows:
        return self

    def __next__(self) -> Row:
        while True:
            start, line = self.offset, self.line
            raw = self._records.take(line)
            if not raw:
                raise StopIteration
            self.offset, self.line = self._records.offset, line + 1
            if raw.decode(self.codec, "replace").strip(f" \x1a\0{_ENDS}"):
                return self._row(raw, line, start)

    def _row(self, raw: bytes, line: int, start: int) -> Row:
        damage: Finding | None = None
        try:
            text = raw.decode(self.codec).rstrip(_ENDS)
        except UnicodeDecodeError as error:
            text = raw.decode(self.codec, "replace").rstrip(_ENDS)
            message = f"the text is not {self.codec.upper()}, the encoding that is declared"
            damage = refuse("fixed-encoding", message, f"line {line}", f"byte 0x{raw[error.start]:02X}")
        if self.layout.width is not None and len(text) != self.layout.width:
            expected = str(self.layout.width)
            message = "the record is not as wide as the profile says"
            damage = damage or refuse("fixed-width", message, f"line {line}", str(len(text)), expected)
        at = self.layout.record_type
        kind = text[at.start - 1 : at.start - 1 + at.length].strip() if at else ""
        record = self.layout.records.get(kind)
        fields = record.fields if record else self.layout.fields if at is None else {}
        damage = damage or self._surplus(text, fields, line)
        cells = [] if at is None else [kind]
        for name, field in fields.items():
            value, wrong = _cell(text, name, field, line)
            cells.append(value)
            damage = damage or wrong
        if record is not None and self.layout.join:
            damage = damage or self._joined(record.role, dict(zip(fields, cells[1:], strict=True)), line)
        if damage:
            self._broken += 1
            if self._broken > _BROKEN:
                message = f"more than {_BROKEN} records cannot be read"
                raise Unfit(refuse("fixed-damaged", message, damage.place), damage)
        return Row(cells, line, start, damage)

    def _surplus(self, text: str, fields: dict[str, FixedField], line: int) -> Finding | None:
        """What stands behind the last field would be lost, and may be a whole record more."""
        end = max((field.start + field.length - 1 for field in fields.values()), default=0)
        if not end or self.layout.width is not None or self.layout.surplus == "ignore" or not text[end:].strip():
            return None
        message = "the record goes on behind its last field; say its `width`, or `surplus: ignore`, where that is meant"
        return refuse("fixed-surplus", message, f"line {line}", f"{len(text)} characters", f"{end}")

    def _joined(self, role: str, values: dict[str, str], line: int) -> Finding | None:
        """A line whose key is not that of the head before it belongs to another document."""
        if role == "head":
            self._head = values
        elif role == "line":
            for name in self.layout.join:
                if values[name] != self._head.get(name):
                    message = f"the line's {name} is not that of the head before it"
                    return refuse("fixed-join", message, f"line {line}", values[name], self._head.get(name))
        return None


def _cell(text: str, name: str, field: FixedField, line: int) -> tuple[str, Finding | None]:
    """The value as the mapping reads it: a number with its decimal sign, a date or nothing."""
    start = field.start - 1
    raw = text[start : start + field.length]
    value = raw.strip()
    if field.type == "text":
        return value, None
    if field.type == "date":
        return ("" if not value.strip("0") else value), None
    if not value:
        return "", None
    if len(raw) < field.length:
        message = "the record ends within this number"
        return "", refuse("fixed-short", message, f'line {line}, column "{name}"', raw)
    minus = ""
    if field.sign == "leading" and value[0] in "+-":
        minus, value = value[0].strip("+"), value[1:].lstrip()
    elif field.sign == "trailing" and value[-1] in "+-":
        minus, value = value[-1].strip("+"), value[:-1].rstrip()
    if not field.scale:
        return minus + value, None
    if not value.isascii() or not value.isdigit():
        message = "this is not a number of digits only, as the profile says"
        return "", refuse("fixed-number", message, f'line {line}, column "{name}"', raw.strip())
    value = value.rjust(field.scale + 1, "0")
    return f"{minus}{value[: -field.scale]}.{value[-field.scale :]}", None
