"""The order of a transaction set's segments and loops as data, and the sorting of a set's segments into it.

`REF*12` may stand 12 times, `REF*` any number, `BIG!` must stand; brackets are a loop, which begins with its first
segment and may be repeated as that one says. Segments that we give no meaning are here too: what stands where it may is
kept aside, what does not is named.

Source: ASC X12 transaction sets 810, 820, 832, 850, 855, 856, 997, release 004010.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from stages.formats.x12.faults import Fault

MANY = 1_000_000

_N1 = "N2*2 N3*2 N4* NX2* REF*12 PER* SI* FOB TD1*2 TD5*12 TD3*12 TD4*5 PKG*200 MSG*"
_TD = "TD1*2 TD5*12 TD3*12 TD4*5"
STRUCTURES = {
    "810": """BIG! NTE*100 CUR REF*12 YNQ*10 PER*3 (N1*200 N2*2 N3*2 N4 REF*12 PER*3 DMG) ITD* DTM*10 FOB PID*200
        MEA*40 PWK*25 PKG*25 L7 BAL* INC PAM* (LM*10 LQ!*100) (N9 MSG!*10) (V1* R4* DTM*) (FA1* FA2!*)
        (IT1*200000 CRC QTY*5 CUR IT3*5 TXI*10 CTP*25 PAM*10 MEA*40 (PID*1000 MEA*10) PWK*25 PKG*25 PO4 ITD*2 REF*
        YNQ*10 PER*5 SDQ*500 DTM*10 CAD* L7* SR (SAC*25 TXI*10)
        (SLN*1000 DTM REF* PID*1000 SAC*25 TC2*2 TXI*10) (N1*200 N2*2 N3*2 N4 REF*12 PER*3 DMG)
        (LM*10 LQ!*100) (V1* R4* DTM*) (FA1* FA2!*)) TDS! TXI*10 CAD AMT* (SAC*25 TXI*10) (ISS* PID) CTT""",
    "850": f"""BEG! CUR REF* PER*3 TAX* FOB* CTP* PAM*10 CSH*5 TC2* (SAC*25 CUR) ITD* DIS*20 INC DTM*10 LDT*12 LIN*5 SI*
        PID*200 MEA*40 PWK*25 PKG*200
        {_TD} MAN*10 PCT* CTB*5 TXI* (AMT* REF* DTM PCT* (FA1* FA2!*))
        (N9*1000 DTM* MSG*1000) (N1*200 {_N1}) (LM* LQ!*) (SPI* REF*5 DTM*5 MSG*50) (ADV* DTM* MTX*)
        (PO1!*100000 LIN* SI* CUR CN1 PO3*25 (CTP* CUR) PAM*10 MEA*40 (PID*1000 MEA*10) PWK*25 PO4* REF* PER*3
        (SAC*25 CUR CTP) IT8 CSH* ITD*2 DIS*20 INC TAX* FOB* SDQ*500 IT3*5 DTM*10 TC2* {_TD} PCT* MAN*10 MSG* SPI* TXI*
        CTB* (QTY* SI*) (SCH*200 {_TD} REF*) (PKG*200 MEA*) (LS (LDT!* QTY* MSG REF*3 (LM* LQ!*)) LE!)
        (N9*1000 DTM* MEA*40 MSG*1000) (N1*200 N2*2 N3*2 N4 QTY* NX2* REF*12 PER*3 SI* DTM FOB SCH*200 {_TD} PKG*200)
        (SLN*1000 MSG* SI* PID*1000 PO3*104 TC2* ADV* DTM*10 CTP*25 PAM*10 PO4 TAX*3) (AMT* REF PCT*) (LM* LQ!*))
        (CTT AMT)""",
    "855": f"""BAK! CUR REF* PER*3 TAX* FOB* CTP* PAM*10 CSH (SAC*25 CUR) ITD*5 DIS*20 INC DTM*10 LDT*12 LIN*5 SI*
        PID*200
        MEA*40 PWK*25 PKG*25 {_TD} MAN*10 TXI* CTB* (N9*1000 DTM* MSG*1000) (N1*200 {_N1}) (ADV* DTM* MTX*)
        (PO1*100000 LIN* SI* CUR PO3*25 CTP* PAM*10 MEA*40 (PID*1000 MEA*10) PWK*25 PO4* REF* PER*3 (SAC*25 CUR) IT8
        CSH* ITD*2 DIS*20 INC TAX* FOB* SDQ*500 DTM*10 LDT*12 {_TD} (ACK*104 DTM) MAN*10 AMT CTB* TXI* (QTY* SI*)
        (PKG*200 MEA*) (SCH*200 {_TD} REF*) (N9*1000 DTM* MSG*1000)
        (N1*200 N2*2 N3*2 N4 NX2* REF*12 PER*3 SI* DTM FOB SCH*200 {_TD} QTY* PKG*25)
        (SLN*1000 MSG* SI* PID*1000 PO3*25 CTP*25 PAM*10 ACK*104)) (CTT AMT)""",
    "856": """BSN! DTM*10 (HL!*200000 LIN SN1 SLN*1000 PRF PO4 PID*200 MEA*40 PWK*25 PKG*25 TD1*20 TD5*12 TD3*12
        TD4*5 TSD
        REF* PER*3 (LH1*100 LH2*4 LH3*12) (CLD*200 REF*200 DTP) MAN* DTM*10 FOB PAL
        (N1*200 N2*2 N3*2 N4 REF*12 PER*3 FOB) SDQ*50 ETD CUR (SAC* CUR) GF YNQ*10 (LM*10 LQ!*100) (V1* R4* DTM*))
        CTT""",
    "832": """BCT! NTE*100 CTP*100 REF* PER*3 DTM*10 CTB*25 CUR*5 ITD*20 LDT* SAC*25 FOB* G93*50 (N9*1000 MSG*1000)
        (N1*200 N2*2 N3*2 N4 REF*12 PER*3 DTM*10) (LIN*700000 G53 SLN*100 DTM*10 REF* PER*3 CTB*25 PID*200 MEA*40 PKG*25
        PO4 TD4*10 ITD*20 LDT SAC*25 FOB TC2*2 TXI*25 G39 G55 G54
        (CTP*100 G40*99 DTM*10 G36 LDT CUR*5 PO4 CTB*5 REF* G43* SAC*5 G26*99)
        (N1*200 N2*2 N3*2 N4 REF*12 PER*3 DTM*10) (PKL*10 CTP PKG*2)) CTT!""",
    "820": """BPR! NTE* TRN CUR REF* DTM* (N1* N2*2 N3*2 N4 REF* PER*) (ENT* (NM1* N2* N3* N4 REF* PER*)
        (ADX* NTE* PER* (REF* DTM*)) (RMR* NTE* REF* DTM* (IT1* REF* DTM*) (ADX* NTE* PER* (REF* DTM*)))) (TXP*
        TXI*)""",
    "997": "AK1! (AK2*999999 (AK3*999999 AK4*99) AK5!) AK9!",
}


@dataclass(frozen=True)
class Use:
    """A segment, or the loop that begins with it, at its place in the set."""

    tag: str
    path: str
    most: int
    must: bool
    loop: bool
    below: tuple[Use, ...] = ()


@dataclass(slots=True)
class Node:
    """One segment of a set, and below it the segments of the loop that it begins."""

    tag: str
    path: str
    elements: list[str]
    position: int
    below: list[Node] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    """Positions of elements whose content went into the document."""

    def get(self, position: int) -> str:
        """An element's text without the blanks around it, and marked as taken."""
        self.taken.add(position)
        return self.elements[position].strip() if position < len(self.elements) else ""

    def place(self, position: int = 0) -> str:
        return f"segment {self.position} {self.tag}" + (f"{position:02}" if position else "")


@cache
def structure(code: str) -> tuple[Use, ...]:
    words = STRUCTURES[code].replace("(", " ( ").replace(")", " ) ").split()
    return tuple(_uses(iter(words), ""))


def _uses(words: Iterator[str], above: str) -> list[Use]:
    found: list[Use] = []
    for word in words:
        if word == ")":
            break
        if word == "(":
            tag, most, must = _word(next(words))
            path = f"{above}/{tag}" if above else tag
            found.append(Use(tag, path, most, must, True, tuple(_uses(words, path))))
        else:
            tag, most, must = _word(word)
            found.append(Use(tag, f"{above}/{tag}" if above else tag, most, must, False))
    return found


def _word(word: str) -> tuple[str, int, bool]:
    name, star, most = word.partition("*")
    return name.rstrip("!"), int(most) if most else MANY if star else 1, "!" in word


class _Level:
    """One open loop: its uses, how far it has come, how often each stood."""

    __slots__ = ("at", "counts", "nodes", "uses")

    def __init__(self, uses: tuple[Use, ...], nodes: list[Node]) -> None:
        self.uses, self.nodes, self.at = uses, nodes, 0
        self.counts: dict[int, int] = {}

    def seek(self, tag: str, start: int) -> int | None:
        """The next use with this tag that still has room."""
        for index in range(start, len(self.uses)):
            if self.uses[index].tag == tag and self.counts.get(index, 0) < self.uses[index].most:
                return index
        return None

    def missing(self, before: int) -> Iterator[Use]:
        for index in range(self.at, before):
            if self.uses[index].must and not self.counts.get(index):
                yield self.uses[index]


def sort(code: str, segments: list[list[str]]) -> tuple[list[Node], list[Fault]]:
    """The segments between ST and SE in their loops, and what is out of order, unknown or missing.

    A segment that stands too late is put where it belongs, with a warning; one without a place is a node with path "".
    """
    uses = structure(code)
    nodes: list[Node] = []
    faults: list[Fault] = []
    stack = [_Level(uses, nodes)]
    tags = _tags(code)
    for position, elements in enumerate(segments, start=2):
        tag = elements[0].strip()
        place = f"segment {position} {tag[:3]}"
        if tag not in tags:
            what = "the transaction set has no such segment"
            faults.append(
                Fault("segment", "6" if tag.isalnum() else "1", place, what, tag, None, False, position, tag[:3])
            )
            nodes.append(Node(tag, "", elements, position))
            continue
        found = _place(stack, tag)
        if found is None:
            what = "the segment stands where it may not, or too often"
            faults.append(Fault("segment", "2", place, what, tag, None, False, position, tag))
            nodes.append(Node(tag, "", elements, position))
            continue
        depth, index = found
        while len(stack) > depth + 1:
            _close(stack.pop(), faults, position)
        level = stack[-1]
        if index < level.at:
            what = "the segment stands too late"
            faults.append(Fault("segment", "7", place, what, tag, None, False, position, tag))
        else:
            for use in level.missing(index):
                faults.append(_missing(use, position))
            level.at = index
        use = level.uses[index]
        level.counts[index] = level.counts.get(index, 0) + 1
        node = Node(tag, use.path, elements, position)
        level.nodes.append(node)
        if use.loop:
            stack.append(_Level(use.below, node.below))
    end = len(segments) + 2
    while stack:
        _close(stack.pop(), faults, end)
    return nodes, faults


@cache
def _tags(code: str) -> frozenset[str]:
    def all_(uses: tuple[Use, ...]) -> Iterator[str]:
        for use in uses:
            yield use.tag
            yield from all_(use.below)

    return frozenset(all_(structure(code)))


def _place(stack: list[_Level], tag: str) -> tuple[int, int] | None:
    """The innermost open loop in which the segment may stand now; else one in which it stands too late."""
    for depth in range(len(stack) - 1, -1, -1):
        index = stack[depth].seek(tag, stack[depth].at)
        if index is not None:
            return depth, index
    for depth in range(len(stack) - 1, -1, -1):
        index = stack[depth].seek(tag, 0)
        if index is not None:
            return depth, index
    return None


def _close(level: _Level, faults: list[Fault], position: int) -> None:
    for use in level.missing(len(level.uses)):
        faults.append(_missing(use, position))


def _missing(use: Use, position: int) -> Fault:
    what = "a mandatory segment is missing"
    return Fault("segment", "3", f"before segment {position}", what, None, use.tag, True, position, use.tag)
