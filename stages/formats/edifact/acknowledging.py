"""What a CONTRL has to say of an interchange: taken, or rejected, with the code and the place of each fault.

An interchange whose envelope is wrong is rejected whole. A message is rejected for a wrong trailer, an unknown type,
a segment that its table does not have, or has too often or elsewhere, or that is missing; what stands in the elements
is the business of the reader.

Source: ISO 9735:1988 and CONTRL D.3; UNTDID 0085 (syntax error codes).
"""

from __future__ import annotations

import io

from schemas.answers import AcknowledgedMessage, SyntaxAcknowledgement, SyntaxFault
from schemas.documents import Identifier, Party
from schemas.errors import DocumentInvalid, Finding
from stages.formats.edifact.interchange import Given, Interchange, messages, opened, value
from stages.formats.edifact.messages import NAMES, grammar
from stages.formats.edifact.reader import issued, release
from stages.formats.edifact.structure import sort
from stages.formats.reading.completing import Unfit, as_day

_CODES = {"edifact-count": "29", "edifact-reference": "28", "edifact-truncated": "13", "edifact-limit": "18"}
"""29 control count does not match, 28 references do not match, 13 missing, 18 unspecified error; 14, below: value not
supported in this position."""
_ODD = {"missing": "13", "segment": "15", "order": "15", "occurrence": "35"}
"""13 missing, 15 not supported in this position, 35 too many repetitions."""
_FAULTS = 99
_SCHEMES = {"14": "0088", "1": "0060"}


def acknowledge(data: bytes) -> SyntaxAcknowledgement:
    """Of the first interchange in `data`. `number` is a proposal; delivery may number it as it likes.

    Raises DocumentInvalid (permanent) where not even a UNB can be read: nobody could be told.
    """
    file = io.BytesIO(data)
    try:
        found = opened(file, 0, 0, 1)
        if found is None or len(found.header) < 6:
            raise Unfit(Finding(rule="edifact-envelope", message="no UNB that can be answered", place="segment 1"))
        day = as_day(issued(found) or "")
        sender, receiver = _party(found, 2), _party(found, 3)
        if day is None or sender is None or receiver is None:
            raise Unfit(Finding(rule="edifact-envelope", message="UNB lacks its partners or its date", place="UNB"))
        errors = tuple(_fault(each) for each in found.wrong)
        told = tuple(_message(each) for each in messages(file, found, found.body, found.before)) if not errors else ()
    except Unfit as unfit:
        raise DocumentInvalid("the interchange cannot be answered", findings=unfit.findings) from None
    rejected = [each for each in told if each.action == "rejected"]
    action = (
        "rejected" if errors or (told and len(rejected) == len(told)) else "partly-accepted" if rejected else "accepted"
    )
    return SyntaxAcknowledgement(
        number=found.reference or "1", issue_date=day, sender=receiver, receiver=sender,
        interchange_reference=found.reference or None, action=action, errors=errors, messages=told,
    )  # fmt: skip


def _party(found: Interchange, element: int) -> Party | None:
    identifier, qualifier = value(found.header, element), value(found.header, element, 2)
    if not identifier:
        return None
    return Party(name=identifier, identifiers=(Identifier(value=identifier, scheme=_SCHEMES.get(qualifier)),))


def _fault(finding: Finding) -> SyntaxFault:
    return SyntaxFault(
        place=finding.place.split(",")[0].split()[-1][:3], code=_CODES.get(finding.rule, "18"), text=finding.message
    )


def _message(given: Given) -> AcknowledgedMessage:
    reference = value(given.header, 1) or "?"
    kind = given.type or None
    faults = [_fault(each) for each in (*given.wrong, *([given.refusal] if given.refusal else []))]
    if given.type not in NAMES:
        faults.append(SyntaxFault(place="UNH", code="14", text="no such message is read here"))
    elif not faults:
        try:
            _, odd = sort(grammar(given.type, release(given)[0]).table, given.body)
        except Unfit as unfit:
            return AcknowledgedMessage(
                reference=reference, type=kind, action="rejected", errors=tuple(map(_fault, unfit.findings))
            )
        faults += [SyntaxFault(place=f"segment {each.number}", code=_ODD[each.kind]) for each in odd[:_FAULTS]]
    return AcknowledgedMessage(
        reference=reference, type=kind, action="rejected" if faults else "accepted", errors=tuple(faults)
    )
