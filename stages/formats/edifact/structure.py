"""Segments into their groups, as a directory's segment table has them.

A table is strict in order; senders are not. A segment that the group, or one around it, has at an earlier place is
taken there with a warning; one that the message does not know at all stays outside, with a warning.

Source: ISO 9735-1 (groups, occurrence); `tables.py`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from stages.formats.edifact import tables
from stages.formats.edifact.scanning import Elements
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse

ODDITIES = 2000
"""So many segments out of place make no message."""


@dataclass(frozen=True, eq=False)
class Slot:
    """A place of a table: a segment, or the group that begins with it (`below` is what follows it there)."""

    tag: str
    most: int
    needed: bool
    group: bool
    below: tuple[Slot, ...] = ()


@dataclass(eq=False)
class Node:
    """A segment that was read, with the segments of the group that it begins. `number` counts in the message, from 1
    (UNH); `slot` is None for what the message does not know."""

    number: int
    elements: Elements
    slot: Slot | None
    below: list[Node] = field(default_factory=list)

    @property
    def tag(self) -> str:
        return self.elements[0][0]

    def value(self, element: int, component: int = 1) -> str:
        """From 1; empty where there is none."""
        try:
            return self.elements[element][component - 1]
        except IndexError:
            return ""


@dataclass(frozen=True)
class Oddity:
    """What a segment does that the table does not allow: `order`, `occurrence`, `segment`, `missing`."""

    kind: str
    tag: str
    number: int


_TOKEN = re.compile(r"(\d+)(!?)\(|([A-Z]{3})(!?)(\d*)|(\))")


def slots(message: str, release: str) -> tuple[Slot, ...]:
    """The table of a message (`INVOIC`) in a directory (`96A`, `01B`)."""
    text = tables.CONTRL if message == "CONTRL" else tables.TABLES[release][message]
    stack: list[tuple[list[Slot], int, bool]] = [([], 1, True)]
    for most, group_needed, tag, needed, times, end in _TOKEN.findall(text):
        if most:
            stack.append(([], int(most), bool(group_needed)))
        elif tag:
            stack[-1][0].append(Slot(tag, int(times or 1), bool(needed), group=False))
        elif end:
            below, count, is_needed = stack.pop()
            stack[-1][0].append(Slot(below[0].tag, count, is_needed, group=True, below=tuple(below[1:])))
    return tuple(stack[0][0])


class _Frame:
    def __init__(self, table: tuple[Slot, ...], nodes: list[Node]) -> None:
        self.table, self.nodes = table, nodes
        self.at = 0
        self.times = 0
        self.seen: set[Slot] = set()

    def forward(self, tag: str) -> int | None:
        table = self.table
        for index in range(self.at, len(table)):
            if table[index].tag == tag and (index > self.at or self.times < table[index].most):
                return index
        return None

    def backward(self, tag: str) -> int | None:
        return next((i for i in range(min(self.at, len(self.table) - 1), -1, -1) if self.table[i].tag == tag), None)

    def missing(self) -> list[str]:
        return [each.tag for each in self.table if each.needed and each not in self.seen]


def sort(table: tuple[Slot, ...], segments: list[Elements], first: int = 2) -> tuple[list[Node], list[Oddity]]:
    """The segments between UNH and UNT as a tree; nothing is lost. `first` is the number of the first one.

    Raises Unfit where nearly nothing stands where it should.
    """
    root: list[Node] = []
    frames = [_Frame(table, root)]
    odd: list[Oddity] = []

    def close(count: int) -> None:
        while len(frames) > count:
            frame = frames.pop()
            odd.extend(
                Oddity("missing", tag, frame.nodes[-1].number if frame.nodes else first) for tag in frame.missing()
            )

    for number, elements in enumerate(segments, start=first):
        tag = elements[0][0]
        depth, index = next(
            ((d, i) for d in range(len(frames) - 1, -1, -1) if (i := frames[d].forward(tag)) is not None), (-1, -1)
        )
        if len(odd) > ODDITIES:
            raise Unfit(refuse("edifact-limit", f"more than {ODDITIES} segments are out of place", f"segment {number}"))
        if depth < 0:
            depth, index = next(
                ((d, i) for d in range(len(frames) - 1, -1, -1) if (i := frames[d].backward(tag)) is not None), (-1, -1)
            )
            if depth < 0:
                odd.append(Oddity("segment", tag, number))
                frames[-1].nodes.append(Node(number, elements, None))
                continue
            over = index == frames[depth].at
            odd.append(Oddity("occurrence" if over else "order", tag, number))
        close(depth + 1)
        frame = frames[depth]
        slot = frame.table[index]
        if index > frame.at:
            frame.at, frame.times = index, 0
        if index == frame.at:
            frame.times += 1
        frame.seen.add(slot)
        node = Node(number, elements, slot)
        frame.nodes.append(node)
        if slot.group:
            frames.append(_Frame(slot.below, node.below))
    close(1)
    odd.extend(Oddity("missing", tag, first + len(segments)) for tag in frames[0].missing())
    return root, odd
