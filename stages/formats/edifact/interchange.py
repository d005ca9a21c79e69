"""Interchanges of a file: where each message stands, in which characters, and whether the counts of the envelope hold.

Each interchange is looked through once before its messages are read, so that a wrong count is known before anything of
it goes on. Messages without any envelope are read too, with a warning: conversion makes them so.

Source: ISO 9735-1 (UNA, UNB, UNG, UNH, UNT, UNE, UNZ).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from schemas.errors import Finding
from stages.formats.edifact.characters import CODECS, DEFAULT, Service, decoded
from stages.formats.edifact.scanning import Elements, Raw, is_wrapped, segments, split
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import DOCUMENT_BYTES, DOCUMENT_PARTS, refuse

_HEAD = 4096
SEGMENTS = 100_000
LINES = 20_000
"""What one message may have: what keeps it under 100 MB and a second."""


@dataclass
class Interchange:
    """`ordinal` counts in the file from 1; `header` is UNB's elements, empty without one. `wrong` are counts and
    references that do not hold, `odd` what is only warned of. `end` is the offset behind its last segment."""

    ordinal: int
    start: int
    first: int
    """Segments of the file before it."""
    service: Service
    charset: str
    wrapped: bool
    header: Elements
    body: int = 0
    """Where its first message begins, and ..."""
    before: int = 0
    """... segments of the file before that."""
    end: int = 0
    last: int = 0
    wrong: list[Finding] = field(default_factory=list)
    odd: list[Finding] = field(default_factory=list)

    @property
    def reference(self) -> str:
        return value(self.header, 5)

    @property
    def decimal(self) -> str:
        """The signs that may stand for it: that of a UNA; either without one, and from syntax version 4 on, which lets
        both stand and has UNA's ignored."""
        version = value(self.header, 1, 2)
        newer = version.isdecimal() and int(version) >= 4
        return self.service.decimal if self.service.told and not newer else ".,"

    @property
    def address(self) -> str:
        return f"interchange[{self.ordinal}] {self.reference}".strip()


@dataclass
class Given:
    """One message: `header` is UNH's elements, `body` what stands between UNH and UNT; `wrong` as above. `refusal` is
    what makes it unreadable. `number` is the number of UNH in the file, `end` the offset behind UNT."""

    interchange: Interchange
    header: Elements
    body: list[Elements]
    number: int
    end: int
    last: int
    wrong: list[Finding] = field(default_factory=list)
    odd: list[Finding] = field(default_factory=list)
    refusal: Finding | None = None

    @property
    def type(self) -> str:
        return value(self.header, 2)


def value(elements: Elements, element: int, component: int = 1) -> str:
    try:
        return elements[element][component - 1].strip()
    except IndexError:
        return ""


def _warning(rule: str, message: str, place: str, found: str | None = None) -> Finding:
    return refuse(rule, message, place, found).model_copy(update={"severity": "warning"})


def count(rule: str, what: str, place: str, said: str, counted: int) -> list[Finding]:
    """A finding where a control count is not what was counted."""
    if said.isdecimal() and int(said) == counted:
        return []
    wrong = "says another number than there are" if said.isdecimal() else "does not say how many there are"
    return [refuse(rule, f"{what} {wrong}", place, said, str(counted))]


def opened(file: BinaryIO, offset: int, number: int, ordinal: int) -> Interchange | None:
    """The interchange that begins at or behind `offset`, looked through to its end; None at the end of the file."""
    file.seek(offset)
    head = file.read(_HEAD)
    skipped = len(head) - len(head.lstrip(b"\xef\xbb\xbf \t\r\n\0\x1a"))
    offset, head = offset + skipped, head[skipped:]
    if not head:
        return None
    odd: list[Finding] = []
    wrapped = is_wrapped(head)
    service = DEFAULT
    if head.startswith(b"UNA"):
        given = Service.of(head[3:9].decode("latin-1"))
        if given is None:
            message = "the service characters cannot be told apart"
            raise Unfit(refuse("edifact-una", message, f"segment {number + 1} UNA", head[3:9].decode("latin-1")))
        service = given
    elif b"'" not in head and re.search(rb"\nUN[HG][+]", head):
        service, wrapped = Service(terminator="\n"), False
        odd.append(_warning("edifact-terminator", "segments end with line breaks, and no UNA says so", "UNB"))
    found = Interchange(ordinal, offset, number, service, "UNOA", wrapped, [], odd=odd)
    _look_through(file, found)
    return found


def _look_through(file: BinaryIO, found: Interchange) -> None:
    messages = groups = in_group = 0
    group: Elements = []
    closed = False
    found.before, found.body = found.first, found.start
    found.end, found.last = found.start, found.first
    for raw in segments(file, found.start, found.first, found.service, wrapped=found.wrapped):
        tag = raw.tag
        place = f"segment {raw.number} {tag.decode('latin-1')}"
        if (tag in (b"UNB", b"UNA") and (found.header or messages) and raw.start != found.start) or (
            tag == b"UNH" and closed
        ):
            break
        found.end, found.last = raw.end, raw.number
        if tag == b"UNA":
            found.before, found.body = raw.number, raw.end
        elif tag == b"UNB":
            found.header = split(decoded(raw.data, "UNOA")[0], found.service)
            found.before, found.body = raw.number, raw.end
            _charset(found, place)
        elif tag == b"UNH":
            messages += 1
            in_group += 1
        elif tag == b"UNG":
            groups, in_group = groups + 1, 0
            group = split(decoded(raw.data, "UNOA")[0], found.service)
        elif tag == b"UNE":
            end = split(decoded(raw.data, "UNOA")[0], found.service)
            found.wrong += count("edifact-count", "the group's trailer", f"{place}, element 1", value(end, 1), in_group)
            found.wrong += _same("UNG", value(group, 5), value(end, 2), f"{place}, element 2")
        elif tag == b"UNZ":
            end = split(decoded(raw.data, "UNOA")[0], found.service)
            units = groups or messages
            found.wrong += count(
                "edifact-count", "the interchange's trailer", f"{place}, element 1", value(end, 1), units
            )
            found.wrong += _same("UNB", found.reference, value(end, 2), f"{place}, element 2")
            closed = True
            if found.header:
                break
    if found.header and not closed:
        message = "the interchange breaks off: its trailer UNZ is missing"
        found.wrong.append(refuse("edifact-truncated", message, f"segment {found.last}", expected="UNZ"))
    if not found.header:
        message = "messages without an interchange around them"
        found.odd.append(_warning("edifact-envelope", message, f"segment {found.first + 1}"))
        found.charset = "UNOA"


def _charset(found: Interchange, place: str) -> None:
    said = value(found.header, 1)
    if said == "UNOY":
        raise Unfit(refuse("edifact-charset", "two bytes a character are not read", f"{place}, element 1.1", said))
    if said in CODECS:
        found.charset = said
    else:
        message = "no known character set; read as UNOA, other letters as UTF-8 or ISO 8859-1"
        found.odd.append(_warning("edifact-charset", message, f"{place}, element 1.1", said))


def _same(tag: str, opened_with: str, closed_with: str, place: str) -> list[Finding]:
    if opened_with == closed_with:
        return []
    message = f"the trailer's reference is not that of its {tag}"
    return [refuse("edifact-reference", message, place, closed_with, opened_with)]


def messages(file: BinaryIO, within: Interchange, offset: int, number: int) -> Iterator[Given]:
    """Every message of the interchange from `offset` on. What stands outside of messages is passed over, but said."""
    current: Given | None = None
    size = parts = lines = 0
    stray: list[Finding] = []
    for raw in segments(file, offset, number, within.service, wrapped=within.wrapped):
        if raw.start >= within.end:
            break
        if current is not None and current.refusal is not None and not raw.tag.startswith(b"UN"):
            continue
        text, wrong = decoded(raw.data, within.charset)
        elements = split(text, within.service)
        tag = elements[0][0]
        place = f"segment {raw.number} {tag[:3]}"
        if current is not None and tag in ("UNH", "UNZ", "UNE", "UNB"):
            message = "the message breaks off: its trailer UNT is missing"
            current.refusal = refuse("edifact-truncated", message, place, expected="UNT")
            yield _closed(current, raw, inclusive=False)
            current = None
        if tag == "UNH":
            current, size, parts = Given(within, elements, [], raw.number, raw.end, raw.number), 0, 0
            lines = 0
            current.odd, stray = stray, []
        elif current is None:
            if tag not in ("UNA", "UNB", "UNG", "UNE", "UNZ") and len(stray) < 10:
                stray.append(_warning("edifact-segment", "a segment outside of any message", place, tag[:3]))
        elif tag == "UNT":
            held = len(current.body) + 2
            current.wrong += count(
                "edifact-count", "the message's trailer", f"{place}, element 1", value(elements, 1), held
            )
            current.wrong += _same("UNH", value(current.header, 1), value(elements, 2), f"{place}, element 2")
            yield _closed(current, raw)
            current = None
        elif current.refusal is None:
            size += len(raw.data)
            lines += tag == "LIN"
            parts += sum(map(len, elements))
            if within.charset == "UNOX" and b"\x1b" in raw.data:
                message = "a switch to another character set (ISO 2022) is not read"
                current.refusal = refuse("edifact-charset", message, place)
            elif not raw.whole:
                current.refusal = refuse("edifact-truncated", "the file breaks off within a segment", place)
            elif size > DOCUMENT_BYTES or parts > DOCUMENT_PARTS or len(current.body) >= SEGMENTS or lines > LINES:
                message = f"the message has more than {LINES} lines, {SEGMENTS} segments or {DOCUMENT_BYTES} bytes"
                current.refusal = refuse("edifact-limit", message, place)
                current.body.clear()
            else:
                current.body.append(elements)
                if wrong and len(current.odd) < 20:
                    current.odd.append(_warning("edifact-character", wrong, place, text))
    if current is not None:
        current.refusal = current.refusal or refuse(
            "edifact-truncated", "the file ends within the message", f"segment {within.last}", expected="UNT"
        )
        current.end, current.last = within.end, within.last
        yield current


def _closed(given: Given, raw: Raw, *, inclusive: bool = True) -> Given:
    given.end, given.last = (raw.end, raw.number) if inclusive else (raw.start, raw.number - 1)
    return given
