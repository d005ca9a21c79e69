"""A party as Facturae writes it: who it is for the tax office, and where it lives.

Source: Facturae 3.2.2, BusinessType; Orden EHA/451/2008 (NIF of legal persons), RD 1065/2007 (NIF of natural ones)
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from schemas.documents import Address, Contact, Party
from stages.formats.facturae.codes import PROVINCES
from stages.formats.reading.countries import ALPHA_3, EUROPEAN_UNION
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.plain_xml import branch, leaf

CARRIED = (
    "name", "given_name", "family_name", "trading_name", "vat_identifier", "erp_id", "address.line_1", "address.line_2",
    "address.line_3", "address.city", "address.post_code", "address.subdivision", "address.country", "contact",
)  # fmt: skip
_NATURAL = re.compile(r"[0-9XYZKLM]\d{7}[A-Z]\Z")


def tax_number(party: Party) -> str:
    """The Spanish NIF without the country, another state's number with it."""
    number = party.vat_identifier or (party.legal_registration.value if party.legal_registration else "")
    number = "".join((number or party.tax_registration or "").split())
    return number.removeprefix("ES") if len(number) == 11 else number


def party(fit: Fitting, role: str, value: Party, centres: Mapping[str, str]) -> str:
    """The content of SellerParty or BuyerParty. `centres`: role -> DIR3 code of the buyer's administrative centres."""
    country = value.address.country if value.address else None
    number = tax_number(value)
    if not 3 <= len(number) <= 30:
        told = f"Facturae wants the {role}'s tax number: give it as vat_identifier (BT-31, BT-48)"
        fit.fault(f"{role}.vat_identifier", told)
    elif not value.vat_identifier:
        name = "legal_registration" if value.legal_registration else "tax_registration"
        fit.changed(f"{role}.{name}", "written as the party's tax number, for it has no VAT number")
    spanish = country in ("ES", None)
    natural = bool(value.family_name) or (spanish and bool(_NATURAL.match(number)))
    residence = "R" if country == "ES" else "U" if country in EUROPEAN_UNION else "E"
    places = _address(fit, role, value.address) + _contact(fit, role, value.contact)
    identification = branch(
        "TaxIdentification",
        leaf("PersonTypeCode", "F" if natural else "J"),
        leaf("ResidenceTypeCode", residence),
        leaf("TaxIdentificationNumber", number),
    )
    known = (value.erp_id or "") if (value.erp_id or "").isdigit() and len(value.erp_id or "") <= 10 else None
    if value.erp_id and not known:
        fit.lost(f"{role}.erp_id", "Facturae takes up to 10 digits")
    where = _address(fit, role, value.address, again=True)
    centre = [
        branch("AdministrativeCentre", leaf("CentreCode", code), leaf("RoleTypeCode", kind), where)
        for kind, code in centres.items()
        if code
    ]
    for kind, code in centres.items():
        if len(code) > 10:
            fit.fault(f"options, centre {kind}", "a DIR3 code has at most 10 characters", code, rule="length")
    return "".join(
        (
            identification,
            leaf("PartyIdentification", known),
            branch("AdministrativeCentres", *centre),
            _person(fit, role, value, places) if natural else _company(fit, role, value, places),
        )
    )


def _company(fit: Fitting, role: str, value: Party, places: str) -> str:
    return branch(
        "LegalEntity",
        leaf("CorporateName", fit.text(f"{role}.name", value.name, 80)),
        leaf("TradeName", fit.text(f"{role}.trading_name", value.trading_name, 40)),
        places,
    )


def _person(fit: Fitting, role: str, value: Party, places: str) -> str:
    if not value.family_name or not value.given_name:
        told = "the tax number is a natural person's: Facturae wants given_name and family_name apart"
        fit.fault(f"{role}.family_name", told)
    if value.trading_name:
        fit.lost(f"{role}.trading_name", "a natural person has none in Facturae")
    return branch(
        "Individual",
        leaf("Name", fit.text(f"{role}.given_name", value.given_name, 40)),
        leaf("FirstSurname", fit.text(f"{role}.family_name", value.family_name, 40)),
        places,
    )


def _address(fit: Fitting, role: str, value: Address | None, *, again: bool = False) -> str:
    """`again`: written before, so nothing is said of it."""
    if again:
        fit = Fitting(fit.name)
    value = value or Address()
    place = f"{role}.address"
    for name, term in (("line_1", "street"), ("city", "town"), ("country", "country")):
        if not getattr(value, name):
            fit.fault(f"{place}.{name}", f"Facturae wants the {role}'s {term}")
    street = ", ".join(each for each in (value.line_1, value.line_2, value.line_3) if each)
    if value.line_2 or value.line_3:
        fit.changed(f"{place}.line_1", "the lines of the address stand in one")
        fit.changed(f"{place}.line_2", "the lines of the address stand in one")
        fit.changed(f"{place}.line_3", "the lines of the address stand in one")
    country = ALPHA_3.get("GB" if value.country == "XI" else value.country or "", "")
    if value.country and not country:
        fit.fault(f"{place}.country", "no country of Facturae's list", value.country, rule="country")
    code = (value.post_code or "").strip()
    if value.country != "ES":
        town = " ".join(each for each in (code, value.city) if each)
        province = fit.text(f"{place}.subdivision", value.subdivision, 20)
        return branch(
            "OverseasAddress",
            leaf("Address", fit.text(f"{place}.line_1", street, 80)),
            leaf("PostCodeAndTown", fit.text(f"{place}.city", town, 50)),
            leaf("Province", province) or "<Province/>",
            leaf("CountryCode", country),
        )
    if not (len(code) == 5 and code.isdigit()):
        fit.fault(f"{place}.post_code", "a Spanish postal code has five digits", code or None)
    elif not value.subdivision and not 0 < int(code[:2]) < len(PROVINCES):
        fit.fault(f"{place}.subdivision", "Facturae wants the province, and the postal code names none")
    named = value.subdivision
    if not named and code[:2].isdigit() and int(code[:2]) < len(PROVINCES):
        named = PROVINCES[int(code[:2])]
    return branch(
        "AddressInSpain",
        leaf("Address", fit.text(f"{place}.line_1", street, 80)),
        leaf("PostCode", code),
        leaf("Town", fit.text(f"{place}.city", value.city, 50)),
        leaf("Province", fit.text(f"{place}.subdivision", named, 20)),
        leaf("CountryCode", country),
    )


def _contact(fit: Fitting, role: str, value: Contact | None) -> str:
    if value is None:
        return ""
    phone = "".join(c for c in value.telephone or "" if c.isdigit() or c == "+")
    if phone != (value.telephone or ""):
        fit.changed(f"{role}.contact.telephone", "digits only")
    return branch(
        "ContactDetails",
        leaf("Telephone", fit.text(f"{role}.contact.telephone", phone, 15)),
        leaf("ElectronicMail", fit.text(f"{role}.contact.email", value.email, 60)),
        leaf("ContactPersons", fit.text(f"{role}.contact.name", value.name, 40)),
    )
