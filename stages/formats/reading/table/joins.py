"""Lines that do not stand with their heads: in a second section or sheet, or in another file of the archive.

One pass over the lines makes an index, key -> where its rows begin, which every step makes again: memory is that of the
index, never that of the rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from schemas.errors import Finding
from schemas.tables import TableMapping
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import Source, refuse
from stages.formats.reading.table.rows import Columns, Open, Row, Rows, Start, find_header


class Joined:
    """The lines of a `sections` or `files` layout. Raises Unfit when they are not there."""

    def __init__(self, source: Source, mapping: TableMapping, open_: Open[Any], start: Start) -> None:
        part = mapping.lines
        assert part is not None  # the profile's own check
        self.mapping, self.part, self.open = mapping, part, open_
        self.word = mapping.word
        if part.file is not None:
            file = source.siblings(part.file)
            if file is None:
                message = f"the lines of these documents are expected in a file {part.file!r} beside this one"
                raise Unfit(refuse(f"{self.word}-lines-file", message, expected=part.file))
            self.file = file
            rows = open_(file, mapping, None, False)
            header = next(rows, None)
            if header is None or header.damage:
                raise Unfit(refuse(f"{self.word}-header", "the lines' file has no header", "line 1"))
            self.columns = Columns([c.strip() for c in header.cells], header.line, self.word)
        elif part.sheet is not None:
            self.file = source.file
            rows = open_(source.file, mapping, None, True)
            header = next(rows, None)
            if header is None or header.damage:
                raise Unfit(refuse(f"{self.word}-header", "the lines' sheet has no header", "row 1"))
            self.columns = Columns([c.strip() for c in header.cells], header.line, self.word)
        else:
            self.file = source.file
            rows = open_(source.file, mapping, start, False)
            self.columns = self._section(rows)
        self.key = [self.columns.at(name) for name in part.key]
        self.index: dict[tuple[str, ...], list[tuple[int, int]]] = {}
        self.damage: list[Finding] = []
        for row in rows:
            if row.damage and not row.cells:
                self.damage.append(row.damage)
                continue
            key = tuple(row.cells[at].strip() if at < len(row.cells) else "" for at in self.key)
            if not all(key):
                message = "the cell that tells the document is empty; of merged cells, only the first has the value"
                place = f'line {row.line}, column "{part.key[key.index("")]}"'
                self.damage.append(refuse(f"{self.word}-key", message, place))
                continue
            self.index.setdefault(key, []).append((row.start, row.line))

    def _section(self, rows: Rows) -> Columns:
        header = self.part.header
        assert header is not None  # the profile's own check
        for row in rows:
            if self.begins(row):
                return Columns([c.strip() for c in row.cells], row.line, self.word)
        return find_header(rows, header, self.word)

    def begins(self, row: Row) -> bool:
        """Is this the row with which the section of lines begins?"""
        header = self.part.header
        if header is None:
            return False
        cells = [c.strip() for c in row.cells]
        return all(name in cells for name in header.find)

    def lines(self, key: tuple[str, ...]) -> tuple[list[Row], list[Finding]]:
        """The rows of one document, and what is damaged; a damaged row that is nobody's puts each one in doubt."""
        found: list[Row] = []
        damage = list(self.damage[:5])
        rows: Rows | None = None
        for start, line in self.index.get(key, ()):
            if rows is None or rows.offset != start:
                rows = self.open(self.file, self.mapping, (start, line), self.part.sheet is not None)
            row = next(rows)
            found.append(row)
            if row.damage:
                damage.append(row.damage)
            if wrong := self.columns.fit(row):
                damage.append(wrong)
        return found, damage

    def firsts(self) -> Iterator[tuple[tuple[str, ...], int]]:
        """Every key with the line of its first row."""
        return ((key, places[0][1]) for key, places in self.index.items())
