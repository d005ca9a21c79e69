"""The envelope of X12: ISA, GS, GE and IEA around transaction sets, with the control numbers that delivery allocated.

Pure functions: who keeps the numbers (one sequence for each partner, unique, without gaps) calls them.

Source: ASC X12.5; release 004010 (ISA12 00401) and 005010 (00501).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from schemas.errors import DocumentInvalid, Finding
from stages.formats.x12.sets import grammars
from stages.formats.x12.writer import COMPONENT, ELEMENT, REPETITION, SEGMENT, plain_text

VERSIONS = {"004010": "00401", "005010": "00501"}
_END = SEGMENT + "\n"


def wrap(
    sets: Sequence[bytes],
    *,
    sender_qualifier: str,
    sender: str,
    receiver_qualifier: str,
    receiver: str,
    control_number: int,
    group_control_number: int,
    at: datetime,
    version: str = "004010",
    test: bool = False,
    acknowledgement: bool = False,
) -> bytes:
    """An interchange of one group, bytes: sets of one kind, as `writer.write` gives them, numbered 0001, 0002 ...

    `at` is an aware time, written as its own wall clock says; qualifiers are of I05 (01 DUNS, 12 telephone, 14 DUNS
    and suffix, ZZ mutually defined); `acknowledgement` asks for a TA1. Raises DocumentInvalid (permanent) for a number,
    code or name that the ISA cannot hold, for sets of several kinds, for none.
    """
    rows = [_rows(each) for each in sets]
    codes = {each[0][1] for each in rows}
    _demand(len(codes) == 1, "a group holds sets of one kind, and at least one", "GS01", ", ".join(sorted(codes)))
    code = codes.pop()
    _demand(version in VERSIONS, "the release is 004010 or 005010", "GS08", version)
    for place, number in (("ISA13", control_number), ("GS06", group_control_number)):
        _demand(0 < number <= 999_999_999, "a control number has 1 to 9 digits", place, str(number))
    for place, name, most in (
        ("ISA05", sender_qualifier, 2), ("ISA06", sender, 15),
        ("ISA07", receiver_qualifier, 2), ("ISA08", receiver, 15),
    ):  # fmt: skip
        fits = 2 <= len(name) <= most and name.strip() == name and plain_text(name) == name
        fits = fits and not set(name) & {ELEMENT, COMPONENT, SEGMENT, REPETITION}
        _demand(fits, f"2 to {most} signs", place, name)
    newer = version >= "005010"
    isa = [
        "ISA", "00", " " * 10, "00", " " * 10,
        sender_qualifier, sender.ljust(15), receiver_qualifier, receiver.ljust(15),
        f"{at:%y%m%d}", f"{at:%H%M}", REPETITION if newer else "U", VERSIONS[version], f"{control_number:09}",
        "1" if acknowledgement else "0", "T" if test else "P", COMPONENT,
    ]  # fmt: skip
    group = grammars()[code].group
    gs = ["GS", group, sender, receiver, f"{at:%Y%m%d}", f"{at:%H%M}", str(group_control_number), "X", version]
    text = [ELEMENT.join(isa), ELEMENT.join(gs)]
    for ordinal, each in enumerate(rows, start=1):
        control = f"{ordinal:04}"
        each[0][2], each[-1][2] = control, control
        text += [ELEMENT.join(row) for row in each]
    text += [f"GE{ELEMENT}{len(rows)}{ELEMENT}{group_control_number}", f"IEA{ELEMENT}1{ELEMENT}{control_number:09}"]
    return (_END.join(text) + _END).encode("ascii")


def _rows(data: bytes) -> list[list[str]]:
    rows = [line.split(ELEMENT) for line in data.decode("ascii").replace("\n", "").split(SEGMENT) if line]
    whole = (
        len(rows) > 1 and len(rows[0]) > 2 and rows[0][0] == "ST" and rows[-1][0] == "SE" and rows[0][1] in grammars()
    )
    _demand(whole, "a transaction set from ST to SE", "ST", rows[0][0] if rows else None)
    return rows


def _demand(holds: bool, message: str, place: str, found: str | None) -> None:
    if not holds:
        finding = Finding(rule="x12-envelope", message=message, place=place, found=found)
        raise DocumentInvalid("the envelope cannot be made", findings=(finding,))
