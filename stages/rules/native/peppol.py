"""What Peppol BIS Billing 3 asks beyond the norm; XRechnung takes a good part of it over.

Source   OpenPeppol BIS Billing 3, PEPPOL-EN16931-R and -P; XRechnung 3.0
"""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import Line
from stages.rules.catalogue import RuleSet
from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, Facts, cents

_CENTS = Decimal("0.02")
_FORINTS = Decimal("0.5")
_DIRECT_DEBIT = ("49", "59")
# One reason of exemption, one category.
_REASONS = {
    "VATEX-EU-G": ("PEPPOL-EN16931-P0104", "G"),
    "VATEX-EU-O": ("PEPPOL-EN16931-P0105", "O"),
    "VATEX-EU-IC": ("PEPPOL-EN16931-P0106", "K"),
    "VATEX-EU-AE": ("PEPPOL-EN16931-P0107", "AE"),
    "VATEX-EU-D": ("PEPPOL-EN16931-P0108", "E"),
    "VATEX-EU-F": ("PEPPOL-EN16931-P0109", "E"),
    "VATEX-EU-I": ("PEPPOL-EN16931-P0110", "E"),
    "VATEX-EU-J": ("PEPPOL-EN16931-P0111", "E"),
}


def shared(f: Facts) -> Hits:
    """The rules that Peppol and XRechnung have in common."""
    d, totals = f.document, f.totals
    if not f.written and not d.business_process:
        yield "PEPPOL-EN16931-R001", "business_process", None, None
    untaxed = int(totals.tax_amount is not None and not d.vat_breakdown)
    foreign = bool(d.accounting_currency)
    if not d.vat_breakdown:
        yield "PEPPOL-EN16931-R053", "vat_breakdown", None, None
    if untaxed + int(foreign and totals.tax_amount_accounting is not None) != int(foreign):
        yield "PEPPOL-EN16931-R054", "totals.tax_amount_accounting", totals.tax_amount_accounting, None
    if foreign:
        if d.accounting_currency == d.currency:
            yield "PEPPOL-EN16931-R005", "accounting_currency", d.accounting_currency, f"not {d.currency}"
        if not _same_sign(f):
            expected = f"the sign of {totals.tax_amount}"
            yield "PEPPOL-EN16931-R055", "totals.tax_amount_accounting", totals.tax_amount_accounting, expected
    ends = {place for place, _ in f.endpoints()}
    for role, rule in (("buyer", "PEPPOL-EN16931-R010"), ("seller", "PEPPOL-EN16931-R020")):
        if f"{role}.endpoint" not in ends:
            yield rule, f"{role}.endpoint", None, None
    yield from _charges(f)
    for means in f.means:
        if means.code in _DIRECT_DEBIT and not means.mandate:
            yield "PEPPOL-EN16931-R061", f"{means.place}.mandate", None, None
    yield from _lines(f)


def _same_sign(f: Facts) -> bool:
    """Both VAT totals on one side of zero. An accounting currency that is the document's own gives both twice."""
    own = [f.totals.tax_amount] if f.totals.tax_amount is not None else []
    other = [f.totals.tax_amount_accounting] if f.totals.tax_amount_accounting is not None else []
    if f.document.accounting_currency == f.document.currency:
        own = other = own + other
    return any(
        any(side * value <= ZERO for value in other) and any(side * value <= ZERO for value in own) for side in (1, -1)
    )


def _charges(f: Facts) -> Hits:
    slack = _slack(f)
    for each in f.all_charges:
        base, percentage = each.base, each.percentage
        if percentage is not None and base is not None:
            computed = base * percentage / 100
            if not -slack <= each.given.amount - computed <= slack:
                yield "PEPPOL-EN16931-R040", f"{each.place}.amount", each.given.amount, cents(computed)
        elif percentage is not None:
            yield "PEPPOL-EN16931-R041", f"{each.place}.base_amount", None, None
        elif base is not None:
            yield "PEPPOL-EN16931-R042", f"{each.place}.percentage", None, None


def _slack(f: Facts) -> Decimal:
    """XRechnung knows that nobody pays a part of a forint."""
    return _FORINTS if f.rules is RuleSet.XRECHNUNG and f.document.currency == "HUF" else _CENTS


def _lines(f: Facts) -> Hits:
    slack, period = _slack(f), f.document.period
    for number, line in enumerate(f.document.lines):
        place = f"lines[{number}]"
        if line.period is not None and period is not None:
            start, end = line.period.start, line.period.end
            if start is not None and period.start is not None and start < period.start:
                yield "PEPPOL-EN16931-R110", f"{place}.period.start", start, f"not before {period.start}"
            if end is not None and period.end is not None and end > period.end:
                yield "PEPPOL-EN16931-R111", f"{place}.period.end", end, f"not after {period.end}"
        net, computed = line.net_amount or ZERO, _net(line)
        if not -slack <= net - computed <= slack:
            yield "PEPPOL-EN16931-R120", f"{place}.net_amount", net, cents(computed)
        if line.base_quantity is not None:
            if line.base_quantity <= ZERO:
                yield "PEPPOL-EN16931-R121", f"{place}.base_quantity", line.base_quantity, "above zero"
            if line.base_quantity_unit and line.base_quantity_unit != line.unit:
                yield "PEPPOL-EN16931-R130", f"{place}.base_quantity_unit", line.base_quantity_unit, line.unit
        gross, discount = line.gross_price, line.price_discount
        if gross is not None and discount is not None and line.net_price != gross - discount:
            yield "PEPPOL-EN16931-R046", f"{place}.net_price", line.net_price, gross - discount


def _net(line: Line) -> Decimal:
    """Quantity by price, with the line's charges, less its allowances."""
    sums = [ZERO, ZERO]
    for each in line.allowances_charges:
        sums[each.charge] += each.amount
    base = line.base_quantity or Decimal(1)
    return line.quantity * (line.net_price / base) + cents(sums[True]) - cents(sums[False])


def own(f: Facts) -> Hits:
    """Peppol's alone."""
    d = f.document
    notes = f.notes()
    if len(notes) > 1 and not f.german:
        yield "PEPPOL-EN16931-R002", "notes", str(len(notes)), "one"
    if not d.buyer_reference and not f.order:
        yield "PEPPOL-EN16931-R003", "buyer_reference", None, None
    if not f.credit_note and d.type_code in ("326", "384") and not f.german:
        yield "PEPPOL-EN16931-P0112", "type_code", d.type_code, None
    for index, row in enumerate(d.vat_breakdown):
        rule, category = _REASONS.get((row.exemption_reason_code or "").upper(), ("", ""))
        if rule and row.category and row.category != category:
            yield rule, f"vat_breakdown[{index}].category", row.category, category
