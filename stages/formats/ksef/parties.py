"""Seller and buyer as FA(3) writes them: who each is for the tax office.

Source: Ministerstwo Finansów, FA(3) 1-0E, TPodmiot1, TPodmiot2, TAdres
"""

from __future__ import annotations

import re

from schemas.documents import Address, Contact, Invoice, Party
from stages.formats.ksef.codes import PREFIX
from stages.formats.options import Options
from stages.formats.reading.countries import EUROPEAN_UNION
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.plain_xml import branch, leaf

_NIP = re.compile(r"[1-9]((\d[1-9])|([1-9]\d))\d{7}\Z")
_UNION_NUMBER = re.compile(r"[\dA-Z+*]{1,12}\Z")


def nip(party: Party) -> str:
    """The Polish tax number, or ""."""
    number = "".join(c for c in (party.vat_identifier or "") if c.isalnum()).upper().removeprefix("PL")
    return number if _NIP.match(number) else ""


def country(party: Party) -> str:
    """Where the party lives, by its address or else its VAT number."""
    if party.address and party.address.country:
        return party.address.country
    return (party.vat_identifier or "")[:2].upper()


def seller(fit: Fitting, document: Invoice) -> str:
    party = document.seller
    number = nip(party)
    if not number:
        told = "KSeF takes invoices of sellers with a Polish NIP: give it as vat_identifier, PL1234567890 (BT-31)"
        fit.fault("seller.vat_identifier", told)
    return branch(
        "Podmiot1",
        branch("DaneIdentyfikacyjne", leaf("NIP", number), _name(fit, "seller", party)),
        _address(fit, "seller", party.address, must=True),
        _contact(fit, "seller", party.contact),
    )


def buyer(fit: Fitting, document: Invoice, options: Options) -> str:
    party, extras = document.buyer, document.extras
    jst = options.get("jst") or extras.get(f"{PREFIX}JST") or "2"
    gv = options.get("gv") or extras.get(f"{PREFIX}GV") or "2"
    for name, value in (("jst", jst), ("gv", gv)):
        if value not in ("1", "2"):
            fit.fault(f"options.{name}", "1 (yes) or 2 (no)", value, rule="option")
    return branch(
        "Podmiot2",
        branch("DaneIdentyfikacyjne", _identity(fit, party), _name(fit, "buyer", party)),
        _address(fit, "buyer", party.address, must=False),
        _contact(fit, "buyer", party.contact),
        leaf("NrKlienta", fit.text("buyer.erp_id", party.erp_id, 256)),
        leaf("JST", jst),
        leaf("GV", gv),
    )


def _identity(fit: Fitting, party: Party) -> str:
    """NIP, a VAT number of the Union, another country's number, or none."""
    given = "".join((party.vat_identifier or "").split()).upper()
    number = nip(party) if given[:2] in ("PL",) or given[:1].isdigit() else ""
    if number:
        return leaf("NIP", number)
    code = {"GR": "EL"}.get(given[:2], given[:2])
    if given[:2] in EUROPEAN_UNION | {"EL", "XI"} and given[:2] != "PL" and _UNION_NUMBER.match(given[2:]):
        return leaf("KodUE", code) + leaf("NrVatUE", given[2:])
    other = given or (party.legal_registration.value if party.legal_registration else "")
    if other and country(party) != "PL":
        where = country(party)
        return leaf("KodKraju", where if len(where) == 2 else None) + leaf("NrID", fit.text("buyer", other, 50))
    if given:
        fit.fault("buyer.vat_identifier", "a Polish NIP has ten digits", given[:20], rule="nip")
    return leaf("BrakID", "1")


def _name(fit: Fitting, role: str, party: Party) -> str:
    return leaf("Nazwa", fit.text(f"{role}.name", party.name, 512))


def _address(fit: Fitting, role: str, value: Address | None, *, must: bool) -> str:
    place = f"{role}.address"
    if value is None or not value.country or not (value.line_1 or value.city):
        if must:
            fit.fault(place, f"KSeF wants the {role}'s address: country, and street or town")
        elif value is not None:
            fit.lost(place, "FA(3) writes an address with its country, and street or town")
        return ""
    street = ", ".join(each for each in (value.line_1, value.line_2, value.line_3) if each)
    town = " ".join(each for each in (value.post_code, value.city) if each)
    parted = value.country == "PL" and re.match(r"\d{2}-\d{3} ", town)
    if value.line_2 or value.line_3 or not parted:
        for name in ("line_1", "line_2", "line_3", "city", "post_code"):
            fit.changed(f"{place}.{name}", "FA(3) has two lines for the whole address")
    if value.subdivision:
        fit.lost(f"{place}.subdivision", "FA(3) has two lines for the whole address")
    return branch(
        "Adres",
        leaf("KodKraju", value.country),
        leaf("AdresL1", fit.text(f"{place}.line_1", street or town, 512)),
        leaf("AdresL2", fit.text(f"{place}.city", town if street else None, 512)),
    )


def _contact(fit: Fitting, role: str, value: Contact | None) -> str:
    if value is None:
        return ""
    if value.name:
        fit.lost(f"{role}.contact.name", "FA(3) names nobody there")
    return branch(
        "DaneKontaktowe",
        leaf("Email", fit.text(f"{role}.contact.email", value.email, 255)),
        leaf("Telefon", fit.text(f"{role}.contact.telephone", value.telephone, 16)),
    )
