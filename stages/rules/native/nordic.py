"""National rules inside the Peppol set: Denmark, Iceland, Norway, Sweden.

Source   OpenPeppol BIS Billing 3, DK-R, IS-R, NO-R, SE-R
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from schemas.documents import Identifier
from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, Charge, Facts, Means, plain
from stages.rules.native.identifiers import mod11, number, shape, swedish

_DANISH_MEANS = frozenset("1 10 31 42 48 49 50 58 59 93 97".split())
_MVA = shape("[0-9]{9}MVA")
_GIRO = shape("[0-9]{7,8}")
_SWEDISH_RATES = (Decimal(25), Decimal(12), Decimal(6))
_F_TAX = "GODKÄND FÖR F-SKATT"


def norwegian(f: Facts) -> Hits:
    """NO-R: a Norwegian seller's registrations."""
    if f.supplier_country != "NO":
        return
    if plain(f.seller.tax_registration) != "Foretaksregisteret":
        yield "NO-R-002", "seller.tax_registration", f.seller.tax_registration, "Foretaksregisteret"
    vat = f.seller_vat
    if vat.startswith("NO") and not (_MVA(vat[2:]) and mod11(vat[2:11])):
        yield "NO-R-001", "seller.vat_identifier", vat, "NO123456785MVA"


def danish(f: Facts) -> Hits:
    """DK-R: a Danish seller's; most of them only where the buyer is Danish, too."""
    if f.seller_country != "DK":
        return
    domestic = f.buyer_country == "DK"
    legal = f.seller_legal
    if legal is None:
        yield "DK-R-002", "seller.legal_registration", None, None
    elif legal.scheme != "0184":
        yield "DK-R-014", "seller.legal_registration.scheme", legal.scheme, "0184"
    if not domestic:
        return
    due = f.totals.amount_due
    if f.credit_note and due is not None and due < ZERO:
        yield "DK-R-016", "totals.amount_due", due, "zero or more"
    for place, each in f.identified():
        if not plain(each.scheme) and place.startswith(("seller", "buyer")):
            yield "DK-R-013", f"{place}.scheme", each.value, None
    if f.buyer_legal is not None and f.buyer_legal.scheme != "0184":
        yield "DK-R-017", "buyer.legal_registration.scheme", f.buyer_legal.scheme, "0184"
    if not f.credit_note:
        for means in f.means:
            yield from _danish_means(means)
    for index, line in enumerate(f.document.lines):
        given = [each for each in line.classifications if each.value]
        editions = {each.version for each in given}
        if any(each.scheme == "TST" for each in given) and not editions & _UNSPSC:
            yield "DK-R-003", f"lines[{index}].classifications", None, "UNSPSC 19.05.01 or 26.08.01"
    for charge in f.all_charges:
        if charge.given.reason_code == "ZZZ" and not _is_danish_reason(charge):
            yield "DK-R-004", f"{charge.place}.reason", charge.given.reason, "a number of four digits, or text#text"


_UNSPSC = {"19.05.01", "19.0501", "26.08.01", "26.0801"}


def _is_danish_reason(charge: Charge) -> bool:
    reason = charge.given.reason or ""
    value = number(reason)
    if len(plain(reason)) == 4 and value is not None and 0 <= value <= 9999:
        return True
    return "#" in reason and not reason.startswith("#") and not reason.endswith("#")


def _danish_means(means: Means) -> Hits:
    """DK-R-005 to DK-R-011: which accounts and references go with which means."""
    code, place, reference = means.code, means.place, means.reference
    account = means.account.account if means.account is not None else ""
    branch = (means.account.service_provider or "") if means.account is not None else ""
    card = reference[:3]
    if code not in _DANISH_MEANS:
        yield "DK-R-005", f"{place}.means_code", code, ", ".join(sorted(_DANISH_MEANS))
    if code in ("31", "42") and not (plain(account) and plain(branch)):
        yield "DK-R-006", f"{place}.credit_transfers", None, None
    if code == "49" and not (plain(means.mandate) and plain(means.payer)):
        yield "DK-R-007", f"{place}.mandate", None, None
    if code == "50":
        if not (card in ("01#", "04#", "15#") and _GIRO(account)):
            yield "DK-R-008", f"{place}.remittance_information", reference, "01#, 04# or 15#, and a giro account"
        if card in ("04#", "15#") and len(reference) != 19:
            yield "DK-R-009", f"{place}.remittance_information", reference, "19 characters"
    if code == "93":
        if not (card in ("71#", "73#", "75#") and len(account) == 8):
            yield "DK-R-010", f"{place}.remittance_information", reference, "71#, 73# or 75#, and a creditor number"
        if card in ("71#", "75#") and len(reference) not in (18, 19):
            yield "DK-R-011", f"{place}.remittance_information", reference, "18 or 19 characters"


def swedish_rules(f: Facts) -> Hits:
    """SE-R: a Swedish seller's numbers, rates and giro accounts."""
    if f.seller_country != "SE":
        return
    if f.seller_vat.startswith("SE"):
        if len(plain(f.seller_vat)) != 14:
            yield "SE-R-001", "seller.vat_identifier", f.seller_vat, "14 characters"
        if number(f.seller_vat[2:14]) is None:
            yield "SE-R-002", "seller.vat_identifier", f.seller_vat, "SE and twelve digits"
        yield from _swedish_rates(f)
    if f.seller_legal is not None:
        yield from _swedish_registration(f, f.seller_legal)
    for means in f.means:
        yield from _swedish_means(f, means)


def _swedish_registration(f: Facts, legal: Identifier) -> Hits:
    place, given = "seller.legal_registration", legal.value
    if number(given) is None:
        yield "SE-R-003", place, given, "digits"
    if len(plain(given)) != 10:
        yield "SE-R-004", place, given, "ten digits"
    if not swedish(plain(given)):
        yield "SE-R-013", place, given, None
    local = f.seller.tax_registration
    if local and plain(local.upper()) != _F_TAX:
        yield "SE-R-005", "seller.tax_registration", local, _F_TAX


def _swedish_rates(f: Facts) -> Hits:
    """SE-R-006."""
    for place, rate in _standard_rates(f):
        if rate not in _SWEDISH_RATES:
            yield "SE-R-006", place, rate, "25, 12 or 6"


def _standard_rates(f: Facts) -> Iterator[tuple[str, Decimal | None]]:
    for index, line in enumerate(f.document.lines):
        if line.vat_category == "S":
            yield f"lines[{index}].vat_rate", line.vat_rate
    for charge in f.all_charges:
        if charge.given.vat_category == "S":
            yield f"{charge.place}.vat_rate", charge.given.vat_rate
    for index, row in enumerate(f.document.vat_breakdown):
        if row.category == "S":
            yield f"vat_breakdown[{index}].rate", row.rate


def _swedish_means(f: Facts, means: Means) -> Hits:
    """SE-R-007 to SE-R-012."""
    account = plain(means.account.account) if means.account is not None else ""
    branch = plain(means.account.service_provider) if means.account is not None else ""
    place = f"{means.place}.credit_transfers[0].account"
    if means.code == "30" and account and branch in ("SE:PLUSGIRO", "SE:BANKGIRO"):
        plus = branch == "SE:PLUSGIRO"
        if number(account) is None:
            yield "SE-R-007" if plus else "SE-R-008", place, account, "digits"
        if plus and not 2 <= len(account) <= 8:
            yield "SE-R-010", place, account, "two to eight digits"
        if not plus and len(account) not in (7, 8):
            yield "SE-R-009", place, account, "seven or eight digits"
    if means.code in ("50", "56"):
        yield "SE-R-011", f"{means.place}.means_code", means.code, "30"
    if means.code == "31" and f.buyer_country == "SE":
        yield "SE-R-012", f"{means.place}.means_code", means.code, "30"


def icelandic(f: Facts) -> Hits:
    """IS-R: an Icelandic seller's; for the buyer where both are."""
    if f.seller_country != "IS":
        return
    d = f.document
    if d.type_code not in ("380", "381"):
        yield "IS-R-001", "type_code", d.type_code, "380 or 381"
    for role, legal, address, there, of_register, of_address in (
        ("seller", f.seller_legal, f.seller_address, True, "IS-R-002", "IS-R-003"),
        ("buyer", f.buyer_legal, f.buyer_address, f.buyer_country == "IS", "IS-R-004", "IS-R-005"),
    ):
        if there:
            if legal is None or legal.scheme != "0196":
                yield of_register, f"{role}.legal_registration", legal.value if legal is not None else None, "0196"
            if address is None or not address.line_1 or not address.post_code:
                yield of_address, f"{role}.address", None, None
    for code, rule in (("9", "IS-R-006"), ("42", "IS-R-007")):
        coded = [means for means in f.means if means.code == code]
        if coded and [len(plain(m.account.account)) for m in coded if m.account is not None and m.account.account] != [
            12
        ]:
            yield rule, "payment.credit_transfers", None, "twelve digits"
    final = [each for each in d.attachments if each.description == "EINDAGI"]
    if final:
        text = final[0].reference
        if not _is_day(text):
            yield "IS-R-008", "attachments", text, "YYYY-MM-DD"
        due = d.due_date.isoformat() if d.due_date is not None and not f.credit_note else None
        if due is None:
            yield "IS-R-009", "due_date", None, None
        if due is None or due > text:
            yield "IS-R-010", "due_date", due, f"not after {text}"


def _is_day(text: str) -> bool:
    if not shape("[0-9]{4}-[0-9]{2}-[0-9]{2}")(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
