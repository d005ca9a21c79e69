"""What waits while the batch's parties and one of its invoices are read."""

from __future__ import annotations

from lxml import etree

from stages.formats.reading.xml_walk import Syntax
from stages.formats.reading.xml_walk import Walk as _Walk

_SYNTAX = Syntax("facturae", {}, "the canonical document")


class Walk(_Walk):
    """One pass over a Facturae, and what has to be remembered between its elements."""

    def __init__(self, root: etree._Element, line: int) -> None:
        super().__init__(root, line, _SYNTAX)
        self.side = "seller"
        self.said: dict[str, str] = {}
        self.taxes: dict[tuple[int, str], list[etree._Element]] = {}
        self.of_lines: dict[str, dict[str, list[tuple[int, str]]]] = {}
        self.instalments: list[etree._Element] = []
