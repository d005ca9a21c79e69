"""What waits while the file's header and one of its bodies are read."""

from __future__ import annotations

from lxml import etree

from stages.formats.reading.xml_walk import Data, Syntax
from stages.formats.reading.xml_walk import Walk as _Walk

_SYNTAX = Syntax("fatturapa", {}, "the canonical document")


class Walk(_Walk):
    """One pass over a FatturaPA, and what has to be remembered between its elements."""

    def __init__(self, root: etree._Element, line: int) -> None:
        super().__init__(root, line, _SYNTAX)
        self.endpoint: Data | None = None
        self.items: dict[str, str] = {}
