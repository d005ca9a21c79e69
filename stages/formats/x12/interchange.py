"""X12 interchanges in a file of any size: separators, segments with their places, transaction sets.

Two passes: the first weighs one interchange's envelope (`balance.py`: a wrong GE or IEA is known before the first
document is given out), the second cuts it into sets. Both go over the bytes in chunks, so memory does not grow with the
file.

pyx12 is not used here: it refuses every ISA12 but 00401 and 00501 (retailers still send 00400 and 00406), copies its
buffer once a segment, has no cap and no offsets, and raises on an IEA without ISA. It judges in the tests.

Source: ASC X12.5 (interchange control structures), X12.6 (application control structures).
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from schemas.errors import Finding
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import DOCUMENT_BYTES, DOCUMENT_PARTS, Cursor, refuse
from stages.formats.x12.faults import Fault, whole

CHUNK = 64 * 1024
SEGMENT_BYTES = 64 * 1024
"""The longest segment: the longest element of our sets has 264 characters."""
_WIDTHS = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)
"""Of ISA01 to ISA15; ISA16 and the segment terminator follow: 106 bytes in all."""
_BLANKS = b" \t\r\n\0"


@dataclass(frozen=True)
class Separators:
    """The signs that an ISA brings along."""

    element: str = "*"
    component: str = ">"
    segment: str = "~"
    repetition: str | None = None
    """ISA11, from version 00402 on; before, it is a code (U)."""


@dataclass(frozen=True)
class Interchange:
    """The ISA: 16 elements without their padding, and what they say of the bytes that follow."""

    elements: tuple[str, ...]
    separators: Separators
    offset: int
    end: int
    """Behind the ISA's terminator."""
    cut: bool = False
    """Was its padding missing (read by its separators)?"""

    @property
    def control_number(self) -> str:
        return self.elements[12]

    @property
    def test(self) -> bool:
        return self.elements[14] == "T"


@dataclass(frozen=True)
class Group:
    """The GS, by its elements: function, sender, receiver, date, time, control number, agency, version."""

    elements: tuple[str, ...]

    def element(self, position: int) -> str:
        return self.elements[position - 1] if len(self.elements) >= position else ""

    @property
    def control_number(self) -> str:
        return self.element(6)


@dataclass(frozen=True)
class Set:
    """One transaction set as it stands: segments as lists of texts (tag first, ST and SE included), and what its
    envelope has wrong. `after` re-enters behind it."""

    interchange: Interchange
    group: Group
    ordinal: int
    segments: list[list[str]]
    faults: tuple[Fault, ...] = ()
    latin: bool = False
    """Was its text no UTF-8, and taken for ISO 8859-1?"""

    @property
    def code(self) -> str:
        return self.segments[0][1] if len(self.segments[0]) > 1 else ""

    @property
    def control_number(self) -> str:
        return self.segments[0][2] if len(self.segments[0]) > 2 else ""


def find(file: BinaryIO, offset: int) -> int | None:
    """Where the next segment begins, behind blanks and a byte order mark; None at the end."""
    file.seek(offset)
    if offset == 0 and file.read(3) == b"\xef\xbb\xbf":
        offset = 3
    file.seek(offset)
    while chunk := file.read(CHUNK):
        rest = chunk.lstrip(_BLANKS)
        if rest:
            return offset + len(chunk) - len(rest)
        offset += len(chunk)
    return None


_BARE = re.compile(rb"(?:ST([*|^~\x1d])\d{3}|GS([*|^~\x1d])[A-Z]{2})(?:\1|\2)")


def bare(begin: bytes) -> bool:
    """Is it a transaction set or a group without an interchange around, as conversion writes sets for delivery?"""
    return _BARE.match(begin) is not None


def interchange(file: BinaryIO, offset: int, *, delimited: bool = False) -> Interchange:
    """The ISA at an offset, by its fixed widths; `delimited`: one without its padding, by its separators. Raises
    Unfit."""
    file.seek(offset)
    raw = file.read(400)
    head, encoding = raw.decode("latin-1"), "latin-1"
    if delimited:
        with suppress(UnicodeDecodeError):  # blanks that a mail program made unbreakable are two bytes each
            head, encoding = codecs.getincrementaldecoder("utf-8")().decode(raw), "utf-8"
    if not head.startswith("ISA"):
        message = "an X12 interchange begins with ISA; something else stands here"
        if bare(raw):
            message = (
                "a set without its envelope: only ISA and GS say by which release it is read; "
                "`entrega convert --from OURS --for THEIRS` writes them"
            )
        raise Unfit(refuse("x12-isa", message, f"byte {offset}", head[:20], "ISA"))
    found = _fixed(head) or (_by_separators(head) if delimited else None)
    if found is None:
        message = "the ISA is read by its fixed widths, and an element does not end where it must"
        raise Unfit(refuse("x12-isa", message, f"byte {offset}, ISA{_misplaced(head):02}", head[:60], "106 characters"))
    elements, component, terminator, read = found
    length = len(head[:read].encode(encoding))
    separator, version = head[3], elements[11]
    repeats = version.isdigit() and version >= "00402" and not elements[10].isalnum()
    separators = Separators(separator, component, terminator, elements[10] if repeats else None)
    marks = [separator, component, terminator]
    if len(set(marks)) < 3 or any(mark.isalnum() or mark in " ." for mark in marks) or not version.isdigit():
        message = "element, component and segment separator must be three signs that are neither letters nor digits"
        raise Unfit(refuse("x12-isa", message, f"byte {offset}, ISA", "".join(marks)))
    texts = tuple(each.strip() for each in elements)
    return Interchange(texts, separators, offset, offset + length, _fixed(head) is None)


def _fixed(head: str) -> tuple[list[str], str, str, int] | None:
    if len(head) < 106 or _misplaced(head) < 16:
        return None
    return head[4:103].split(head[3]), head[104], head[105], 106


def _by_separators(head: str) -> tuple[list[str], str, str, int] | None:
    parts = head.split(head[3], 16)
    if len(parts) < 17 or len(parts[16]) < 2:
        return None
    return parts[1:16], parts[16][0], parts[16][1], len(head) - len(parts[16]) + 2


def _misplaced(head: str) -> int:
    """The first element of the ISA that is not as wide as it must be; 16 when all are."""
    at = 3
    for position, width in enumerate(_WIDTHS, start=1):
        after = at + 1 + width
        if len(head) <= after or head[after] != head[3] or head[3] in head[at + 1 : after]:
            return position
        at = after
    return 16


def segments(file: BinaryIO, offset: int, separators: Separators) -> Iterator[tuple[int, int, bytes]]:
    """(where it begins, where the next may begin, bytes without terminator) of each segment. Raises Unfit."""
    mark = separators.segment.encode("latin-1")
    file.seek(offset)
    held = b""
    while True:
        chunk = file.read(CHUNK)
        pieces = (held + chunk).split(mark)
        held = pieces.pop()
        for piece in pieces:
            raw = piece.lstrip(_BLANKS)
            if raw:
                yield offset + len(piece) - len(raw), offset + len(piece) + 1, raw.rstrip(b"\r\n")
            offset += len(piece) + 1
        if len(held) > SEGMENT_BYTES and len(held.strip(_BLANKS)) > SEGMENT_BYTES:
            message = f"a segment of more than {SEGMENT_BYTES} bytes, or no segment terminator"
            raise Unfit(refuse("x12-limit", message, f"byte {offset}"))
        if not chunk:
            rest = held.strip(_BLANKS)
            if rest:
                yield offset + len(held) - len(held.lstrip(_BLANKS)), offset + len(held), rest
            return


def sets(file: BinaryIO, isa: Interchange, place: Cursor) -> Iterator[tuple[Set, Cursor]]:
    """The second pass: every transaction set of one interchange from a place on, with the place behind it.

    A place is `{"o": offset, "g": number of the group, "h": its GS}`. A set of more than DOCUMENT_BYTES or
    DOCUMENT_PARTS comes without its segments and with the fault. Raises Unfit (a segment without end).
    """
    group, header = int(place.get("g", 0)), list(place.get("h", []))
    raws: list[bytes] = []
    size = parts = 0
    begun = False

    def made(trailer: bool, after: int) -> tuple[Set, Cursor]:
        return _set(raws, trailer, isa, Group(tuple(header)), group, size, parts), {"o": after, "g": group, "h": header}

    for start, after, raw in segments(file, int(place.get("o", isa.end)), isa.separators):
        tag = raw[:3].rstrip(isa.separators.element.encode("latin-1"))
        if begun and tag in (b"ST", b"GE", b"GS", b"IEA", b"ISA"):
            yield made(False, start)
            begun = False
        if tag == b"ST":
            raws, size, parts, begun = [raw], len(raw), 0, True
        elif tag == b"GS":
            group += 1
            header = raw.decode("latin-1").split(isa.separators.element)[1:]
        elif tag in (b"IEA", b"ISA"):
            return
        elif begun:
            size += len(raw)
            parts += 1 + raw.count(isa.separators.element.encode("latin-1"))
            if size <= DOCUMENT_BYTES and parts <= DOCUMENT_PARTS:
                raws.append(raw)
            if tag == b"SE":
                yield made(True, after)
                begun = False
    if begun:
        file.seek(0, 2)
        yield made(False, file.tell())


def _set(raws: list[bytes], trailer: bool, isa: Interchange, group: Group, number: int, size: int, parts: int) -> Set:
    text, latin = [], False
    for raw in raws:
        try:
            text.append(raw.decode().split(isa.separators.element))
        except UnicodeDecodeError:
            text.append(raw.decode("latin-1").split(isa.separators.element))
            latin = True
    faults: list[Fault] = []
    if size > DOCUMENT_BYTES or parts > DOCUMENT_PARTS:
        message = f"the set has more than {DOCUMENT_BYTES} bytes or {DOCUMENT_PARTS} elements"
        faults.append(Fault("limit", "5", "ST", message))
    elif not trailer:
        faults.append(Fault("set", "2", "SE", "the set ends without its SE"))
    else:
        head, tail = text[0], text[-1]
        said, again = [*tail[1:3], "", ""][:2]
        if whole(said) != len(text):
            faults.append(Fault("set", "4", "SE01", "the count of segments is wrong", said, str(len(text))))
        if again != (head[2] if len(head) > 2 else ""):
            message = "the control number is not that of the ST"
            faults.append(Fault("set", "3", "SE02", message, again, head[2] if len(head) > 2 else ""))
    return Set(isa, group, number, text, tuple(faults), latin)


def finding(fault: Fault, where: str) -> Finding:
    """The fault for people, with the place of its envelope before its own."""
    return refuse(
        fault.rule, fault.message, f"{where}, {fault.place}" if where else fault.place, fault.found, fault.expected
    )
