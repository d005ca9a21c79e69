"""Which rows of a table make one document: by key, by record type, or joined from two parts.

A row that is damaged so that nobody can tell whose it was puts the documents on both sides of it in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.errors import Finding
from schemas.tables import TableMapping
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import Cursor, Source, refuse
from stages.formats.reading.table.joins import Joined
from stages.formats.reading.table.rows import Columns, Open, Row, Rows, Start, find_header

DOCUMENT_ROWS = 20_000
_DOCUMENTS = 1_000_000
_SCATTERED = 200
_TOLD = 100
"""Rows of nobody's that are told between two documents."""


@dataclass
class Group:
    """The rows of one document: its head, and the rows of its lines (which may be the same)."""

    head: Row
    key: tuple[str, ...] = ()
    lines: list[Row] = field(default_factory=list)
    damage: list[Finding] = field(default_factory=list)
    following: int = 0
    following_line: int = 0
    """Where the next group begins: offset and line."""

    def add(self, row: Row, word: str) -> None:
        if len(self.lines) < DOCUMENT_ROWS:
            self.lines.append(row)
        elif len(self.lines) == DOCUMENT_ROWS:
            self.lines.append(row)
            self.damage.append(
                refuse(f"{word}-limit", f"a document of more than {DOCUMENT_ROWS} rows", f"line {row.line}")
            )


class Grouping:
    """The rows of one file, from the header or a cursor on. Raises Unfit when the header does not fit the profile."""

    def __init__(self, source: Source, mapping: TableMapping, open_: Open[Any], cursor: Cursor | None) -> None:
        self.source, self.mapping, self.open = source, mapping, open_
        self.word = mapping.word
        self._skip = re.compile(mapping.skip_rows) if mapping.skip_rows else None
        self.joined: Joined | None = None
        first = open_(source.file, mapping, None, False)
        for _ in range(mapping.skip_lines):
            first.skip_line()
        self.columns = self._header(first)
        self.line_columns = (
            Columns(list(mapping.records.line_columns), 0, mapping.word) if mapping.records else self.columns
        )
        self.key = [self.columns.at(name) for name in mapping.key]
        self.heads = (first.offset, first.line)
        if mapping.lines:
            self.joined = Joined(source, mapping, open_, self.heads)
            self.line_columns = self.joined.columns
        self.scattered: list[list[str]] = list((cursor or {}).get("x", []))
        if not cursor and mapping.layout == "rows":
            self.scattered = self._scattered(self.heads)
        self.start = (int(cursor["o"]), int(cursor["l"])) if cursor else self.heads

    def _header(self, rows: Rows) -> Columns:
        mapping = self.mapping
        if mapping.records:
            return Columns(list(mapping.records.head_columns), 0, self.word)
        if mapping.columns:
            return Columns(list(mapping.columns), 0, self.word)
        if mapping.header:
            return find_header(rows, mapping.header, self.word)
        row = next(rows, None)
        if row is None or row.damage:
            raise Unfit(
                row.damage if row and row.damage else refuse(f"{self.word}-header", "there is no header", "line 1")
            )
        return Columns([c.strip() for c in row.cells], row.line, self.word)

    def _rows(self, start: Start) -> Iterator[Row]:
        for row in self.open(self.source.file, self.mapping, start, False):
            if self.joined and self.joined.begins(row):
                return
            if self._skip and row.cells and self._skip.fullmatch(row.cells[0].strip()):
                continue
            if self.mapping.records and self._type(row) in self.mapping.records.ignore:
                continue
            yield row

    def _key(self, row: Row) -> tuple[str, ...]:
        return tuple(row.cells[at].strip() if at < len(row.cells) else "" for at in self.key)

    def _keyless(self, row: Row) -> Finding | None:
        """A line that does not say whose it is. (A head that does not is a document of its own, and refused.)"""
        if self.mapping.layout != "rows" or all(key := self._key(row)):
            return None
        message = "the cell that tells the document is empty; of merged cells, only the first has the value"
        return refuse(f"{self.word}-key", message, f'line {row.line}, column "{self.mapping.key[key.index("")]}"')

    def _scattered(self, start: Start) -> list[list[str]]:
        """Keys whose rows do not stand together. One pass before the first step: afterwards it would be too late."""
        seen: set[int] = set()  # hashes: a million keys are 60 MB
        scattered: dict[tuple[str, ...], None] = {}
        last: tuple[str, ...] | None = None
        together = 0
        for row in self._rows(start):
            if row.damage and not row.cells:
                continue
            key = last if last and self._keyless(row) else self._key(row)
            if key != last:
                if hash(key) in seen:
                    scattered[key] = None
                    if len(scattered) > _SCATTERED:
                        message = (
                            f"more than {_SCATTERED} documents have rows in several places; sort the export by its key"
                        )
                        raise Unfit(refuse(f"{self.word}-scattered", message, f"line {row.line}", " ".join(key)))
                seen.add(hash(key))
                last, together = key, 0
                if len(seen) > _DOCUMENTS:
                    message = f"more than {_DOCUMENTS} documents; split the export"
                    raise Unfit(refuse(f"{self.word}-limit", message, f"line {row.line}"))
            together += 1
            if together > 2 * DOCUMENT_ROWS:
                message = f"more than {DOCUMENT_ROWS} rows of one document"
                raise Unfit(refuse(f"{self.word}-limit", message, f"line {row.line}", " ".join(key)))
        return [list(key) for key in scattered]

    def groups(self) -> Iterator[Group]:
        """The documents' rows, from the cursor on."""
        current: Group | None = None
        beside: list[Finding] = []
        doubtful: Row | None = None
        end = self.start
        for row in self._rows(self.start):
            nobodys = row.damage if not row.cells else self._keyless(row)
            if nobodys:
                # whose row this was cannot be told: the document before it and the one behind it are both in doubt
                doubtful = doubtful or row
                if len(beside) < _TOLD:
                    beside.append(nobodys)
                    if current:
                        current.damage.append(nobodys)
                continue
            head = self._begins(current, row)
            if head and current:
                again = doubtful or row  # who enters there must meet nobody's row once more
                current.following, current.following_line = again.start, again.line
                yield current
                current = None
            if current is None:
                current = Group(row, self._key(row), [], beside)
                beside = []
                if not head:
                    message = "a line stands before any head"
                    current.damage.append(refuse(f"{self.word}-record-type", message, f"line {row.line}", row.cells[0]))
            elif beside:
                current.damage += [f for f in beside if f not in current.damage]
                beside = []
            doubtful = None
            self._add(current, row, head=head)
            end = (row.start, row.line)
        if current:
            current.following, current.following_line = self.source.file.seek(0, 2), end[1] + 1
            yield current
        elif beside:
            raise Unfit(*beside)

    def _begins(self, current: Group | None, row: Row) -> bool:
        """Does this row begin another document?"""
        if self.mapping.records:
            return self._type(row) in self.mapping.records.head
        return bool(self.joined) or current is None or self._key(row) != current.key

    def _type(self, row: Row) -> str | None:
        """The record type of layout `records`; None in the others."""
        types = self.mapping.records
        if types is None:
            return None
        return row.cells[types.column - 1].strip() if types.column <= len(row.cells) else ""

    def _add(self, group: Group, row: Row, *, head: bool) -> None:
        types = self.mapping.records
        if row.damage:
            group.damage.append(row.damage)
        if types:
            kind = self._type(row)
            if head:
                columns = self.columns
            elif kind in types.line:
                columns = self.line_columns
                group.add(row, self.word)
            else:
                message = "the profile does not know this record type"
                group.damage.append(refuse(f"{self.word}-record-type", message, f"line {row.line}", kind))
                return
        else:
            columns = self.columns
            if not self.joined:
                group.add(row, self.word)
        if wrong := columns.fit(row):
            group.damage.append(wrong)

    def check(self, group: Group) -> None:
        """Add the joined lines, and what is wrong with the group as a whole."""
        place = f"line {group.head.line}"
        if self.joined:
            group.lines, damage = self.joined.lines(group.key)
            group.damage += damage
        if list(group.key) in self.scattered:
            message = "the rows of this document do not stand together; sort the export by its key"
            group.damage.append(refuse(f"{self.word}-scattered", message, place, " ".join(group.key)))
        if group.key and not all(group.key):
            name = self.mapping.key[group.key.index("")]
            message = "the cell that tells the document is empty"
            group.damage.append(refuse(f"{self.word}-key", message, f'{place}, column "{name}"'))

    def orphans(self) -> list[tuple[tuple[str, ...], int]]:
        """Keys of lines that belong to no head, with their line; asked when the heads are at their end."""
        if not self.joined:
            return []
        known = {self._key(row) for row in self._rows(self.heads)}
        return [(key, line) for key, line in self.joined.firsts() if key not in known]
