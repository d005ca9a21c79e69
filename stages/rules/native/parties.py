"""Who sells, who buys, who is paid: BG-4, BG-7, BG-10, BG-11 and their identifiers.

Source   EN 16931-1:2017 6.4.2; CEN/TS 16931-3-2
"""

from __future__ import annotations

from stages.rules.native.edition import Hits
from stages.rules.native.facts import Facts


def parties(f: Facts) -> Hits:
    """Names, addresses, electronic addresses, and one identifier at least of the seller."""
    if not f.seller.name:
        yield "BR-06", "seller.name", None, None
    if not f.buyer.name:
        yield "BR-07", "buyer.name", None, None
    for role, address, missing, countryless in (
        ("seller", f.seller_address, "BR-08", "BR-09"),
        ("buyer", f.buyer_address, "BR-10", "BR-11"),
    ):
        if address is None:
            yield missing, f"{role}.address", None, None
        elif not address.country:
            yield countryless, f"{role}.address.country", None, None
    if f.delivery_address is not None and not f.delivery_address.country:
        yield "BR-57", "delivery.address.country", None, None
    for place, endpoint in f.endpoints():
        if not endpoint.scheme:
            yield "BR-62" if place == "seller.endpoint" else "BR-63", f"{place}.scheme", endpoint.value, None
    if not f.seller_vat and f.seller_legal is None and not _identified(f):
        yield "BR-CO-26", "seller", None, None
    prefixes = f.raw_codes("BR-CO-09")
    for place, number in f.vat_numbers():
        if number[:2] not in prefixes:
            yield "BR-CO-09", place, number, None
    if sum(1 for _, each in f.identified() if (each.scheme or "").upper() == "SEPA") > 1:
        yield "UBL-SR-29", "payment.creditor_identifier", None, None


def _identified(f: Facts) -> bool:
    """BR-CO-26; the older rules take BT-90 for an identifier, too."""
    return any(
        place.startswith("seller") or (f.older and f.payee is None)
        for place, each in f.identified()
        if place.startswith(("seller", "payment")) and (f.older or each.scheme != "SEPA")
    )


def payee(f: Facts) -> Hits:
    """A payee is somebody else than the seller."""
    given = f.payee
    if given is None:
        return
    own = {each.value for place, each in f.identified() if place.startswith(("payee", "payment"))}
    legal = given.legal_registration
    if not (given.name or own or (legal is not None and legal.value)):
        return
    sellers = {each.value for each in f.seller.identifiers if each.value}
    if not given.name or given.name == f.seller.trading_name or own & sellers:
        yield "BR-17", "payee", given.name, None
    if not given.name or not f.seller.name or given.name == f.seller.name:
        for rule in ("UBL-SR-19", "UBL-SR-20", "UBL-SR-21"):
            yield rule, "payee.name", given.name, None


def representative(f: Facts) -> Hits:
    """A tax representative has name, address with country, and VAT identifier."""
    given = f.representative
    if given is None or not f.has_representative:
        return
    if not given.name:
        yield "BR-18", "tax_representative.name", None, None
    if f.representative_address is None:
        yield "BR-19", "tax_representative.address", None, None
    elif not f.representative_address.country:
        yield "BR-20", "tax_representative.address.country", None, None
    if not f.representative_vat:
        yield "BR-56", "tax_representative.vat_identifier", None, None
