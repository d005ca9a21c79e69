"""Tables of messages, over any number of pages: only the columns that say something, their heads on each page."""

from __future__ import annotations

from collections.abc import Sequence

from stages.rendering.fonts import Style, joined
from stages.rendering.lines import broken, counted, figure
from stages.rendering.messages.contents import Cell, Head, Table
from stages.rendering.sheet import INNER, LEFT, Column, Flow, Row, stack
from stages.rendering.theme import GAP, HAIRLINE, INK, Job

_GAP = 10.0
_Place = tuple[float, float]
"""Where a column stands, and how wide it is."""


def table(flow: Flow, given: Table, job: Job) -> None:
    """Nothing where the table has no rows."""
    used = [at for at in range(len(given.heads)) if any(row[at].text or row[at].small for row in given.rows)]
    if not used:
        return
    heads = [given.heads[at] for at in used]
    places = _places(heads)

    def enter() -> None:
        style = job.theme.column
        flow.rows(stack(_column(head, place, broken(head.label, style, place[1])) for head, place in _both))
        flow.y += 2
        flow.page.rule(flow.y, INK, 0.8)
        flow.y += 5

    _both = list(zip(heads, places, strict=True))
    flow.need(90)
    if given.title:
        flow.rows(stack([Column(LEFT, [(given.title, job.theme.heading)])]))
        flow.y += 3
    enter()
    flow.entering = enter
    for number, each in enumerate(given.rows):
        cells = (each[at] for at in used)
        rows = _rows([_column(h, p, _lines(cell, p[1], job)) for (h, p), cell in zip(_both, cells, strict=True)])
        if number:
            flow.need(sum(row.height for row in rows[:6]) + 4)
            if not flow.untouched:
                flow.page.rule(flow.y - 3.5, HAIRLINE)
        flow.rows(rows)
        flow.y += 7
    flow.entering = None
    flow.page.rule(flow.y - 3.5, INK, 0.8)
    flow.space(GAP - 4)


def _rows(columns: Sequence[Column]) -> list[Row]:
    return stack(columns)


def _places(heads: Sequence[Head]) -> list[_Place]:
    """From left to right; columns without a width share what the others leave."""
    fixed = sum(head.width for head in heads) + _GAP * (len(heads) - 1)
    rest = (INNER - fixed) / max(1, sum(not head.width for head in heads))
    places, x = [], LEFT
    for head in heads:
        width = head.width or rest
        places.append((x, width))
        x += width + _GAP
    return places


def _column(head: Head, place: _Place, lines: list[tuple[str, Style]]) -> Column:
    x, width = place
    return Column(x + width if head.align == "right" else x, lines, head.align)


def _lines(cell: Cell, width: float, job: Job) -> list[tuple[str, Style]]:
    theme = job.theme
    if cell.unit:
        lines = counted(cell.text, cell.unit, width, job)
    elif cell.figure:
        lines = figure(cell.text, theme.body, width)
    else:
        lines = broken(cell.text, theme.body, width)
    small = joined([each for each in cell.small if each], theme.small, width)
    return lines + [part for text in small for part in broken(text, theme.small, width)]
