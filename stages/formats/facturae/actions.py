"""What single elements of Facturae say, where a row of the table (`terms.py`) is more than a text and its field."""

from __future__ import annotations

from base64 import b64encode

from lxml import etree

from stages.formats.facturae.codes import CENTRES, MEDIA_TYPES, PREFIX
from stages.formats.facturae.walk import Walk
from stages.formats.reading.countries import ALPHA_2
from stages.formats.reading.xml_actions import aside, text
from stages.formats.reading.xml_walk import Action, Data, Node


def kept(key: str) -> Action:
    return aside(PREFIX + key)


def coded(field: str, codes: dict[str, str], rule: str) -> Action:
    """A code of Facturae's, as the canonical document has it; one that has no counterpart stays and is warned of."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        said = (element.text or "").strip()
        if said and said not in codes:
            walk.warnings.add(f"facturae-{rule}", "this code has no counterpart; it stays", walk.place(element), said)
        walk.put(target, field, codes.get(said, said), element)

    return act


def said(field: str) -> Action:
    """A total that is needed when all is read."""

    def act(walk: Walk, _target: Data, element: etree._Element) -> None:
        walk.said.setdefault(field, (element.text or "").strip())

    return act


def country(walk: Walk, target: Data, element: etree._Element) -> None:
    code = (element.text or "").strip()
    walk.put(target, "country", ALPHA_2.get(code, code), element)


def post_code_and_town(walk: Walk, target: Data, element: etree._Element) -> None:
    """Abroad both stand in one element: split at the first blank where the code before it has a digit."""
    code, _, town = (element.text or "").strip().partition(" ")
    if town and any(c.isdigit() for c in code):
        walk.put(target, "post_code", code, element)
        walk.put(target, "city", town, element)
    else:
        walk.put(target, "city", element.text, element)


def surname(_walk: Walk, target: Data, element: etree._Element) -> None:
    name = (element.text or "").strip()
    if name:
        target["family_name"] = f"{target['family_name']} {name}" if "family_name" in target else name


def centre(walk: Walk, _target: Data, element: etree._Element) -> None:
    """A public buyer's DIR3 codes, by role; what else is known of a centre stands beside them."""
    role, code = ((element.findtext(name) or "").strip() for name in ("RoleTypeCode", "CentreCode"))
    key = CENTRES.get(role, f"centre_{role}" if role else "centre")
    if walk.side == "seller":
        key = f"seller.{key}"
    if code:
        walk.extras.setdefault(PREFIX + key, code[:100])
    for name in ("Name", "CentreDescription", "PhysicalGLN", "LogicalOperationalPoint"):
        below = element.find(name)
        if below is not None:
            walk.keep(f"{PREFIX}{key}.{name}", below)


def taxes(kind: str) -> Action:
    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        walk.taxes.setdefault((id(target), kind), []).append(element)

    return act


def allowance(charge: bool, amount: str, rate: str, reason: str) -> Node:
    def mark(walk: Walk, target: Data, element: etree._Element) -> None:
        target["charge"] = charge
        walk.put(target, "amount", element.text, element)

    return {amount: mark, rate: text("percentage"), reason: text("reason")}


def note(subject: str | None) -> Action:
    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        words = (element.text or "").strip()
        if words:
            walk.append(target, "notes", {"text": words, "subject_code": subject}, element)

    return act


def sequence(walk: Walk, target: Data, element: etree._Element) -> None:
    """xs:double: `1.0` is line 1."""
    number = (element.text or "").strip()
    whole, _, rest = number.partition(".")
    walk.put(target, "identifier", whole if whole and not rest.strip("0") else number, element)


def of_line(field: str, key: str) -> Action:
    """A reference that stands on lines: the document's, where all lines say the same (`Walk.settle`)."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        words = (element.text or "").strip()
        if words:
            walk.of_lines.setdefault(field, {}).setdefault(words, []).append((id(target), key))

    return act


def payment(walk: Walk, target: Data, element: etree._Element) -> None:
    walk.instalments.append(element)


def attachment(fields: Node) -> Action:
    """BG-24, whose own elements `fields` read."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        part: Data = {}
        walk.run(fields, part, element)
        number = len(target.get("attachments", ())) + 1
        part["reference"] = part.get("description", "")[:60].strip() or f"attachment-{number}"
        form = (element.findtext("AttachmentFormat") or "").strip()
        packed = (element.findtext("AttachmentCompressionAlgorithm") or "NONE").strip()
        if packed != "NONE":
            walk.warnings.add(
                "facturae-packed", "the attachment is compressed, and stays so", walk.place(element), packed
            )
            part["media_type"] = {"ZIP": "application/zip", "GZIP": "application/gzip"}.get(packed, packed)
            part["file_name"] = f"attachment-{number}.{form}.{packed.lower()}"
        else:
            part["media_type"] = MEDIA_TYPES.get(form, form or None)
            part["file_name"] = f"attachment-{number}.{form}" if form else None
        content = str(part.get("content_base64") or "")
        if element.findtext("AttachmentEncoding") == "NONE" and content.startswith(_PLAIN):
            part["content_base64"] = b64encode(content.encode()).decode()
        walk.append(target, "attachments", part, element)

    return act


_PLAIN = ("<", "{")
"""How XML, HTML and RTF begin, and Base64 never does."""
