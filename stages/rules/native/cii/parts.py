"""Head, parties, payment and lines, where CII's stylesheet asks otherwise than UBL's.

Source   EN 16931 validation artefacts for CII (CEN/TC 434)
"""

from __future__ import annotations

from collections.abc import Iterator

from stages.rules.native.cii.facts import CiiFacts
from stages.rules.native.edition import Hits
from stages.rules.native.head import TRANSFER

_CARD_DIGITS = 10


def head(f: CiiFacts) -> Hits:
    """The document itself."""
    d = f.document
    if not d.type_code:
        yield "CII-SR-014", "type_code", None, None
    if not d.lines:
        yield "BR-16", "lines", None, None
    wanting = f.totals.tax_amount_accounting is None or d.accounting_currency == d.currency
    if d.accounting_currency and f.has_totals and wanting:
        yield "BR-53", "totals.tax_amount_accounting", None, None
    for place in _unnamed(f):
        yield "BR-52", place, None, None
    if not f.older:
        for field, rule in (("description", "CII-SR-475"), ("content_base64", "CII-SR-476")):
            count = sum(1 for part in d.attachments if getattr(part, field))
            if count > 1:
                yield rule, "attachments", count, "one"


def _unnamed(f: CiiFacts) -> Iterator[str]:
    """Referenced documents without a number: attachments, and invoiced objects of document and lines."""
    d = f.document
    for index, part in enumerate(d.attachments):
        if not part.reference and (part.description or part.content_base64 or part.external_location):
            yield f"attachments[{index}].reference"
    objects = [("", d.object_identifier)] + [(f"lines[{n}].", each.object_identifier) for n, each in enumerate(d.lines)]
    for where, given in objects:
        if given is not None and not given.value and given.scheme:
            yield f"{where}object_identifier.value"


def parties(f: CiiFacts) -> Hits:
    """A country is asked for whether or not there is an address; a payee is no more than another name and number."""
    representative = f.representative_address if f.has_representative else None
    for place, address, rule, asked in (
        ("seller", f.seller_address, "BR-09", True),
        ("buyer", f.buyer_address, "BR-11", True),
        ("tax_representative", representative, "BR-20", f.has_representative),
    ):
        if asked and (address is None or not address.country):
            yield rule, f"{place}.address.country", None, None
    if not f.seller_vat and f.seller_legal is None and not any(each.value for each in f.seller.identifiers):
        yield "BR-CO-26", "seller", None, None
    prefixes = f.codes("BR-CO-09")
    for place, number in f.vat_numbers():
        if number[:2] not in prefixes:
            yield "BR-CO-09", place, number, None


def payee(f: CiiFacts) -> Hits:
    """BR-17: another name, another identifier without scheme, another legal registration than the seller's."""
    given = f.payee
    if given is None or not f.has_payee:
        return
    first = given.identifiers[0] if given.identifiers and given.identifiers[0].value else None
    legal = given.legal_registration.value if given.legal_registration is not None else ""
    own = first.value if first is not None and not first.scheme else None
    same = any(each.value == own and not each.scheme for each in f.seller.identifiers) if own else False
    if legal and f.seller_legal is not None:
        same = same or legal == f.seller_legal.value
    if not given.name or given.name == f.seller.name or same:
        yield "BR-17", "payee", given.name, None


def payment(f: CiiFacts) -> Hits:
    """An account is asked for where it has an element; whether it has one, CII-SR-470 asks (since 1.3.16)."""
    for means in f.means:
        if means.code not in TRANSFER:
            continue
        if means.account is not None and not means.account.account:
            for rule in ("BR-50", "BR-61"):
                yield rule, f"{means.place}.credit_transfers[0].account", None, None
        if not f.older and (means.account is None or not means.account.account):
            yield "CII-SR-470", f"{means.place}.credit_transfers", None, None


def lines(f: CiiFacts) -> Hits:
    """What is counted on a line: its tax, the scheme of its item, both halves of an attribute, its unit."""
    no_units = not any(line.unit for line in f.document.lines)
    for number, line in enumerate(f.document.lines):
        place = f"lines[{number}]"
        if not line.vat_category and line.vat_rate is None:
            yield "CII-SR-454", f"{place}.vat_category", None, None
        standard = line.standard_item_id
        if standard is not None and standard.value and not standard.scheme:
            yield "CII-SR-046", f"{place}.standard_item_id.scheme", standard.value, None
        for index, attribute in enumerate(line.attributes):
            if bool(attribute.name) != bool(attribute.value):
                rule = "CII-SR-072" if attribute.name else "CII-SR-069"
                yield rule, f"{place}.attributes[{index}]", attribute.name or attribute.value, None
        if no_units and line.base_quantity is not None and line.base_quantity_unit:
            yield "CII-DT-033", f"{place}.unit", None, None
