"""What nobody publishes rules for is read back before it may leave: our own reader must find the document in it again.

EDI and KSeF have no rule set that could be run here; a message that cannot be read, or that says another number, kind,
amount or count of lines than the document, is stopped.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal

from schemas.canonical import Document
from schemas.errors import Finding, PermanentError
from stages.formats import registry
from stages.formats.format import Letter, Target
from stages.formats.reading.records import Budget, Source

NAME = "read-back"
_LETTER = Letter("ZZ:SENDER", "ZZ:RECEIVER", 1, datetime(2026, 1, 1, tzinfo=UTC))


def read_back(content: bytes, target: Target, document: Document) -> tuple[Finding, ...]:
    """What the target's own reader does not find again; empty where it reads the same document.

    A target whose format has no reader cannot be checked so, and the one finding says that: it is fatal.
    """
    read = registry.format_of(target).read
    if read is None:
        return (Finding(rule=NAME, message=f"{target.title} has no reader, so nothing checks what was written"),)
    data = target.wrap([content], _LETTER) if target.wrap else content
    try:
        records, _ = read(Source(io.BytesIO(data), f"read-back{target.suffix}"), None, None, Budget(9, 60, lambda: 0.0))
    except PermanentError as error:
        return error.findings or (Finding(rule=NAME, message=error.text),)
    if len(records) != 1 or records[0].document is None:
        return next((each.error.findings for each in records if each.error and each.error.findings), None) or (
            Finding(rule=NAME, message="not one document is read in it", found=str(len(records)), expected="1"),
        )
    wanted, found = _facts(document), _facts(records[0].document)
    wanted.update(_amount(document, records[0].document))
    found.update(_amount(records[0].document, document))
    return tuple(
        Finding(
            rule=NAME, message="what was written says another value", place=place, found=found.get(place),
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
