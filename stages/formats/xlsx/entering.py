"""A workbook at a row of a sheet: reading in steps enters it many times, and openpyxl would read all of it each time.

It goes through every cell of a sheet that does not tell its size, and again through those above the row that is asked
for: 5 s of CPU for 100,000 rows. Here the size is not asked for, and rows are passed over as bytes.

Source: ECMA-376-1, 18.3.1.73 (row: `r` is its number, and rows stand in order)
"""

from __future__ import annotations

import copy
import re
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, BinaryIO

_CHUNK = 256 * 1024
_FROM = 1000
"""Rows above which it is worth the while."""
_HEAD = 1024 * 1024
"""Where the first row begins at the latest, else nothing is passed over."""
_ROW = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?row(?=[\s/>])[^>]*>")
_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d{1,7})["']""")


def load(file: BinaryIO, *, values: bool) -> Any:
    """The workbook, read-only; `values` are the stored results of formulas. Its sheets do not tell how large they are.
    Raises what openpyxl raises for a damaged one."""
    from openpyxl import load_workbook
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

    measured = ReadOnlyWorksheet._get_size
    ReadOnlyWorksheet._get_size = lambda _sheet: None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations that nobody here looks at
            return load_workbook(file, read_only=True, data_only=values, keep_links=False)
    finally:
        ReadOnlyWorksheet._get_size = measured


def rows(sheet: Any, first: int) -> Iterator[Any]:
    """The rows of an openpyxl sheet, opened read-only, from the number `first` on."""
    if first > _FROM:
        sheet = copy.copy(sheet)  # others read the same sheet from elsewhere
        sheet._get_source = partial(_from_row, sheet._get_source, first)
    found: Iterator[Any] = sheet.iter_rows(min_row=first)
    return found


def _from_row(opened: Callable[[], BinaryIO], first: int) -> BinaryIO:
    """The sheet's XML without the rows above; as it is where they cannot be told by their numbers alone."""
    source = opened()
    passed = _passed(source, first)
    if passed is None:
        source.close()
        return opened()
    return _Rest(source, passed)  # type: ignore[return-value]


def _passed(source: BinaryIO, first: int) -> bytes | None:
    """What stands before the rows, and from the row on what was read of it; None where a row has no number, or where
    comments or CDATA could hold what only looks like a row."""
    head: bytes | None = None
    held = b""
    while chunk := source.read(_CHUNK):
        held += chunk
        if b"<!" in held:
            return None
        end = 0
        for row in _ROW.finditer(held):
            if head is None:
                head = held[: row.start()]
            number = _NUMBER.search(row[0])
            if number is None:
                return None
            if int(number[1]) >= first:
                return head + held[row.start() :]
            end = row.end()
        if head is None and len(held) > _HEAD:
            return None
        held = held[max(end, held.rfind(b"<")) if head is not None else 0 :]
    return None


class _Rest:
    """A stream whose beginning was read already."""

    def __init__(self, source: BinaryIO, held: bytes) -> None:
        self._source, self._held = source, held

    def read(self, size: int = -1) -> bytes:
        if not self._held:
            return self._source.read(size)
        given = self._held if size < 0 else self._held[:size]
        self._held = self._held[len(given) :]
        return given + self._source.read() if size < 0 else given

    def close(self) -> None:
        self._source.close()

    def __enter__(self) -> _Rest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
