"""Rows of a delimited text, read by byte offset: decoded, unquoted, each with its line and where it starts.

Nothing is repaired. A row that cannot be decoded or unquoted comes with a finding; reading goes on with the next line.
Source: RFC 4180, with the separators, quotes and encodings that a profile declares.
"""

from __future__ import annotations

import codecs
import csv
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
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class CsvRows:
    """An iterator over rows from a byte offset; `offset` and `line` are those of the next row."""

    def __init__(self, file: BinaryIO, mapping: CsvMapping, start: Start | None = None, _lines: bool = False) -> None:
        offset, line = start or (0, 1)
        self.file, self.mapping = file, mapping
        self._shared = mapping.layout == "sections"  # heads and lines are read from one file in turn
        self.codec, mark = _codec(file, mapping)
        self.offset, self.line = max(offset, mark), line
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
                raise csv.Error(f"a quoted cell does not end within {ROW_LINES} lines")
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
        """One line with its end; UTF-16's line feed is two bytes, and must stand where a character begins."""
        if self._shared:
            self.file.seek(self.offset)
        raw = self.file.readline(LINE_BYTES + 1)
        if self.codec == "utf-16-le":
            while raw and not (raw.endswith(b"\n\0") and len(raw) % 2 == 0) and len(raw) <= LINE_BYTES:
                more = self.file.read(1) if len(raw) % 2 else self.file.readline(LINE_BYTES)
                if not more:
                    break
                raw += more
        elif self.codec == "utf-16-be":
            while raw and not (raw.endswith(b"\0\n") and len(raw) % 2 == 0) and len(raw) <= LINE_BYTES:
                more = self.file.readline(LINE_BYTES)
                if not more:
                    break
                raw += more
        if len(raw) > LINE_BYTES:
            raise Unfit(refuse("csv-line", f"a line of more than {LINE_BYTES} bytes", f"line {self.line}"))
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
        finding = refuse("csv-syntax", f"the row is damaged: {said}", f"line {line}")
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


def _codec(file: BinaryIO, mapping: CsvMapping) -> tuple[str, int]:
    """Codec name and length of the byte order mark, which outranks the profile."""
    file.seek(0)
    head = file.read(4)
    for mark, codec in _MARKS:
        if head.startswith(mark):
            return codec, len(mark)
    name = codecs.lookup(mapping.encoding).name
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(name, name), 0
