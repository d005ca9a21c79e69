"""The VAT breakdown (BG-23): one row for each category and rate, computed from what is sold.

A row that the ERP gave is held against the computed one. The official rules allow the taxable amount (BR-S-08 and its
sisters) and the tax (BR-CO-17, BR-S-09) of a taxed category to be off by less than one unit of the currency, since
ERPs round by line, by rate or by document; of the untaxed categories they allow nothing. Within that, the given amount
stays and a warning shows both; beyond it the finding is fatal.

Source: EN 16931-1:2017 6.4.4 and its Schematron 1.3 (ConnectingEurope/eInvoicing-EN16931).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from schemas.codes import CURRENCY_EXPONENT
from schemas.documents import VatBreakdown
from schemas.errors import Finding

CENT = Decimal("0.01")
ZERO = Decimal(0)
_TOLERANCE = Decimal(1)

UNTAXED = frozenset({"Z", "E", "AE", "K", "G"})
"""Categories whose rate must be zero (BR-Z-05, BR-E-05, BR-AE-05, BR-IC-05, BR-G-05). O has no rate at all."""

_RULE_NAMES = {"K": "IC", "L": "AF", "M": "AG"}

# What these categories mean leaves one reason only, which the rules want written out (BR-AE-10, BR-IC-10, BR-G-10,
# BR-O-10). E has many reasons: only the ERP knows which, so none is filled in.
_ONLY_REASON = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}

Key = tuple[str, Decimal | None]
"""VAT category and rate in per cent; no rate for category O."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one line, charge or (negative) allowance adds to the taxable amount of its category and rate."""

    key: Key
    amount: Decimal


def rule(category: str, number: str) -> str:
    """The rule of this category: ("K", "08") is BR-IC-08."""
    return f"BR-{_RULE_NAMES.get(category, category)}-{number}"


def shown(value: Decimal | None) -> str | None:
    """A number as people write it, without an exponent."""
    return None if value is None else f"{value:f}"


def cents(value: Decimal) -> Decimal:
    """Two places, half up (away from zero), and no negative zero."""
    return value.quantize(CENT, ROUND_HALF_UP) + ZERO


def key_of(category: str, rate: Decimal | None) -> Key:
    """The row that this category and rate belong to; untaxed categories have one row whatever rate was written."""
    if category == "O":
        return category, None
    return category, (ZERO if category in UNTAXED else rate)


def breakdown(
    shares: Sequence[Share],
    given: Sequence[VatBreakdown],
    currency: str,
    stated_tax: Decimal | None,
    implied_tax: Decimal | None,
) -> tuple[tuple[VatBreakdown, ...], list[Finding]]:
    """The rows in the order in which they were given, or in which their first line stands.

    `stated_tax` is BT-110 as given, `implied_tax` what the given BT-112 or BT-115 leave for VAT; both matter only where
    no row was given, to find how the ERP rounded.
    """
    sums: dict[Key, Decimal] = {}
    for share in shares:
        sums[share.key] = sums.get(share.key, ZERO) + share.amount
    if given:
        return _held_against(sums, given, currency)
    rows = [_row(key, taxable, _payable_tax(key, taxable, currency)) for key, taxable in sums.items()]
    return _as_the_erp_rounded(rows, shares, currency, stated_tax, implied_tax)


def _tax(key: Key, taxable: Decimal) -> Decimal:
    """BT-117 as BR-CO-17 has it: two places in any currency."""
    category, rate = key
    return cents(ZERO if not rate or category in UNTAXED or category == "O" else taxable * rate / 100)


def _payable_tax(key: Key, taxable: Decimal, currency: str) -> Decimal:
    """The tax that we ask for: none has a fraction where the currency has none, for nobody can pay half a yen."""
    tax = _tax(key, taxable)
    return cents(tax.quantize(Decimal(1), ROUND_HALF_UP)) if CURRENCY_EXPONENT.get(currency, 2) == 0 else tax


def _row(key: Key, taxable: Decimal, tax: Decimal) -> VatBreakdown:
    category, rate = key
    return VatBreakdown.model_construct(
        taxable_amount=cents(taxable),
        tax_amount=tax,
        category=category,
        rate=rate,
        exemption_reason=None,
        exemption_reason_code=_ONLY_REASON.get(category),
    )


def _as_the_erp_rounded(
    rows: list[VatBreakdown],
    shares: Sequence[Share],
    currency: str,
    stated_tax: Decimal | None,
    implied_tax: Decimal | None,
) -> tuple[tuple[VatBreakdown, ...], list[Finding]]:
    """Follow a given VAT total where a known way of rounding explains it; never spread a difference by guess."""
    wanted = implied_tax if stated_tax is None else stated_tax
    total = sum((row.tax_amount for row in rows), ZERO)
    if wanted is None or wanted == total:
        return tuple(rows), []
    by_line: dict[Key, Decimal] = {}
    for share in shares:
        by_line[share.key] = by_line.get(share.key, ZERO) + _payable_tax(share.key, share.amount, currency)
    if sum(by_line.values(), ZERO) == wanted:
        taxes = [by_line[key_of(row.category, row.rate)] for row in rows]
        way = "as rounded line by line"
    else:
        taxed = [index for index, row in enumerate(rows) if row.category not in UNTAXED and row.category != "O"]
        # Only a total that the ERP called VAT is taken: the rest of another amount may be a fee that nobody declared.
        if stated_tax is None or len(taxed) != 1 or stated_tax != cents(stated_tax):
            return tuple(rows), []
        taxes = [cents(stated_tax) if index in taxed else row.tax_amount for index, row in enumerate(rows)]
        way = "as the total says"
    exact = [_tax(key_of(row.category, row.rate), row.taxable_amount) for row in rows]
    if not all(_tolerable(tax, right) for tax, right in zip(taxes, exact, strict=True)):
        return tuple(rows), []
    followed, findings = [], []
    for index, (row, tax) in enumerate(zip(rows, taxes, strict=True)):
        if tax != row.tax_amount:
            findings.append(
                Finding(
                    rule="BR-CO-17",
                    message=f"VAT {row.category} at {shown(row.rate)} % {way} differs within what the rule allows",
                    place=f"vat_breakdown[{index}].tax_amount",
                    found=shown(tax),
                    expected=shown(row.tax_amount),
                    severity="warning",
                )
            )
            row = row.model_copy(update={"tax_amount": tax})
        followed.append(row)
    return tuple(followed), findings


def _tolerable(found: Decimal, computed: Decimal) -> bool:
    """BR-CO-17 compares sizes; of opposite signs, beyond that, one would be a refund."""
    return found * computed >= 0 and abs(abs(found) - abs(computed)) < _TOLERANCE


def _held_against(
    sums: dict[Key, Decimal], given: Sequence[VatBreakdown], currency: str
) -> tuple[tuple[VatBreakdown, ...], list[Finding]]:
    rows: list[VatBreakdown] = []
    findings: list[Finding] = []
    seen: set[Key] = set()
    for index, row in enumerate(given):
        key = key_of(row.category, row.rate)
        place = f"vat_breakdown[{index}]"
        if key not in sums or key in seen:
            what = "appears twice" if key in seen else "has no line, allowance or charge"
            findings.append(
                Finding(
                    rule=rule(row.category, "01" if key in seen else "08"),
                    message=f"VAT {row.category} at {shown(row.rate)} % {what}",
                    place=f"{place}.taxable_amount",
                    found=shown(row.taxable_amount),
                )
            )
            continue
        seen.add(key)
        taxed = row.category not in UNTAXED and row.category != "O"
        of_taxable, of_tax = rule(row.category, "08"), "BR-CO-17" if taxed else rule(row.category, "09")
        sold = cents(sums[key])
        taxable = _kept(of_taxable, f"{place}.taxable_amount", row, row.taxable_amount, sold, sold, findings)
        expected, exact = _payable_tax(key, taxable, currency), _tax(key, taxable)
        tax = _kept(of_tax, f"{place}.tax_amount", row, row.tax_amount, expected, exact, findings)
        update: dict[str, Decimal | str | None] = {
            "taxable_amount": taxable,
            "tax_amount": tax,
            "rate": _rate(key, row.rate),
        }
        if row.exemption_reason is None and row.exemption_reason_code is None:
            update["exemption_reason_code"] = _ONLY_REASON.get(row.category)
        rows.append(row.model_copy(update=update))
    for key, taxable in sums.items():
        if key not in seen:
            row = _row(key, taxable, _payable_tax(key, taxable, currency))
            findings.append(
                Finding(
                    rule=rule(row.category, "01"),
                    message=f"VAT {row.category} at {shown(row.rate)} % is missing from the given VAT breakdown",
                    place="vat_breakdown",
                    expected=shown(row.taxable_amount),
                )
            )
            rows.append(row)
    return tuple(rows), findings


def _rate(key: Key, given: Decimal | None) -> Decimal | None:
    """The rate as it was written, where it says the same; zero where the category leaves nothing else."""
    return given if key[1] is not None and given is not None else key[1]


def _kept(
    rule_id: str,
    place: str,
    row: VatBreakdown,
    found: Decimal,
    computed: Decimal,
    exact: Decimal,
    findings: list[Finding],
) -> Decimal:
    """The given amount where the rules let it stand, else the computed one; both are shown where they differ.

    The rules measure from `exact`, which differs from `computed` in currencies without cents.
    """
    if found == computed:
        return computed
    kept = cents(found)
    taxed = row.category not in UNTAXED and row.category != "O"
    stands = kept == computed or (taxed and _tolerable(kept, exact))
    findings.append(
        Finding(
            rule=rule_id,
            message=f"VAT {row.category} at {shown(row.rate)} %: given and computed differ, "
            + ("within what the rule allows; the given amount stays" if stands else "by more than the rule allows"),
            place=place,
            found=shown(found),
            expected=shown(computed),
            severity="warning" if stands else "fatal",
        )
    )
    return kept if stands else computed
