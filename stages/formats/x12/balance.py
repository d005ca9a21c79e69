"""Whether an interchange's envelope is whole: the trailers GE and IEA with their counts and control numbers.

Source: ASC X12.5; data elements 716 (group) and I18 (interchange).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO

from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse
from stages.formats.x12.faults import Fault, whole
from stages.formats.x12.interchange import Interchange, segments

GROUPS = 10_000
"""The most groups in one interchange."""
_FAULTS = 100
"""The most faults of one envelope that are told."""


@dataclass
class Balance:
    """What the first pass found: faults of the interchange, and of its groups by their number (from 1).

    A control number that two sets of a group share is a fault of level `set` among those of the group.
    """

    interchange: list[Fault] = field(default_factory=list)
    groups: dict[int, list[Fault]] = field(default_factory=dict)
    end: int = 0

    def add(self, group: int, fault: Fault) -> None:
        if len(self.interchange) + sum(map(len, self.groups.values())) < _FAULTS:
            (self.groups.setdefault(group, []) if group else self.interchange).append(fault)


def weigh(file: BinaryIO, isa: Interchange) -> Balance:
    """The first pass: are the trailers of groups and interchange there, with their counts and control numbers?"""
    balance = Balance()
    separator = isa.separators.element.encode("latin-1")
    group: list[str] | None = None
    groups = sets = 0
    numbers: set[str] = set()
    of_sets: set[str] = set()
    for start, after, raw in segments(file, isa.end, isa.separators):
        if raw[:2] not in (b"GS", b"GE", b"ST", b"IE", b"IS"):
            continue
        parts = raw.decode("latin-1").split(isa.separators.element) if separator in raw[:4] else [raw.decode("latin-1")]
        tag = parts[0]
        if tag == "GS":
            if group is not None:
                balance.add(groups, Fault("group", "3", "GE", "the group ends without its GE"))
            groups, sets, group = groups + 1, 0, parts
            of_sets.clear()
            number = parts[6] if len(parts) > 6 else ""
            if number in numbers:
                balance.add(groups, Fault("group", "19", "GS06", "another group has this control number", number))
            numbers.add(number)
            if groups > GROUPS:
                raise Unfit(refuse("x12-limit", f"more than {GROUPS} groups in one interchange", f"byte {start}"))
        elif tag == "ST":
            sets += 1
            number = parts[2].strip() if len(parts) > 2 else ""
            if number in of_sets:
                message = "another set of the group has this control number"
                balance.add(groups, Fault("set", "23", "ST02", message, number))
            of_sets.add(number)
        elif tag == "GE":
            if group is None:
                balance.add(0, Fault("interchange", "022", "GE", "a GE without its GS"))
                continue
            _compare(balance, groups, "GE", parts, sets, group[6] if len(group) > 6 else "", ("5", "4"))
            group = None
        elif tag == "IEA":
            if group is not None:
                balance.add(groups, Fault("group", "3", "GE", "the group ends without its GE"))
            _compare(balance, 0, "IEA", parts, groups, isa.control_number, ("021", "001"))
            balance.end = after
            return balance
        elif tag == "ISA":
            balance.end = start
            break
        balance.end = after
    else:
        balance.end = max(balance.end, file.seek(0, 2))
    if group is not None:
        balance.add(groups, Fault("group", "3", "GE", "the group ends without its GE"))
    balance.add(0, Fault("interchange", "023", "IEA", "the interchange ends without its IEA"))
    return balance


def _compare(
    balance: Balance, group: int, tag: str, parts: list[str], count: int, number: str, codes: tuple[str, str]
) -> None:
    level = "group" if group else "interchange"
    said = parts[1].strip() if len(parts) > 1 else ""
    if whole(said) != count:
        what = "transaction sets" if group else "groups"
        balance.add(group, Fault(level, codes[0], f"{tag}01", f"the count of {what} is wrong", said, str(count)))
    again = parts[2].strip() if len(parts) > 2 else ""
    if again != number.strip():
        message = "the control number is not that of the header"
        balance.add(group, Fault(level, codes[1], f"{tag}02", message, again, number.strip()))
