"""Parties and places: Address and Contact, with the people, telephones and numbers in them.

Source: cXML User's Guide 1.2 (Address, Contact, IdReference).
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from schemas.codes import COUNTRIES
from stages.formats.cxml.walk import SCHEMES, CxmlWalk, extrinsic, kept, said
from stages.formats.reading.xml_actions import ignored, merged, text
from stages.formats.reading.xml_walk import Action, Data, Node

TAX_NUMBERS = {
    "vatID": "vat_identifier", "supplierTaxID": "tax_registration", "buyerTaxID": "tax_registration",
    "taxID": "tax_registration",
}  # fmt: skip
"""Domain of an IdReference -> field of the party."""


def telephone(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    number = element.find("TelephoneNumber")
    if number is None:
        return
    country, area, local = (number.findtext(tag) or "" for tag in ("CountryCode", "AreaOrCityCode", "Number"))
    words = " ".join(
        each.strip() for each in (f"+{country.strip()}" if country.strip() else "", area, local) if each.strip()
    )
    walk.put(target, "telephone", words, element)
    for more in number.iterchildren("Extension"):
        walk.known(more)


def country(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    code = (element.get("isoCountryCode") or "").strip()
    if code in COUNTRIES:
        walk.put(target, "country", code, element)
    else:
        walk.unknown(element, "country", "the country is none of ISO 3166-1")


def street(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    free = next((name for name in ("line_1", "line_2", "line_3") if name not in target), None)
    if free:
        walk.put(target, free, element.text, element)
    else:
        walk.unknown(element)


def _deliver(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    if "name" in target:
        walk.known(element)
    else:
        walk.put(target, "name", element.text, element)


_POSTAL: Node = {
    "DeliverTo": ignored,
    "Street": street,
    "City": text("city"),
    "Municipality": kept,
    "State": text("subdivision"),
    "PostalCode": text("post_code"),
    "Country": country,
}
_PERSON: Node = {"DeliverTo": _deliver, **dict.fromkeys(_POSTAL.keys() - {"DeliverTo"}, ignored)}


def _postal(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    merged("address", _POSTAL)(walk, target, element)
    merged("contact", _PERSON)(walk, target, element)


def _reach(name: str, action: Action) -> Action:
    """A telephone number or mail address of the party's contact; further ones are kept aside."""

    def act(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
        contact = target.get("contact") or {}
        if name in contact:
            walk.known(element)
        else:
            action(walk, contact, element)
        if contact:
            target["contact"] = contact

    return act


def _reference(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """IdReference: a tax number, or a number of the party by its domain."""
    domain, number = element.get("domain") or "", (element.get("identifier") or "").strip()
    if not number:
        return
    if field := TAX_NUMBERS.get(domain):
        walk.put(target, field, number, element)
    else:
        scheme = SCHEMES.get(domain.upper())
        walk.append(target, "identifiers", {"value": number} | ({"scheme": scheme} if scheme else {}), element)


PARTY: Node = {
    "Name": said("name"),
    "PostalAddress": _postal,
    "Email": _reach("email", text("email")),
    "Phone": _reach("telephone", telephone),
    "Fax": kept,
    "URL": kept,
    "IdReference": _reference,
    "Extrinsic": extrinsic,
}
"""Address and Contact: a party."""
_PLACE: Node = {
    "Name": said("name"),
    "PostalAddress": merged("address", {**_POSTAL, "DeliverTo": kept}),
    **dict.fromkeys(("Email", "Phone", "Fax", "URL", "IdReference"), kept),
    "Extrinsic": extrinsic,
}
"""The same as a place: who is there, and how to be reached, has no field."""


def party(walk: CxmlWalk, element: etree._Element, table: Node = PARTY) -> Data:
    """An Address or Contact as a party; its addressID is a number of it."""
    found: Data = {}
    walk.parents[id(found)] = element
    number = (element.get("addressID") or "").strip()
    if number:
        domain = SCHEMES.get((element.get("addressIDDomain") or "").upper())
        found["identifiers"] = [{"value": number} | ({"scheme": domain} if domain else {})]
    walk.run(table, found, element)
    return found


def delivery(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """Where the goods go: an Address or Contact."""
    if "delivery" in target:
        walk.unknown(element, "repeated", "goods go to another place, too; the first one is used")
        return
    found = party(walk, element, _PLACE)
    made: Data = {name: found[name] for name in ("name", "address") if name in found}
    if found.get("identifiers"):
        made["location"] = found["identifiers"][0]
    if made:
        walk.put_part(target, "delivery", made, element)


def named(found: Any, fallback: Data | None) -> Data | None:
    """A party with the number that the header's credential gives it."""
    if not found:
        return fallback
    if fallback and fallback["identifiers"][0] not in found.get("identifiers", []):
        found.setdefault("identifiers", []).extend(fallback["identifiers"])
    return dict(found)
