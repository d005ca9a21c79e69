"""The VAT categories as CII's stylesheet asks them: the same table, other tests.

Line allowances have no category here, the breakdown is compared in binary floating point, and several rules of L and M
can never fail.

Source   EN 16931 validation artefacts for CII (CEN/TC 434); `native/vat.py` for the categories
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from stages.rules.native.cii.facts import CiiFacts
from stages.rules.native.cii.sums import floating_whole
from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, Charge, cents
from stages.rules.native.totals import tax_of
from stages.rules.native.vat import CATEGORIES, Category, Use, rates, registration, used

_CATEGORIES = CATEGORIES | {"L": replace(CATEGORIES["L"], rate="above-zero")}
"""Zero will not do for the Canary Islands here."""


def categories(f: CiiFacts) -> Hits:
    """Every rule of every category that the document uses."""
    uses = used(f.document, f.charges)
    for code, use in uses.items():
        category = _CATEGORIES.get(code)
        if category is not None:
            yield from registration(f, category, use)
            yield from rates(f, category, use)
            yield from _breakdown(f, code, category, use)
    if "O" in uses and uses["O"].rows:
        yield from _out_of_scope(uses)
    if "K" in uses and uses["K"].rows:
        yield from _intra_community(f)
    if "B" in uses:
        yield from _split_payment(f, uses)


def _breakdown(f: CiiFacts, code: str, category: Category, use: Use) -> Hits:
    """01, 08, 09, 10."""
    prefix, rows = category.prefix, f.document.vat_breakdown
    if not _has_its_row(code, category, use):
        yield f"{prefix}-01", "vat_breakdown", len(use.rows), "one row" if category.once else "a row"
    for index in use.rows:
        row, place = rows[index], f"vat_breakdown[{index}]"
        if category.once:
            taxable = _sum(f, code)
            if not (_equal if code == "O" else f.nearly)(row.taxable_amount, taxable):
                yield f"{prefix}-08", f"{place}.taxable_amount", row.taxable_amount, taxable
            if row.tax_amount != ZERO:
                yield f"{prefix}-09", f"{place}.tax_amount", row.tax_amount, ZERO
        elif code == "S":
            if row.rate is not None and not _equal(row.taxable_amount, _sum(f, code, row.rate)):
                yield f"{prefix}-08", f"{place}.taxable_amount", row.taxable_amount, _sum(f, code, row.rate)
            if row.rate is None or not _taxed(row.tax_amount, row.taxable_amount, row.rate):
                expected = None if row.rate is None else tax_of(row.taxable_amount, row.rate)
                yield f"{prefix}-09", f"{place}.tax_amount", row.tax_amount, expected
        explained = bool(row.exemption_reason or row.exemption_reason_code)
        if explained != (category.reason == "wanted"):
            yield f"{prefix}-10", f"{place}.exemption_reason", row.exemption_reason, None


def _has_its_row(code: str, category: Category, use: Use) -> bool:
    """01. S, L and M count lines and rows together, so two lines need no row; O asks only where there is a row."""
    charges = use.allowances + use.charges
    if not category.once:
        return all(len(each) + len(use.rows) >= 2 for each in (use.lines, charges) if each)
    if code == "O" and not use.rows:
        return True
    return len(use.rows) == 1 and bool(use.lines or charges)


def _sum(f: CiiFacts, code: str, rate: Decimal | None = None) -> Decimal:
    """Lines, charges and allowances of a category (and rate), each sum rounded by itself."""
    lines = sum(
        (
            line.net_amount
            for line in f.document.lines
            if line.net_amount is not None and line.vat_category == code and (rate is None or line.vat_rate == rate)
        ),
        ZERO,
    )
    return cents(lines) + _charged(f.charges, code, rate, True) - _charged(f.charges, code, rate, False)


def _charged(charges: tuple[Charge, ...], code: str, rate: Decimal | None, charge: bool) -> Decimal:
    return cents(
        sum(
            (
                each.given.amount
                for each in charges
                if each.given.charge is charge
                and each.given.vat_category == code
                and (rate is None or each.given.vat_rate == rate)
            ),
            ZERO,
        )
    )


def _equal(given: Decimal, computed: Decimal) -> bool:
    return float(given) == float(computed)


def _taxed(tax: Decimal, taxable: Decimal, rate: Decimal) -> bool:
    computed = floating_whole(float(abs(taxable)) * float(rate)) / 100
    return float(abs(tax) - 1) < computed < float(abs(tax) + 1)


def _out_of_scope(uses: dict[str, Use]) -> Hits:
    """BR-O-11 to BR-O-14: two of them look at lines and rows alike, two at allowances and charges alike."""
    others = [use for code, use in uses.items() if code != "O"]
    if any(use.lines or use.rows for use in others):
        yield "BR-O-11", "vat_breakdown", None, None
        yield "BR-O-12", "vat_breakdown", None, None
    if any(use.allowances or use.charges for use in others):
        yield "BR-O-13", "vat_breakdown", None, None
        yield "BR-O-14", "vat_breakdown", None, None


def _intra_community(f: CiiFacts) -> Hits:
    """BR-IC-11, BR-IC-12: a code for the tax point is no date here."""
    delivery, period = f.document.delivery, f.document.period
    dated = delivery is not None and delivery.date is not None
    if not dated and (period is None or (period.start is None and period.end is None)):
        yield "BR-IC-11", "delivery.date", None, None
    if f.delivery_address is None or not f.delivery_address.country:
        yield "BR-IC-12", "delivery.address.country", None, None


def _split_payment(f: CiiFacts, uses: dict[str, Use]) -> Hits:
    """BR-B-01, BR-B-02: an item's origin is not looked at, and the standard rate is looked for everywhere."""
    addresses = (f.seller_address, f.buyer_address, f.representative_address, f.delivery_address)
    countries = {address.country for address in addresses if address is not None and address.country}
    if countries - {"IT"}:
        yield "BR-B-01", "vat_breakdown", ", ".join(sorted(countries)), "IT"
    if "S" in uses:
        yield "BR-B-02", "vat_breakdown", None, None
