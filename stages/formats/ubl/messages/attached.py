"""Documents beside a message: AdditionalDocumentReference with a file, or an address that is never fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

from schemas.documents import Attachment
from stages.formats.binding.elements import Element, special, text
from stages.formats.binding.groups import parts, wrap
from stages.formats.reading.xml_walk import Data, Walk
from stages.formats.writing.xml_text import attribute, escaped


def _read(walk: Walk, target: Data, element: etree._Element) -> None:
    walk.put(target, "content_base64", "".join((element.text or "").split()), element)
    walk.put(target, "media_type", element.get("mimeCode"), element)
    walk.put(target, "file_name", element.get("filename"), element)


def _write(part: Any, _currency: str) -> str:
    if not part.content_base64:
        return ""
    attributes = attribute("mimeCode", part.media_type) + attribute("filename", part.file_name)
    tag = "cbc:EmbeddedDocumentBinaryObject"
    return f"<{tag}{attributes}>{escaped(part.content_base64)}</{tag}>"


ATTACHED: tuple[Element, ...] = (
    parts(
        "cac:AdditionalDocumentReference",
        "attachments",
        text("cbc:ID", "reference"),
        text("cbc:DocumentType", "description"),
        wrap(
            "cac:Attachment",
            special("cbc:EmbeddedDocumentBinaryObject", _read, _write, "content_base64", "media_type", "file_name"),
            text("cac:ExternalReference/cbc:URI", "external_location"),
        ),
    ),
)


def unattached(attachments: tuple[Attachment, ...]) -> Iterator[tuple[str, str]]:
    """What an attachment loses that has no content."""
    for index, each in enumerate(attachments):
        for name in ("media_type", "file_name"):
            if getattr(each, name) and not each.content_base64:
                yield f"attachments[{index}].{name}", "only an embedded document has it"
