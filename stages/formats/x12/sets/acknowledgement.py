"""997: functional acknowledgement of one group (AK1 to AK9)."""

from __future__ import annotations

import re
from typing import Any

from schemas.answers import SyntaxAcknowledgement
from stages.formats.x12.meaning import Grammar, Segment, Value, Written
from stages.formats.x12.parties import stand_in
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.structure import Node

ACTIONS: dict[str, str | None] = {
    "A": "accepted", "E": "accepted-with-errors", "P": "partly-accepted", "R": "rejected", "M": "rejected",
    "W": "rejected", "X": "rejected",
}  # fmt: skip
"""715 and 717: M, W and X are rejections for reasons of security."""
ACCEPTED = ("accepted", "accepted-with-errors")
PLACE = re.compile(r"segment (\d+) (\w{2,3}?)(?:(\d\d)(?:/(\d+))?)?\Z")
"""`segment 8 NM1` or `segment 8 NM108`: how a fault's place is written."""
_COUNTS = {2: "sets_included", 3: "sets_received", 4: "sets_accepted"}


class BadSegment:
    """AK3: a segment that has something wrong; its AK4 tell which elements."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        tag, position, code = node.get(1), node.get(2), node.get(4)
        place = f"segment {position} {tag}"
        if loop := node.get(3):
            reading.extras[f"AK3[{node.position}].loop"] = loop
        if code and code != "8":
            target.setdefault("errors", []).append({"place": place, "code": f"720:{code}"})
        return {"#place": place, "#message": target, "#said": bool(code)}

    def write(self, part: Any, _document: Any) -> Written:
        rows: dict[tuple[str, str], list[Any]] = {}
        for error in part.errors:
            match = PLACE.match(error.place)
            if match and error.code.startswith(("720:", "723:")):
                rows.setdefault((match[1], match[2]), []).append((match, error))
        for (position, tag), errors in rows.items():
            own = next((e.code[4:] for _, e in errors if e.code.startswith("720:")), "8")
            yield [tag, position, "", own], [pair for pair in errors if pair[1].code.startswith("723:")]


class BadElement:
    """AK4: a fault of an element; AK404 shows what stood there."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        separator = reading.given.interchange.separators.component
        position, _, component = node.get(1).partition(separator)
        node.get(2)
        place = f"{target['#place']}{position.rjust(2, '0')}" + (
            f"/{component.split(separator)[0]}" if component else ""
        )
        error = {"place": place, "code": f"723:{node.get(3)}"}
        if text := node.get(4):
            error["text"] = text
        target["#message"].setdefault("errors", []).append(error)
        return target

    def write(self, part: Any, _document: Any) -> Written:
        for match, error in part:
            elements = [str(int(match[3])) if match[3] else "", "", error.code[4:]]
            yield [*elements, error.text[:99]] if error.text else elements, part


class Verdict:
    """AK5 of a set, AK9 of the group: the decision, and the codes of their own faults."""

    def __init__(self, first: int, codes: str, *, counts: bool) -> None:
        self.first, self.codes, self.counts = first, codes, counts

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        Value("action", codes=ACTIONS, strict=True).read(reading, target, node, 1)
        for position in range(self.first, self.first + 5):
            if code := node.get(position):
                target.setdefault("errors", []).append({"code": f"{self.codes}:{code}"})
        if self.counts:
            reading.extras.update(
                {name: node.get(position) for position, name in _COUNTS.items() if node.get(position)}
            )
        return target

    def write(self, part: Any, document: SyntaxAcknowledgement) -> Written:
        own = [each.code[4:] for each in part.errors if each.code.startswith(f"{self.codes}:")][:5]
        code = next(x12 for x12, ours in ACTIONS.items() if ours == part.action) if part.action != "received" else "A"
        counts: list[str] = []
        if self.counts:
            good = sum(each.action in ACCEPTED for each in document.messages)
            computed = (len(document.messages), len(document.messages), good)
            counts = [document.extras.get(name) or str(n) for name, n in zip(_COUNTS.values(), computed, strict=True)]
        elif part.errors and not own and code in ("R", "E"):
            own = ["5"]
        yield [code, *counts, *own], part


def finish(reading: Reading) -> None:
    data = reading.data
    data["number"] = f"{reading.given.interchange.control_number}-{reading.given.control_number}"
    stand_in(reading, "sender", sender=True, always=True)
    stand_in(reading, "receiver", sender=False, always=True)


GRAMMAR = Grammar(
    "997",
    "FA",
    SyntaxAcknowledgement,
    {
        "AK1": (Segment({1: "group_type", 2: "group_reference"}, quiet=(3,)),),
        "AK2": (Segment({1: "type", 2: "reference"}, into="messages", quiet=(3,)),),
        "AK2/AK3": (BadSegment(),),
        "AK2/AK3/AK4": (BadElement(),),
        "AK2/AK5": (Verdict(2, "718", counts=False),),
        "AK9": (Verdict(5, "716", counts=True),),
    },
    finish,
)
