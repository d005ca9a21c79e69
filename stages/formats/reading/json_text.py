"""JSON from strangers: found in a file of any size, one object at a time, and parsed without losing a digit.

In       UTF-8 (a byte order mark is passed over): one object, an array of objects, objects one after the other (JSON
         lines, or written over several lines), or an envelope whose rows stand in an array of a known name
Refused  a key that stands twice; more than 32 levels; numbers of more than 40 digits; what RFC 8259 does not know
Source   RFC 8259
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from schemas.errors import Finding
from schemas.fields import Path, format_path
from stages.formats.reading.completing import Locate, Unfit
from stages.formats.reading.records import DOCUMENT_BYTES, DOCUMENT_PARTS, Cursor, refuse, unreadable

DEPTH = 32
_CHUNK = 64 * 1024
_BLANK = re.compile(rb"[ \t\r\n]*")
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],]|"', re.S)
_TEXT_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]+', re.S)
_INTEGER_DIGITS = 40


@dataclass(frozen=True)
class Piece:
    """One document of a JSON text: its bytes, where it stands, and how reading goes on behind it."""

    ordinal: int
    line: int
    data: bytes
    after: Cursor | None
    refusal: Finding | None = None


class _Window:
    """A window on the file that grows until an object is whole; offsets are of the file."""

    def __init__(self, file: BinaryIO, offset: int, line: int) -> None:
        file.seek(offset)
        self.file, self.start, self.line = file, offset, line
        self.held = bytearray()
        self.ended = False

    def more(self) -> bool:
        """Reads at least as much again as is held, so that a large object is not looked at over and over."""
        chunk = self.file.read(max(_CHUNK, len(self.held)))
        self.held += chunk
        self.ended = not chunk
        return bool(chunk)

    def drop(self, count: int) -> None:
        self.line += self.held.count(b"\n", 0, count)
        del self.held[:count]
        self.start += count

    def next_byte(self) -> bytes:
        """The next byte that is not blank, left where it is; empty at the end."""
        while True:
            match = _BLANK.match(self.held)
            self.drop(match.end() if match else 0)
            if self.held or not self.more():
                return bytes(self.held[:1])

    def fail(self, rule: str, message: str, found: str | None = None) -> Unfit:
        return Unfit(refuse(rule, message, f"line {self.line}", found))

    def object_length(self) -> tuple[int, Finding | None]:
        """Bytes of the object that begins here; a finding when it is too large, and is passed over."""
        at = depth = parts = 0
        while True:
            match = _TOKEN.search(self.held, at)
            while match is None or match[0] == b'"':
                at = match.start() if match else len(self.held)
                if len(self.held) > DOCUMENT_BYTES:
                    raise self.fail("json-limit", f"an object of more than {DOCUMENT_BYTES} bytes")
                if not self.more():
                    raise self.fail("json-syntax", "the JSON breaks off: the object that begins here never ends")
                match = _TOKEN.search(self.held, at)
            token, at = match[0], match.end()
            if token in (b"{", b"["):
                depth += 1
                parts += 1
                if depth > DEPTH:
                    raise self.fail("json-depth", f"nested more than {DEPTH} deep")
            elif token in (b"}", b"]"):
                depth -= 1
                if depth == 0:
                    break
            elif token == b",":
                parts += 1
                if parts > 2 * DOCUMENT_PARTS:  # far beyond any invoice: no time is spent on looking for its end
                    raise self.fail("json-limit", f"an object of more than {DOCUMENT_PARTS} values")
        finding = None
        if parts > DOCUMENT_PARTS or at > DOCUMENT_BYTES:
            finding = refuse(
                "json-limit",
                f"one document has more than {DOCUMENT_PARTS} values, or {DOCUMENT_BYTES // 1024**2} MiB",
                f"line {self.line}",
            )
        return at, finding


Names = tuple[str, ...]
"""The keys that lead to the array of rows in an envelope: ("d", "results")."""


def split(file: BinaryIO, cursor: Cursor | None, envelopes: Collection[Names] = ()) -> Iterator[Piece]:
    """Every object from the cursor on, or every row of an envelope's array where the file is one.

    What is damaged behind a first one ends the export with a refused piece. An envelope's rows are read as they come;
    what stands around them is looked at when they are at their end.
    """
    place = cursor or {}
    ordinal, array, comma = int(place.get("n", 0)), bool(place.get("a")), bool(place.get("n"))
    wrapped = int(place.get("w", 0))
    try:
        reader = _Window(file, int(place.get("o", 0)), int(place.get("l", 1)))
        if not cursor:
            reader.more()
            if reader.held.startswith(b"\xef\xbb\xbf"):
                reader.drop(3)
            elif b"\0" in reader.held[:4]:
                raise reader.fail("json-encoding", "JSON is written in UTF-8; these bytes are not")
            array = reader.next_byte() == b"["
            outside = 1 if array else _entrance(reader, envelopes)
            wrapped = reader.start + outside if outside and not array else 0
            array = outside > 0
            reader.drop(outside)
        while True:
            byte = reader.next_byte()
            if array and byte == b"]":
                if wrapped:
                    _around(reader, wrapped)
                    return
                reader.drop(1)
                if tail := reader.next_byte():
                    raise reader.fail("json-syntax", "something stands behind the array's end", repr(tail))
                return
            if array and comma:
                if byte != b",":
                    raise reader.fail("json-syntax", "a comma or the array's end is missing here", repr(byte))
                reader.drop(1)
                byte = reader.next_byte()
            if not byte and not array:
                return
            if byte != b"{":
                raise reader.fail("json-syntax", "an object, { ... }, is expected here", repr(byte) if byte else None)
            line = reader.line
            length, finding = reader.object_length()
            data = b"" if finding else bytes(reader.held[:length])
            reader.drop(length)
            ordinal, comma = ordinal + 1, True
            after: Cursor = {"o": reader.start, "l": reader.line, "n": ordinal, "a": int(array)}
            if wrapped:
                after["w"] = wrapped
            yield Piece(ordinal, line, data, after, finding)
    except Unfit as unfit:
        if not ordinal:
            raise unreadable("the export", unfit.findings) from None
        yield Piece(ordinal + 1, 0, b"", None, unfit.findings[0])


_AROUND = 1024 * 1024
"""The most bytes that may stand before, and behind, the rows of an envelope."""


def _entrance(window: _Window, envelopes: Collection[Names]) -> int:
    """Bytes to the first row of the array that one of the envelopes names; 0 where there is none in the first bytes."""
    if not envelopes or window.held[:1] != b"{":
        return 0
    keys: list[str] = []
    depth = 0
    for match in _TOKEN.finditer(window.held, 0, _CHUNK):
        token = match[0]
        if token in (b"{", b"["):
            depth += 1
        elif token in (b"}", b"]"):
            depth -= 1
        elif token.startswith(b'"') and depth < 3:
            opening = _ARRAY.match(window.held, match.end())
            if _KEY.match(window.held, match.end()):
                keys[depth - 1 :] = [token[1:-1].decode("utf-8", "replace")]
            if opening and tuple(keys) in envelopes and len(keys) == depth:
                return opening.end()
    return 0


_KEY = re.compile(rb"[ \t\r\n]*:")
_ARRAY = re.compile(rb"[ \t\r\n]*:[ \t\r\n]*\[")


def _around(window: _Window, start: int) -> None:
    """An envelope must be JSON around its rows too. Raises Unfit."""
    window.drop(1)
    while len(window.held) <= _AROUND and window.more():
        pass
    file, behind = window.file, bytes(window.held)
    file.seek(0)
    before = file.read(start).removeprefix(b"\xef\xbb\xbf")
    try:
        if len(behind) > _AROUND:
            raise ValueError
        json.loads(before + b"]" + behind, parse_constant=_constant, object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        raise window.fail("json-syntax", "what stands around the rows of the envelope is no JSON") from None


def parse(piece: Piece, number: Callable[[str], Any]) -> tuple[Any, Locate]:
    """The object, and a function that tells the line of a path of it. Raises Unfit.

    `number` gets the text of each number with a fraction or exponent: nothing goes through binary floating point.
    """
    try:
        text = piece.data.decode()
    except UnicodeDecodeError as error:
        line = piece.line + piece.data.count(b"\n", 0, error.start)
        byte = f"byte 0x{piece.data[error.start]:02X}"
        raise Unfit(refuse("json-encoding", "the bytes are not UTF-8", f"line {line}", byte)) from None
    try:
        data = json.loads(
            text, parse_float=number, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_pairs
        )
    except json.JSONDecodeError as error:
        place = f"line {piece.line + error.lineno - 1}, column {error.colno}"
        raise Unfit(refuse("json-syntax", f"no JSON: {error.msg}", place)) from None
    lines: dict[Path, int] = {}

    def locate(path: Path) -> str:
        if not lines:
            lines.update(_lines(text))
        known = next((lines[path[:n]] for n in range(len(path), -1, -1) if path[:n] in lines), 0)
        return f"line {piece.line + known}" + (f", {format_path(path)}" if path else "")

    return data, locate


def _integer(text: str) -> int:
    if len(text) > _INTEGER_DIGITS:
        raise Unfit(refuse("json-number", f"a number of more than {_INTEGER_DIGITS} digits", found=text))
    return int(text)


def _constant(text: str) -> Any:
    raise Unfit(refuse("json-number", "JSON knows no such number", found=text))


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise Unfit(refuse("json-duplicate-key", "a key stands twice in one object; which one counts?", found=twice))
    return data


def _lines(text: str) -> dict[Path, int]:
    """Path -> line breaks before its value. Only made when a place is wanted."""
    places: dict[Path, int] = {}
    stack: list[list[Any]] = []  # [is an object, current key or index, waits for a value]
    line = scanned = 0
    for match in _TEXT_TOKEN.finditer(text):
        line += text.count("\n", scanned, match.start())
        scanned = match.start()
        mark = match[0]
        if mark in "}]":
            if stack:
                stack.pop()
        elif mark == ",":
            if stack:
                stack[-1][1] = stack[-1][1] + 1 if not stack[-1][0] else None
        elif mark == ":":
            continue
        elif stack and stack[-1][0] and stack[-1][1] is None and mark.startswith('"'):
            stack[-1][1] = json.loads(mark)
        else:
            places.setdefault(tuple(level[1] for level in stack), line)
            if mark in "{[":
                stack.append([mark == "{", None if mark == "{" else 0])
    return places
