"""What waits while one invoice and its protocol are read."""

from __future__ import annotations

from lxml import etree

from stages.formats.reading.xml_walk import Syntax
from stages.formats.reading.xml_walk import Walk as _Walk

_SYNTAX = Syntax("nfe", {}, "the canonical document")


class Walk(_Walk):
    """One pass over an NF-e, and what has to be remembered between its elements."""

    def __init__(self, root: etree._Element, line: int) -> None:
        super().__init__(root, line, _SYNTAX)
        self.orders: dict[str, str] = {}
