"""The VAT categories as UBL's rules ask them; line allowances and charges count for a category, too.

Source   EN 16931 validation artefacts for UBL (CEN/TC 434); `vat.py` for the categories
"""

from __future__ import annotations

from decimal import Decimal

from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, Facts
from stages.rules.native.totals import near
from stages.rules.native.vat import Asking, Category, Use, countries, judged


def categories(f: Facts) -> Hits:
    """Every rule of every category that the document uses."""
    return judged(f, _ASKING)


def _has_its_row(_code: str, category: Category, use: Use) -> bool:
    sold = bool(use.lines or use.allowances or use.charges)
    return len(use.rows) == 1 if category.once else sold == bool(use.rows)


def _taxable(f: Facts, code: str, category: Category, index: int) -> Decimal | None:
    row = f.document.vat_breakdown[index]
    if not category.once:
        return None if row.rate is None else _taxable_by_rate(f, code, row.taxable_amount, row.rate)
    computed = _sum(f, code)
    return None if row.taxable_amount == computed else computed


def _taxed(f: Facts, _code: str, index: int) -> bool:
    row = f.document.vat_breakdown[index]
    return row.rate is not None and near(row.tax_amount, row.taxable_amount, row.rate)


def _sum(f: Facts, code: str, rate: Decimal | None = None) -> Decimal:
    """What lines and the document's charges less allowances of a category (and rate) add up to."""
    total = ZERO
    for line in f.document.lines:
        if line.vat_category == code and (rate is None or line.vat_rate == rate) and line.net_amount is not None:
            total += line.net_amount
    return total + _extras(f, code, rate)


def _extras(f: Facts, code: str, rate: Decimal | None) -> Decimal:
    total = ZERO
    for each in f.charges:
        given = each.given
        if given.vat_category == code and (rate is None or given.vat_rate == rate):
            total += given.amount if given.charge else -given.amount
    return total


def _taxable_by_rate(f: Facts, code: str, given: Decimal, rate: Decimal) -> Decimal | None:
    """08 where a category has several rates. BR-S-08 is content, too, with what the document's allowances and charges
    alone add up to; its sisters are not."""
    computed = _sum(f, code, rate)
    right = _within_one(given, computed)
    if code == "S":
        extra = any(each.given.vat_category == code and each.given.vat_rate == rate for each in f.all_charges)
        sold = any(line.vat_category == code and line.vat_rate == rate for line in f.document.lines)
        alone = extra and _within_one(given, _extras(f, code, rate))
        right = (right and (sold or extra)) or alone
    return None if right else computed


def _within_one(given: Decimal, computed: Decimal) -> bool:
    """Less than one apart. At exactly one the published rules decide by chance, for there they subtract and add one in
    binary floating point; the chance is the same here, and no other amount goes that way."""
    apart = abs(given - computed)
    if apart != 1:
        return apart < 1
    return Decimal(float(given) - 1) < computed < Decimal(float(given) + 1)


def _out_of_scope(uses: dict[str, Use]) -> Hits:
    """BR-O-11 to BR-O-14: what is outside the scope of VAT stands alone."""
    others = [use for code, use in uses.items() if code != "O"]
    for number, there in (
        ("11", any(use.rows for use in others)),
        ("12", any(use.lines for use in others)),
        ("13", any(use.allowances for use in others)),
        ("14", any(use.charges for use in others)),
    ):
        if there:
            yield f"BR-O-{number}", "vat_breakdown", None, None


def _split_payment(f: Facts, uses: dict[str, Use]) -> Hits:
    """BR-B-01, BR-B-02: domestic Italian invoices only, and not beside the standard rate."""
    seen = countries(f) | {line.origin_country for line in f.document.lines if line.origin_country}
    if seen - {"IT"}:
        yield "BR-B-01", "vat_breakdown", ", ".join(sorted(seen)), "IT"

    def of_document(code: str, rows: bool) -> bool:
        use = uses.get(code, Use())
        sold = bool(use.lines) or any(each.of_document for each in use.allowances + use.charges)
        return sold or (rows and bool(use.rows))

    # The older rules look for the standard rate in the breakdown where it never stands.
    if of_document("B", True) and of_document("S", not f.older):
        yield "BR-B-02", "vat_breakdown", None, None


_ASKING: Asking[Facts] = Asking(
    charges=lambda f: f.all_charges,
    has_its_row=_has_its_row,
    taxable=_taxable,
    taxed=_taxed,
    alone=_out_of_scope,
    coded=True,
    domestic=_split_payment,
)
