"""Lines, and allowances and charges of lines and document: BG-25 to BG-32, BG-20, BG-21.

Source   EN 16931-1:2017 6.4.2 and 6.5
"""

from __future__ import annotations

from typing import NamedTuple

from schemas.documents import Line
from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, Facts, is_long


def lines(f: Facts) -> Hits:
    """Each line by itself."""
    for number, line in enumerate(f.document.lines):
        yield from _line(f"lines[{number}]", line)


def _line(place: str, line: Line) -> Hits:
    if not line.identifier:
        yield "BR-21", f"{place}.identifier", None, None
    if not line.unit:
        yield "BR-23", f"{place}.unit", None, None
    if line.net_amount is None:
        yield "BR-24", f"{place}.net_amount", None, None
    elif is_long(line.net_amount):
        yield "BR-DEC-23", f"{place}.net_amount", line.net_amount, "two decimal places"
        yield "UBL-DT-01", f"{place}.net_amount", line.net_amount, "two decimal places"
    if not line.name:
        yield "BR-25", f"{place}.name", None, None
    if line.net_price < ZERO:
        yield "BR-27", f"{place}.net_price", line.net_price, "zero or more"
    if line.gross_price is not None and line.gross_price < ZERO:
        yield "BR-28", f"{place}.gross_price", line.gross_price, "zero or more"
    if not line.vat_category:
        yield "BR-CO-04", f"{place}.vat_category", None, None
        yield "UBL-SR-48", f"{place}.vat_category", None, None
    period = line.period
    if period is not None and period.start is not None and period.end is not None and period.end < period.start:
        yield "BR-30", f"{place}.period.end", period.end, f"not before {period.start}"
    standard = line.standard_item_id
    if standard is not None and standard.value and not standard.scheme:
        yield "BR-64", f"{place}.standard_item_id.scheme", standard.value, None
    for index, each in enumerate(line.classifications):
        if each.value and not each.scheme:
            yield "BR-65", f"{place}.classifications[{index}].scheme", each.value, None
    for index, attribute in enumerate(line.attributes):
        if bool(attribute.name) != bool(attribute.value):
            yield "BR-54", f"{place}.attributes[{index}]", attribute.name or attribute.value, None


class _Kind(NamedTuple):
    """The rules of one kind of allowance or charge."""

    reason: tuple[str, str]
    amount: str
    base: str
    category: str


_KINDS: dict[tuple[bool, bool], _Kind] = {  # (of the document, a charge)
    (True, False): _Kind(("BR-33", "BR-CO-21"), "BR-DEC-01", "BR-DEC-02", "BR-32"),
    (True, True): _Kind(("BR-38", "BR-CO-22"), "BR-DEC-05", "BR-DEC-06", "BR-37"),
    (False, False): _Kind(("BR-42", "BR-CO-23"), "BR-DEC-24", "BR-DEC-25", ""),
    (False, True): _Kind(("BR-44", "BR-CO-24"), "BR-DEC-27", "BR-DEC-28", ""),
}


def charges(f: Facts) -> Hits:
    """Allowances and charges: a reason, two decimal places, and at document level a VAT category."""
    for each in f.all_charges:
        given, place = each.given, each.place
        kind = _KINDS[each.of_document, given.charge]
        if not given.reason and not given.reason_code:
            for rule in kind.reason:
                yield rule, f"{place}.reason", None, None
        if is_long(given.amount):
            yield kind.amount, f"{place}.amount", given.amount, "two decimal places"
            yield "UBL-DT-01", f"{place}.amount", given.amount, "two decimal places"
        if is_long(each.base):
            yield kind.base, f"{place}.base_amount", each.base, "two decimal places"
            yield "UBL-DT-01", f"{place}.base_amount", each.base, "two decimal places"
        if kind.category:
            if not given.vat_category:
                yield kind.category, f"{place}.vat_category", None, None
        elif given.vat_category:
            yield "UBL-CR-558", f"{place}.vat_category", given.vat_category, None
