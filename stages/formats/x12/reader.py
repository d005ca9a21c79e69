"""X12: invoices and the messages around them, one or any number of interchanges in a file.

In       bytes that begin with ISA (a byte order mark is passed over); separators as the ISA says; UTF-8 or ISO 8859-1
Out      one record for each transaction set, `810[3]` counted over the file
Refused  a set whose SE is missing or that breaks its grammar; a group, an interchange whose trailer is missing. Wrong
         counts and control numbers by profile (`counts`): refused, or read with a warning
Source   ASC X12 004010 to 005010: 810, 820, 832, 850, 855, 856, 997
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import chain
from typing import Any

from schemas.errors import Finding
from schemas.profiles import ExtractionProfile
from stages.formats.reading.completing import NUMBER, Unfit, complete, complete_as, number_of
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Record, Source, refuse, refused, unreadable
from stages.formats.x12.balance import weigh
from stages.formats.x12.faults import Fault, whole
from stages.formats.x12.interchange import Set, bare, find, finding, interchange, sets
from stages.formats.x12.meaning import Grammar
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.sets import grammars
from stages.formats.x12.structure import Node, sort
from stages.formats.x12.syntax import check, date

RELEASES = ("004010", "005010")
_FAULTS = 100
"""The most that are told of one set, of those that stop it and of the others."""


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    begin = head.data.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")[:10]
    return (begin.startswith(b"ISA") and not begin[3:4].isalnum()) or bare(begin)


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    accept = profile is not None and profile.counts == "accept"
    delimited = profile is not None and profile.x12.isa == "delimited"
    records: list[Record] = []
    place: Cursor = cursor or {"i": find(source.file, 0) or 0, "n": 0, "x": 0}
    while True:
        try:
            portion = _interchange(source, profile, place, budget, records, accept=accept, delimited=delimited)
        except Unfit as unfit:
            if not records and cursor is None:
                raise unreadable("the export", unfit.findings) from None
            records.append(_whole(f"interchange[{int(place['x']) + 1}]", unfit.findings))
            return records, None
        if portion is None:
            return records, None
        place = portion
        if budget.spent(len(records)):
            return records, place


def _interchange(
    source: Source, profile: ExtractionProfile | None, place: Cursor, budget: Budget, records: list[Record],
    *, accept: bool, delimited: bool,
) -> Cursor | None:  # fmt: skip
    """Read on in one interchange; gives where to go on, None at the end of the file."""
    isa = interchange(source.file, int(place["i"]), delimited=delimited)
    number = int(place["x"]) + 1
    if "e" in place:
        end = int(place["e"])
        bad = {int(group): [Fault(*each) for each in faults] for group, faults in place["f"]}
    else:
        balance = weigh(source.file, isa)
        end, bad = balance.end, {0: balance.interchange, **balance.groups}
    address = f"interchange[{number}] {isa.control_number}"
    stops = _stopping(bad.get(0, []), accept)
    done = int(place["n"])
    if stops:
        records.append(_whole(address, [finding(each, "") for each in stops]))
    else:
        told: set[int] = set(place.get("t", ()))
        for given, after in sets(source.file, isa, place):
            faults = [each for each in bad.get(given.ordinal, []) if each.level != "set"]
            shared = [
                each
                for each in bad.get(given.ordinal, [])
                if each.level == "set" and each.found == given.control_number
            ]
            given = replace(given, faults=(*given.faults, *shared))
            if _stopping(faults, accept):
                if given.ordinal not in told:
                    told.add(given.ordinal)
                    where = f"{address}, group[{given.ordinal}] {given.group.control_number}"
                    records.append(_whole(where, [finding(each, "") for each in _stopping(faults, accept)]))
            else:
                done += 1
                records.append(record(given, done, profile, (*bad.get(0, []), *faults)))
            if budget.spent(len(records)):
                held = [
                    [g, [[f.level, f.code, f.place, f.message, f.found, f.expected] for f in fs]]
                    for g, fs in bad.items()
                ]
                return {**after, "i": isa.offset, "n": done, "x": number - 1, "e": end, "f": held, "t": sorted(told)}
    following = find(source.file, end)
    return None if following is None else {"i": following, "n": done, "x": number}


def _stopping(faults: list[Fault], accept: bool) -> list[Fault]:
    return [each for each in faults if not (accept and each.balance)]


def _whole(address: str, findings: Any) -> Record:
    return Record(address, error=refused(address, tuple(findings)))


def record(given: Set, ordinal: int, profile: ExtractionProfile | None, outer: tuple[Fault, ...] = ()) -> Record:
    """One set as a record. `outer`: faults of its envelope that the profile accepts."""
    address = f"{given.code[:3] or 'set'}[{ordinal}]"
    accept = profile is not None and profile.counts == "accept"
    reading = Reading(given, profile)
    try:
        grammar, release = known(given)
        faults = [each for each in given.faults if not (accept and each.balance)]
        if faults:
            raise Unfit(*(finding(each, "") for each in faults), number=None)
        for fault in (*outer, *given.faults):
            reading.say(fault.rule, fault.message + "; the profile accepts it", fault.place, fault.found)
        return Record(address, read_set(reading, grammar, release, accept=accept), None, reading.warnings.all())
    except Unfit as unfit:
        return Record(address, error=refused(address, unfit.findings), number=unfit.number or number_of(reading.data))


def known(given: Set) -> tuple[Grammar, str]:
    """The grammar and release of a set. Raises Unfit."""
    grammar = grammars().get(given.code)
    version = given.group.element(8)[:6]
    if grammar is None:
        which = ", ".join(sorted(grammars()))
        raise Unfit(refuse("x12-set", "the transaction set is not one that is read here", "ST01", given.code, which))
    if not version.isdigit() or not RELEASES[0] <= version <= RELEASES[-1]:
        raise Unfit(
            refuse("x12-version", "the release is not one that is read here", "GS08", version, "004010 to 005010")
        )
    if given.group.element(1) != grammar.group:
        message = "the set does not belong into a group of this kind"
        raise Unfit(refuse("x12-group", message, "GS01", given.group.element(1), grammar.group))
    return grammar, RELEASES[-1] if version == RELEASES[-1] else RELEASES[0]


def syntax(given: Set, release: str) -> tuple[list[Node], list[Fault]]:
    """The set's segments in their loops, and every fault of segments and elements."""
    nodes, found = sort(given.code, given.segments[1:-1])
    repetition = given.interchange.separators.repetition
    of_elements = (
        fault
        for position, segment in enumerate(given.segments, start=1)
        for fault in check(segment, position, release, repetition)
    )
    fatal: list[Fault] = []
    others: list[Fault] = []
    for fault in chain(found, of_elements):
        kept = fatal if fault.fatal else others
        if len(kept) < _FAULTS:
            kept.append(fault)
        if len(fatal) == _FAULTS:
            break
    return nodes, sorted([*fatal, *others], key=lambda each: (each.position, each.element))


def read_set(reading: Reading, grammar: Grammar, release: str, *, accept: bool) -> Any:
    """The canonical document. Raises Unfit with every finding."""
    given = reading.given
    nodes, faults = syntax(given, release)
    fatal = [each for each in faults if each.fatal]
    if given.latin:
        reading.say("x12-encoding", "the text is no UTF-8, and read as ISO 8859-1", "ST")
    if given.interchange.cut:
        reading.say("x12-isa", "the ISA has not its fixed widths; it is read by its separators", "ISA")
    if given.interchange.test:
        reading.say("x12-test", "the interchange says that it is a test (ISA15)", "ISA15", "T")
        reading.extras["test"] = "T"
    for fault in faults:
        if not fault.fatal:
            reading.say(fault.rule, fault.message, fault.place, fault.found)
    reading.notes["fields"] = grammar.model.model_fields
    for node in nodes:
        _take(reading, grammar, node, reading.data, "")
    counted = _counts(grammar, nodes, reading)
    if accept:
        for each in counted:
            reading.say(each.rule, each.message + "; the profile accepts it", each.place, each.found)
        counted = []
    findings = [*(finding(each, "") for each in fatal), *reading.findings, *counted]
    if findings:
        raise Unfit(*findings, number=number_of(reading.data))
    grammar.finish(reading)
    _date(reading)
    if reading.extras:
        reading.data["extras"] = {**reading.extras, **reading.data.get("extras", {})}
    if grammar.needs:
        return complete(reading.data, reading.locate, reading.constants, grammar.needs)
    fitting = {name: value for name, value in reading.constants.items() if name in grammar.model.model_fields}
    return complete_as(grammar.model, reading.data, reading.locate, fitting)


def _take(reading: Reading, grammar: Grammar, node: Node, target: Data | None, variant: str) -> None:
    """A segment and its loop into the document, or aside."""
    path = node.path
    if variant:
        path = variant + path[path.index("/") :]
    below: Data | None = None
    inner = variant
    if target is not None and path:
        for meaning in grammar.meanings.get(path, ()):
            below = meaning.read(reading, target, node)
            if below is not None:
                position = getattr(meaning, "variant", 0)
                if position and position < len(node.elements):
                    inner = f"{path}:{node.elements[position].strip()}"
                break
    if node.tag != "CTT" and (below is None or _left(node)):
        reading.keep(node)
    for each in node.below:
        if node.tag == "CTT":
            _take(reading, grammar, each, reading.data, variant)
        else:
            _take(reading, grammar, each, below, inner)


def _left(node: Node) -> bool:
    """Has the segment content that no field took?"""
    return any(text.strip() and position not in node.taken for position, text in enumerate(node.elements) if position)


def _counts(grammar: Grammar, nodes: list[Node], reading: Reading) -> list[Finding]:
    """CTT01, the number of lines; CTT02, the sum of their quantities, which partners compute in several ways: a
    warning."""
    ctt = next((node for node in nodes if node.tag == "CTT"), None)
    if ctt is None or not grammar.counted:
        return []
    lines = sum(1 for node in nodes if node.path == grammar.counted)
    said = ctt.get(1)
    if grammar.hashed and (total := ctt.get(2)) and NUMBER.match(total):
        tag, position = grammar.hashed
        flat = [each for node in nodes for each in (node, *node.below) if each.tag == tag]
        texts = [each.elements[position].strip() for each in flat if position < len(each.elements)]
        if all(NUMBER.match(text) and len(text) <= 40 for text in texts) and len(total) <= 40:
            found = sum((Decimal(text) for text in texts), Decimal(0))
            if found != Decimal(total):
                message = f"the hash total is not the sum of the quantities, {found:f}"
                reading.say("x12-hash", message, ctt.place(2), total)
    if whole(said) not in (None, lines):
        return [refuse("x12-count", "the count of lines is wrong", ctt.place(1), said, str(lines))]
    return []


def _date(reading: Reading) -> None:
    """A set without a date of its own is of the day on which its group was made."""
    if "issue_date" in reading.data or reading.given.code in ("810", "850"):
        return
    day = date(reading.given.group.element(4))
    reading.data["issue_date"] = day
    if reading.given.code != "997":
        reading.say("x12-date", "the set has no date; that of its group is taken", "GS04", day)
