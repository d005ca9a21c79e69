"""What a set does not carry: whatever a read-back of what was written does not give, field by field.

No table says it, so none can be wrong: the set is written, read by its own grammar, and compared. Amounts that follow
from others (the sums of an invoice, the net amount of a line) are no loss where the rest gives them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from schemas.errors import Finding
from stages.formats.reading.records import shorten
from stages.formats.x12.interchange import Group, Interchange, Separators, Set
from stages.formats.x12.reader import record
from stages.formats.x12.writer import COMPONENT, ELEMENT, REPETITION, SEGMENT, grammar_of, write

DERIVED = frozenset(
    {
        "totals.line_total", "totals.allowance_total", "totals.charge_total", "totals.tax_exclusive",
        "totals.tax_amount", "totals.tax_inclusive", "totals.amount_due",
        "lines[].net_amount", "lines[].price_discount",
        "lines[].standard_item_id.scheme",
    }
)  # fmt: skip
"""Computed anew from what the set carries."""
ONLY_REASON = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}
"""Categories with one exemption code only (BT-121), which completion gives again."""
PRIVATE = frozenset({"contact", "hints"})
"""Parts whose content no finding repeats."""


def losses(document: Any, release: str, rule: str) -> tuple[Finding, ...]:
    """Raises DocumentInvalid where the document cannot be written."""
    back = read_back(write(document, release), release, grammar_of(document).group)
    return tuple(
        Finding(rule=rule, message=message, place=place, found=found, severity="warning")
        for place, found, message in _compare("", "", document, back)
    )


def read_back(data: bytes, release: str, group: str) -> Any:
    """The document that a set of ours says, or an AssertionError with what its reader refused."""
    rows = [line.split(ELEMENT) for line in data.decode("ascii").replace("\n", "").split(SEGMENT) if line]
    separators = Separators(ELEMENT, COMPONENT, SEGMENT, REPETITION if release >= "005010" else None)
    isa = Interchange(("",) * 14 + ("P", COMPONENT), separators, 0, 0)
    given = Set(isa, Group((group, "-", "-", "20000101", "0000", "1", "X", release)), 1, rows)
    found = record(given, 1, None)
    assert found.document is not None, found.error and found.error.findings
    return found.document


def _compare(place: str, path: str, ours: Any, back: Any) -> Iterator[tuple[str, str | None, str]]:
    """(place, what stood there, why) of each field that is gone or changed."""
    if isinstance(ours, BaseModel):
        for name, value in ours.__dict__.items():
            if value is None or value == () or value == {} or name == "kind":
                continue
            default = type(ours).model_fields[name].default
            if value == default and isinstance(value, BaseModel):
                continue
            where, pattern = (f"{place}.{name}", f"{path}.{name}") if place else (name, name)
            if pattern in DERIVED:
                continue
            if name == "exemption_reason_code" and ONLY_REASON.get(getattr(ours, "category", "")) == value:
                continue
            yield from _compare(where, pattern, value, getattr(back, name, None))
    elif isinstance(ours, tuple):
        given = back if isinstance(back, tuple) else ()
        for index, each in enumerate(ours):
            yield from _compare(f"{place}[{index}]", f"{path}[]", each, given[index] if index < len(given) else None)
    elif isinstance(ours, dict):
        known = back if isinstance(back, dict) else {}
        for name, value in ours.items():
            if known.get(name) != value:
                yield f"{place}.{name}", shorten(str(value)), "X12 has no place for it"
    elif ours != back:
        private = any(step in PRIVATE for step in path.replace("[]", "").split("."))
        found = None if private else shorten(f"{ours:f}" if isinstance(ours, Decimal) else str(ours))
        why = "the set has no place for it" if back is None else "the set says it otherwise: cut, or in other signs"
        yield place, found, why
