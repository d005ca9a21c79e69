"""The VAT categories: one table instead of nine families of rules that are nearly the same.

What a category asks for: who must be registered, which rate goes with it, how the breakdown sums it up, whether a
reason of exemption is wanted or forbidden. The numbers are those of the families: BR-S-01 and BR-IC-01 say the same.
The rules for UBL and those for CII test some of it otherwise (`categories.py`, `cii/categories.py`).

Source   EN 16931-1:2017 6.4.4; for L and M the Canary Islands, Ceuta and Melilla; for B the Italian split payment
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, TypeVar

from schemas.documents import Invoice
from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, Charge, Facts
from stages.rules.native.totals import tax_of


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


F = TypeVar("F", bound=Facts)


@dataclass(frozen=True)
class Asking(Generic[F]):
    """How the published rules of one syntax ask what the table says. A row is told by its index in the breakdown."""

    charges: Callable[[F], Iterable[Charge]]
    """The allowances and charges by which a category is used."""
    has_its_row: Callable[[str, Category, Use], bool]
    """01."""
    taxable: Callable[[F, str, Category, int], Decimal | None]
    """08: what the row is to sum up, where it does not; else None."""
    taxed: Callable[[F, str, int], bool]
    """09, of a category with a rate: is it right?"""
    alone: Callable[[dict[str, Use]], Hits]
    """BR-O-11 to BR-O-14: what is outside the scope of VAT."""
    coded: bool
    """Does a code for the tax point (BT-8) say when an intra-community supply was?"""
    domestic: Callable[[F, dict[str, Use]], Hits]
    """BR-B-01, BR-B-02: split payment."""
    table: Mapping[str, Category] = field(default_factory=lambda: CATEGORIES)


def judged(f: F, asking: Asking[F]) -> Hits:
    """Every rule of every category that the document uses."""
    uses = used(f.document, asking.charges(f))
    for code, use in uses.items():
        category = asking.table.get(code)
        if category is not None:
            yield from _registration(f, category, use)
            yield from _rates(f, category, use)
            yield from _breakdown(f, asking, code, use)
    if "O" in uses and uses["O"].rows:
        yield from asking.alone(uses)
    if "K" in uses and uses["K"].rows:
        yield from _delivered(f, asking.coded)
    if "B" in uses:
        yield from asking.domestic(f, uses)


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


def _registration(f: Facts, category: Category, use: Use) -> Hits:
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


def _rates(f: Facts, category: Category, use: Use) -> Hits:
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


def _breakdown(f: F, asking: Asking[F], code: str, use: Use) -> Hits:
    """01, 08, 09, 10: the breakdown has the category, sums it up, taxes it rightly, and says why it is exempt."""
    category = asking.table[code]
    prefix, rows = category.prefix, f.document.vat_breakdown
    if not asking.has_its_row(code, category, use):
        yield f"{prefix}-01", "vat_breakdown", len(use.rows), "one row" if category.once else "a row"
    for index in use.rows:
        row, place = rows[index], f"vat_breakdown[{index}]"
        taxable = asking.taxable(f, code, category, index)
        if taxable is not None:
            yield f"{prefix}-08", f"{place}.taxable_amount", row.taxable_amount, taxable
        if category.once:
            if row.tax_amount != ZERO:
                yield f"{prefix}-09", f"{place}.tax_amount", row.tax_amount, ZERO
        elif not asking.taxed(f, code, index):
            expected = None if row.rate is None else tax_of(row.taxable_amount, row.rate)
            yield f"{prefix}-09", f"{place}.tax_amount", row.tax_amount, expected
        explained = bool(row.exemption_reason or row.exemption_reason_code)
        if explained != (category.reason == "wanted"):
            yield f"{prefix}-10", f"{place}.exemption_reason", row.exemption_reason, None


def _delivered(f: Facts, coded: bool) -> Hits:
    """BR-IC-11, BR-IC-12: when an intra-community supply was, and to which country."""
    document, delivery = f.document, f.document.delivery
    period = document.period
    dated = (delivery is not None and delivery.date is not None) or (coded and bool(document.tax_point_code))
    if not dated and (period is None or (period.start is None and period.end is None)):
        yield "BR-IC-11", "delivery.date", None, None
    if f.delivery_address is None or not f.delivery_address.country:
        yield "BR-IC-12", "delivery.address.country", None, None


def countries(f: Facts) -> set[str]:
    """Those of the parties and of the place of delivery."""
    addresses = (f.seller_address, f.buyer_address, f.representative_address, f.delivery_address)
    return {address.country for address in addresses if address is not None and address.country}
