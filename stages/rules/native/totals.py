"""The totals agree with what they are totals of: BG-22, and each row of BG-23 by itself.

Sums are exact; a sum is rounded to the cent as the rules do it, half towards positive infinity.

Source   EN 16931-1:2017 6.4.2 (BR-CO-10 to BR-CO-18) and 6.5 (BR-DEC)
"""

from __future__ import annotations

from decimal import Decimal

from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, Facts, cents, is_long, whole

_PERCENT = Decimal(100)

_PRESENT = {"line_total": "BR-12", "tax_exclusive": "BR-13", "tax_inclusive": "BR-14", "amount_due": "BR-15"}
_PLACES = {
    "line_total": "BR-DEC-09",
    "allowance_total": "BR-DEC-10",
    "charge_total": "BR-DEC-11",
    "tax_exclusive": "BR-DEC-12",
    "tax_inclusive": "BR-DEC-14",
    "paid_amount": "BR-DEC-16",
    "rounding_amount": "BR-DEC-17",
    "amount_due": "BR-DEC-18",
}


def presence(f: Facts) -> Hits:
    """The totals that must be there, and two decimal places in each."""
    given = f.totals
    for field, rule in _PRESENT.items():
        if getattr(given, field) is None:
            yield rule, f"totals.{field}", None, None
    for field, rule in _PLACES.items():
        value = getattr(given, field)
        if is_long(value):
            yield rule, f"totals.{field}", value, "two decimal places"
            yield "UBL-DT-01", f"totals.{field}", value, "two decimal places"
    for field in ("tax_amount", "tax_amount_accounting"):
        value = getattr(given, field)
        if is_long(value) and (field == "tax_amount" or f.document.accounting_currency):
            yield "UBL-DT-01", f"totals.{field}", value, "two decimal places"


def sums(f: Facts) -> Hits:
    """BR-CO-10 to BR-CO-16."""
    given = f.totals
    lines = sum((line.net_amount for line in f.document.lines if line.net_amount is not None), ZERO)
    if given.line_total != cents(lines):
        yield "BR-CO-10", "totals.line_total", given.line_total, cents(lines)
    for charge, field, rule in ((False, "allowance_total", "BR-CO-11"), (True, "charge_total", "BR-CO-12")):
        total = getattr(given, field)
        amounts = [each.given.amount for each in f.charges if each.given.charge is charge]
        if total != cents(sum(amounts, ZERO)) and (total is not None or amounts):
            yield rule, f"totals.{field}", total, cents(sum(amounts, ZERO))
    if given.line_total is not None:
        exclusive = given.line_total
        if given.charge_total is not None or given.allowance_total is not None:
            exclusive = cents(exclusive + (given.charge_total or ZERO) - (given.allowance_total or ZERO))
        if given.tax_exclusive != exclusive:
            yield "BR-CO-13", "totals.tax_exclusive", given.tax_exclusive, exclusive
    else:
        yield "BR-CO-13", "totals.tax_exclusive", given.tax_exclusive, None
    yield from _with_tax(f)
    yield from _due(f)


def _with_tax(f: Facts) -> Hits:
    """BR-CO-14, BR-CO-15. An accounting currency that is the document's own gives the VAT total twice."""
    given, document = f.totals, f.document
    rows = document.vat_breakdown
    twice = document.accounting_currency == document.currency and given.tax_amount_accounting is not None
    exclusive, tax = given.tax_exclusive, given.tax_amount
    if exclusive is None or tax is None or twice or given.tax_inclusive != cents(exclusive + tax):
        expected = None if exclusive is None or tax is None or twice else cents(exclusive + tax)
        yield "BR-CO-15", "totals.tax_inclusive", given.tax_inclusive, expected
    if rows:
        of_rows = cents(sum((row.tax_amount for row in rows), ZERO))
        if tax != of_rows:
            yield "BR-CO-14", "totals.tax_amount", tax, of_rows
    else:
        yield "BR-CO-18", "vat_breakdown", None, None


def _due(f: Facts) -> Hits:
    """BR-CO-16, which rounds only what it subtracts from."""
    given = f.totals
    inclusive, paid, rounding, due = given.tax_inclusive, given.paid_amount, given.rounding_amount, given.amount_due
    if inclusive is None or due is None:
        yield "BR-CO-16", "totals.amount_due", due, None
        return
    wanted = inclusive if paid is None else cents(inclusive - paid)
    if (due if rounding is None else cents(due - rounding)) != wanted:
        yield "BR-CO-16", "totals.amount_due", due, wanted + (rounding or ZERO)


def due_when(f: Facts) -> Hits:
    """BR-CO-25, which the newest rules have no more: what is to be paid is due on a day, or by terms."""
    d, due = f.document, f.totals.amount_due
    if f.older and not f.credit_note and due is not None and due > ZERO and d.due_date is None and not d.payment_terms:
        yield "BR-CO-25", "due_date", None, None


def rows(f: Facts) -> Hits:
    """Each row of the VAT breakdown: tax is taxable amount by rate, within one unit of the currency."""
    for index, row in enumerate(f.document.vat_breakdown):
        place = f"vat_breakdown[{index}]"
        if not row.category:
            yield "BR-47", f"{place}.category", None, None
        if row.rate is None and row.category != "O":
            yield "BR-48", f"{place}.rate", None, None
        for field, rule in (("taxable_amount", "BR-DEC-19"), ("tax_amount", "BR-DEC-20")):
            value = getattr(row, field)
            if is_long(value):
                yield rule, f"{place}.{field}", value, "two decimal places"
                yield "UBL-DT-01", f"{place}.{field}", value, "two decimal places"
        rate = row.rate if row.category else None
        if rate is None or whole(rate) == ZERO:
            if whole(row.tax_amount) != ZERO:
                yield "BR-CO-17", f"{place}.tax_amount", row.tax_amount, ZERO
        elif not near(row.tax_amount, row.taxable_amount, rate):
            yield "BR-CO-17", f"{place}.tax_amount", row.tax_amount, tax_of(row.taxable_amount, rate)


def tax_of(taxable: Decimal, rate: Decimal) -> Decimal:
    """The size of the tax, to the cent."""
    return cents(abs(taxable) * rate / _PERCENT)


def near(tax: Decimal, taxable: Decimal, rate: Decimal) -> bool:
    """Whether the sizes of given and computed tax differ by less than one."""
    return abs(abs(tax) - tax_of(taxable, rate)) < 1
