"""A walk over a cXML document, and the actions of which its tables are made: attributes, money, addresses, parties.

Source: cXML User's Guide 1.2 (Address, Credential, Money, Extrinsic).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lxml import etree

from schemas.codes import COUNTRIES
from stages.formats.reading.completing import as_day
from stages.formats.reading.xml_actions import ignored, merged, text
from stages.formats.reading.xml_walk import Action, Data, Node, Syntax, Walk

SCHEMES = {"DUNS": "0060", "EANID": "0088", "GLN": "0088", "GTIN": "0160"}
"""Domains of credentials that ISO 6523 has a number for; the others (NetworkId, ...) have none."""
_QUIET = frozenset(
    {"{http://www.w3.org/XML/1998/namespace}lang", "currency", "name", "alternateAmount", "alternateCurrency"}
)


class CxmlWalk(Walk):
    """Remembers the currency of every amount, and whether the request says that it is a test."""

    def __init__(self, root: etree._Element, line: int) -> None:
        super().__init__(root, line, Syntax("cxml", {}, "this reader"))
        self.test = False

    def say(self, rule: str, message: str, element: etree._Element, found: str | None = None) -> None:
        self.warnings.add(f"cxml-{rule}", message, self.place(element), found)

    def aside(self, element: etree._Element, name: str, value: str) -> None:
        """An attribute that no table has: kept aside, with a warning."""
        self.extras.setdefault(f"{self.path(element)}/@{name}", value[:1000])
        self.say("unknown", f"this reader has no attribute {name!r} here; its text is kept aside", element, value)

    def credential(self, role: str) -> Data | None:
        """The party of the header's From or To, by its number."""
        element = self.root.find(f"Header/{role}/Credential")
        identity = element.findtext("Identity") if element is not None else None
        if element is None or not identity or not identity.strip():
            return None
        scheme = SCHEMES.get((element.get("domain") or "").upper())
        number = {"value": identity.strip()} | ({"scheme": scheme} if scheme else {})
        return {"identifiers": [number]}


def day(value: str) -> str:
    """The calendar date of a dateTime (ISO 8601), as it is written; anything else stays as it is."""
    return value[:10] if len(value) > 10 and value[10] == "T" and as_day(value[:10]) else value


def of(node: Node, attributes: Mapping[str, str] | None = None) -> Action:
    """An element with attributes: `{"orderID": "number"}`; a field that begins with `@` is a date, an empty one tells
    nothing. Its children go by the table, into the same part."""

    def act(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
        fields = attributes or {}
        for name, value in element.items():
            field = fields.get(str(name))
            if field is None:
                if name not in _QUIET and str(value).strip():
                    walk.aside(element, str(name), str(value))
            elif field.startswith("@"):
                walk.put(target, field[1:], day(str(value).strip()), element)
            elif field:
                walk.put(target, field, str(value), element)
        walk.run(node, target, element)

    return act


def part(field: str, node: Node, attributes: Mapping[str, str] | None = None) -> Action:
    """An element that is one more part of a list."""
    fill = of(node, attributes)

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        below: Data = {}
        walk.parents[id(below)] = element
        fill(walk, below, element)
        walk.append(target, field, below, element)

    return act


def money(field: str, more: Node | None = None) -> Action:
    """An element around a Money; an empty Money says nothing."""

    def act(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
        for child in element:
            if child.tag == "Money":
                code = child.get("currency")
                if code and code not in walk.currencies:
                    walk.currencies[code] = child
                above, _, name = field.rpartition(".")
                where = target.setdefault(above, {}) if above and (child.text or "").strip() else target
                walk.put(where, name, child.text, child)
            elif more and str(child.tag) in more:
                more[str(child.tag)](walk, target, child)
            elif not more:
                walk.unknown(child)

    return act


def said(field: str) -> Action:
    """A Description: its own text, or its ShortName before it. In several languages, the first one."""

    def act(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
        words = " ".join(" ".join(str(each) for each in element.itertext("*")).split())
        short = element.findtext("ShortName")
        if field in target:
            if words and words != target[field]:
                walk.unknown(element, "repeated", "stands here once more; the first one is used")
            return
        walk.put(target, field, (short or words).strip(), element)
        if short and words.replace(short.strip(), "", 1).strip():
            walk.put(target, "description", words.replace(short.strip(), "", 1).strip(), element)

    return act


def note(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """Comments of the document (BG-1); what is attached there is kept aside, and never fetched."""
    if (element.text or "").strip():
        walk.append(target, "notes", {"text": (element.text or "").strip()[:5000]}, element)
    for child in element:
        walk.unknown(child, "attachment", "an attachment is named, and not fetched")


def remark(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """Comments of a line."""
    words = (element.text or "").strip()
    if words:
        target["note"] = f"{target['note']}\n{words}"[:5000] if "note" in target else words
    for child in element:
        walk.unknown(child, "attachment", "an attachment is named, and not fetched")


def extrinsic(walk: CxmlWalk, _target: Data, element: etree._Element) -> None:
    """What partners agree on beside the standard: kept under its own name, as it is meant to be."""
    name, words = element.get("name") or "", (element.text or "").strip()
    if name and words and len(walk.extras) < 100:
        walk.extras.setdefault(f"extrinsic {name[:60]}", words[:1000])


def telephone(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    number = element.find("TelephoneNumber")
    if number is None:
        return
    country, area, local = (number.findtext(tag) or "" for tag in ("CountryCode", "AreaOrCityCode", "Number"))
    words = " ".join(
        each.strip() for each in (f"+{country.strip()}" if country.strip() else "", area, local) if each.strip()
    )
    if "telephone" not in target:
        walk.put(target, "telephone", words, element)


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
    words = (element.text or "").strip()
    if words and "name" not in target:
        walk.put(target, "name", words, element)


_POSTAL: Node = {
    "DeliverTo": ignored,
    "Street": street,
    "City": text("city"),
    "Municipality": ignored,
    "State": text("subdivision"),
    "PostalCode": text("post_code"),
    "Country": country,
}
_PERSON: Node = {"DeliverTo": _deliver, **dict.fromkeys(_POSTAL.keys() - {"DeliverTo"}, ignored)}


def _postal(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    merged("address", _POSTAL)(walk, target, element)
    merged("contact", _PERSON)(walk, target, element)


def _reach(name: str, action: Action) -> Action:
    """A telephone number or mail address of the party's contact."""

    def act(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
        contact = target.get("contact") or {}
        if name not in contact:
            action(walk, contact, element)
        if contact:
            target["contact"] = contact

    return act


def _reference(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """IdReference: a tax number, or a number of the party by its domain."""
    domain, number = element.get("domain") or "", (element.get("identifier") or "").strip()
    if not number:
        return
    if domain in ("vatID", "supplierTaxID", "buyerTaxID", "taxID"):
        walk.put(target, "vat_identifier" if domain == "vatID" else "tax_registration", number, element)
    else:
        scheme = SCHEMES.get(domain.upper())
        walk.append(target, "identifiers", {"value": number} | ({"scheme": scheme} if scheme else {}), element)


PARTY: Node = {
    "Name": said("name"),
    "PostalAddress": _postal,
    "Email": _reach("email", text("email")),
    "Phone": _reach("telephone", telephone),
    "Fax": ignored,
    "URL": ignored,
    "IdReference": _reference,
    "Extrinsic": extrinsic,
}
"""Address and Contact: a party."""


def party(walk: CxmlWalk, element: etree._Element) -> Data:
    """An Address or Contact as a party; its addressID is a number of it."""
    found: Data = {}
    walk.parents[id(found)] = element
    number = (element.get("addressID") or "").strip()
    if number:
        domain = SCHEMES.get((element.get("addressIDDomain") or "").upper())
        found["identifiers"] = [{"value": number} | ({"scheme": domain} if domain else {})]
    walk.run(PARTY, found, element)
    return found


def delivery(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """Where the goods go: an Address or Contact."""
    found = party(walk, element)
    made: Data = {name: found[name] for name in ("name", "address") if name in found}
    if found.get("identifiers"):
        made["location"] = found["identifiers"][0]
    if made:
        walk.put_part(target, "delivery", {**target.pop("delivery", {}), **made}, element)


def named(found: Any, fallback: Data | None) -> Data | None:
    """A party with the number that the header's credential gives it."""
    if not found:
        return fallback
    if fallback and fallback["identifiers"][0] not in found.get("identifiers", []):
        found.setdefault("identifiers", []).extend(fallback["identifiers"])
    return dict(found)
