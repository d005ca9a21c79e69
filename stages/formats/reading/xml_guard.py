"""The guard of XML from strangers: one pass of expat, in chunks, before anything else parses it.

No DOCTYPE, so no entities; depth and counts are capped; line and column are known; and it finds where each wanted
element begins and ends. Because expat tells byte offsets, a reading step can start at any document: the elements that
are open there are opened again by a prologue.

Source: W3C XML 1.0; the measured traps of libxml2 (entities of a DOCTYPE, huge trees) are why the DOCTYPE is refused
here and never reaches it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from schemas.errors import Finding
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import DOCUMENT_PARTS, Cursor, refuse

DEPTH = 64
OUTSIDE = 10_000
"""Elements that may stand around the documents (wrappers and their headers)."""
_FAULTS = {
    3: "the XML breaks off: the file ends before its elements do",
    4: "the XML is damaged: this may not stand here",
    5: "the XML breaks off: the file ends within a tag, a comment or a character",
    7: "the XML is damaged: what is closed here is not what was opened last",
    9: "the XML is damaged: something stands behind the end of the document",
    11: "the XML is damaged: an entity that nothing defines",
}
"""Expat's error codes in words of ours."""

_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ASCII_LIKE = re.compile(r"utf-8|ascii|iso8859-\d+|cp125\d|cp85\d|koi8-[ru]|mac-roman")

_EXPAT_NAMES = {"utf-16-le": "UTF-16LE", "utf-16-be": "UTF-16BE", "iso8859-1": "ISO-8859-1", "ascii": "US-ASCII"}
"""Encodings that expat knows itself; single-byte ones it asks Python for."""

Wanted = Callable[[str, str], bool]
"""(namespace, local name) -> is this element a document?"""

CXML = re.compile(r"https?://xml\.cxml\.org/schemas/cXML/[\d.]{1,20}/[A-Za-z]{1,40}\.dtd\Z", re.ASCII | re.IGNORECASE)
"""The external DOCTYPE that every cXML document has. It is looked at, never loaded."""


@dataclass
class Outer:
    """An open element around the documents: its name as written, and the namespaces it declares."""

    name: str
    declares: dict[str, str]


@dataclass
class Found:
    """Where a document stands in an XML file: bytes, parts, lines, the elements around it; or why it cannot be read."""

    start: int
    end: int
    parts: int
    line: int
    after_line: int
    outer: list[Outer]
    finding: Finding | None


def fault(error: expat.ExpatError) -> str:
    """What is wrong with the XML, for people."""
    return _FAULTS.get(error.code) or f"the XML is damaged: {expat.ErrorString(error.code)}"


def encoding_of(head: bytes) -> tuple[str, int]:
    """Codec name and length of the byte order mark. Raises Unfit for encodings that are not read."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Unfit(refuse("xml-encoding", "UTF-32 is not read", "line 1", expected="UTF-8 or UTF-16"))
    for mark, codec in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if head.startswith(mark):
            return codec, len(mark)
    if head.startswith(b"<\0"):
        return "utf-16-le", 0
    if head.startswith(b"\0<"):
        return "utf-16-be", 0
    declared = _DECLARED.match(head.lstrip()[:300])
    if not declared:
        return "utf-8", 0
    name = declared[1].decode("ascii")
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        codec = ""
    if not _ASCII_LIKE.fullmatch(codec):
        message = "the declared encoding is not known, or not that of these bytes"
        raise Unfit(refuse("xml-encoding", message, "line 1", name, "UTF-8, UTF-16 or ISO-8859-1"))
    return codec, 0


def tolerable(doctype: re.Pattern[str] | None, system: str | None, internal: int) -> bool:
    """Is a DOCTYPE nothing but the name of an expected document type? With a subset of its own it never is; a public
    identifier beside it is one more name."""
    return doctype is not None and not internal and bool(doctype.match(system or ""))


class Guard:
    """One expat parser with its checks; collects where wanted elements stand. Offsets are of the file."""

    def __init__(
        self, codec: str, wanted: Wanted, cursor: Cursor, offset: int, doctype: re.Pattern[str] | None
    ) -> None:
        self.codec, self.wanted, self.doctype = codec, wanted, doctype
        self.found: list[Found] = []
        self.outer = [Outer(str(name), dict(declares)) for name, declares in cursor.get("a", [])]
        self.depth = len(self.outer)
        self.inside = 0
        self.begin: tuple[int, int] = (0, 0)
        self.parts = self.outside = 0
        self.finding: Finding | None = None
        self.parser = expat.ParserCreate(_EXPAT_NAMES.get(codec, codec))
        self.parser.ordered_attributes = True
        self.parser.buffer_text = False
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.SkippedEntityHandler = self._entity
        prologue = "".join(_open_tag(o) for o in self.outer) or ("<after/>" if cursor else "")
        encoded = prologue.encode(codec, "xmlcharrefreplace")
        self.shift = offset - len(encoded)
        self.line = int(cursor.get("l", 1)) - 1
        if encoded:
            self._quiet(encoded)

    def _quiet(self, prologue: bytes) -> None:
        """Open again what is open at this place, without counting it a second time."""
        self.parser.StartElementHandler = self.parser.EndElementHandler = None
        self.parser.Parse(prologue, False)
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end

    def place(self) -> str:
        line = self.parser.CurrentLineNumber + self.line
        return f"line {line}, column {self.parser.CurrentColumnNumber + 1}"

    def _entity(self, name: str, _parameter: bool) -> None:
        """An entity of a DOCTYPE that was not loaded: its content is unknown, so the text is not whole."""
        raise Unfit(refuse("xml-entity", "an entity that nothing here defines", self.place(), f"&{name};"))

    def _doctype(self, _name: str, system: str | None, _public: str | None, internal: int) -> None:
        if tolerable(self.doctype, system, internal):
            return
        raise Unfit(
            refuse("xml-doctype", "a DOCTYPE is never accepted: it can carry entities", self.place(), "<!DOCTYPE")
        )

    def _start(self, name: str, attributes: list[str]) -> None:
        self.depth += 1
        if self.depth > DEPTH:
            raise Unfit(refuse("xml-depth", f"elements are nested more than {DEPTH} deep", self.place()))
        if self.inside:
            self.parts += 1 + (len(attributes) >> 1)
            if self.parts > DOCUMENT_PARTS and not self.finding:
                message = f"the document has more than {DOCUMENT_PARTS} elements and attributes"
                self.finding = refuse("xml-limit", message, self.place())
            elif self.parts > 2 * DOCUMENT_PARTS and self.finding:
                raise Unfit(self.finding)  # far beyond any invoice: no time is spent on looking for its end
            return
        self.outside += 1 + (len(attributes) >> 1)
        if self.outside > OUTSIDE:
            raise Unfit(refuse("xml-limit", f"more than {OUTSIDE} elements around the documents", self.place()))
        pairs = zip(attributes[::2], attributes[1::2], strict=True)
        here = Outer(name, {k: v for k, v in pairs if k == "xmlns" or k.startswith("xmlns:")})
        prefix, _, local = name.rpartition(":")
        if self.wanted(_resolve(prefix, [*self.outer, here]), local):
            self.inside = self.depth
            self.begin = (self.parser.CurrentByteIndex + self.shift, self.parser.CurrentLineNumber + self.line)
            self.parts, self.finding = 0, None
        else:
            self.outer.append(here)

    def _end(self, _name: str) -> None:
        if self.inside == self.depth:
            start, line = self.begin
            end = self.parser.CurrentByteIndex + self.shift
            now = self.parser.CurrentLineNumber + self.line
            self.found.append(Found(start, end, self.parts, line, now, list(self.outer), self.finding))
            self.inside = 0
        elif not self.inside and self.outer:
            self.outer.pop()
        self.depth -= 1

    def feed(self, chunk: bytes, *, final: bool) -> None:
        """Raises Unfit with line and column."""
        try:
            self.parser.Parse(chunk, final)
        except expat.ExpatError as error:
            line, column = error.lineno + self.line, error.offset + 1
            message = fault(error)
            if error.code == 4 and self.codec != "utf-16-le":
                message += f" (or the bytes are not {self.codec.upper()}, which they are declared to be)"
            raise Unfit(refuse("xml-syntax", message, f"line {line}, column {column}")) from None
        except (ValueError, LookupError, UnicodeError):
            raise Unfit(refuse("xml-encoding", "the text is not in the encoding it declares", self.place())) from None

    def position(self) -> int:
        return max(0, self.parser.CurrentByteIndex) + self.shift


def _open_tag(outer: Outer) -> str:
    return f"<{outer.name}" + "".join(f" {k}={quoteattr(v)}" for k, v in outer.declares.items()) + ">"


def _resolve(prefix: str, scope: list[Outer]) -> str:
    key = f"xmlns:{prefix}" if prefix else "xmlns"
    return next((o.declares[key] for o in reversed(scope) if key in o.declares), "")
