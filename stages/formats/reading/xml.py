"""XML from strangers: found in a file of any size, checked before it is parsed, and cut into documents.

One pass of expat over the bytes, in chunks, does the guarding (no DOCTYPE, so no entities; depth, counts and sizes are
capped; line and column are known) and finds where each wanted element begins and ends. Only that slice is then parsed
by lxml. Because expat tells byte offsets, a reading step can start at any document: the elements that are open there
are opened again by a prologue.

Source: W3C XML 1.0; the measured traps of libxml2 (entities of a DOCTYPE, huge trees) are why the DOCTYPE is refused
here and never reaches it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from lxml import etree

from schemas.errors import Finding
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import DOCUMENT_BYTES, DOCUMENT_PARTS, Cursor, refuse, unreadable

DEPTH = 64
OUTSIDE = 10_000
"""Elements that may stand around the documents (wrappers and their headers)."""
TOKEN_BYTES = 1024 * 1024
"""The longest tag or comment: expat starts over on an unfinished one with each chunk, so this bounds its work."""
CHUNK = 64 * 1024
CONTEXT_BYTES = 16 * 1024
"""The open elements and namespaces that a cursor carries."""

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


@dataclass(frozen=True)
class Piece:
    """One wanted element: its bytes as UTF-8 XML, or the finding why it is refused. `after` re-enters behind it."""

    ordinal: int
    line: int
    data: bytes
    namespaces: dict[str, str]
    after: Cursor | None
    refusal: Finding | None = None


@dataclass
class _Outer:
    """An open element around the documents: its name as written, and the namespaces it declares."""

    name: str
    declares: dict[str, str]


@dataclass
class _Found:
    start: int
    end: int
    parts: int
    line: int
    after_line: int
    outer: list[_Outer]
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


def tolerable(doctype: re.Pattern[str] | None, system: str | None, public: str | None, internal: int) -> bool:
    """Is a DOCTYPE nothing but the name of an expected document type? With a subset of its own it never is."""
    return doctype is not None and not internal and public is None and bool(doctype.match(system or ""))


class _Guard:
    """One expat parser with its checks; collects where wanted elements stand. Offsets are of the file."""

    def __init__(
        self, codec: str, wanted: Wanted, cursor: Cursor, offset: int, doctype: re.Pattern[str] | None
    ) -> None:
        self.codec, self.wanted, self.doctype = codec, wanted, doctype
        self.found: list[_Found] = []
        self.outer = [_Outer(str(name), dict(declares)) for name, declares in cursor.get("a", [])]
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

    def _doctype(self, _name: str, system: str | None, public: str | None, internal: int) -> None:
        if tolerable(self.doctype, system, public, internal):
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
        here = _Outer(name, {k: v for k, v in pairs if k == "xmlns" or k.startswith("xmlns:")})
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
            self.found.append(_Found(start, end, self.parts, line, now, list(self.outer), self.finding))
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


def _open_tag(outer: _Outer) -> str:
    return f"<{outer.name}" + "".join(f" {k}={quoteattr(v)}" for k, v in outer.declares.items()) + ">"


def _resolve(prefix: str, scope: list[_Outer]) -> str:
    key = f"xmlns:{prefix}" if prefix else "xmlns"
    return next((o.declares[key] for o in reversed(scope) if key in o.declares), "")


@dataclass
class _Bytes:
    """The part of the file that is still needed: from the last unfinished token, or from an open document's start."""

    start: int
    data: bytearray = field(default_factory=bytearray)

    def forget(self, before: int) -> None:
        if before > self.start:
            del self.data[: before - self.start]
            self.start = before

    def cut(self, start: int, end: int) -> bytes:
        return bytes(self.data[start - self.start : end - self.start])


def split(
    file: BinaryIO, wanted: Wanted, cursor: Cursor | None, *, doctype: re.Pattern[str] | None = None
) -> Iterator[Piece]:
    """Every wanted element from the cursor on, in the file's order. A DOCTYPE is refused, unless it has no subset of
    its own and names what fits `doctype`.

    What is damaged behind a first document ends the export with a piece that carries the finding; what is damaged
    before any document raises ExportUnreadable.
    """
    ordinal = int((cursor or {}).get("n", 0))
    try:
        file.seek(0)
        codec, mark = encoding_of(file.read(400))
        offset = int((cursor or {}).get("o", mark))
        file.seek(offset)
        guard = _Guard(codec, wanted, cursor or {}, offset, doctype)
        held = _Bytes(offset)
        while True:
            chunk = file.read(CHUNK)
            held.data += chunk
            broken: Unfit | None = None
            try:
                guard.feed(chunk, final=not chunk)
                if held.start + len(held.data) - guard.position() > TOKEN_BYTES:
                    message = f"a single tag or comment of more than {TOKEN_BYTES} bytes"
                    raise Unfit(refuse("xml-limit", message, guard.place()))
            except Unfit as unfit:
                broken = unfit
            for found in guard.found:
                ordinal += 1
                yield _piece(found, ordinal, codec, held)
            guard.found.clear()
            if broken:
                raise broken
            if not chunk:
                return
            if guard.inside and guard.begin[0] + DOCUMENT_BYTES < held.start + len(held.data) and not guard.finding:
                message = f"the document has more than {DOCUMENT_BYTES} bytes"
                guard.finding = refuse("xml-limit", message, f"line {guard.begin[1]}")
            held.forget(guard.begin[0] if guard.inside and not guard.finding else guard.position())
    except Unfit as unfit:
        if not ordinal:
            raise unreadable("the export", unfit.findings) from None
        yield Piece(ordinal + 1, 0, b"", {}, None, unfit.findings[0])


def _piece(found: _Found, ordinal: int, codec: str, held: _Bytes) -> Piece:
    namespaces: dict[str, str] = {}
    for outer in found.outer:
        namespaces.update(outer.declares)
    finding, data, end = found.finding, b"", found.end
    if not finding and not found.parts and _TAG.fullmatch(held.cut(found.start, end).decode(codec, "replace")):
        # `<Invoice/>`: expat gives the place behind the tag, not that of a closing one
        finding = refuse("xml-empty", "the document has nothing in it", f"line {found.line}")
    else:
        end += _tag_length(held.cut(end, end + TOKEN_BYTES), codec)
    if not finding:
        data = held.cut(found.start, end)
        if codec not in ("utf-8", "ascii"):
            data = data.decode(codec, "replace").encode()
    after: Cursor = {"o": end, "l": found.after_line, "n": ordinal, "a": [[o.name, o.declares] for o in found.outer]}
    if sum(len(k) + len(v) for o in found.outer for k, v in o.declares.items()) > CONTEXT_BYTES:
        finding = refuse("xml-limit", "too many namespaces around the document", f"line {found.line}")
    return Piece(ordinal, found.line, data, namespaces, after, finding)


_TAG = re.compile(r"""(?:[^>"']|"[^"]*"|'[^']*')*>""")


def _tag_length(tail: bytes, codec: str) -> int:
    """Bytes of the tag that begins here, which expat has already seen whole."""
    match = _TAG.match(tail[:400].decode(codec, "replace")) or _TAG.match(tail.decode(codec, "replace"))
    return len(match.group().encode(codec, "replace")) if match else 0


def parse(piece: Piece) -> etree._Element:
    """The piece as a tree: no entities, no network, no huge nodes. Raises Unfit."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    head = "".join(f" {k}={quoteattr(v)}" for k, v in piece.namespaces.items())
    try:
        parser.feed(f"<export{head}>".encode())
        parser.feed(piece.data)
        parser.feed(b"</export>")
        return parser.close()[0]
    except etree.XMLSyntaxError as error:
        line, column = error.position
        place = f"line {piece.line + max(line, 1) - 1}, column {column}"
        said = str(error.msg)
        if "huge" in said.lower():  # libxml2's own cap on one text node or attribute
            message = "a single text of more than 10 million characters"
            raise Unfit(refuse("xml-limit", message, place)) from None
        raise Unfit(refuse("xml-syntax", f"the XML is damaged: {said[:120]}", place)) from None
