"""What XRechnung asks of both its syntaxes beyond EN 16931, as far as a writer can give it.

Who the buyer's office is (BT-10, the Leitweg-ID), and whom to ask at the seller's (BG-6), must be in the document: the
rules refuse it else.

Source: XRechnung 3.0.2 (KoSIT): BR-DE-18, BR-DE-21, PEPPOL-EN16931-R041 and R042; BT-23 as it has it
since 3.0
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeVar

from schemas.documents import AllowanceCharge, Invoice, Line

SPECIFICATION = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0"
"""BT-24."""
PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
"""BT-23, where the document names none."""

_DISCOUNT = re.compile(r"#(?:SKONTO|VERZUG)#[^\n]*#\Z")


def fitted(document: Invoice) -> Invoice:
    """The document as XRechnung wants it: base amount and percentage of an allowance stand there together or not at all
    (PEPPOL-EN16931-R041, R042)."""
    own: dict[str, object] = {"specification": SPECIFICATION}
    if not document.business_process:
        own["business_process"] = PROCESS
    return paired(document).model_copy(update=own)


def ended(terms: str | None) -> str | None:
    """BT-20 with the line break that ends a discount for early payment (BR-DE-18, and DE-R-018 between Germans in
    Peppol): every reader trims it, so every writer puts it back."""
    return f"{terms}\n" if terms and _DISCOUNT.search(terms) else terms


def paired(document: Invoice) -> Invoice:
    """Without a lone base amount or percentage; Peppol asks the same."""
    if not any(unpaired(document)):
        return document
    return _paired(document).model_copy(update={"lines": tuple(_paired(line) for line in document.lines)})


def unpaired(document: Invoice) -> Iterator[str]:
    """Places of a base amount without percentage, or the other way round."""
    yield from _unpaired(document.allowances_charges, "allowances_charges")
    for number, line in enumerate(document.lines):
        yield from _unpaired(line.allowances_charges, f"lines[{number}].allowances_charges")


def _unpaired(allowances: tuple[AllowanceCharge, ...], place: str) -> Iterator[str]:
    for index, each in enumerate(allowances):
        if (each.percentage is None) != (each.base_amount is None):
            yield f"{place}[{index}].{'percentage' if each.base_amount is None else 'base_amount'}"


_Part = TypeVar("_Part", Invoice, Line)


def _paired(part: _Part) -> _Part:
    nothing = {"percentage": None, "base_amount": None}
    kept = tuple(
        each if (each.percentage is None) == (each.base_amount is None) else each.model_copy(update=nothing)
        for each in part.allowances_charges
    )
    return part.model_copy(update={"allowances_charges": kept})
