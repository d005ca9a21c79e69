"""A CSV as a sample: by which sign its rows are cut, and where each begins."""

from __future__ import annotations

import csv
import io
from collections import Counter

from stages.formats.reading.table.rows import Row

_SEPARATORS = (";", ",", "\t", "|")


def separator(text: str) -> str | None:
    """The sign by which most lines have the same number of cells, more than one; None where there is none."""
    best, score = None, 0.0
    for sign in _SEPARATORS:
        counts = Counter(len(row.cells) for row in rows(text, sign) if any(row.cells))
        if not counts:
            continue
        cells, often = counts.most_common(1)[0]
        total = sum(counts.values())
        if cells > 1 and often > 1 and often / total >= 0.5 and often / total * (1 + cells / 100) > score:
            best, score = sign, often / total * (1 + cells / 100)
    return best


def rows(text: str, sign: str) -> list[Row]:
    """Each with the line on which it begins; none where the text cannot be cut by that sign."""
    found: list[Row] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=sign)
    line = 1
    try:
        for cells in reader:
            found.append(Row(cells, line, line))
            line = reader.line_num + 1
    except csv.Error:
        return []
    return found
