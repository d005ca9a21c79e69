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
from stages.rules.native.vat import CATEGORIES, Asking, Category, Use, countries, judged


def categories(f: CiiFacts) -> Hits:
    """Every rule of every category that the document uses."""
    return judged(f, _ASKING)


def _taxable(f: CiiFacts, code: str, category: Category, index: int) -> Decimal | None:
    row = f.document.vat_breakdown[index]
    if category.once:
        computed = _sum(f, code)
        return None if (_equal if code == "O" else f.nearly)(row.taxable_amount, computed) else computed
    if code != "S" or row.rate is None:
        return None
    computed = _sum(f, code, row.rate)
    return None if _equal(row.taxable_amount, computed) else computed


def _taxed(f: CiiFacts, code: str, index: int) -> bool:
    row = f.document.vat_breakdown[index]
    if code != "S":
        return True
    if row.rate is None:
        return False
    computed = floating_whole(float(abs(row.taxable_amount)) * float(row.rate)) / 100
    return float(abs(row.tax_amount) - 1) < computed < float(abs(row.tax_amount) + 1)


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


def _out_of_scope(uses: dict[str, Use]) -> Hits:
    """BR-O-11 to BR-O-14: two of them look at lines and rows alike, two at allowances and charges alike."""
    others = [use for code, use in uses.items() if code != "O"]
    if any(use.lines or use.rows for use in others):
        yield "BR-O-11", "vat_breakdown", None, None
        yield "BR-O-12", "vat_breakdown", None, None
    if any(use.allowances or use.charges for use in others):
        yield "BR-O-13", "vat_breakdown", None, None
        yield "BR-O-14", "vat_breakdown", None, None


def _split_payment(f: CiiFacts, uses: dict[str, Use]) -> Hits:
    """BR-B-01, BR-B-02: an item's origin is not looked at, and the standard rate is looked for everywhere."""
    seen = countries(f)
    if seen - {"IT"}:
        yield "BR-B-01", "vat_breakdown", ", ".join(sorted(seen)), "IT"
    if "S" in uses:
        yield "BR-B-02", "vat_breakdown", None, None


_ASKING: Asking[CiiFacts] = Asking(
    charges=lambda f: f.charges,
    has_its_row=_has_its_row,
    taxable=_taxable,
    taxed=_taxed,
    alone=_out_of_scope,
    coded=False,
    domestic=_split_payment,
    # zero will not do for the Canary Islands here
    table=CATEGORIES | {"L": replace(CATEGORIES["L"], rate="above-zero")},
)
