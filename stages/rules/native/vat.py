"""The VAT categories: one table instead of nine families of rules that are nearly the same.

What a category asks for: who must be registered, which rate goes with it, how the breakdown sums it up, whether a
reason of exemption is wanted or forbidden. The numbers are those of the families: BR-S-01 and BR-IC-01 say the same.

Source   EN 16931-1:2017 6.4.4; for L and M the Canary Islands, Ceuta and Melilla; for B the Italian split payment
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from schemas.documents import Invoice
from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, Charge, Facts
from stages.rules.native.totals import near, tax_of


@dataclass(frozen=True)
class Category:
    """One VAT category: `prefix` of its rules, and what it asks for."""

    prefix: str
    rate: str  # zero, above-zero, not-negative, none
    seller: str  # any: VAT number or tax registration; vat: VAT number; none: no VAT number at all
    buyer: str = ""  # vat, or vat-or-legal
    reason: str = "forbidden"  # or wanted
    once: bool = True  # one row in the breakdown; else at least one, and by rate


CATEGORIES: dict[str, Category] = {
    "S": Category("BR-S", "above-zero", "any", once=False),
    "Z": Category("BR-Z", "zero", "any"),
    "E": Category("BR-E", "zero", "any", reason="wanted"),
    "AE": Category("BR-AE", "zero", "any", "vat-or-legal", "wanted"),
    "K": Category("BR-IC", "zero", "vat", "vat", "wanted"),
    "G": Category("BR-G", "zero", "vat", reason="wanted"),
    "O": Category("BR-O", "none", "none", reason="wanted"),
    "L": Category("BR-AF", "not-negative", "any", once=False),
    "M": Category("BR-AG", "not-negative", "any", once=False),
}

RATE: dict[str, tuple[Callable[[Decimal | None], bool], str]] = {
    "zero": (lambda rate: rate is not None and rate == ZERO, "0"),
    "above-zero": (lambda rate: rate is not None and rate > ZERO, "above zero"),
    "not-negative": (lambda rate: rate is not None and rate >= ZERO, "zero or more"),
    "none": (lambda rate: rate is None, "no rate"),
}


@dataclass
class Use:
    """Where one category is used."""

    lines: list[int] = field(default_factory=list)
    allowances: list[Charge] = field(default_factory=list)  # of the document and of lines
    charges: list[Charge] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)


def categories(f: Facts) -> Hits:
    """Every rule of every category that the document uses."""
    uses = used(f.document, f.all_charges)
    for code, use in uses.items():
        category = CATEGORIES.get(code)
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


def used(document: Invoice, charges: Iterable[Charge]) -> dict[str, Use]:
    """Category -> where the document's lines and rows, and these allowances and charges, have it."""
    uses: dict[str, Use] = {}
    for number, line in enumerate(document.lines):
        if line.vat_category:
            uses.setdefault(line.vat_category, Use()).lines.append(number)
    for each in charges:
        if each.given.vat_category:
            use = uses.setdefault(each.given.vat_category, Use())
            (use.charges if each.given.charge else use.allowances).append(each)
    for index, row in enumerate(document.vat_breakdown):
        if row.category:
            uses.setdefault(row.category, Use()).rows.append(index)
    return uses


def registration(f: Facts, category: Category, use: Use) -> Hits:
    """02, 03, 04: where lines, allowances or charges have the category, these parties are registered."""
    vat = bool(f.seller_vat or f.representative_vat)
    if category.seller == "none":
        right = not vat and not f.buyer_vat
    else:
        right = vat or (category.seller == "any" and bool(f.seller.tax_registration))
    if category.buyer:
        right = right and bool(f.buyer_vat or (category.buyer == "vat-or-legal" and f.buyer_legal is not None))
    if right:
        return
    of_document = category.seller == "none"  # BR-O-03 and BR-O-04 look at the document's own only
    for number, places in (
        ("02", [f"lines[{use.lines[0]}]"] if use.lines else []),
        ("03", [each.place for each in use.allowances if each.of_document or not of_document]),
        ("04", [each.place for each in use.charges if each.of_document or not of_document]),
    ):
        if places:
            yield f"{category.prefix}-{number}", f"{places[0]}.vat_category", None, None


def rates(f: Facts, category: Category, use: Use) -> Hits:
    """05, 06, 07: the rate that goes with the category."""
    fits, expected = RATE[category.rate]
    for number in use.lines:
        rate = f.document.lines[number].vat_rate
        if not fits(rate):
            yield f"{category.prefix}-05", f"lines[{number}].vat_rate", rate, expected
    for number_of_rule, charges in (("06", use.allowances), ("07", use.charges)):
        for each in charges:
            if not fits(each.given.vat_rate):
                yield f"{category.prefix}-{number_of_rule}", f"{each.place}.vat_rate", each.given.vat_rate, expected


def _breakdown(f: Facts, code: str, category: Category, use: Use) -> Hits:
    """01, 08, 09, 10: the breakdown has the category, sums it up, taxes it rightly, and says why it is exempt."""
    prefix, rows = category.prefix, f.document.vat_breakdown
    sold = bool(use.lines or use.allowances or use.charges)
    if len(use.rows) != 1 if category.once else sold != bool(use.rows):
        yield f"{prefix}-01", "vat_breakdown", len(use.rows), "one row" if category.once else "a row"
    for index in use.rows:
        row, place = rows[index], f"vat_breakdown[{index}]"
        if category.once:
            taxable = _sum(f, code)
            if row.taxable_amount != taxable:
                yield f"{prefix}-08", f"{place}.taxable_amount", row.taxable_amount, taxable
            if row.tax_amount != ZERO:
                yield f"{prefix}-09", f"{place}.tax_amount", row.tax_amount, ZERO
        else:
            if row.rate is not None:
                yield from _taxable_by_rate(f, code, prefix, index)
            if row.rate is None or not near(row.tax_amount, row.taxable_amount, row.rate):
                expected = None if row.rate is None else tax_of(row.taxable_amount, row.rate)
                yield f"{prefix}-09", f"{place}.tax_amount", row.tax_amount, expected
        explained = bool(row.exemption_reason or row.exemption_reason_code)
        if explained != (category.reason == "wanted"):
            yield f"{prefix}-10", f"{place}.exemption_reason", row.exemption_reason, None


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


def _taxable_by_rate(f: Facts, code: str, prefix: str, index: int) -> Hits:
    """08 where a category has several rates. BR-S-08 is content, too, with what the document's allowances and charges
    alone add up to; its sisters are not."""
    row = f.document.vat_breakdown[index]
    rate = row.rate
    taxable = _sum(f, code, rate)
    right = _within_one(row.taxable_amount, taxable)
    if code == "S":
        extra = any(each.given.vat_category == code and each.given.vat_rate == rate for each in f.all_charges)
        sold = any(line.vat_category == code and line.vat_rate == rate for line in f.document.lines)
        alone = extra and _within_one(row.taxable_amount, _extras(f, code, rate))
        right = (right and (sold or extra)) or alone
    if not right:
        yield f"{prefix}-08", f"vat_breakdown[{index}].taxable_amount", row.taxable_amount, taxable


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


def _intra_community(f: Facts) -> Hits:
    """BR-IC-11, BR-IC-12: when, and to which country."""
    document, delivery = f.document, f.document.delivery
    period = document.period
    dated = (delivery is not None and delivery.date is not None) or bool(document.tax_point_code)
    if not dated and (period is None or (period.start is None and period.end is None)):
        yield "BR-IC-11", "delivery.date", None, None
    if f.delivery_address is None or not f.delivery_address.country:
        yield "BR-IC-12", "delivery.address.country", None, None


def _split_payment(f: Facts, uses: dict[str, Use]) -> Hits:
    """BR-B-01, BR-B-02: domestic Italian invoices only, and not beside the standard rate."""
    addresses = (f.seller_address, f.buyer_address, f.representative_address, f.delivery_address)
    countries = {address.country for address in addresses if address is not None and address.country}
    countries |= {line.origin_country for line in f.document.lines if line.origin_country}
    if countries - {"IT"}:
        yield "BR-B-01", "vat_breakdown", ", ".join(sorted(countries)), "IT"

    def of_document(code: str, rows: bool) -> bool:
        use = uses.get(code, Use())
        sold = bool(use.lines) or any(each.of_document for each in use.allowances + use.charges)
        return sold or (rows and bool(use.rows))

    # The older rules look for the standard rate in the breakdown where it never stands.
    if of_document("B", True) and of_document("S", not f.older):
        yield "BR-B-02", "vat_breakdown", None, None
