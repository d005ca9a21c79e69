"""A walk over a cXML document, and the actions of which its tables are made: attributes, money, texts.

Source: cXML User's Guide 1.2 (Credential, Money, Extrinsic).
"""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from stages.formats.reading.completing import as_day
from stages.formats.reading.xml_walk import Action, Data, Node, Syntax, Walk

SCHEMES = {"DUNS": "0060", "EANID": "0088", "GLN": "0088", "GTIN": "0160"}
"""Domains of credentials that ISO 6523 has a number for; the others (NetworkId, ...) have none."""
_EXTRAS = 100
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

    def known(self, element: etree._Element, *attributes: str) -> None:
        """What is understood, and has no field: its texts and attributes are kept aside, without a warning."""
        for leaf in element.iter() if not attributes else (element,):
            if not isinstance(leaf.tag, str) or len(self.extras) >= _EXTRAS:
                continue
            path = self.path(leaf)
            if leaf.text and leaf.text.strip() and not attributes:
                self.extras.setdefault(path, leaf.text.strip()[:1000])
            for name, value in leaf.items():
                told = str(name) in attributes or (not attributes and self._tells(leaf, str(name)))
                if told and str(value).strip():
                    self.extras.setdefault(f"{path}/@{name!s}", str(value).strip()[:1000])

    @staticmethod
    def _tells(element: etree._Element, name: str) -> bool:
        """Of a payment card nothing is kept."""
        return element.tag != "PCard" and (name not in _QUIET or (name == "name" and element.tag == "Extrinsic"))

    def unknown(self, element: etree._Element, rule: str = "unknown", message: str = "") -> None:
        """As everywhere, but cXML says half of what it says in attributes."""
        super().unknown(element, rule, message)
        if isinstance(element.tag, str):
            self.known(element)

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
    """An element with attributes: `{"orderID": "number"}`; a field that begins with `@` is a date, `=` is kept aside,
    an empty one tells nothing. Its children go by the table, into the same part."""

    def act(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
        fields = attributes or {}
        for name, value in element.items():
            field = fields.get(str(name))
            if field is None:
                if name not in _QUIET and str(value).strip():
                    walk.aside(element, str(name), str(value))
            elif field == "=":
                walk.known(element, str(name))
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
            else:
                walk.unknown(child)

    return act


def kept(walk: CxmlWalk, _target: Data, element: etree._Element) -> None:
    """What partners use and no field of ours holds: aside, without a warning."""
    walk.known(element)


def subtotal(walk: CxmlWalk, _target: Data, element: etree._Element) -> None:
    """An amount that says nothing more where one beside it says the same."""
    amounts = [(each.text or "").strip() for each in element.iter("Money")]
    parent = element.getparent()
    beside = parent.iterchildren("SubtotalAmount", "NetAmount") if parent is not None else ()
    if amounts not in [[(m.text or "").strip() for m in each.iter("Money")] for each in beside if each is not element]:
        walk.known(element)


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
