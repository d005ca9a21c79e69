"""Rows of a table, from wherever they come: CSV, XLSX, fixed-width records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Protocol, TypeVar

from schemas.errors import Finding
from schemas.tables import Header, TableMapping
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse


@dataclass(frozen=True)
class Row:
    """`start` is where it can be entered again: an offset, or its number."""

    cells: list[str]
    line: int
    start: int
    damage: Finding | None = None
    where: str = ""

    @property
    def place(self) -> str:
        return self.where or f"line {self.line}"


class Rows(Protocol):
    """An iterator over rows; `offset` and `line` are those of the next one. Raises Unfit when too much is damaged."""

    offset: int
    line: int

    def skip_line(self) -> None: ...

    def __iter__(self) -> Rows: ...

    def __next__(self) -> Row: ...


Start = tuple[int, int]
"""Offset and line from which rows are read."""
M = TypeVar("M", bound=TableMapping)
Open = Callable[[BinaryIO, M, Start | None, bool], Rows]
"""(file, mapping, where to begin, the part with the lines where a file has several) -> rows."""


@dataclass(frozen=True)
class Columns:
    """The header: name -> position. Raises Unfit from `at` when a mapped column is not there."""

    names: list[str]
    line: int
    word: str = "csv"
    """Before the rules' names: which kind of table this is."""

    def at(self, name: str) -> int:
        count = self.names.count(name)
        if count == 1:
            return self.names.index(name)
        message = "the header has no such column" if not count else "the header has this column more than once"
        seen = ", ".join(self.names[:20])
        raise Unfit(refuse(f"{self.word}-header", f"{message}: {name!r}", f"line {self.line}", seen, name))

    def fit(self, row: Row) -> Finding | None:
        """A row with fewer or more cells than the header is cut off or shifted; a sheet's row ends with what it has."""
        if self.word == "xlsx":
            row.cells.extend([""] * (len(self.names) - len(row.cells)))
        if len(row.cells) == len(self.names) or (
            len(row.cells) > len(self.names) and not any(row.cells[len(self.names) :])
        ):
            return None
        message = f"the row has {len(row.cells)} cells, the header has {len(self.names)}"
        return refuse(f"{self.word}-columns", message, f"line {row.line}", str(len(row.cells)), str(len(self.names)))


def find_header(rows: Rows, header: Header, word: str) -> Columns:
    """The first row with all the cells that are looked for. Raises Unfit."""
    for seen, row in enumerate(rows):
        names = [cell.strip() for cell in row.cells]
        if all(name in names for name in header.find):
            return Columns(names, row.line, word)
        if seen + 1 >= header.within:
            break
    wanted = ", ".join(header.find)
    message = f"no row among the first {header.within} has the header's cells {wanted}"
    raise Unfit(refuse(f"{word}-header", message, "line 1", expected=wanted))
