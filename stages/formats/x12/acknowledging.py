"""The syntax acknowledgement of an interchange that came in: one 997 for each of its groups.

Says what our reader found, by X12's codes: AK3 with 720 for each segment, AK4 with 723 for each element, AK5 with 718
for the set, AK9 with 716 for the group. A set with warnings only is accepted with errors (E); one that cannot be read
is rejected (R). What an interchange's own trailer has wrong is said by a TA1, which this is not: its groups are then
rejected whole.

Source: ASC X12 997, release 004010; data elements 715 to 718, 720, 723.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

from schemas.answers import AcknowledgedMessage, Action, SyntaxAcknowledgement, SyntaxFault
from schemas.documents import Party
from schemas.profiles import ExtractionProfile
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import unreadable
from stages.formats.x12.balance import weigh
from stages.formats.x12.faults import Fault, whole
from stages.formats.x12.interchange import Set, find, interchange, sets
from stages.formats.x12.reader import known, record, syntax

_MOST = 100
"""Faults told of one set."""


def acknowledge(
    data: bytes, *, number: str, day: date, profile: ExtractionProfile | None = None
) -> tuple[SyntaxAcknowledgement, ...]:
    """One acknowledgement for each group of each interchange in `data`, in their order. `number` becomes that of the
    first; the others have `-2`, `-3` behind it. Raises ExportUnreadable (permanent) where no ISA can be read.

    A 997 itself is never acknowledged (X12 forbids it): its groups are passed over.
    """
    file = io.BytesIO(data)
    made: list[SyntaxAcknowledgement] = []
    offset = find(file, 0)
    delimited = profile is not None and profile.x12.isa == "delimited"
    try:
        while offset is not None:
            isa = interchange(file, offset, delimited=delimited)
            balance = weigh(file, isa)
            groups: dict[int, list[Set]] = {}
            for given, _ in sets(file, isa, {}):
                groups.setdefault(given.ordinal, []).append(given)
            for group, inside in groups.items():
                if inside[0].group.element(1) == "FA":
                    continue
                name = number if not made else f"{number}-{len(made) + 1}"
                found = balance.groups.get(group, [])
                faults = [each for each in found if each.level != "set"]
                shared = {each.found: each for each in found if each.level == "set"}
                inside = [
                    replace(each, faults=(*each.faults, shared[each.control_number]))
                    if each.control_number in shared
                    else each
                    for each in inside
                ]
                made.append(_group(inside, faults, balance.interchange, name, day, profile))
            offset = find(file, balance.end)
    except Unfit as unfit:
        raise unreadable("the interchange", unfit.findings) from None
    return tuple(made)


def _group(
    inside: list[Set],
    faults: list[Fault],
    outer: list[Fault],
    number: str,
    day: date,
    profile: ExtractionProfile | None,
) -> SyntaxAcknowledgement:
    isa, group = inside[0].interchange, inside[0].group
    accept = profile is not None and profile.counts == "accept"
    stops = [each for each in (*faults, *outer) if not (accept and each.balance)]
    messages = tuple(_set(given, profile, rejected=bool(stops)) for given in inside)
    good = sum(each.action in ("accepted", "accepted-with-errors") for each in messages)
    action: Action
    if stops or not good:
        action = "rejected"
    elif good < len(messages):
        action = "partly-accepted"
    elif faults or outer or any(each.action != "accepted" for each in messages):
        action = "accepted-with-errors"
    else:
        action = "accepted"
    counts = [each.found for each in faults if each.code == "5" and each.found and whole(each.found) is not None]
    return SyntaxAcknowledgement(
        number=number,
        issue_date=day,
        sender=Party(name=group.element(3) or "-"),
        receiver=Party(name=group.element(2) or "-"),
        interchange_reference=isa.control_number,
        group_reference=group.control_number,
        group_type=group.element(1),
        action=action,
        errors=tuple(SyntaxFault(code=f"716:{each.code}", text=each.message) for each in faults if each.code != "19"),
        messages=messages,
        extras={
            "sets_included": counts[0] if counts else str(len(messages)),
            "sets_received": str(len(messages)),
            "sets_accepted": str(good),
        },
    )


def _set(given: Set, profile: ExtractionProfile | None, *, rejected: bool) -> AcknowledgedMessage:
    errors: list[SyntaxFault] = []
    try:
        _, release = known(given)
        found = syntax(given, release)[1] if not any(each.level == "limit" for each in given.faults) else []
        for fault in found[:_MOST]:
            list_ = "720" if fault.level == "segment" else "723"
            place = f"segment {fault.position} {fault.segment[:3]}" + (f"{fault.element:02}" if fault.element else "")
            text = fault.found[:99] if fault.element and fault.found else None
            errors.append(SyntaxFault(place=place, code=f"{list_}:{fault.code}", text=text))
    except Unfit:
        errors.append(SyntaxFault(code="718:1", text="the transaction set or its release is not supported"))
    errors += [SyntaxFault(code=f"718:{each.code}", text=each.message) for each in given.faults]
    readable = not rejected and record(given, 1, profile).error is None
    action: Action = "rejected" if not readable else "accepted-with-errors" if errors else "accepted"
    if not readable and not errors and not rejected:
        errors.append(SyntaxFault(code="718:5", text="its content cannot be read"))
    return AcknowledgedMessage(
        reference=given.control_number or "-", type=given.code or None, action=action, errors=tuple(errors)
    )
