"""Who is who in an INVOIC IDoc: the partners of E1EDKA1 as seller, buyer and place of delivery.

Source: SAP's partner functions (PARVW): RS invoicing party, LF vendor, BK company code, RE bill-to, AG sold-to,
RG payer, WE ship-to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.codes import COUNTRIES
from stages.formats.idoc import values as sap
from stages.formats.idoc.segments import Segment

if TYPE_CHECKING:
    from stages.formats.idoc.mapping import Mapping

SELLER = ("RS", "LF", "BK")
BUYER = ("RE", "AG", "RG")


def partner(mapping: Mapping, *roles: str) -> Segment | None:
    for role in roles:
        if (found := mapping.qualified("E1EDKA1", "PARVW", role)) is not None:
            return found
    return None


def party_of(mapping: Mapping, segment: Segment) -> dict[str, Any]:
    names = [mapping.text(segment, f"NAME{n}") for n in range(1, 5)]
    gln = mapping.text(segment, "ILNNR")
    identifiers = []
    if gln:
        known = sap.is_gs1(gln)
        identifiers.append({"value": gln, "scheme": "0088" if known else None})
        if not known:
            message = "this is no GLN, its check digit does not fit; kept without a scheme"
            mapping.warnings.add("idoc-gln", message, mapping.place(segment, "ILNNR"), gln)
    party = {
        "name": " ".join(n for n in names if n),
        "identifiers": identifiers,
        "erp_id": mapping.text(segment, "PARTN"),
        "address": address_of(mapping, segment),
    }
    return {k: v for k, v in party.items() if v}


def address_of(mapping: Mapping, segment: Segment) -> dict[str, Any]:
    box = mapping.text(segment, "PFACH")
    more = [mapping.text(segment, "STRS2"), mapping.text(segment, "ORT02"), f"PO box {box}" if box else None]
    extra = [m for m in more if m]
    house = mapping.text(segment, "HAUSN")
    street = " ".join(p for p in (mapping.text(segment, "STRAS"), house if house and house.strip("0") else None) if p)
    address = {
        "line_1": street or None,
        "line_2": extra[0] if extra else None,
        "line_3": ", ".join(extra[1:]) or None,
        "city": mapping.text(segment, "ORT01"),
        "post_code": mapping.text(segment, "PSTLZ"),
        "subdivision": mapping.text(segment, "REGIO"),
        "country": mapping.text(segment, "LAND1"),
    }
    return {k: v for k, v in address.items() if v}


def seller(mapping: Mapping, head: Segment) -> dict[str, Any] | None:
    segment = partner(mapping, *SELLER)
    if segment is None:
        return None
    mapping.sources[("seller",)] = segment
    party = party_of(mapping, segment)
    if ours := party.pop("erp_id", None):
        # PARTN of RS is the number that the customer gave us: BT-29, by which the buyer knows its seller
        party["identifiers"] = [{"value": ours}, *party.get("identifiers", [])]
    contact = {"name": mapping.text(segment, "BNAME"), "telephone": mapping.text(segment, "TELF1")}
    if contact["telephone"]:  # without one, BNAME is only the user who ran the billing
        party["contact"] = {k: v for k, v in contact.items() if v}
    tax = mapping.text(head, "EIGENUINR")
    if tax:
        # BR-CO-09: a VAT number begins with its country; what does not is a local tax number (BT-32)
        party["vat_identifier" if tax[:2].isalpha() else "tax_registration"] = tax
    return party


def buyer(mapping: Mapping, head: Segment) -> dict[str, Any] | None:
    segment = partner(mapping, *BUYER)
    if segment is None:
        return None
    mapping.sources[("buyer",)] = segment
    party = party_of(mapping, segment)
    party.setdefault("erp_id", mapping.text(head, "RECIPNT_NO"))
    tax = mapping.text(head, "KUNDEUINR")
    if tax and _is_vat_number(tax):
        party["vat_identifier"] = tax
    else:
        mapping.keep("E1EDK01/KUNDEUINR", tax)
    contact = {"name": mapping.text(segment, "BNAME"), "telephone": mapping.text(segment, "TELF1")}
    party["contact"] = {k: v for k, v in contact.items() if v}
    return {k: v for k, v in party.items() if v}


def _is_vat_number(tax: str) -> bool:
    """Begins with its country (ISO 3166-1; EL is Greece's, XI Northern Ireland's) and has digits: `ESB12345674` too."""
    return tax[:2] in COUNTRIES | {"EL", "XI"} and any(c.isdigit() for c in tax[2:])


def reference(mapping: Mapping) -> str | None:
    """BT-10: the customer's own reference (IHREZ), of the sold-to or the bill-to party."""
    found = (mapping.text(partner(mapping, role), "IHREZ") for role in ("AG", "RE"))
    return next((f for f in found if f), None)


def hints(mapping: Mapping, data: dict[str, Any]) -> None:
    segment = partner(mapping, *BUYER)
    iso = mapping.text(segment, "SPRAS_ISO")
    language = iso.lower() if iso else sap.LANGUAGES.get(mapping.text(segment, "SPRAS") or "")
    if language:
        data["hints"] = {"language": language}


def delivery(mapping: Mapping) -> dict[str, Any] | None:
    segment = partner(mapping, "WE")
    when = mapping.first_day("001")
    if segment is None:
        return {"date": when} if when else None
    mapping.sources[("delivery",)] = segment
    party = party_of(mapping, segment)
    location = next(iter(party.get("identifiers", ())), None)
    found = {"name": party.get("name"), "location": location, "address": party.get("address"), "date": when}
    return {k: v for k, v in found.items() if v}


def aside(mapping: Mapping, *played: tuple[str, ...]) -> None:
    """Keep the partners that play none of these roles, and what stands below each."""
    used = [partner(mapping, *roles) for roles in played]
    for segment in mapping.segments.get("E1EDKA1", ()):
        role = mapping.text(segment, "PARVW")
        for below in segment.below:
            mapping.aside(f"E1EDKA1[{role}]/{below.tag}", below)
        if not any(segment is one for one in used):
            for field in ("PARTN", "NAME1", "ILNNR"):
                mapping.keep(f"E1EDKA1[{role}]/{field}", mapping.text(segment, field))
