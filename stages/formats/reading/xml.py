"""XML from strangers, cut into documents: found in a file of any size, guarded, and only then parsed, slice by slice.

`xml_guard` reads ahead and says where each wanted element begins and ends; only that slice is parsed by lxml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.sax.saxutils import quoteattr

from lxml import etree

from schemas.errors import Finding
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import DOCUMENT_BYTES, Cursor, refuse, unreadable
from stages.formats.reading.xml_guard import Found, Guard, Wanted, encoding_of

TOKEN_BYTES = 1024 * 1024
"""The longest tag or comment: expat starts over on an unfinished one with each chunk, so this bounds its work."""
CHUNK = 64 * 1024
CONTEXT_BYTES = 16 * 1024
"""The open elements and namespaces that a cursor carries."""


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
        guard = Guard(codec, wanted, cursor or {}, offset, doctype)
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


def _piece(found: Found, ordinal: int, codec: str, held: _Bytes) -> Piece:
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
