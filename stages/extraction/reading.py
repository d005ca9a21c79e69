"""The formats that are read, in one table, and the step by which any export is read.

To add a format: one module with `fits(head, profile)` and `read(source, profile, cursor, budget)`, and one row here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import BinaryIO

from schemas.errors import LimitExceeded
from schemas.profiles import ExtractionProfile
from stages.extraction import archives, canonical, delimited, idoc, ubl
from stages.extraction.recognise import HEAD_BYTES, Format, Head, recognise_among
from stages.extraction.records import (
    EXPORT_BYTES,
    Budget,
    Cursor,
    Portion,
    Record,
    Source,
    Step,
    pack,
    refuse,
    unpack,
    unreadable,
)

__all__ = ["FORMATS", "Format", "Record", "Step", "read", "recognise"]

FORMATS: tuple[Format, ...] = (
    Format("ubl", "UBL 2.1 Invoice and CreditNote", ubl.fits, ubl.read),
    Format("idoc", "SAP IDoc INVOIC02 and INVOIC01 as XML", idoc.fits, idoc.read),
    Format("json", "canonical JSON", canonical.fits, canonical.read),
    Format("csv", "CSV with a mapping profile", delimited.fits, delimited.read, delimited.companion),
)
"""Asked in this order; CSV last, for nearly any text could be one."""


def recognise(head: bytes, name: str, profile: ExtractionProfile | None = None) -> Format:
    """The format of an export that begins with `head`. Raises ExportUnreadable, saying what was seen.

    An archive is opened by `read`; here it is refused like anything that no format fits.
    """
    return recognise_among(FORMATS, head, name, profile)


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
    kind = _head(source, name).kind
    if kind in ("zip", "gzip"):
        records, after = archives.read(
            whole,
            kind,
            place,
            budget,
            lambda member, inner, rest: _read_file(member, profile, inner, rest, packed=True),
            lambda member: any(f.companion(member, profile) for f in FORMATS),
        )
    else:
        records, after = _read_file(whole, profile, place, budget)
    return Step(tuple(records), pack(after))


def _head(file: BinaryIO, name: str) -> Head:
    file.seek(0)
    return Head(file.read(HEAD_BYTES), name)


def _read_file(
    source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget, *, packed: bool = False
) -> Portion:
    head = _head(source.file, source.name)
    if packed and head.kind in ("zip", "gzip"):
        raise unreadable("the archive", (archives.nested(),))
    return recognise(head.data, source.name, profile).read(source, profile, cursor, budget)
