"""An IDoc as a tree of segments: what both its forms, XML and flat file, become before anything is mapped."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from stages.formats.idoc.definitions import CONTROL, DATA, PROVED, RECORD, SEGMENTS, xml_name
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse

RAW = "SDATA"
"""The field that holds the data of a segment whose definition is not known, and what is behind the known ones."""


class Segment:
    """One segment: its fields that have content, trimmed, and the segments below it. `line` is that of the source."""

    __slots__ = ("_lines", "below", "fields", "line", "tag")

    def __init__(self, tag: str, line: int) -> None:
        self.tag, self.line = tag, line
        self.fields: dict[str, str] = {}
        self.below: list[Segment] = []
        self._lines: dict[str, int] = {}

    def line_of(self, field: str) -> int:
        return self._lines.get(field, self.line)

    def all(self, tag: str) -> list[Segment]:
        return [each for each in self.below if each.tag == tag]

    def first(self, tag: str) -> Segment | None:
        return next((each for each in self.below if each.tag == tag), None)

    def leaves(self, path: str) -> Iterator[tuple[str, str]]:
        """(path, text) of every field of this segment and of those below it."""
        for name, text in self.fields.items():
            yield f"{path}/{name}", text
        for each in self.below:
            yield from each.leaves(f"{path}/{each.tag}")


def from_xml(element: etree._Element, line: int) -> Segment:
    """The tree of an IDOC element that begins at `line`: what has elements below it, or SEGMENT, is a segment."""
    own = element.sourceline
    segment = Segment(str(element.tag), line + (own if isinstance(own, int) else 1) - 1)
    for child in element:
        if not isinstance(child.tag, str):
            continue
        if len(child) or child.get("SEGMENT") is not None:
            segment.below.append(from_xml(child, line))
        elif child.tag not in segment.fields and (text := (child.text or "").strip()):
            segment.fields[child.tag] = text
            at = child.sourceline
            segment._lines[child.tag] = line + (at if isinstance(at, int) else 1) - 1
    return segment


def from_flat(rows: list[tuple[int, str]]) -> Segment:
    """The tree of one IDoc: its control record and its data records, each with its line. Raises Unfit.

    A segment stands below the one that PSGNUM names; where a maker left that empty, below the last open one that its
    definition names.
    """
    line, control = rows[0]
    root = Segment("IDOC", line)
    root.below.append(_filled("EDI_DC40", line, control, CONTROL.fields))
    docnum = root.below[0].fields.get("DOCNUM")
    numbered: dict[str, Segment] = {}
    last: dict[str, Segment] = {}
    for line, text in rows[1:]:
        head = {name: text[start:end].strip() for name, start, end in RECORD.fields}
        if docnum and head["DOCNUM"] and head["DOCNUM"] != docnum:
            message = "the segment belongs to another IDoc than the control record before it"
            raise Unfit(refuse("idoc-number-differs", message, f"line {line}, DOCNUM", head["DOCNUM"], docnum))
        segment = _segment(head["SEGNAM"], line, text)
        _parent(segment, head["PSGNUM"], root, numbered, last).below.append(segment)
        if head["SEGNUM"].strip("0"):
            numbered[head["SEGNUM"]] = segment
        last[segment.tag] = segment
    return root


def _parent(
    segment: Segment, number: str, root: Segment, numbered: dict[str, Segment], last: dict[str, Segment]
) -> Segment:
    if number.strip("0"):
        above = numbered.get(number)
        if above is None:
            message = "the segment stands below one that is not before it"
            raise Unfit(refuse("idoc-parent", message, f"line {segment.line}, PSGNUM", number))
        return above
    definition = SEGMENTS.get(segment.tag)
    return last.get(definition.parent or "", root) if definition else root


def _segment(name: str, line: int, text: str) -> Segment:
    tag = xml_name(name)
    definition = SEGMENTS.get(tag)
    if definition is None:
        segment = Segment(tag, line)
        if data := text[DATA:].strip():
            segment.fields[RAW] = data
        return segment
    segment = _filled(tag, line, text[DATA:], definition.fields)
    known, last = definition.length, definition.fields[-1]
    proof = PROVED.get((tag, last[0]))
    if proof and not proof(segment.fields.get(last[0], "")):
        segment.fields.pop(last[0], None)
        known = last[1]
    if rest := text[DATA + known :].strip():
        segment.fields[RAW] = rest
    return segment


def _filled(tag: str, line: int, text: str, fields: tuple[tuple[str, int, int], ...]) -> Segment:
    segment = Segment(tag, line)
    length = len(text)
    for name, start, end in fields:
        if start >= length:
            break
        if value := text[start:end].strip():
            segment.fields[name] = value
    return segment
