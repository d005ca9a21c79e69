"""What nobody publishes rules for is held against what our own reader finds in it, before it may leave.

EDI has no rule set that could be run here, and of FA(3) there is a schema only; a message that cannot be read, or that
says another number, kind, amount or count of lines than the document, is stopped.
"""

from __future__ import annotations

from decimal import Decimal

from schemas.canonical import Document
from schemas.errors import Finding
from stages.formats.writing.rereading import RULE, Again


def judge(document: Document, again: Again) -> tuple[Finding, ...]:
    """What the target's own reader does not find again; empty where it reads the same document."""
    if again.document is None:
        return again.findings
    wanted, found = _facts(document), _facts(again.document)
    if _sold(document) == _sold(again.document):
        found["lines"] = wanted["lines"]
    wanted.update(_amount(document, again.document))
    found.update(_amount(again.document, document))
    return tuple(
        Finding(
            rule=RULE, message="what was written says another value", place=place, found=found.get(place),
            expected=value,
        )
        for place, value in wanted.items()
        if found.get(place) != value
    )  # fmt: skip


def _facts(document: Document) -> dict[str, str]:
    """By what a document is known: which one it is, and how many lines it has."""
    lines = getattr(document, "lines", getattr(document, "items", ()))
    facts = {"kind": document.kind, "lines": str(len(lines))}
    if document.kind != "syntax-acknowledgement":  # it is numbered by its envelope
        facts["number"] = document.number
    return facts


def _sold(document: Document) -> int:
    """Lines, and discounts and charges of the whole document: FA(3) has only lines for both."""
    parts = (getattr(document, name, ()) for name in ("lines", "items", "allowances_charges"))
    return sum(len(each) for each in parts)


def _amount(document: Document, other: Document) -> dict[str, str]:
    """The amount by which the two can be compared: what is due, or the total where a format has no more than that.

    An invoice of negative amounts and a credit note of positive ones say the same: where the two differ in that, the
    credit note's amount is turned.
    """
    turned = {document.document_type, other.document_type} == {"invoice", "credit-note"}
    sign = -1 if turned and document.document_type == "credit-note" else 1
    for name in ("amount_due", "tax_inclusive"):
        ours, theirs = (getattr(getattr(each, "totals", None), name, None) for each in (document, other))
        if ours is not None and theirs is not None:
            return {f"totals.{name}": f"{(sign * Decimal(ours)).normalize():f}"}
    return {}
