"""Totals: compute every amount that the ERP did not give, and hold those that it gave against the computed ones.

The lines come first (net_amounts.py), then the VAT (vat.py), then the sums of both here.

Where given and computed differ, a finding shows both. It is a warning where the official rules let the given amount
stand, and fatal where the document would contradict itself or the buyer would pay another amount than the ERP said.
Nothing is made up to close a gap: neither a rounding amount (BT-114) nor a paid one (BT-113).

All sums are exact; only quotients and taxes are rounded, half up (away from zero), to two places.

Source: EN 16931-1:2017 6.4.2 (BR-CO-10 to BR-CO-17), 6.4.4 (VAT), 6.5 (BR-DEC).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

from schemas.documents import AllowanceCharge, Invoice, Line, Totals, VatBreakdown
from schemas.errors import Finding
from schemas.orders import OrderLine, OrderTotals
from stages.conversion.net_amounts import net_amount, of_document, of_line, two_places
from stages.conversion.vat import ZERO, Share, breakdown, cents, key_of, shown

# A quantity and a price have 28 digits each: their product is exact in 56, and a quotient still right to the cent.
EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
_LARGEST = Decimal(10) ** 18
"""An amount has 20 digits, two of them after the point (schemas.documents.Amount)."""

_LINELESS = Finding(
    rule="BR-16",
    message="the document has no lines (Factur-X MINIMUM or BASIC WL): its amounts stay as they were given",
    place="lines",
    severity="warning",
)


def complete(document: Invoice) -> tuple[Invoice, tuple[Finding, ...]]:
    """The document with all its amounts, and what was found on the way.

    The result satisfies BR-CO-10 to BR-CO-16 even where a finding is fatal; whoever calls must stop on those, for then
    the result says other amounts than the input. Of a document without lines nothing can be computed. Raises nothing.
    """
    if not document.lines:
        return document, (_LINELESS,)
    findings: list[Finding] = []
    with localcontext(EXACT):
        lines = tuple(of_line(index, line, findings) for index, line in enumerate(document.lines))
        of_lines = [Share(key_of(line.vat_category, line.vat_rate), net_amount(line)) for line in lines]
        extras = of_document(document, {share.key for share in of_lines}, findings)
        shares = of_lines + [
            Share(key_of(extra.vat_category or "", extra.vat_rate), extra.amount if extra.charge else -extra.amount)
            for extra in extras
        ]
        given = document.totals
        exclusive = sum((share.amount for share in shares), ZERO)
        vat, of_vat = breakdown(
            shares, document.vat_breakdown, document.currency, given.tax_amount, _implied_tax(given, exclusive)
        )
        findings += of_vat
        tax = sum((row.tax_amount for row in vat), ZERO)
        totals = _totals(given, sum((share.amount for share in of_lines), ZERO), extras, exclusive, tax, findings)
        update: dict[str, Any] = {"lines": lines, "allowances_charges": extras, "vat_breakdown": vat, "totals": totals}
        update.update(_accounting(document, totals, findings))
        check_size(lines, vat, totals, findings)
    return document.model_copy(update=update), tuple(findings)


def _implied_tax(given: Totals, exclusive: Decimal) -> Decimal | None:
    """What BT-112, or else BT-115, leave for VAT when the ERP gave no VAT total (BR-CO-15, BR-CO-16)."""
    if given.tax_inclusive is not None:
        return given.tax_inclusive - exclusive
    if given.amount_due is not None:
        return given.amount_due + (given.paid_amount or ZERO) - (given.rounding_amount or ZERO) - exclusive
    return None


def _totals(
    given: Totals,
    line_total: Decimal,
    extras: tuple[AllowanceCharge, ...],
    exclusive: Decimal,
    tax: Decimal,
    findings: list[Finding],
) -> Totals:
    """BG-22, each amount with the rule that binds it."""
    allowances = sum((each.amount for each in extras if not each.charge), ZERO)
    charges = sum((each.amount for each in extras if each.charge), ZERO)

    def agreed(field: str, rule_id: str, computed: Decimal, formula: str) -> Decimal:
        found: Decimal | None = getattr(given, field)
        computed = cents(computed)
        if found is not None and found != computed:
            # Digits beyond the second that round to the same amount are an ERP's habit; what is to be paid has none.
            habit = cents(found) == computed and field != "amount_due"
            findings.append(
                Finding(
                    rule=rule_id,
                    message=f"{Totals.model_fields[field].description}: given is not {formula}",
                    place=f"totals.{field}",
                    found=shown(found),
                    expected=shown(computed),
                    severity="warning" if habit else "fatal",
                )
            )
        return computed

    def present(field: str, kind: bool) -> bool:
        return getattr(given, field) is not None or any(each.charge is kind for each in extras)

    def exact(field: str, rule_id: str) -> Decimal | None:
        """Money facts that only the ERP knows: never rounded without stopping."""
        value: Decimal | None = getattr(given, field)
        return None if value is None else two_places(value, rule_id, f"totals.{field}", findings, "fatal")

    paid, rounding = exact("paid_amount", "BR-DEC-16"), exact("rounding_amount", "BR-DEC-17")
    inclusive = exclusive + tax
    due = inclusive - (paid or ZERO) + (rounding or ZERO)
    given_parts = " and ".join(
        f"{name} amount {shown(value) or 'not given'}" for name, value in (("paid", paid), ("rounding", rounding))
    )
    return Totals.model_construct(
        line_total=agreed("line_total", "BR-CO-10", line_total, "the sum of the line net amounts"),
        allowance_total=agreed("allowance_total", "BR-CO-11", allowances, "the sum of the document's allowances")
        if present("allowance_total", False)
        else None,
        charge_total=agreed("charge_total", "BR-CO-12", charges, "the sum of the document's charges")
        if present("charge_total", True)
        else None,
        tax_exclusive=agreed("tax_exclusive", "BR-CO-13", exclusive, "lines - allowances + charges"),
        tax_amount=agreed("tax_amount", "BR-CO-14", tax, "the sum of the VAT breakdown"),
        tax_amount_accounting=exact("tax_amount_accounting", "BR-DEC-15"),
        tax_inclusive=agreed("tax_inclusive", "BR-CO-15", inclusive, "the total without VAT + VAT"),
        paid_amount=paid,
        rounding_amount=rounding,
        amount_due=agreed("amount_due", "BR-CO-16", due, f"the total with VAT - paid + rounding ({given_parts})"),
    )


def _accounting(document: Invoice, totals: Totals, findings: list[Finding]) -> dict[str, Any]:
    """BT-6 and BT-111: the rate of exchange is the ERP's to know, so a missing amount is never computed."""
    currency, amount = document.accounting_currency, totals.tax_amount_accounting
    if currency is None:
        return {}
    if currency == document.currency and amount in (None, totals.tax_amount):
        # Many ERPs fill BT-6 always; said twice it is an error (PEPPOL-EN16931-R005), and left out it says the same.
        return {
            "accounting_currency": None,
            "totals": totals.model_copy(update={"tax_amount_accounting": None}),
        }
    if amount is None:
        if totals.tax_amount == 0:
            return {"totals": totals.model_copy(update={"tax_amount_accounting": cents(ZERO)})}
        findings.append(
            Finding(
                rule="BR-53",
                message=f"the VAT total in the accounting currency {currency} is missing, and needs a rate of exchange",
                place="totals.tax_amount_accounting",
            )
        )
    return {}


def check_size(
    lines: Sequence[Line | OrderLine],
    vat: Sequence[VatBreakdown],
    totals: Totals | OrderTotals,
    findings: list[Finding],
) -> None:
    """A product can outgrow what an amount may hold; it stops here rather than in a reader downstream."""
    amounts = [(f"lines[{index}].net_amount", net_amount(line)) for index, line in enumerate(lines)]
    amounts += [(f"vat_breakdown[{index}].tax_amount", row.tax_amount) for index, row in enumerate(vat)]
    amounts += [(f"totals.{name}", value) for name, value in totals.__dict__.items() if value is not None]
    for place, value in amounts:
        if not -_LARGEST < value < _LARGEST:
            findings.append(
                Finding(rule="amount-size", message="an amount of more than 18 digits", place=place, found=shown(value))
            )
