"""National rules inside the Peppol set: Greece, Italy, the Netherlands.

Source   OpenPeppol BIS Billing 3, GR-R, IT-R, NL-R
"""

from __future__ import annotations

import re

from schemas.documents import Address
from stages.rules.native.edition import Hits
from stages.rules.native.facts import ZERO, Facts, plain
from stages.rules.native.identifiers import greek, number, shape

_GREEK = ("GR", "EL")
_DAY = re.compile(r"(?:0?[1-9]|[12][0-9]|3[01])[-\\/ ]?(?:0?[1-9]|1[0-2])[-\\/ ]?(?:19|20)[0-9]{2}")
_GREEK_TYPES = ("1.1", "1.6", "2.1", "2.4", "5.1", "5.2")
_MARK, _URL = "##M.AR.K##", "##INVOICE|URL##"
_FISCAL_CODE = shape("[A-Z0-9]{11,16}")
_DUTCH_MEANS = ("30", "48", "49", "57", "58", "59")


def italian(f: Facts) -> Hits:
    """IT-R: an Italian seller's tax number and address."""
    if f.supplier_country != "IT":
        return
    local = f.seller.tax_registration
    if local and not _FISCAL_CODE(plain(local)):
        yield "IT-R-001", "seller.tax_registration", local, "11 to 16 letters and digits"
    for field, rule in (("line_1", "IT-R-002"), ("city", "IT-R-003"), ("post_code", "IT-R-004")):
        if f.seller_address is None or not getattr(f.seller_address, field):
            yield rule, f"seller.address.{field}", None, None


def dutch(f: Facts) -> Hits:
    """NL-R: a Dutch seller's; some only where the other party is Dutch, too."""
    if f.seller_country != "NL":
        return
    d, domestic = f.document, f.buyer_country == "NL"
    if f.credit_note and not any(each.number for each in d.preceding_invoices):
        yield "NL-R-001", "preceding_invoices", None, None
    represented = f.representative_address is not None and f.representative_address.country == "NL"
    for role, address, rule in (
        ("seller", f.seller_address, "NL-R-002"),
        ("buyer", f.buyer_address if domestic else None, "NL-R-004"),
        ("tax_representative", f.representative_address if represented else None, "NL-R-006"),
    ):
        if address is not None and not _is_whole(address):
            yield rule, f"{role}.address", None, None
    for role, legal, rule in (
        ("seller", f.seller_legal, "NL-R-003"),
        ("buyer", f.buyer_legal if domestic else None, "NL-R-005"),
    ):
        if legal is not None and not {"0106", "0190"} & set((legal.scheme or "").split(" ")):
            yield rule, f"{role}.legal_registration.scheme", legal.scheme, "0106 or 0190"
    due = f.totals.amount_due
    settled = due is not None and (due >= ZERO if f.credit_note else due <= ZERO)
    if not settled and not f.means:
        yield "NL-R-007", "payment", None, None
    if domestic:
        for means in f.means:
            if means.code not in _DUTCH_MEANS:
                yield "NL-R-008", f"{means.place}.means_code", means.code, ", ".join(_DUTCH_MEANS)
    if not f.order:
        for index, line in enumerate(d.lines):
            if line.order_line_reference:
                yield "NL-R-009", f"lines[{index}].order_line_reference", line.order_line_reference, None


def _is_whole(address: Address) -> bool:
    return bool(address.line_1 and address.city and address.post_code)


def greek_rules(f: Facts) -> Hits:
    """GR-R and GR-S: what myDATA wants of a Greek seller."""
    seller = f.supplier_country in _GREEK
    if (f.seller_vat[:2].upper() or f.seller_country) in _GREEK:
        yield from _greek_endpoint(f, "seller", "GR-R-009")
    if not seller:
        return
    yield from _number(f)
    for role, party, rule in (("seller", f.seller, "GR-R-002"), ("buyer", f.buyer, "GR-R-005")):
        if not party.trading_name:
            yield rule, f"{role}.trading_name", None, None
    if not _is_greek_vat(f.seller_vat):
        yield "GR-S-011", "seller.vat_identifier", f.seller_vat, "EL123456783"
        if f.seller_vat:
            yield "GR-R-003", "seller.vat_identifier", f.seller_vat, "EL123456783"
    yield from _attachments(f)
    if f.customer_country in _GREEK:
        if not _is_greek_vat(f.buyer_vat):
            yield "GR-R-006", "buyer.vat_identifier", f.buyer_vat, "EL123456783"
        yield from _greek_endpoint(f, "buyer", "GR-R-010")


def _is_greek_vat(text: str) -> bool:
    return text[:2] == "EL" and greek(text[2:])


def _greek_endpoint(f: Facts, role: str, rule: str) -> Hits:
    for place, each in f.endpoints():
        if place == f"{role}.endpoint" and not (each.scheme == "9933" and greek(each.value)):
            yield rule, place, each.value, "scheme 9933 and a tax number"


def _number(f: Facts) -> Hits:
    """GR-R-001: the invoice number is six parts with bars between them."""
    text, day = f.document.invoice_number, f.document.issue_date
    parts = text.split("|")
    if len(parts) != 6:
        yield "GR-R-001-1", "invoice_number", text, "six parts with | between them"
    tax_number, dated, branch, kind, series, serial = (*parts, *[""] * 6)[:6]
    own = (f.seller_vat[2:11], f.representative_vat[2:11])
    if len(plain(tax_number)) != 9 or not greek(tax_number) or tax_number not in own:
        yield "GR-R-001-2", "invoice_number", tax_number, "the seller's tax number"
    if not _DAY.match(dated) or dated.split("/")[:3] != [f"{day:%d}", f"{day:%m}", f"{day.year:04}"]:
        yield "GR-R-001-3", "invoice_number", dated, f"{day:%d/%m}/{day.year:04}"
    value = number(branch)
    if value is None or value < ZERO:
        yield "GR-R-001-4", "invoice_number", branch, "a whole number"
    if kind not in _GREEK_TYPES:
        yield "GR-R-001-5", "invoice_number", kind, ", ".join(_GREEK_TYPES)
    if not series:
        yield "GR-R-001-6", "invoice_number", None, None
    if not serial:
        yield "GR-R-001-7", "invoice_number", None, None


def _attachments(f: Facts) -> Hits:
    attachments = list(enumerate(f.document.attachments))
    marks = [(index, each) for index, each in attachments if each.description == _MARK]
    links = [(index, each) for index, each in attachments if each.description == _URL]
    if f.seller_country == "GR":
        if len(marks) != 1:
            yield "GR-R-004-1", "attachments", str(len(marks)), f"one described {_MARK}"
        if len(links) != 1:
            yield "GR-S-008-1", "attachments", str(len(links)), f"one described {_URL}"
        if len(links) > 1:
            yield "GR-R-008-2", "attachments", str(len(links)), f"one described {_URL}, or none"
        for index, each in marks:
            if re.match("[1-9]", each.reference) is None:
                yield "GR-R-004-2", f"attachments[{index}].reference", each.reference, "a whole number"
    for index, each in links:
        if not each.external_location:
            yield "GR-R-008-3", f"attachments[{index}].external_location", None, None
