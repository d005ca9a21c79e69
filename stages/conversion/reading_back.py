"""What nobody publishes rules for is held against what our own reader finds in it, before it may leave.

EDI and KSeF have no rule set that could be run here; a message that cannot be read, or that says another number, kind,
amount or count of lines than the document, is stopped.
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


def _amount(document: Document, other: Document) -> dict[str, str]:
    """The amount by which the two can be compared: what is due, or the total where a format has no more than that."""
    for name in ("amount_due", "tax_inclusive"):
        ours, theirs = (getattr(getattr(each, "totals", None), name, None) for each in (document, other))
        if ours is not None and theirs is not None:
            return {f"totals.{name}": f"{Decimal(ours).normalize():f}"}
    return {}
