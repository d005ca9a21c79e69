"""EDIFACT: INVOIC and the messages around it, any number of interchanges in a file.

In       bytes, from a UNA, UNB or UNH on (a byte order mark, blanks and line breaks are passed over)
Out      one record for each message, `INVOIC[3] <reference>`, counted over the file
Refused  messages of other types, by name; wrong counts and references by profile (`counts`): a message by its UNT, a
         whole interchange by its UNE and UNZ
Releases each is read by the directory that is nearest: D.96A up to 1998, D.01B from 1999 on, others with a warning
Source   ISO 9735-1; UN/EDIFACT D.96A, D.01B; `messages/` has the grammars
"""

from __future__ import annotations

from typing import Any

from schemas.documents import Invoice
from schemas.errors import Finding
from schemas.profiles import ExtractionProfile
from stages.formats.edifact.functions import judged
from stages.formats.edifact.interchange import Given, Interchange, messages, opened, value
from stages.formats.edifact.messages import NAMES, grammar
from stages.formats.edifact.structure import Oddity, sort
from stages.formats.edifact.walking import Walk
from stages.formats.reading.completing import Unfit, complete, complete_as, number_of
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Record, Source, refuse, refused, unreadable

_BEGINNINGS = ("UNA", "UNB", "UNH", "UNG", "BGM+", "STX=")
_TOLD = {
    "order": "a segment stands where the message's table has it earlier",
    "occurrence": "a segment stands more often than the message's table allows",
    "segment": "the message has no such segment; kept aside",
    "missing": "a segment is missing that the message's table demands",
}


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    text = head.text.lstrip("\ufeff \t\r\n")
    return text.startswith(_BEGINNINGS) and not text[3:4].isalnum()


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    if cursor is None:
        _check_kind(source)
    place: Cursor = cursor or {"o": 0, "s": 0, "i": 0, "n": 0}
    records: list[Record] = []
    while True:
        try:
            found = opened(source.file, int(place["o"]), int(place["s"]), int(place["i"]) + 1)
            if found is None:
                break
            step = _interchange(source, profile, found, place, budget, records)
        except Unfit as unfit:
            if not records and cursor is None:
                raise unreadable("the export", unfit.findings) from None
            records.append(Record(f"interchange[{int(place['i']) + 1}]", error=refused("the rest", unfit.findings)))
            return records, None
        if step is not None:
            return records, step
        place = {"o": found.end, "s": found.last, "i": found.ordinal, "n": place["n"]}
        if budget.spent(len(records)):
            return records, place
    if not records and cursor is None:
        finding = refuse("edifact-no-message", "no message stands in it", "segment 1")
        raise unreadable("the export", (finding,))
    return records, None


def _check_kind(source: Source) -> None:
    head = source.file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if head.startswith(b"STX="):
        message = "TRADACOMS, the British syntax before EDIFACT, is not read"
        raise unreadable("the export", (refuse("edifact-tradacoms", message, "segment 1 STX", "STX="),))
    if head.startswith(b"BGM+"):
        message = "segments without UNH: nothing says which message this is"
        raise unreadable("the export", (refuse("edifact-envelope", message, "segment 1 BGM", "BGM", "UNB or UNH"),))


def _interchange(
    source: Source, profile: ExtractionProfile | None, found: Interchange, place: Cursor, budget: Budget,
    records: list[Record],
) -> Cursor | None:  # fmt: skip
    """Its messages; where to go on, when the step is spent before its end."""
    accept = profile is not None and profile.counts == "accept"
    if found.wrong and not accept:
        records.append(Record(found.address, error=refused(found.address, found.wrong)))
        return None
    offset, number = int(place.get("m", found.body)), int(place.get("k", found.before))
    began = len(records)
    for given in messages(source.file, found, offset, number):
        place["n"] = int(place["n"]) + 1
        records.append(_record(given, int(place["n"]), profile, accept=accept))
        if budget.spent(len(records)):
            return {
                "o": found.start,
                "s": found.first,
                "i": found.ordinal - 1,
                "n": place["n"],
                "m": given.end,
                "k": given.last,
            }
    if len(records) == began and "m" not in place:
        finding = refuse("edifact-no-message", "no message stands in the interchange", f"segment {found.first + 1}")
        records.append(Record(found.address, error=refused(found.address, (finding,))))
    return None


def _record(given: Given, ordinal: int, profile: ExtractionProfile | None, *, accept: bool) -> Record:
    name = given.type if given.type.isalnum() and len(given.type) <= 6 else "message"
    address = f"{name}[{ordinal}] {value(given.header, 1)[:14]}".strip()
    address = address if address.isprintable() else f"{name}[{ordinal}]"
    data: dict[str, Any] = {}
    try:
        if given.type not in NAMES:
            read_here = ", ".join(NAMES)
            message = "this message is not one that is read here"
            raise Unfit(
                refuse("edifact-message", message, f"segment {given.number} UNH, element 2.1", given.type, read_here)
            )
        if given.refusal is not None:
            raise Unfit(given.refusal)
        if given.wrong and not accept:
            raise Unfit(*given.wrong, number=_number(given))
        walk, data = _walked(given, address)
        for finding in (*given.interchange.wrong, *given.interchange.odd, *given.wrong, *given.odd):
            said = finding.message + ("" if finding.severity == "warning" else "; the profile accepts it")
            walk.warnings.add(finding.rule, said, finding.place, finding.found)
        document = _completed(walk, profile)
        return Record(address, document, None, walk.warnings.all())
    except Unfit as unfit:
        return Record(address, error=refused(address, unfit.findings), number=unfit.number or number_of(data))


def document(given: Given) -> Any:
    """The canonical document of one message, without a profile. Raises Unfit."""
    return _completed(_walked(given, given.type)[0], None)


def _number(given: Given) -> str | None:
    return next((value(each, 2) or None for each in given.body if each[0][0] == "BGM"), None)


def _walked(given: Given, address: str) -> tuple[Walk, dict[str, Any]]:
    directory, note = release(given)
    of = grammar(given.type, directory)
    walk = Walk(of, given.interchange.decimal, address)
    if note is not None:
        walk.warnings.add("edifact-release", *note)
    nodes, odd = sort(of.table, given.body)
    for each in odd:
        _tell(walk, each, address)
    walk.run(nodes)
    walk.data["_interchange"] = given.interchange
    walk.data["_issued"] = issued(given.interchange)
    return walk, walk.data


def _tell(walk: Walk, odd: Oddity, address: str) -> None:
    walk.warnings.add(f"edifact-{odd.kind}", _TOLD[odd.kind], f"{address}, segment {odd.number}", odd.tag)


def issued(interchange: Interchange) -> str | None:
    """UNB's date of preparation, for messages that have none (CONTRL)."""
    said = value(interchange.header, 4)
    said = said if len(said) == 8 else f"20{said}"
    return f"{said[:4]}-{said[4:6]}-{said[6:8]}" if len(said) == 8 and said.isdigit() else None


def release(given: Given) -> tuple[str, tuple[str, str, str] | None]:
    """The directory by which it is read, and the warning where it is not its own."""
    version, directory = value(given.header, 2, 2), value(given.header, 2, 3)
    if given.type == "CONTRL" or (version == "D" and directory in ("96A", "01B")):
        return ("01B" if directory == "01B" else "96A"), None
    year = directory[:2]
    nearest = "96A" if version != "D" or not year.isdecimal() or 80 <= int(year) <= 98 else "01B"
    place = f"segment {given.number} UNH, element 2.3"
    return nearest, (f"another directory; read by D.{nearest}", place, f"{version}.{directory}")


def _completed(walk: Walk, profile: ExtractionProfile | None) -> Any:
    """The canonical document. Raises Unfit."""
    data = walk.data
    message = walk.grammar.message
    message.read_shape(data, walk)
    for name in ("_interchange", "_issued"):
        data.pop(name, None)
    findings: list[Finding] = [*walk.findings, *judged(message, data, walk)]
    walk.finish()
    currency = data.get("currency")
    for other, place in walk.currencies.items():
        if currency and other != currency:
            told = "an amount in another currency than the document's"
            findings.append(refuse("edifact-currency", told, place, other, str(currency)))
    if findings:
        raise Unfit(*findings, number=number_of(data))
    if walk.extras:
        data["extras"] = walk.extras
    if not currency and len(walk.currencies) == 1 and "currency" in message.model.model_fields:
        (data["currency"],) = walk.currencies
    constants = profile.constants if profile else {}
    _name_parties(walk, constants)
    if message.model is Invoice:
        return complete(data, walk.locate, constants, needs=("vat_category",))
    return complete_as(
        message.model,
        data,
        walk.locate,
        {k: v for k, v in constants.items() if k in message.model.model_fields and k != "line"},
    )


def _name_parties(walk: Walk, constants: Any) -> None:
    """EDIFACT's partners are named by their numbers: a name that neither message nor profile gives is that number."""
    for role, party in walk.data.items():
        if isinstance(party, dict) and party.get("identifiers") and not party.get("name"):
            if role == "delivery" or (isinstance(constants.get(role), dict) and constants[role].get("name")):
                continue
            party["name"] = party["identifiers"][0]["value"]
            message = f"the {role.replace('_', ' ')} is named by number only, which stands for the name"
            walk.warnings.add("edifact-name", message, walk.address)
