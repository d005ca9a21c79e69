"""The look in one place: sizes, colours, distances; and what every block of the page is given."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from schemas.canonical import Document
from schemas.documents import Invoice
from stages.rendering.brand import Brand, legible, mixed
from stages.rendering.figures import Figures
from stages.rendering.fonts import REGULAR, SEMIBOLD, Style
from stages.words.printed import Printed

INK = "#1a1f26"
MUTED = "#59636f"
HAIRLINE = "#d3d8de"
GAP = 16.0
"""Points between blocks."""


@dataclass(frozen=True)
class Theme:
    """Text styles and colours of one brand. Hierarchy is by size and weight first: it survives a grey printer."""

    brand: Brand
    title: ClassVar[Style] = Style(SEMIBOLD, 24, INK, 30)
    hero: ClassVar[Style] = Style(SEMIBOLD, 23, INK, 30)
    hero_side: ClassVar[Style] = Style(SEMIBOLD, 12.5, INK, 30)
    name: ClassVar[Style] = Style(SEMIBOLD, 9.5, INK, 14)
    body: ClassVar[Style] = Style(REGULAR, 9, INK, 13)
    strong: ClassVar[Style] = Style(SEMIBOLD, 9, INK, 13)
    label: ClassVar[Style] = Style(REGULAR, 7.5, MUTED, 11)
    small: ClassVar[Style] = Style(REGULAR, 7.5, MUTED, 10.5)
    ordinal: ClassVar[Style] = Style(REGULAR, 7.5, MUTED, 13)
    column: ClassVar[Style] = Style(SEMIBOLD, 7.5, MUTED, 11)
    carried: ClassVar[Style] = Style(REGULAR, 8.5, MUTED, 15)
    total: ClassVar[Style] = Style(SEMIBOLD, 12, INK, 18)

    @cached_property
    def colour(self) -> str:
        """The brand's colour, dark enough for text."""
        return legible(self.brand.colour)

    @cached_property
    def tint(self) -> str:
        """The band's paper: the brand's colour, hardly there."""
        return mixed(self.brand.colour, "#ffffff", 0.06)

    @cached_property
    def heading(self) -> Style:
        return Style(SEMIBOLD, 8.5, self.colour, 14)


@dataclass(frozen=True)
class Job:
    """One document to lay out: brand, texts and formats chosen."""

    document: Document
    theme: Theme
    words: Printed
    figures: Figures
    copy_of: str | None = None
    """The authority's platform that issues the original."""


@dataclass(frozen=True)
class InvoiceJob(Job):
    """An invoice or credit note to lay out, its totals completed."""

    document: Invoice
