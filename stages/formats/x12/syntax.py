"""Segments as data: the type, length and need of each element, for releases 004010 and 005010. Reading and writing go
by it.

`AN1-30!` is a mandatory text of 1 to 30 characters; ID a code, R a number with its point, N0 and N2 numbers without one
(N2: the last two digits are decimals), DT a date CCYYMMDD, TM a time; `-` is an element that no set of ours looks at.
Only segments with a meaning in some set are here; the others are known by their place in the set alone.

Source: ASC X12.3 data element dictionary and X12.22 segment directory, releases 004010 and 005010.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from stages.formats.reading.completing import as_day
from stages.formats.x12.faults import Fault

_SEGMENTS = """
ST ID3! AN4-9! AN1-35
SE N0,1-10! AN4-9!
BIG DT! AN1-22! DT AN1-22 AN1-30 AN1-8 ID2 ID2 ID1-2 AN1-22
BEG ID2! ID2! AN1-22! AN1-30 DT! AN1-30 ID2 ID3 ID2 ID2 ID1-2 ID2
BAK ID2! ID2! AN1-22! DT! AN1-30 AN1-45 AN1-30 AN1-30 DT ID2
BSN ID2! AN2-30! DT! TM! ID4 ID2 ID2-3
BCT ID2! AN1-15 AN1-15 AN1-6 ID2 AN1-15 AN1-15 AN1-6 AN1-80 ID2
BPR ID1-2! R1-18! ID1! ID3! ID1-10 ID2 AN3-12 ID1-3 AN1-35 AN10 AN9 ID2 AN3-12 ID1-3 AN1-35 DT - - - - -
TRN ID1-2! AN1-30! AN10 AN1-30
NTE ID3 AN1-80!
CUR ID2-3! ID3! R4-10 ID2-3 ID3 ID3 ID3 DT TM ID3 DT TM
REF ID2-3! AN1-30 AN1-80 -
PER ID2! AN1-60 ID2 AN1-80 ID2 AN1-80 ID2 AN1-80 AN1-20
N1 ID2-3! AN1-60 ID1-2 AN2-80 ID2 ID2-3
N2 AN1-60! AN1-60
N3 AN1-55! AN1-55
N4 AN2-30 ID2 ID3-15 ID2-3 ID1-2 AN1-30
ITD ID2 ID1-2 R1-6 DT N0,1-3 DT N0,1-3 N2,1-10 DT N2,1-10 R1-5 AN1-80 N0,1-2 ID1-2 R1-10
DTM ID3! DT TM ID2 ID2-3 AN1-35
FOB ID2! ID1-2 AN1-80 ID2 ID3 ID1-2 AN1-80 ID2 AN1-80
PID ID1! ID2-3 ID2 AN1-12 AN1-80 ID2 AN1-15 ID1 ID2-3
N9 ID2-3! AN1-30 AN1-45 DT TM ID2 -
MSG AN1-264! ID2 N0,1-9
IT1 AN1-20 R1-10 ID2 R1-17 ID2 {items}
PO1 AN1-20 R1-15 ID2 R1-17 ID2 {items}
LIN AN1-20 ID2! AN1-48! {more}
PAM ID2 R1-15 - ID1-3 R1-18 ID2 ID3 DT TM ID3 DT TM ID1-2 R1-10 ID1
PO4 N0,1-6 R1-8 ID2 AN3-5 ID1-2 R1-9 ID2 R1-9 ID2 R1-8 R1-8 R1-8 ID2 N0,1-6 ID2 AN1-20 AN1-20 N0,1-9
TXI ID2! R1-18 R1-10 ID2 AN1-10 ID1 ID1 R1-9 AN1-20 AN1-20
SAC ID1! ID4 ID2 AN1-10 N2,1-15 ID1 R1-6 R1-9 ID2 R1-15 R1-15 ID2 AN1-30 AN1-20 AN1-80 ID2-3
TDS N2,1-15! N2,1-15 N2,1-15 N2,1-15
AMT ID1-3! R1-18! ID1
CTT N0,1-6! R1-10 R1-10 ID2 R1-8 ID2 AN1-80
ACK ID2! R1-15 ID2 ID3 DT AN1-45 {items} ID2 AN1-15 AN1-30
SCH R1-15! ID2! ID2-3 AN1-60 ID3! DT! TM ID3 DT TM AN1-45 AN1-20
HL AN1-12! AN1-12 ID1-2! ID1
SN1 AN1-20 R1-10! ID2! R1-15 R1-15 ID2 ID1-2 ID2
PRF AN1-22! AN1-30 AN1-8 DT AN1-20 AN1-30 ID2
TD1 AN3-5 N0,1-7 ID1 AN1-30 AN1-50 ID1-2 R1-10 ID2 R1-8 ID2
TD5 ID1-2 ID1-2 AN2-80 ID1-2 AN1-35 ID2 ID1-2 AN1-30 ID2 ID2 R1-4 ID2 ID2 ID2 ID2-3
TD3 ID2 AN1-4 AN1-10 ID1-2 R1-10 ID2 ID1 ID2 AN2-15 ID4
MAN ID1-2! AN1-48! AN1-48 ID1-2 AN1-48 AN1-48
G53 ID3!
CTP ID2 ID3 R1-17 R1-15 - ID3 R1-10 R1-18 ID2 AN1-10 N0,1-2
ENT N0,1-6 ID2-3 ID1-2 AN2-80 ID2-3 ID1-2 AN2-80 ID2-3 AN1-30
RMR ID2-3 AN1-30 ID2 R1-18 R1-18 R1-18 ID2 R1-18
ADX R1-18! ID2! ID2-3 AN1-30
AK1 ID2! N0,1-9!
AK2 ID3! AN4-9!
AK3 ID2-3! N0,1-6! AN1-6 ID1-3
AK4 -! N0,1-4 ID1-3! AN1-99
AK5 ID1! ID1-3 ID1-3 ID1-3 ID1-3 ID1-3
AK9 ID1! N0,1-6! N0,1-6! N0,1-6! ID1-3 ID1-3 ID1-3 ID1-3 ID1-3
"""
_ITEMS = " ".join(["ID2 AN1-48"] * 10)
_MORE = " ".join(["ID2 AN1-48"] * 14)

_CHANGES = {
    "005010": {
        "REF02": "AN1-50", "N902": "AN1-50", "BAK08": "AN1-50", "TRN02": "AN1-50!", "TRN04": "AN1-50",
        "RMR02": "AN1-50", "IT102": "R1-15", "SN102": "R1-15!", "ACK02": "R1-15",
        "PER04": "AN1-256", "PER06": "AN1-256", "PER08": "AN1-256", "SAC13": "AN1-50", "TXI08": "R1-15",
        "SAC08": "R1-15", "CTT05": "R1-15", "ITD08": "N2,1-15",
        "AK101": "ID2!", "AK103": "AN1-12", "AK203": "AN1-35", "AK401": "-!",
    }
}  # fmt: skip
"""What release 005010 has otherwise, by element."""

_ELEMENT = re.compile(r"(-|AN|ID|R|N0|N2|DT|TM),?(\d+)?(?:-(\d+))?(!)?\Z")
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)\Z", re.ASCII)
_WHOLE = re.compile(r"-?\d+\Z", re.ASCII)
_TIME = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d\d{0,2})?\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a segment in the standard: kind, shortest and longest, whether it must be there."""

    kind: str
    least: int
    most: int
    must: bool


def _element(text: str) -> Element:
    match = _ELEMENT.match(text)
    assert match is not None, text
    kind, low, high, must = match.groups()
    least, most = int(low or 1), int(high or low or 99)
    if kind == "DT":
        least = most = 8
    elif kind == "TM":
        least, most = 4, 8
    return Element(kind, least, most, bool(must))


@cache
def segments(release: str) -> dict[str, tuple[Element, ...]]:
    """Tag -> elements, of a release."""
    table: dict[str, tuple[Element, ...]] = {}
    for line in _SEGMENTS.format(items=_ITEMS, more=_MORE).split("\n"):
        tag, _, rest = line.partition(" ")
        if tag:
            table[tag] = tuple(_element(each) for each in rest.split())
    for place, text in _CHANGES.get(release, {}).items():
        tag, position = place[:-2], int(place[-2:])
        known = list(table[tag])
        known[position - 1 : position] = [_element(text)]
        table[tag] = tuple(known)
    return table


def date(text: str) -> str:
    """CCYYMMDD as ISO 8601 has it; what is no date stays as it is."""
    iso = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return iso if len(text) == 8 and text.isdigit() and as_day(iso) else text


def cents(text: str) -> str:
    """An N2 with its point: `255438` is 2554.38; what is no whole number stays as it is."""
    if not _WHOLE.match(text):
        return text
    sign, digits = ("-", text[1:]) if text[0] == "-" else ("", text)
    digits = digits.rjust(3, "0")
    return f"{sign}{digits[:-2]}.{digits[-2:]}"


def check(segment: Sequence[str], position: int, release: str, repetition: str | None) -> Iterator[Fault]:
    """What is wrong with the elements of one segment. Too long a text is a warning: it still says what it says."""
    known = segments(release).get(segment[0])
    if known is None:
        return
    tag = segment[0]
    if len(segment) - 1 > len(known) and any(segment[len(known) + 1 :]):
        yield _fault(tag, position, len(known) + 1, "3", "the segment has no such element", segment[len(known) + 1])
    for number, element in enumerate(known, start=1):
        value = segment[number] if number < len(segment) else ""
        if not value:
            if element.must:
                yield _fault(tag, position, number, "1", "a mandatory element is missing", None, fatal=True)
            continue
        kind = element.kind
        if kind == "-":
            continue
        if kind in ("AN", "ID"):
            fatal = kind == "ID" and element.must
            if len(value) > element.most:
                expected = f"at most {element.most} characters"
                yield _fault(tag, position, number, "5", "the element is too long", value, expected, fatal=fatal)
            elif len(value) < element.least:
                expected = f"at least {element.least} characters"
                yield _fault(tag, position, number, "4", "the element is too short", value, expected, fatal=fatal)
            if repetition and repetition in value:
                yield _fault(tag, position, number, "3", "the element is repeated, and may not be", value)
        elif kind == "DT":
            if date(value) == value:
                yield _fault(tag, position, number, "8", "the element is no date", value, "CCYYMMDD", fatal=True)
        elif kind == "TM":
            if not _TIME.match(value):
                yield _fault(tag, position, number, "9", "the element is no time", value, "HHMM")
        elif not (_NUMBER if kind == "R" else _WHOLE).match(value):
            yield _fault(tag, position, number, "6", "the element is no number", value, kind, fatal=True)
        elif len(value.replace("-", "").replace(".", "")) > element.most:
            expected = f"at most {element.most} digits"
            yield _fault(tag, position, number, "5", "the element is too long", value, expected)


def _fault(
    tag: str, position: int, number: int, code: str, message: str, found: str | None, expected: str | None = None,
    *, fatal: bool = False,
) -> Fault:  # fmt: skip
    place = f"segment {position} {tag}{number:02}"
    return Fault("element", code, place, message, found, expected, fatal, position, tag, number)
