"""Pages as they are laid out, before they are drawn: text and shapes at places, and the flow from page to page.

Places are in points from the left and from the *top* of an A4 page; `painting` turns them into PDF's bottom-up ones.
Two passes are needed, for no page knows how many there will be until the last one is laid out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from stages.rendering.fonts import Style, measure

WIDTH, HEIGHT = 595.28, 841.89
LEFT, RIGHT = 52.0, 543.28
TOP = 40.0
INNER = RIGHT - LEFT

Align = Literal["left", "right", "center"]


class Text(NamedTuple):
    """One line of cleaned text; `x` is its left end, `y` its baseline."""

    x: float
    y: float
    text: str
    style: Style


class Shape(NamedTuple):
    """A filled or outlined rectangle (rounded where `radius`), or a rule where `height` is 0 (`stroke`, `weight`)."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None = None
    stroke: str | None = None
    weight: float = 0.5
    radius: float = 0.0


class Modules(NamedTuple):
    """A QR code's dark modules in a square of `side` points."""

    x: float
    y: float
    side: float
    rows: tuple[tuple[bool, ...], ...]


class Logo(NamedTuple):
    """Where the brand's logo goes."""

    x: float
    y: float
    width: float
    height: float


class Piece(NamedTuple):
    """A text in a row, `down` points below its top: `x` is the left, right or middle end, as `align` says."""

    x: float
    text: str
    style: Style
    align: Align = "left"
    down: float = 0.0


class Column(NamedTuple):
    """Lines that stand one below the other; columns beside each other make rows."""

    x: float
    lines: Sequence[tuple[str, Style]]
    align: Align = "left"


class Row(NamedTuple):
    """What stands beside each other, and how high that is."""

    pieces: Sequence[Piece]
    height: float


@dataclass
class Page:
    """One page's display list, in reading order; shapes lie under texts."""

    shapes: list[Shape] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    codes: list[Modules] = field(default_factory=list)
    logos: list[Logo] = field(default_factory=list)

    def write(self, x: float, y: float, text: str, style: Style, align: Align = "left") -> None:
        """Put a line so that its capitals stand in the middle of the `style.leading` points below `y`."""
        if not text:
            return
        if align == "right":
            x -= measure(text, style)
        elif align == "center":
            x -= measure(text, style) / 2
        # Open Sans' capitals are 0.714 em high.
        self.texts.append(Text(x, y + (style.leading + 0.714 * style.size) / 2, text, style))

    def rule(self, y: float, colour: str, weight: float = 0.5, left: float = LEFT, right: float = RIGHT) -> None:
        """A horizontal line."""
        self.shapes.append(Shape(left, y, right - left, 0, stroke=colour, weight=weight))


def stack(columns: Iterable[Column]) -> list[Row]:
    """Rows of columns: the first lines of all, then the second ones; a row is as high as its highest line."""
    columns = list(columns)
    rows = []
    for at in range(max((len(column.lines) for column in columns), default=0)):
        pieces = [Piece(c.x, *c.lines[at], c.align) for c in columns if at < len(c.lines)]
        rows.append(Row(pieces, max(piece.style.leading for piece in pieces)))
    return rows


def beside(columns: Iterable[Column], most: float = 240.0) -> list[Row]:
    """One row of columns that keep their own distances; where that is higher than `most`, rows that can be parted."""
    columns = list(columns)
    pieces, high = [], 0.0
    for column in columns:
        down = 0.0
        for text, style in column.lines:
            pieces.append(Piece(column.x, text, style, column.align, down))
            down += style.leading
        high = max(high, down)
    return [Row(pieces, high)] if high <= most else stack(columns)


class Flow:
    """Fills pages from top to bottom.

    `bottom` is where the foot begins. `turn` starts a page: `leaving` is called for the page that ends, `head` and
    `entering` for the new one; `reserved` points stay free above the foot for what `leaving` writes.
    """

    def __init__(self, bottom: float, head: Callable[[Page], float]) -> None:
        self.pages = [Page()]
        self.bottom = bottom
        self.y = TOP
        self.reserved = 0.0
        self.leaving: Callable[[], None] | None = None
        self.entering: Callable[[], None] | None = None
        self._head = head
        self._fresh = TOP

    @property
    def page(self) -> Page:
        return self.pages[-1]

    @property
    def room(self) -> float:
        return self.bottom - self.reserved - self.y

    @property
    def untouched(self) -> bool:
        """Nothing but the head stands on this page: turning again would gain nothing."""
        return self.y <= self._fresh

    def turn(self) -> None:
        """End this page and begin the next."""
        if self.leaving:
            self.leaving()
        self.pages.append(Page())
        self.y = self._head(self.page)
        if self.entering:
            self.entering()
        self._fresh = self.y

    def need(self, height: float) -> None:
        """Turn the page unless `height` points fit on this one; what fits on no page starts here all the same."""
        if self.room < height and not self.untouched:
            self.turn()

    def rows(self, rows: Sequence[Row], together: float = 240.0) -> None:
        """Write rows; those of at most `together` points in all stay on one page, higher ones flow row by row."""
        height = sum(row.height for row in rows)
        if height <= together:
            self.need(height)
        for row in rows:
            self.need(row.height)
            for piece in row.pieces:
                self.page.write(piece.x, self.y + piece.down, piece.text, piece.style, piece.align)
            self.y += row.height

    def space(self, height: float) -> None:
        """Leave white space; at a page's end it is not carried over."""
        self.y = min(self.y + height, self.bottom)
