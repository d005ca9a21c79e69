"""Rows of a delimited text, read by byte offset: decoded, unquoted, each with its line and where it starts.

Nothing is repaired. A row that cannot be decoded or unquoted comes with a finding; reading goes on with the next line.
Source: RFC 4180, with the separators, quotes and encodings that a profile declares.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from typing import BinaryIO

from schemas.errors import Finding
from schemas.tables import CsvMapping
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse
from stages.formats.reading.table.rows import Row, Start

LINE_BYTES = 1024 * 1024
ROW_LINES = 500
"""The most lines one row may span: a quote that is never closed would swallow the file."""
_BLANK = 10_000
"""Empty rows in a row: what comes behind so many is not looked for."""
_BROKEN = 100
"""Rows that may be damaged before the whole export is refused."""
_CHUNK = 4096
_HEAD = 64 * 1024
_UNENDING = f"a quoted cell does not end within {ROW_LINES} lines"
_SAID = (
    (_UNENDING, _UNENDING),
    ("new-line character", "a carriage return stands in a cell without quotes"),
    ("expected after", "behind a closing quote stands neither a separator nor the end of the line"),
    ("unexpected end", "a quoted cell does not end before the file does"),
    ("field limit", "a cell of more than 131072 characters"),
)
"""A part of what Python's reader says, and what we say."""
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class CsvRows:
    """An iterator over rows from a byte offset; `offset` and `line` are those of the next row."""

    def __init__(self, file: BinaryIO, mapping: CsvMapping, start: Start | None = None, _lines: bool = False) -> None:
        offset, line = start or (0, 1)
        self.file, self.mapping = file, mapping
        self._shared = mapping.layout == "sections"  # heads and lines are read from one file in turn
        self.codec, mark = _codec(file, mapping)
        self.offset, self.line = max(offset, mark), line
        self._end = _line_end(file, self.codec, mark)
        file.seek(self.offset)
        self._broken = 0
        self._damage: Finding | None = None
        self._began = line
        self._reader = self._new_reader()

    def _new_reader(self) -> Iterator[list[str]]:
        quote = self.mapping.quote
        return csv.reader(
            self._lines(),
            delimiter=self.mapping.separator,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            strict=True,
        )

    def _lines(self) -> Iterator[str]:
        while True:
            raw = self._readline()
            if not raw:
                return
            if self.line - self._began > ROW_LINES:
                raise csv.Error(_UNENDING)
            line, self.line = self.line, self.line + 1
            self.offset += len(raw)
            try:
                text = raw.decode(self.codec)
            except UnicodeDecodeError as error:
                text = raw.decode(self.codec, "replace")
                byte = f"byte 0x{raw[error.start]:02X}"
                message = f"the text is not {self.codec.upper()}, the encoding that is declared"
                self._damage = refuse("csv-encoding", message, f"line {line}, byte {error.start + 1}", byte)
            yield text

    def _readline(self) -> bytes:
        """One line with its end."""
        if self._shared:
            self.file.seek(self.offset)
        raw = self.file.readline(LINE_BYTES + 1) if self._end == b"\n" else self._until(self._end)
        if len(raw) > LINE_BYTES:
            raise Unfit(refuse("csv-line", f"a line of more than {LINE_BYTES} bytes", f"line {self.line}"))
        return raw

    def _until(self, end: bytes) -> bytes:
        """As `readline`, with a line end of one's own; one of two bytes must stand where a character begins."""
        raw = b""
        while len(raw) <= LINE_BYTES and (chunk := self.file.read(_CHUNK)):
            at = chunk.find(end)
            while at % len(end) and at >= 0:
                at = chunk.find(end, at + 1)
            if at >= 0:
                self.file.seek(at + len(end) - len(chunk), 1)
                return raw + chunk[: at + len(end)]
            raw += chunk
        return raw

    def skip_line(self) -> None:
        raw = self._readline()
        self.offset += len(raw)
        self.line += 1 if raw else 0

    def __iter__(self) -> CsvRows:
        return self

    def __next__(self) -> Row:
        """The next row that has anything in it. Raises Unfit when too many are damaged."""
        for _ in range(_BLANK):
            start, line = self.offset, self.line
            self._began, self._damage = line, None
            try:
                cells = next(self._reader)
            except csv.Error as error:
                return self._resume(start, line, str(error))
            if any(cells) and cells != ["\x1a"]:  # DOS ends its texts with this
                if self._damage:
                    self._count(self._damage)
                return Row(cells, line, start, self._damage)
        raise Unfit(refuse("csv-blank", f"more than {_BLANK} empty rows", f"line {self.line}"))

    def _resume(self, start: int, line: int, said: str) -> Row:
        """Behind a row that cannot be unquoted: go on with the next line."""
        told = next((ours for theirs, ours in _SAID if theirs in said), "its quotes or separators are wrong")
        finding = refuse("csv-syntax", f"the row is damaged: {told}", f"line {line}")
        self._count(finding)
        self.file.seek(start)
        self.offset, self.line = start, line
        self.skip_line()
        self._reader = self._new_reader()
        return Row([], line, start, finding)

    def _count(self, finding: Finding) -> None:
        self._broken += 1
        if self._broken > _BROKEN:
            raise Unfit(refuse("csv-damaged", f"more than {_BROKEN} rows cannot be read", finding.place), finding)


def _line_end(file: BinaryIO, codec: str, start: int) -> bytes:
    """LF, with a CR before it or not; or a lone CR, where the first line ends so (old Macs, Excel on new ones)."""
    file.seek(start)
    text = file.read(_HEAD).decode(codec, "replace")
    first = re.search("\r\n?|\n", text)
    return ("\r" if first and first.group() == "\r" else "\n").encode(codec)


def _codec(file: BinaryIO, mapping: CsvMapping) -> tuple[str, int]:
    """Codec name and length of the byte order mark, which outranks the profile."""
    file.seek(0)
    head = file.read(4)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec, len(mark)
    name = codecs.lookup(mapping.encoding).name
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(name, name), 0
