"""What an order response says that will be paid: amounts are held against each other, none is made up.

A response is an answer to what the order says, and need not repeat its prices; one with changes (CA) may have only the
lines that change, so there the sum of the lines is only told. Lines that are not accepted (UNTDID 1229: 7) are no part
of a total.

Source: UNCL 4343, UNTDID 1229; the totals as in Peppol BIS Ordering 3, PEPPOL-T01-R008, R011, R017
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext

from schemas.errors import Finding
from schemas.orders import OrderResponse, OrderResponseLine, OrderTotals
from stages.conversion.totals import EXACT
from stages.conversion.vat import ZERO, cents, shown

BASE_RULE = "response-base"
LINE_RULE = "response-line-amount"
TOTAL_RULE = "response-total"
_REFUSED = "7"
_CHANGED = "CA"


def complete(response: OrderResponse) -> tuple[OrderResponse, tuple[Finding, ...]]:
    """The response as it is, and what of its amounts contradicts the rest. Raises nothing."""
    with localcontext(EXACT):
        return response, (*_lines(response), *_totals(response))


def _lines(response: OrderResponse) -> Iterator[Finding]:
    """A line has no allowances of its own here, so what differs may be one: it is told, and nothing is stopped."""
    told = "the line's amount is not quantity x price"
    for index, line in enumerate(response.lines):
        if line.base_quantity is not None and line.base_quantity <= 0:
            place, found = f"lines[{index}].base_quantity", shown(line.base_quantity)
            yield Finding(rule=BASE_RULE, message="a price is for a quantity above zero", place=place, found=found)
        elif (computed := _computed(line)) is not None:
            yield from _apart(LINE_RULE, f"lines[{index}].net_amount", line.net_amount, computed, told, "warning")


def _computed(line: OrderResponseLine) -> Decimal | None:
    if line.quantity is None or line.net_price is None or line.base_quantity == 0:
        return None
    return cents(line.quantity * line.net_price / (line.base_quantity or 1))


def _totals(response: OrderResponse) -> Iterator[Finding]:
    given = response.totals
    accepted = [line for line in response.lines if line.status != _REFUSED]
    amounts = [_computed(line) if line.net_amount is None else line.net_amount for line in accepted]
    sold = [each for each in amounts if each is not None]
    if sold and len(sold) == len(accepted):
        severity = "warning" if response.response_code == _CHANGED else "fatal"
        yield from _total(given, "line_total", sum(sold, ZERO), "the sum of the lines' amounts", severity)
    if given.line_total is not None:
        added = (given.charge_total or ZERO) - (given.allowance_total or ZERO)
        yield from _total(given, "tax_exclusive", given.line_total + added, "lines - allowances + charges")
    if given.tax_exclusive is not None and given.tax_amount is not None:
        whole = given.tax_exclusive + given.tax_amount
        yield from _total(given, "tax_inclusive", whole, "the total without VAT + VAT")
    if given.tax_inclusive is not None:  # prepaid and rounding amounts may lie between
        yield from _total(given, "amount_due", given.tax_inclusive, "the total with VAT", "warning")


def _total(
    given: OrderTotals, field: str, computed: Decimal, formula: str, severity: str = "fatal"
) -> Iterator[Finding]:
    found = getattr(given, field)
    return _apart(TOTAL_RULE, f"totals.{field}", found, cents(computed), f"the total is not {formula}", severity)


def _apart(
    rule: str, place: str, found: Decimal | None, computed: Decimal, message: str, severity: str
) -> Iterator[Finding]:
    if found is not None and found != computed:
        yield Finding(
            rule=rule, message=message, place=place, found=shown(found), expected=shown(computed), severity=severity
        )
