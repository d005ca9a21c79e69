"""Codes of lists, where CII has them in other places than UBL, or in other words.

Source   EN 16931 validation artefacts for CII (CEN/TC 434)
"""

from __future__ import annotations

from collections.abc import Iterator

from stages.rules.native.cii.facts import CiiFacts
from stages.rules.native.cii.sums import tax_totals
from stages.rules.native.codes import Place, unknown
from stages.rules.native.edition import Hits

# BT-8 is written by UNTDID 2475 instead of 2005.
TO_2475 = {"3": "5", "35": "29", "432": "72"}


def codes(f: CiiFacts) -> Hits:
    """One list for the types of invoices and credit notes; rows of the breakdown are with the lines' taxes."""
    d = f.document
    yield from unknown(f, "BR-CL-01", [("type_code", d.type_code)])
    own, other = tax_totals(f)
    if own:
        yield from unknown(f, "BR-CL-03", [("currency", d.currency)])
    if other:
        yield from unknown(f, "BR-CL-03", [("accounting_currency", d.accounting_currency or "")])
    if d.tax_point_code and d.vat_breakdown:
        said = TO_2475.get(d.tax_point_code, d.tax_point_code)
        yield from unknown(f, "BR-CL-06", [("tax_point_code", said)])
    yield from unknown(f, "BR-CL-07", _objects(f))
    yield from unknown(
        f, "BR-CL-08", [(f"notes[{n}].subject_code", note.subject_code or "") for n, note in enumerate(d.notes)]
    )
    yield from unknown(f, "BR-CL-10", _identifiers(f))
    for each in f.charges:
        yield from unknown(f, "BR-CL-17", [(f"{each.place}.vat_category", each.given.vat_category or "")])
    for number, line in enumerate(d.lines):
        yield from unknown(f, "BR-CL-18", [(f"lines[{number}].vat_category", line.vat_category)])
    for index, row in enumerate(d.vat_breakdown):
        yield from unknown(f, "BR-CL-18", [(f"vat_breakdown[{index}].category", row.category)])


def _objects(f: CiiFacts) -> Iterator[Place]:
    """BT-18 and BT-128, also where there is a scheme and no value."""
    if f.document.object_identifier is not None:
        yield "object_identifier.scheme", f.document.object_identifier.scheme or ""
    for number, line in enumerate(f.document.lines):
        if line.object_identifier is not None:
            yield f"lines[{number}].object_identifier.scheme", line.object_identifier.scheme or ""


def _identifiers(f: CiiFacts) -> Iterator[Place]:
    """GlobalID of the parties: every one of the seller's, the first of buyer and payee."""
    for role, party, most in (("seller", f.seller, None), ("buyer", f.buyer, 1), ("payee", f.payee, 1)):
        for index, each in enumerate(party.identifiers[:most] if party is not None else ()):
            if each.value and each.scheme:
                yield f"{role}.identifiers[{index}].scheme", each.scheme
