"""The step by which any export is read: recognise its format, read on from a cursor, stop in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import BinaryIO

from schemas.errors import ExportUnreadable, LimitExceeded
from schemas.profiles import ExtractionProfile
from stages.formats.format import Format
from stages.formats.reading import archives
from stages.formats.reading.head import HEAD_BYTES, Head
from stages.formats.reading.records import (
    EXPORT_BYTES,
    Budget,
    Cursor,
    Portion,
    Record,
    Source,
    Step,
    pack,
    refuse,
    shorten,
    unpack,
    unreadable,
)
from stages.formats.registry import formats

__all__ = ["Record", "Step", "read", "recognise"]


def recognise(head: Head, profile: ExtractionProfile | None = None) -> Format:
    """The first format of the registry that fits. Raises ExportUnreadable, saying what was seen."""
    known = [each for each in formats() if each.read is not None and each.fits is not None]
    for one in known:
        assert one.fits is not None
        if one.fits(head, profile):
            return one
    if head.kind == "xml" and head.damage:
        raise unreadable("the export", (head.damage,))
    raise _unknown(head)


def _unknown(seen: Head) -> ExportUnreadable:
    what, found = {
        "empty": ("the file is empty", None),
        "binary": ("the file is neither text nor a known archive", seen.data[:16].hex(" ")),
        "pdf": ("the PDF holds no e-invoice; pages of many documents are read with a layout profile", "%PDF"),
        "json": ("the JSON holds no document that is read here", seen.text[:60]),
    }.get(seen.kind, (_TEXT, seen.text[:60]))
    if seen.kind == "xml" and seen.elements:
        namespace, local = seen.elements[0]
        what = f"the XML's root element is {shorten(local)!r}" + (f" of {shorten(namespace)!r}" if namespace else "")
        found = seen.words.get("IDOCTYP") or local
        if "IDOCTYP" in seen.words:
            what += f", an IDoc of type {shorten(found)}"
    told = f"{what}. `entrega formats` lists what is read"
    return unreadable("the export", (refuse("format-unknown", told, "line 1", found),))


_TEXT = (
    "the text has no known structure; tables of text are read with a mapping profile, "
    "which `entrega profile suggest FILE` proposes"
)


def read(
    source: BinaryIO,
    name: str,
    profile: ExtractionProfile | None,
    cursor: str | None,
    *,
    limit: int = 500,
    seconds: float = 5.0,
    clock: Callable[[], float] = time.monotonic,
) -> Step:
    """Read on from `cursor` (None: from the start), at most `limit` records or `seconds` of the monotonic `clock`.

    Raises ExportUnreadable or LimitExceeded (permanent) when the export as a whole is refused; a record that is
    refused comes as a Record with its error, and the rest goes on.
    """
    budget = Budget(max(1, limit), seconds, clock)
    place = unpack(cursor)
    size = source.seek(0, 2)
    if size > EXPORT_BYTES:
        finding = refuse("export-size", f"the export has more than {EXPORT_BYTES} bytes", found=str(size))
        raise LimitExceeded("the export is larger than allowed", findings=(finding,))
    whole = Source(source, name)
    head = _head(source, name)
    if is_archive(head, profile):
        records, after = archives.read(
            whole,
            head.kind,
            place,
            budget,
            lambda member, inner, rest: _read_file(member, profile, inner, rest, packed=True),
            lambda member: any(f.companion(member, profile) for f in formats()),
        )
    else:
        records, after = _read_file(whole, profile, place, budget)
    return Step(tuple(records), pack(after))


def _head(file: BinaryIO, name: str) -> Head:
    """The file's beginning; it stands there again."""
    file.seek(0)
    head = Head(file.read(HEAD_BYTES), name)
    file.seek(0)
    return head


def is_archive(head: Head, profile: ExtractionProfile | None) -> bool:
    """A .zip or .gz of exports; not a format that happens to be a zip (XLSX)."""
    return head.kind in ("zip", "gzip") and not any(f.fits and f.fits(head, profile) for f in formats())


def _read_file(
    source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget, *, packed: bool = False
) -> Portion:
    head = _head(source.file, source.name)
    if packed and is_archive(head, profile):
        raise unreadable("the archive", (archives.nested(),))
    read = recognise(head, profile).read
    assert read is not None, "recognise gives what can be read"
    return read(source, profile, cursor, budget)
