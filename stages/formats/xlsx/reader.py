"""Excel workbooks (.xlsx) by a mapping profile: rows from here, documents by `reading/table`.

In       Office Open XML (ECMA-376), one sheet, or one with heads and one with lines
Numbers  Excel stores binary floating point. 15 significant digits of it are what a person typed and what Excel shows
         (its own documented precision); any more are noise of binary arithmetic, 19.989999999999998 for 19.99. So a
         number is its 15 digits as a decimal text; a cell that is formatted as per cent is what it shows, 21 for 0.21.
         No amount is computed with as a float
Dates    a cell formatted as a date is that day; texts are dates as the profile says
Refused  a document with a formula (unless the profile takes the value that Excel stored with it), an error value, or a
         day before March 1900, where Excel's calendar is wrong
"""

from __future__ import annotations

import codecs
import struct
import zipfile
import zlib
from bisect import bisect_left
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from functools import partial
from typing import Any, BinaryIO, cast

from schemas.errors import Finding, LimitExceeded
from schemas.profiles import ExtractionProfile
from schemas.tables import XlsxMapping
from stages.formats.reading.completing import Unfit
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Source, refuse, unreadable
from stages.formats.reading.table import reader
from stages.formats.reading.table.rows import Row, Start
from stages.formats.xlsx.entering import load, rows

PART_BYTES = 100 * 1024 * 1024
"""The largest sheet, unpacked; the texts that its cells share are held in memory, so they get less."""
SHARED_BYTES = 16 * 1024 * 1024
RATIO = 40
ROWS, COLUMNS = 200_000, 1000
"""Memory is no matter of rows: time is. A sheet is gone through once before its first document (are the rows of each
together?), which costs 60 to 70 µs a row in one step."""
_KEPT = 400_000
"""Cells of a sheet that is kept."""
_CELLS = 100_000
"""Cells that any workbook may have; one more for each byte of it, packed: real ones need more bytes than that."""
_PARTS = ("[Content_Types].xml", "_rels/", "docProps/", "xl/", "customXml/")
_FAILURES = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError,
             struct.error, KeyError, TypeError, IndexError, AttributeError, SyntaxError)  # fmt: skip
"""What openpyxl and zipfile raise for damaged workbooks; a parser's error is a SyntaxError."""


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    """A zip whose first file is a part of an Office document, and which has parts of a workbook."""
    if head.kind != "zip" or not head.data.startswith(b"PK\x03\x04") or len(head.data) < 30:
        return False
    length = struct.unpack_from("<H", head.data, 26)[0]
    first = head.data[30 : 30 + length].decode("utf-8", "replace")
    return first.startswith(_PARTS) and b"xl/" in head.data


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable: without a profile, or when the workbook does not fit it."""
    if profile is None or profile.xlsx is None:
        message = "a workbook does not say what its columns mean: it is read with a mapping profile with an `xlsx` part"
        raise unreadable("the export", (refuse("xlsx-profile", message, "the workbook"),))
    book = Book(source.file)
    try:
        return reader.read(source, profile, profile.xlsx, partial(_open, book), cursor, budget)
    finally:
        book.close()


def _open(book: Book, _file: BinaryIO, mapping: XlsxMapping, start: Start | None, lines: bool) -> SheetRows:
    name = mapping.lines.sheet if lines and mapping.lines else mapping.sheet
    return SheetRows(book, mapping, name, start)


class Book:
    """A workbook, checked before it is opened. Raises ExportUnreadable or LimitExceeded."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._books: dict[bool, Any] = {}
        self.cells = _CELLS + file.seek(0, 2)
        self.kept: dict[str | None, tuple[int, list[Row]]] = {}
        """Sheets that were read from a row to their end, where small enough: they are gone over several times."""
        try:
            self._check(file)
        except _FAILURES:
            raise unreadable(
                "the export", (refuse("xlsx-damaged", "the workbook is damaged", "the workbook"),)
            ) from None

    @staticmethod
    def _check(file: BinaryIO) -> None:
        with zipfile.ZipFile(file) as packed:
            entries = packed.infolist()
            if len(entries) > 1000:
                raise _limit("has more than 1000 parts")
            for info in entries:
                cap = SHARED_BYTES if info.filename.endswith(("sharedStrings.xml", "styles.xml")) else PART_BYTES
                if info.file_size > cap or info.file_size > 1024 * 1024 + RATIO * info.compress_size:
                    raise _limit(f"has a part of more than {cap // 1024**2} MiB, or {RATIO} times its packed size")
                if info.filename.endswith((".xml", ".rels")):
                    with packed.open(info) as part:
                        head = part.read(8192)
                    if b"<!DOCTYPE" in head or head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                        message = "a part of the workbook has a DOCTYPE, which is never accepted, or is not UTF-8"
                        raise unreadable("the export", (refuse("xml-doctype", message, "the workbook"),))

    def sheet(self, name: str | None, *, values: bool) -> Any:
        """`values`: what Excel stored as the results of formulas, instead of the formulas. Raises Unfit."""
        try:
            if values not in self._books:
                self._books[values] = load(self._file, values=values)
            book = self._books[values]
            names = book.sheetnames
            wanted = names[0] if name is None else name
            if wanted not in names:
                message = "the workbook has no such sheet"
                raise Unfit(refuse("xlsx-sheet", message, "the workbook", ", ".join(names)[:80], wanted))
            found = book[wanted]
        except _FAILURES:
            raise Unfit(refuse("xlsx-damaged", "the workbook is damaged", "the workbook")) from None
        return found

    def close(self) -> None:
        for book in self._books.values():
            book.close()


def _limit(message: str) -> LimitExceeded:
    finding = refuse("xlsx-limit", f"the workbook {message}, and is not read", "the workbook")
    return LimitExceeded("the workbook cannot be read: xlsx-limit", findings=(finding,))


class SheetRows:
    """Rows of a sheet from a row number on; `offset` is the number of the next one."""

    def __init__(self, book: Book, mapping: XlsxMapping, name: str | None, start: Start | None) -> None:
        self.mapping, self.book, self.name = mapping, book, name
        self.offset = self.line = start[0] if start and start[0] else 1
        self._first, self._read = self.offset, cast("list[Row] | None", [])
        self._kept: Iterator[Row] | None = None
        self._cells_seen = 0
        first, kept = book.kept.get(name, (ROWS, []))
        if first <= self.offset:
            at = bisect_left(kept, self.offset, key=lambda row: row.start)
            self._kept = iter(kept[at:])
            return
        cached = mapping.formulas == "cached"
        self._rows = rows(book.sheet(name, values=False), self.offset)
        self._stored = rows(book.sheet(name, values=True), self.offset) if cached else None

    def skip_line(self) -> None:
        next(self, None)

    def __iter__(self) -> SheetRows:
        return self

    def __next__(self) -> Row:
        if self._kept is not None:
            row = next(self._kept)
            self.offset = self.line = row.start + 1
        else:
            row = self._following()
            if self._read is not None and self._cells_seen <= _KEPT:
                self._read.append(row)
            else:
                self._read = None
        return row

    def _following(self) -> Row:
        while True:
            number = self.offset
            if number > ROWS:
                raise Unfit(refuse("xlsx-limit", f"a sheet of more than {ROWS} rows", f"row {number}"))
            try:
                row = next(self._rows)
                stored = next(self._stored) if self._stored is not None else None
            except StopIteration:
                if self._read is not None:
                    self.book.kept[self.name] = (self._first, self._read)
                raise
            except _FAILURES:
                raise Unfit(refuse("xlsx-damaged", "the sheet is damaged", f"row {number}")) from None
            if len(row) > COLUMNS:
                raise Unfit(refuse("xlsx-limit", f"a row of more than {COLUMNS} cells", f"row {number}"))
            self._cells_seen += len(row)
            if self._cells_seen > self.book.cells:
                raise Unfit(refuse("xlsx-limit", "more cells than a workbook of that size has", f"row {number}"))
            self.offset = self.line = number + 1
            cells, damage = self._cells(row, stored, number)
            while cells and not cells[-1]:
                cells.pop()
            if cells or damage:
                return Row(cells, number, number, damage)

    def _cells(self, row: Any, stored: Any, number: int) -> tuple[list[str], Finding | None]:
        cells: list[str] = []
        damage: Finding | None = None
        try:
            for index, cell in enumerate(row):
                text, wrong = self._cell(cell, stored[index] if stored and index < len(stored) else None, number)
                cells.append(text)
                damage = damage or wrong
        except _FAILURES:
            damage = refuse("xlsx-damaged", "a cell of this row is damaged", f"row {number}")
        return cells, damage

    def _cell(self, cell: Any, stored: Any, row: int) -> tuple[str, Finding | None]:
        value = cell.value
        if value is None:
            return "", None
        kind = cell.data_type
        if kind == "s" and value[:1] != "#":
            return value, None

        def refused(rule: str, message: str, found: str | None = None) -> tuple[str, Finding]:
            return "", refuse(rule, message, f"row {row}, {cell.column_letter}{row}", found)

        if kind == "f":
            if self._stored is None:
                message = "a cell with a formula; the profile's xlsx.formulas can take the value that Excel stored"
                return refused("xlsx-formula", message, str(value))
            value = stored.value if stored is not None else None
            if value is None:
                message = "a formula of which the workbook has no value: it was never calculated"
                return refused("xlsx-formula", message)
        if kind == "e" or (isinstance(value, str) and value.startswith("#") and value.endswith(("!", "?", "/A"))):
            return refused("xlsx-error", "a cell with an error value", str(value))
        return self._text(value, cell, refused)

    def _text(self, value: Any, cell: Any, refused: Any) -> tuple[str, Finding | None]:
        if isinstance(value, bool):
            return ("true" if value else "false"), None
        if isinstance(value, (datetime, date)):
            if (value.year, value.month) < (1900, 3):
                message = "a day before March 1900, where Excel's calendar is wrong"
                found: tuple[str, Finding | None] = refused("xlsx-date", message, str(value))
                return found
            return value.strftime(self.mapping.dates[0]), None
        if isinstance(value, time):
            return value.isoformat(), None
        if isinstance(value, (int, float)):
            number = shown(value)
            if "%" in (cell.number_format or ""):
                number = number * 100
            return format(number.normalize(), "f").replace(".", self.mapping.decimal), None
        return str(value), None


def shown(value: float) -> Decimal:
    """The number that Excel shows: 15 significant digits of the double. Raises ValueError for none at all.

    >>> shown(19.989999999999998), shown(1e21), shown(0.1 + 0.2)
    (Decimal('19.99'), Decimal('1E+21'), Decimal('0.3'))
    """
    number = Decimal(format(value, ".15g"))
    if not number.is_finite():
        raise ValueError(value)
    return number
