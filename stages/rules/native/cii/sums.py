"""The totals as CII's stylesheet adds them up: half of it in binary floating point, and rounded at other places.

Source   EN 16931 validation artefacts for CII (CEN/TC 434)
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal

from stages.rules.native.cii.facts import CiiFacts
from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, cents, is_long, whole
from stages.rules.native.totals import tax_of


def floating(amounts: Iterable[Decimal]) -> float:
    """XPath's sum() of texts: binary floating point, one after the other (Python's own sum would mend the error)."""
    total = 0.0
    for amount in amounts:
        total += float(amount)
    return total


def floating_cents(value: float) -> float:
    """round(x * 10 * 10) div 100, as the rules write it."""
    return floating_whole(value * 10 * 10) / 100


def floating_whole(value: float) -> float:
    """XPath's round() of a double: half towards positive infinity."""
    floor = math.floor(value)
    return float(floor + (value - floor >= 0.5))


def sums(f: CiiFacts) -> Hits:
    """BR-CO-10 to BR-CO-16, and places of the VAT totals."""
    given = f.totals
    if f.has_totals:
        lines = Decimal(floating(line.net_amount for line in f.document.lines if line.net_amount is not None))
        if given.line_total != cents(lines):
            yield "BR-CO-10", "totals.line_total", given.line_total, cents(lines)
        for charge, field, rule in ((False, "allowance_total", "BR-CO-11"), (True, "charge_total", "BR-CO-12")):
            total = getattr(given, field)
            amounts = [each.given.amount for each in f.charges if each.given.charge is charge]
            computed = floating_cents(floating(amounts))
            if (total is None or float(total) != computed) and (total is not None or amounts):
                yield rule, f"totals.{field}", total, cents(sum(amounts, ZERO))
        yield from _exclusive(f)
        yield from _due(f)
    yield from _with_tax(f)
    yield from _places(f)


def _exclusive(f: CiiFacts) -> Hits:
    """BR-CO-13, rounded also where there is nothing to add."""
    given = f.totals
    expected = None
    if given.line_total is not None:
        expected = cents(given.line_total + (given.charge_total or ZERO) - (given.allowance_total or ZERO))
    if expected is None or given.tax_exclusive != expected:
        yield "BR-CO-13", "totals.tax_exclusive", given.tax_exclusive, expected


def _due(f: CiiFacts) -> Hits:
    """BR-CO-16, without any rounding."""
    given = f.totals
    expected = None
    if given.tax_inclusive is not None:
        expected = given.tax_inclusive - (given.paid_amount or ZERO) + (given.rounding_amount or ZERO)
    if expected is None or given.amount_due != expected:
        yield "BR-CO-16", "totals.amount_due", given.amount_due, expected


def tax_totals(f: CiiFacts) -> tuple[list[Decimal], list[Decimal]]:
    """TaxTotalAmount in the document's currency, and in any other; one currency for both gives the first two."""
    given, document = f.totals, f.document
    own = [given.tax_amount] if given.tax_amount is not None else []
    accounting = given.tax_amount_accounting
    if accounting is None or not document.accounting_currency:
        return own, []
    same = document.accounting_currency == document.currency
    return ([*own, accounting], []) if same else (own, [accounting])


def _with_tax(f: CiiFacts) -> Hits:
    """BR-CO-14 of each VAT total; BR-CO-15, content also with no tax at all; BR-CO-18, which lines ask."""
    rows = f.document.vat_breakdown
    own, _ = tax_totals(f)
    of_rows = floating_cents(floating(row.tax_amount for row in rows))
    for tax in own:
        if float(tax) != of_rows:
            yield "BR-CO-14", "totals.tax_amount", tax, cents(sum((row.tax_amount for row in rows), ZERO))
    yield from total_with_tax(f, own)
    if not rows and f.document.lines:
        yield "BR-CO-18", "vat_breakdown", None, None


def total_with_tax(f: CiiFacts, taxes: list[Decimal]) -> Hits:
    """BR-CO-15."""
    exclusive, inclusive = f.totals.tax_exclusive, f.totals.tax_inclusive
    expected = cents(exclusive + taxes[0]) if exclusive is not None and len(taxes) == 1 else None
    if inclusive is None or exclusive is None or inclusive not in (expected, exclusive):
        yield "BR-CO-15", "totals.tax_inclusive", inclusive, expected


def _places(f: CiiFacts) -> Hits:
    """BR-DEC-13, BR-DEC-15: one VAT total of each kind without a part of a cent; zeros at the end do not count."""
    own, other = tax_totals(f)
    if own and not other and all(_has_part_of_a_cent(tax) for tax in own):
        yield "BR-DEC-13", "totals.tax_amount", own[0], "two decimal places"
    accounting = f.document.accounting_currency
    if (own or other) and accounting:
        of_accounting = own if accounting == f.document.currency else other
        if all(_has_part_of_a_cent(tax) for tax in of_accounting):
            found = of_accounting[0] if of_accounting else None
            yield "BR-DEC-15", "totals.tax_amount_accounting", found, "two decimal places"


def _has_part_of_a_cent(value: Decimal) -> bool:
    number = float(value)
    return number != floating_whole(number * 100) / 100


def due_when(f: CiiFacts) -> Hits:
    """BR-CO-25, here of credit notes, too."""
    d, due = f.document, f.totals.amount_due
    if f.older and due is not None and due > ZERO and d.due_date is None and not d.payment_terms:
        yield "BR-CO-25", "due_date", None, None


def rows(f: CiiFacts) -> Hits:
    """Each row of the VAT breakdown by itself, but for those of L, M and O."""
    document = f.document
    asked = any(row.category not in f.apart for row in document.vat_breakdown)
    if asked and document.tax_point_date is not None and document.tax_point_code:
        yield "BR-CO-03", "tax_point_code", document.tax_point_code, None
    for index, row in enumerate(document.vat_breakdown):
        if row.category in f.apart:
            continue
        place = f"vat_breakdown[{index}]"
        if not row.category:
            yield "BR-47", f"{place}.category", None, None
        if row.rate is None and row.category != "O":
            yield "BR-48", f"{place}.rate", None, None
        for field, rule in (("taxable_amount", "BR-DEC-19"), ("tax_amount", "BR-DEC-20")):
            if is_long(getattr(row, field)):
                yield rule, f"{place}.{field}", getattr(row, field), "two decimal places"
        if row.rate is None or whole(row.rate) == ZERO:
            if whole(row.tax_amount) != ZERO:
                yield "BR-CO-17", f"{place}.tax_amount", row.tax_amount, ZERO
        elif abs(abs(row.tax_amount) - tax_of(row.taxable_amount, row.rate)) > 1:
            yield "BR-CO-17", f"{place}.tax_amount", row.tax_amount, tax_of(row.taxable_amount, row.rate)
