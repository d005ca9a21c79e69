"""What an order expects to pay: amounts that nobody gave are computed, those that were given are held against them.

A line without a price has no amount, and then no total is made up; nor is VAT, where a line does not say its category.
Without VAT what is to be paid is the total without it. Given amounts stand where the rules let them; a total that
contradicts its parts is fatal, as in an invoice.

Source: Peppol BIS Ordering 3, PEPPOL-T01-R008 to R017, R024, R025
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

from schemas.errors import Finding
from schemas.orders import Order, OrderLine, OrderTotals
from stages.conversion.totals import EXACT, check_size
from stages.conversion.vat import UNTAXED, ZERO, Share, breakdown, cents, key_of, shown

LINE_RULE = "PEPPOL-T01-R024"
_SLACK = Decimal("0.02")
"""By which R024 lets a line's amount be off."""


def complete(order: Order) -> tuple[Order, tuple[Finding, ...]]:
    """The order with the amounts that follow from its lines, and what was found on the way. Raises nothing."""
    findings: list[Finding] = []
    with localcontext(EXACT):
        lines = tuple(_line(index, line, findings) for index, line in enumerate(order.lines))
        totals = _totals(order, lines, findings)
        check_size(lines, (), totals, findings)
    return order.model_copy(update={"lines": lines, "totals": totals}), tuple(findings)


def _line(index: int, line: OrderLine, findings: list[Finding]) -> OrderLine:
    base = Decimal(1) if line.base_quantity is None else line.base_quantity
    if base <= 0:
        findings.append(
            Finding(
                rule="PEPPOL-T01-R025",
                message="a price is for a quantity above zero",
                place=f"lines[{index}].base_quantity",
                found=shown(base),
            )
        )
    if line.net_price is None or base <= 0:
        return line
    extra = sum((each.amount if each.charge else -each.amount for each in line.allowances_charges), ZERO)
    computed = cents(line.quantity * line.net_price / base + extra)
    if line.net_amount is None:
        return line.model_copy(update={"net_amount": computed})
    if line.net_amount != computed:
        findings.append(
            Finding(
                rule=LINE_RULE,
                message="the line's amount is not quantity x price + charges - allowances",
                place=f"lines[{index}].net_amount",
                found=shown(line.net_amount),
                expected=shown(computed),
                severity="warning" if abs(line.net_amount - computed) <= _SLACK else "fatal",
            )
        )
    return line


def _totals(order: Order, lines: tuple[OrderLine, ...], findings: list[Finding]) -> OrderTotals:
    given = order.totals
    totals: dict[str, Any] = {}

    def agreed(field: str, rule: str, computed: Decimal | None, formula: str, severity: Any = "fatal") -> None:
        found: Decimal | None = getattr(given, field)
        totals[field] = found if computed is None else cents(computed)
        if None not in (found, computed) and found != totals[field]:
            findings.append(
                Finding(
                    rule=f"PEPPOL-T01-{rule}",
                    message=f"the total is not {formula}",
                    place=f"totals.{field}",
                    found=shown(found),
                    expected=shown(totals[field]),
                    severity=severity,
                )
            )

    amounts = [line.net_amount for line in lines if line.net_amount is not None]
    sold = sum(amounts, ZERO) if len(amounts) == len(lines) else None
    agreed("line_total", "R008", sold, "the sum of the lines' amounts")
    for field, rule, charge in (("allowance_total", "R009", False), ("charge_total", "R010", True)):
        parts = [each.amount for each in order.allowances_charges if each.charge is charge]
        agreed(field, rule, sum(parts, ZERO) if parts else None, "the sum of those of the whole order")
    added = (totals["charge_total"] or ZERO) - (totals["allowance_total"] or ZERO)
    agreed("tax_exclusive", "R011", _sum(totals["line_total"], added), "lines - allowances + charges")
    totals["tax_amount"] = _tax(order, lines) if given.tax_amount is None else given.tax_amount
    inclusive = _sum(totals["tax_exclusive"], totals["tax_amount"])
    agreed("tax_inclusive", "R017", inclusive, "the total without VAT + VAT")
    due = totals["tax_exclusive"] if totals["tax_inclusive"] is None else totals["tax_inclusive"]
    if given.amount_due is None:
        totals["amount_due"] = due
    else:  # UBL has prepaid and rounding amounts that may lie between: its own rules know
        agreed("amount_due", "R016", totals["tax_inclusive"], "the total with VAT", "warning")
        totals["amount_due"] = given.amount_due
    return OrderTotals.model_construct(**totals)


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


def _tax(order: Order, lines: tuple[OrderLine, ...]) -> Decimal | None:
    """VAT, where every line and every discount and charge of the whole order says its category and rate."""
    parts = [(line.vat_category, line.vat_rate, line.net_amount) for line in lines]
    parts += [(e.vat_category, e.vat_rate, e.amount if e.charge else -e.amount) for e in order.allowances_charges]
    shares = []
    for category, rate, amount in parts:
        if category is None or amount is None or (rate is None and category not in UNTAXED and category != "O"):
            return None
        shares.append(Share(key_of(category, rate), amount))
    rows, _ = breakdown(shares, (), order.currency or "", None, None)
    return sum((row.tax_amount for row in rows), ZERO)
