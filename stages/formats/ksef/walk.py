"""What waits while one invoice is read."""

from __future__ import annotations

from lxml import etree

from stages.formats.reading.xml_walk import Syntax
from stages.formats.reading.xml_walk import Walk as _Walk

_SYNTAX = Syntax("ksef", {}, "the canonical document")


class Walk(_Walk):
    """One pass over an FA, and what has to be remembered between its elements."""

    def __init__(self, root: etree._Element, line: int) -> None:
        super().__init__(root, line, _SYNTAX)
        self.gln = ""
        self.described: dict[str, list[tuple[str, str]]] = {}
