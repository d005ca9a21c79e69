"""Which format is this? Told by the content: names lie, and operators are not asked.

`Head` gathers what the first bytes show (text or binary, the XML elements, the lines); each format's own `fits`
decides from that, in the order of the registry.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from xml.parsers import expat

from schemas.errors import Finding
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse
from stages.formats.reading.xml_guard import CXML, encoding_of, fault, tolerable

HEAD_BYTES = 64 * 1024
"""What is read of an export to recognise it."""
_ELEMENTS = 500
_CONTROLS = re.compile("[\x00-\x08\x0e-\x19\x1c-\x1f]")
_FEW = 20
"""Characters to one that no text has; of bytes at random, one in ten is such."""
_BLANKS = b" \t\r\n"


class _Enough(Exception):
    """As many elements as are looked at."""


@dataclass(frozen=True)
class Head:
    """The first bytes of an export, and what they show."""

    data: bytes
    name: str

    @cached_property
    def kind(self) -> str:
        """empty, zip, gzip, pdf, xml, json, text or binary."""
        data = self.data
        if not data.strip(_BLANKS + b"\0"):
            return "binary" if b"\0" in data else "empty"
        for start, kind in ((b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\x1f\x8b", "gzip"), (b"%PDF", "pdf")):
            if data.startswith(start):
                return kind
        text = self.text.lstrip(" \t\r\n")
        if text.startswith("<"):
            return "xml"
        if text.startswith(("{", "[")) and self._readable:
            return "json"
        return "binary" if self.controls else "text"

    @cached_property
    def codec(self) -> str:
        """By byte order mark, or by where the zero bytes are; Latin-1 stands for 'some single-byte text'."""
        for mark, codec in (
            (codecs.BOM_UTF8, "utf-8"),
            (codecs.BOM_UTF16_LE, "utf-16-le"),
            (codecs.BOM_UTF16_BE, "utf-16-be"),
        ):
            if self.data.startswith(mark):
                return codec
        if len(self.data) > 3 and self.data[1] == 0 == self.data[3] and self.data[0] and self.data[2]:
            return "utf-16-le"
        if len(self.data) > 3 and self.data[0] == 0 == self.data[2] and self.data[1] and self.data[3]:
            return "utf-16-be"
        try:
            codecs.getincrementaldecoder("utf-8")().decode(self.data)
        except UnicodeDecodeError:
            return "iso8859-1"
        return "utf-8"

    @cached_property
    def text(self) -> str:
        return self.data.decode(self.codec, "replace").removeprefix("\ufeff")

    @cached_property
    def controls(self) -> int:
        """How many characters it has that no text has."""
        return len(_CONTROLS.findall(self.text))

    @property
    def is_text(self) -> bool:
        """Text, but for a few damaged characters, say: what is read record by record then loses the records that have
        them, and no others."""
        return self.kind == "text" or (self.kind == "binary" and self._readable)

    @property
    def _readable(self) -> bool:
        return self.controls * _FEW <= len(self.text)

    @cached_property
    def _outline(self) -> tuple[list[tuple[str, str]], dict[str, str], Finding | None]:
        remembered: list[Finding] = []
        elements: list[tuple[str, str]] = []
        words: dict[str, str] = {}
        open_names: list[str] = []

        def start(name: str, _attributes: Any) -> None:
            namespace, _, local = name.rpartition(" ")
            elements.append((namespace, local))
            open_names.append(local)
            if len(elements) >= _ELEMENTS:
                raise _Enough

        def end(_name: str) -> None:
            open_names.pop()

        def characters(text: str) -> None:
            if open_names and open_names[-1] in ("IDOCTYP", "CIMTYP", "MESTYP") and text.strip():
                words.setdefault(open_names[-1], text.strip())

        def doctype(_name: str, system: str | None, _public: str | None, internal: int) -> None:
            message = "a DOCTYPE is never accepted: it can carry entities"
            finding = refuse("xml-doctype", message, f"line {parser.CurrentLineNumber}", "<!DOCTYPE")
            if not tolerable(CXML, system, internal):
                raise Unfit(finding)
            remembered.append(finding)  # that of cXML: only a format that says so reads on

        try:
            codec, mark = encoding_of(self.data)
            text = self.data[mark:].decode(codec, "replace")
            parser = expat.ParserCreate("UTF-8", namespace_separator=" ")
            parser.StartElementHandler, parser.EndElementHandler = start, end
            parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = characters, doctype
            parser.Parse(text.encode(), len(self.data) < HEAD_BYTES)
        except _Enough:
            pass
        except Unfit as unfit:
            return elements, words, unfit.findings[0]
        except expat.ExpatError as error:
            place = f"line {error.lineno}, column {error.offset + 1}"
            return elements, words, refuse("xml-syntax", fault(error), place)
        return elements, words, next(iter(remembered), None)

    @property
    def elements(self) -> list[tuple[str, str]]:
        """(namespace, local name) of the first elements, in order."""
        return self._outline[0] if self.kind == "xml" else []

    @property
    def words(self) -> dict[str, str]:
        """The texts of an IDoc's control record that tell its type."""
        return self._outline[1] if self.kind == "xml" else {}

    @property
    def damage(self) -> Finding | None:
        return self._outline[2] if self.kind == "xml" else None
