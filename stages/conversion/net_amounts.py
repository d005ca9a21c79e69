"""Net amounts: of each line (BT-131), and of the allowances and charges of the document, each with its VAT rate.

Computed where the ERP gave none, and held against quantity and price where it did: off by a cent the given amount
stands, by more it is fatal. What has more than two places is rounded, and said.

Source: EN 16931-1:2017 6.4.2, 6.5 (BR-DEC), BR-32, BR-37, the rate rules of each category (BR-S-05 to BR-O-07);
Peppol BIS Billing 3 (R120, R121)
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from schemas.documents import AllowanceCharge, Invoice, Line
from schemas.errors import Finding
from schemas.orders import OrderLine
from stages.conversion.vat import CENT, UNTAXED, ZERO, Key, cents, rule, shown

_DIGITS = 28
"""What a price may hold (schemas.documents.Number)."""


def net_amount(line: Line | OrderLine) -> Decimal:
    """BT-131, zero where there is none."""
    return ZERO if line.net_amount is None else line.net_amount


def two_places(value: Decimal, rule_id: str, place: str, findings: list[Finding], severity: str = "warning") -> Decimal:
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


def of_line(index: int, line: Line, findings: list[Finding]) -> Line:
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
        net = two_places(line.net_amount, "BR-DEC-23", f"{place}.net_amount", findings)
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
    update = {"amount": two_places(each.amount, f"BR-DEC-{of_amount}", f"{place}.amount", findings)}
    if each.base_amount is not None:
        update["base_amount"] = two_places(each.base_amount, f"BR-DEC-{of_base}", f"{place}.base_amount", findings)
    return each.model_copy(update=update)


def of_document(document: Invoice, keys: set[Key], findings: list[Finding]) -> tuple[AllowanceCharge, ...]:
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
