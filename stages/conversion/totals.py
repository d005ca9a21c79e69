"""Totals: compute every amount that the ERP did not give, and hold those that it gave against the computed ones.

Where given and computed differ, a finding shows both. It is a warning where the official rules let the given amount
stand, and fatal where the document would contradict itself or the buyer would pay another amount than the ERP said.
Nothing is made up to close a gap: neither a rounding amount (BT-114) nor a paid one (BT-113).

All sums are exact; only quotients and taxes are rounded, half up (away from zero), to two places.

Source: EN 16931-1:2017 6.4.2 (BR-CO-10 to BR-CO-17), 6.4.4 (VAT), 6.5 (BR-DEC); Peppol BIS Billing 3 (R120).
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

from schemas.documents import AllowanceCharge, Invoice, Line, Totals, VatBreakdown
from schemas.errors import Finding
from schemas.orders import OrderLine, OrderTotals
from stages.conversion.vat import CENT, UNTAXED, ZERO, Key, Share, breakdown, cents, key_of, rule, shown

# A quantity and a price have 28 digits each: their product is exact in 56, and a quotient still right to the cent.
EXACT = Context(prec=100, rounding=ROUND_HALF_UP)
_DIGITS = 28
"""What a price may hold (schemas.documents.Number)."""
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
        lines = tuple(_line(index, line, findings) for index, line in enumerate(document.lines))
        of_lines = [Share(key_of(line.vat_category, line.vat_rate), _net(line)) for line in lines]
        extras = _document_level(document, {share.key for share in of_lines}, findings)
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


def _net(line: Line | OrderLine) -> Decimal:
    return ZERO if line.net_amount is None else line.net_amount


def _two(value: Decimal, rule_id: str, place: str, findings: list[Finding], severity: str = "warning") -> Decimal:
    """An amount with two places; what lies beyond them is rounded, and said (BR-DEC)."""
    rounded = cents(value)
    if rounded != value:
        findings.append(
            Finding(
                rule=rule_id,
                message="an amount has at most two decimal places",
                place=place,
                found=shown(value),
                expected=shown(rounded),
                severity=severity,
            )
        )
    return rounded


def _line(index: int, line: Line, findings: list[Finding]) -> Line:
    """BT-131 = quantity x price / base quantity + charges - allowances; a given one stays."""
    place = f"lines[{index}]"
    update: dict[str, Any] = {}
    extra = ZERO
    if line.allowances_charges:
        kept = tuple(
            _charge(each, f"{place}.allowances_charges[{number}]", ("24", "25", "27", "28"), findings)
            for number, each in enumerate(line.allowances_charges)
        )
        update["allowances_charges"] = kept
        extra = sum((each.amount if each.charge else -each.amount for each in kept), ZERO)
    base = Decimal(1) if line.base_quantity is None else line.base_quantity
    if base <= 0:
        findings.append(
            Finding(
                rule="PEPPOL-EN16931-R121",
                message=f"line {line.identifier}: a price is for a quantity above zero",
                place=f"{place}.base_quantity",
                found=shown(base),
            )
        )
    computed = cents(line.quantity * line.net_price / (base or Decimal(1)) + extra)
    if line.net_amount is None:
        update["net_amount"] = computed
    else:
        net = _two(line.net_amount, "BR-DEC-23", f"{place}.net_amount", findings)
        if net != computed:
            stands = abs(net - computed) <= CENT
            findings.append(
                Finding(
                    rule="PEPPOL-EN16931-R120",
                    message=f"line {line.identifier}: the net amount is not quantity x price + charges - allowances"
                    + ("; off by a cent, the given amount stays" if stands else ""),
                    place=f"{place}.net_amount",
                    found=shown(line.net_amount),
                    expected=shown(computed),
                    severity="warning" if stands else "fatal",
                )
            )
        update["net_amount"] = net
    rate = _rate(line.vat_category, line.vat_rate, "05", f"{place}.vat_rate", findings)
    if rate is not line.vat_rate:
        update["vat_rate"] = rate
    if line.gross_price is not None and line.price_discount is None and line.gross_price >= line.net_price:
        discount = line.gross_price - line.net_price
        if len(discount.as_tuple().digits) <= _DIGITS:
            update["price_discount"] = discount
    return line.model_copy(update=update)


def _rate(category: str, rate: Decimal | None, number: str, place: str, findings: list[Finding]) -> Decimal | None:
    """The rate, filled in where the category leaves one choice; `number` is the category's rule about it."""
    if category == "O":
        fits, rate_or_none = not rate, None
    elif category in UNTAXED:
        fits, rate_or_none = not rate, (ZERO if rate is None else rate)
    else:
        # A standard rate of zero is nobody's: zero rated, exempt or out of scope, only the ERP knows which.
        fits, rate_or_none = rate is not None and (category != "S" or rate > 0), rate
    if not fits:
        wanted = None if category == "O" else "0" if category in UNTAXED else "a rate above zero"
        findings.append(
            Finding(
                rule=rule(category, number),
                message=f"VAT category {category} does not go with this rate",
                place=place,
                found=shown(rate),
                expected=wanted,
            )
        )
    return rate_or_none


def _charge(
    each: AllowanceCharge, place: str, rules: tuple[str, str, str, str], findings: list[Finding]
) -> AllowanceCharge:
    """Two places in each amount. `rules`: BR-DEC of an allowance's amount and base, of a charge's amount and base."""
    of_amount, of_base = rules[2:] if each.charge else rules[:2]
    update = {"amount": _two(each.amount, f"BR-DEC-{of_amount}", f"{place}.amount", findings)}
    if each.base_amount is not None:
        update["base_amount"] = _two(each.base_amount, f"BR-DEC-{of_base}", f"{place}.base_amount", findings)
    return each.model_copy(update=update)


def _document_level(document: Invoice, keys: set[Key], findings: list[Finding]) -> tuple[AllowanceCharge, ...]:
    """BG-20 and BG-21, each with its VAT category."""
    kept = []
    for index, each in enumerate(document.allowances_charges):
        place = f"allowances_charges[{index}]"
        each = _charge(each, place, ("01", "02", "05", "06"), findings)
        category, rate = each.vat_category, each.vat_rate
        if category is None:
            alone = len(keys) == 1
            findings.append(
                Finding(
                    rule="BR-37" if each.charge else "BR-32",
                    message="no VAT category is given; "
                    + ("all lines have the same one, which is taken" if alone else "the lines have several"),
                    place=f"{place}.vat_category",
                    severity="warning" if alone else "fatal",
                )
            )
            if alone:
                category, rate = next(iter(keys))
                each = each.model_copy(update={"vat_category": category, "vat_rate": rate})
        else:
            rate = _rate(category, rate, "07" if each.charge else "06", f"{place}.vat_rate", findings)
            if rate is not each.vat_rate:
                each = each.model_copy(update={"vat_rate": rate})
        kept.append(each)
    return tuple(kept)


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
        return None if value is None else _two(value, rule_id, f"totals.{field}", findings, "fatal")

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
    amounts = [(f"lines[{index}].net_amount", _net(line)) for index, line in enumerate(lines)]
    amounts += [(f"vat_breakdown[{index}].tax_amount", row.tax_amount) for index, row in enumerate(vat)]
    amounts += [(f"totals.{name}", value) for name, value in totals.__dict__.items() if value is not None]
    for place, value in amounts:
        if not -_LARGEST < value < _LARGEST:
            findings.append(
                Finding(rule="amount-size", message="an amount of more than 18 digits", place=place, found=shown(value))
            )
