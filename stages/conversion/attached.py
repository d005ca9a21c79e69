"""Embedded files (BG-24) that came without a name or a media type: both are terms of BT-125 that UBL must have.

A name is made of the reference (BT-122), a type told by the name's ending or by the file's first bytes; each is a
finding, so that nobody takes them for given. Where neither tells the type it stays open.

Source   EN 16931-1, BT-122, BT-125-1, BT-125-2, and the types it allows
"""

from __future__ import annotations

import re

from schemas.documents import Attachment, Invoice
from schemas.errors import Finding
from schemas.orders import Order

_TYPES = {
    "pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ods": "application/vnd.oasis.opendocument.spreadsheet", "xml": "application/xml",
}  # fmt: skip
"""A name's ending -> the type of such a file."""
_ENDINGS = {media: ending for ending, media in reversed(_TYPES.items())} | {"text/xml": "xml"}
_BEGINNINGS = (("JVBERi0", "application/pdf"), ("iVBORw0KGgo", "image/png"), ("/9j/", "image/jpeg"))
"""Base64 of `%PDF-`, of PNG's signature, of JPEG's SOI and the marker behind it."""
_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 100


def named(document: Invoice | Order) -> tuple[Invoice | Order, tuple[Finding, ...]]:
    """The document with name and type of each embedded file, as far as they can be told, and what was told so."""
    if all(each.media_type and each.file_name for each in document.attachments if each.content_base64):
        return document, ()
    whole: list[Attachment] = []
    told: list[Finding] = []
    taken = {each.file_name.casefold(): 1 for each in document.attachments if each.file_name}
    for index, each in enumerate(document.attachments):
        if each.content_base64:
            media = each.media_type or _type_of(each)
            name = each.file_name or _name(each.reference, media, taken)
            if media and not each.media_type:
                told.append(_told(f"attachments[{index}].media_type", "media type", "its name or first bytes", media))
            if not each.file_name:
                told.append(_told(f"attachments[{index}].file_name", "name", "its reference (BT-122)", name))
            each = each.model_copy(update={"media_type": media, "file_name": name})
        whole.append(each)
    return document.model_copy(update={"attachments": tuple(whole)}), tuple(told)


def _type_of(each: Attachment) -> str | None:
    ending = (each.file_name or each.reference).rpartition(".")[2].lower()
    content = each.content_base64 or ""
    begins = next((media for beginning, media in _BEGINNINGS if content.startswith(beginning)), None)
    return begins or _TYPES.get(ending)


def _name(reference: str, media: str | None, taken: dict[str, int]) -> str:
    """Of the reference; no two alike (BR-DE-22). `taken`: names, and how many were made of one."""
    ending = _ENDINGS.get(media or "", "")
    stem = (_UNSAFE.sub("_", reference).strip("._") or "attachment")[:_LONGEST]
    if ending and stem.lower().endswith(f".{ending}"):
        stem = stem[: -len(ending) - 1]
    ending = f".{ending}" if ending else ""
    first = name = f"{stem}{ending}"
    while name.casefold() in taken:
        taken[first.casefold()] = count = taken.get(first.casefold(), 1) + 1
        name = f"{stem}-{count}{ending}"
    taken[name.casefold()] = 1
    return name


def _told(place: str, what: str, source: str, made: str) -> Finding:
    message = f"the embedded file (BT-125) has no {what}: one is made of {source}"
    return Finding(rule="attachment-completed", message=message, place=place, found=made, severity="warning")
