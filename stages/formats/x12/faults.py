"""What can be wrong with an interchange, by the codes with which a 997 and a TA1 say it.

Source: ASC X12 data elements 716 (group), 718 (set), 720 (segment), 723 (element), I18 (interchange); 005010 lists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WHOLE = re.compile(r"-?\d{1,18}\Z", re.ASCII)
_RULES = {
    "interchange": "x12-interchange",
    "group": "x12-group",
    "set": "x12-set",
    "segment": "x12-segment",
    "element": "x12-element",
    "count": "x12-count",
    "limit": "x12-limit",
}
_COUNTS = {("interchange", "021"), ("group", "5"), ("set", "4")}
_NUMBERS = {("interchange", "001"), ("group", "4"), ("set", "3"), ("set", "23"), ("group", "19")}


def whole(text: str) -> int | None:
    """A whole number as X12 writes it (N0); None for anything else."""
    return int(text) if _WHOLE.match(text) else None


@dataclass(frozen=True)
class Fault:
    """One fault. `level` names the code list: group 716, set 718, segment 720, element 723.

    `place` is `GE01`, `segment 12 IT1` or `segment 12 IT104`; positions count from the ST, which is 1.
    `fatal`: the set cannot be read with it. Else it is a warning.
    """

    level: str
    code: str
    place: str
    message: str
    found: str | None = None
    expected: str | None = None
    fatal: bool = True
    position: int = 0
    """Of the segment in its set, and of the element in its segment, where it has one."""
    segment: str = ""
    element: int = 0

    @property
    def balance(self) -> bool:
        """Is it a wrong count or control number, which a profile may accept?"""
        return self.level == "count" or (self.level, self.code) in _COUNTS | _NUMBERS

    @property
    def rule(self) -> str:
        if (self.level, self.code) in _COUNTS:
            return "x12-count"
        return "x12-control-number" if (self.level, self.code) in _NUMBERS else _RULES[self.level]
