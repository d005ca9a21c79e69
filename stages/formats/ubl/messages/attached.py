"""Documents beside a message: AdditionalDocumentReference with a file, or an address that is never fetched."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.documents import Attachment
from schemas.errors import Finding
from stages.formats.binding.attributed import embedded
from stages.formats.binding.elements import Element, text
from stages.formats.binding.groups import parts, wrap

ATTACHED: tuple[Element, ...] = (
    parts(
        "cac:AdditionalDocumentReference",
        "attachments",
        text("cbc:ID", "reference"),
        text("cbc:DocumentType", "description"),
        wrap(
            "cac:Attachment",
            embedded("cbc:EmbeddedDocumentBinaryObject"),
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


def untyped(attachments: tuple[Attachment, ...]) -> Iterator[Finding]:
    """Fatal losses: the schema has no binary object without `mimeCode`."""
    message = "UBL has no embedded file (BT-125) without a media type: give it, or a file name with its ending"
    for index, each in enumerate(attachments):
        if each.content_base64 and not each.media_type:
            yield Finding(rule="ubl-loss", message=message, place=f"attachments[{index}].media_type")
