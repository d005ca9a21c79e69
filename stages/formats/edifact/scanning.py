"""From bytes to segments, one at a time, with their places: nothing is held but the segment that is read.

pydifact 0.2.3 was measured for this and is not used: it takes a whole text (no stream, no offsets to go on from), needs
2.3 ms for an invoice of 3.5 kB character by character, warns at each segment, and gives no places. It reads along in
the tests, as a second opinion.

Source: ISO 9735-1 (syntax): release character, segment terminator; line breaks between segments are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import BinaryIO

from stages.formats.edifact.characters import DEFAULT, Service
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse

CHUNK = 64 * 1024
SEGMENT_BYTES = 64 * 1024
"""The longest segment: five texts of 512 characters, and much room."""
_BLANKS = b" \t\r\n"
Elements = list[list[str]]
"""A segment's elements, each a list of its components; the first is the tag."""


@dataclass(frozen=True)
class Raw:
    """One segment as bytes, without its terminator; `number` counts in the file from 1, `end` is the offset behind."""

    number: int
    start: int
    end: int
    data: bytes
    whole: bool = True

    @property
    def tag(self) -> bytes:
        return self.data[:3]


@cache
def _pattern(service: Service) -> re.Pattern[bytes]:
    end = re.escape(service.terminator.encode())
    if service.release == " ":
        return re.compile(rb"[^" + end + rb"]*+" + end)
    release = re.escape(service.release.encode())
    return re.compile(rb"(?:[^" + end + release + rb"]++|" + release + rb".)*+" + end, re.S)


def segments(file: BinaryIO, offset: int, number: int, service: Service, *, wrapped: bool = False) -> Iterator[Raw]:
    """Every segment from `offset` on; the last one is not `whole` where the file ends within it. A UNA is a segment of
    nine bytes. `wrapped`: line breaks stand anywhere and mean nothing. Raises Unfit for one beyond the cap."""
    file.seek(offset)
    held, start, last = b"", offset, False
    pattern = _pattern(service)
    while True:
        at = 0
        while True:
            begin = at
            while begin < len(held) and held[begin] in _BLANKS:
                begin += 1
            if held[begin : begin + 3] == b"UNA" and len(held) >= begin + 9:
                number += 1
                yield Raw(number, start + begin, start + begin + 9, held[begin : begin + 9])
                at = begin + 9
                continue
            found = pattern.match(held, begin)
            if found is None:
                break
            number += 1
            at = found.end()
            data = held[begin : at - 1]
            yield Raw(number, start + begin, start + at, _joined(data) if wrapped else data)
        held, start = held[at:], start + at
        if len(held) > SEGMENT_BYTES:
            message = f"a single segment of more than {SEGMENT_BYTES} bytes"
            raise Unfit(refuse("edifact-limit", message, f"segment {number + 1}"))
        if last:
            break
        chunk = file.read(CHUNK)
        last = not chunk
        held += chunk
    rest = held.strip(_BLANKS + b"\0\x1a")
    if rest:
        yield Raw(number + 1, start, start + len(held), _joined(rest) if wrapped else rest, whole=False)


def _joined(data: bytes) -> bytes:
    return data.replace(b"\r", b"").replace(b"\n", b"")


def is_wrapped(head: bytes) -> bool:
    """Are there line breaks at one width, whatever stands there? Then they are the carrier's, and mean nothing."""
    lines = head.decode("utf-8", "replace").replace("\r\n", "\n").strip("\n").split("\n")
    widths = {len(each) for each in lines[:-1]}
    return len(lines) > 2 and len(widths) == 1 and len(lines[-1]) <= min(widths)


def split(text: str, service: Service) -> Elements:
    """The segment's elements and components; repeated elements (syntax version 4) stand behind each other."""
    repeated = service.repetition not in (" ", service.element, service.component) and service.repetition in text
    if service.release == " " or service.release not in text:
        if repeated:
            text = text.replace(service.repetition, service.element)
        return [each.split(service.component) for each in text.split(service.element)]
    return _split_released(text, service, repeated)


def _split_released(text: str, service: Service, repeated: bool) -> Elements:
    elements: Elements = [[""]]
    released = False
    for character in text:
        if released:
            elements[-1][-1] += character
            released = False
        elif character == service.release:
            released = True
        elif character == service.element or (repeated and character == service.repetition):
            elements.append([""])
        elif character == service.component:
            elements[-1].append("")
        else:
            elements[-1][-1] += character
    return elements


_RELEASED = re.compile(r"[?+:']")


def joined(elements: Elements) -> str:
    """One segment with the default service characters and its terminator; empty components and elements at an end are
    left out."""
    said = []
    for element in elements:
        components = [each if each.isalnum() else _RELEASED.sub(r"?\g<0>", each) for each in element]
        while len(components) > 1 and not components[-1]:
            components.pop()
        said.append(":".join(components))
    while len(said) > 1 and not said[-1]:
        said.pop()
    return "+".join(said) + "'"


__all__ = ["DEFAULT", "Elements", "Raw", "Service", "is_wrapped", "joined", "segments", "split"]
