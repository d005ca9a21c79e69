"""What is done with an element: the actions of which tables of XML formats are made (see `xml_walk.py`)."""

from __future__ import annotations

import re

from lxml import etree

from stages.formats.reading.xml_walk import Action, Data, Node, Walk

_ZONE = re.compile(r"(?:Z|[+-]\d{2}:\d{2})\Z")


def text(field: str) -> Action:
    return lambda walk, target, element: walk.put(target, field, element.text, element)


def later(key: str) -> Action:
    """An element that is understood when all is read (`Walk.waiting`)."""
    return lambda walk, target, element: walk.later(target, key, element)


def day(field: str) -> Action:
    """xs:date may carry a zone; the calendar date is what counts."""
    return lambda walk, target, element: walk.put(target, field, _ZONE.sub("", (element.text or "").strip()), element)


def amount(field: str) -> Action:
    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        walk.currency(element)
        walk.put(target, field, element.text, element)

    return act


def quantity(field: str, unit: str) -> Action:
    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        walk.put(target, field, element.text, element)
        walk.put(target, unit, element.get("unitCode"), element)

    return act


def identifier(field: str, scheme: str = "schemeID") -> Action:
    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        if element.text and element.text.strip():
            walk.put_part(target, field, _identifier(element, scheme), element)

    return act


def identifiers(field: str, scheme: str = "schemeID", version: str = "") -> Action:
    """Each with its scheme, and the scheme's version where an attribute has one."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        if element.text and element.text.strip():
            each = _identifier(element, scheme)
            if version and element.get(version):
                each["version"] = element.get(version)
            walk.append(target, field, each, element)

    return act


def _identifier(element: etree._Element, scheme: str) -> Data:
    return {"value": element.text, "scheme": element.get(scheme) or None}


def group(field: str, node: Node) -> Action:
    """A group of fields; a second one is not understood, for the model holds one."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        below: Data = {}
        walk.run(node, below, element)
        if below:
            walk.put_part(target, field, below, element)

    return act


def groups(field: str, node: Node) -> Action:
    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        below: Data = {}
        walk.run(node, below, element)
        walk.append(target, field, below, element)

    return act


def within(node: Node) -> Action:
    """An element that only wraps: its children belong to the group around it."""
    return lambda walk, target, element: walk.run(node, target, element)


def merged(field: str, node: Node) -> Action:
    """A group whose parts stand in several elements (delivery address and party)."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        below: Data = target.get(field) or {}
        walk.run(node, below, element)
        if below:
            target[field] = below

    return act


def joined(field: str) -> Action:
    """A text that may stand several times: joined by line breaks."""

    def act(_walk: Walk, target: Data, element: etree._Element) -> None:
        said = (element.text or "").strip()
        if said:
            target[field] = f"{target[field]}\n{said}" if field in target else said

    return act


def ignored(_walk: Walk, _target: Data, _element: etree._Element) -> None:
    """Carries nothing that the canonical document does not say otherwise."""


def flag(field: str) -> Action:
    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        said = (element.text or "").strip()
        walk.put(target, field, {"true": True, "1": True, "false": False, "0": False}.get(said, said), element)

    return act


def aside(key: str) -> Action:
    """What the canonical document has no field for, and a reader knows: kept among the extras, without a warning.

    Of an element with others in it each text is kept, `key.Name.Name`.
    """

    def act(walk: Walk, _target: Data, element: etree._Element) -> None:
        walk.keep(key, element)

    return act


def embedded(walk: Walk, target: Data, element: etree._Element) -> None:
    """BT-125: a file in Base64, with its media type and name."""
    walk.put(target, "content_base64", element.text, element)
    walk.put(target, "media_type", element.get("mimeCode"), element)
    walk.put(target, "file_name", element.get("filename"), element)
