"""IDocs in a flat file: each begins with its control record (EDI_DC40), one record a line, trailing blanks may be cut.

Source: SAP, structures EDI_DC40 and EDI_DD40 (record types of port version 4.x)
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from schemas.errors import Finding
from stages.formats.idoc.definitions import LONGEST
from stages.formats.reading.records import DOCUMENT_BYTES, Cursor, refuse, unreadable

SEGMENTS = 60_000
"""The most segments of one IDoc."""
CONTROL = "EDI_DC40"


@dataclass(frozen=True)
class Piece:
    """The records of one IDoc with their lines, or the finding why it is refused. `after` re-enters behind it."""

    ordinal: int
    rows: list[tuple[int, str]]
    after: Cursor | None
    refusal: Finding | None = None


def split(file: BinaryIO, encoding: str, cursor: Cursor | None) -> Iterator[Piece]:
    """Every IDoc from the cursor on. Raises ExportUnreadable when the file does not begin with a control record."""
    place = cursor or {}
    ordinal, offset, line = int(place.get("n", 0)), int(place.get("o", 0)), int(place.get("l", 1))
    file.seek(offset)
    if not cursor and file.read(3) != codecs.BOM_UTF8:
        file.seek(0)
    offset = file.tell()
    rows: list[tuple[int, str]] = []
    refusal: Finding | None = None
    size = 0
    for raw in iter(lambda: file.readline(4 * LONGEST + 2), b""):
        text, wrong = _text(raw, encoding, line)
        if text.startswith(CONTROL):
            if rows:
                ordinal += 1
                yield Piece(ordinal, rows, {"o": offset, "l": line, "n": ordinal}, refusal)
            rows, refusal, size = [], None, 0
        elif text.strip() and not rows:
            message = "a segment without a control record (EDI_DC40) before it"
            raise unreadable("the export", (refuse("idoc-control", message, f"line {line}", text[:30], CONTROL),))
        refusal = refusal or wrong
        size += len(raw)
        if len(rows) >= SEGMENTS or size > DOCUMENT_BYTES:
            message = f"an IDoc of more than {SEGMENTS} segments or {DOCUMENT_BYTES // 1024**2} MiB"
            refusal = refusal or refuse("idoc-limit", message, f"line {line}")
        elif text.strip():
            rows.append((line, text))
        offset += len(raw)
        line += raw.endswith(b"\n")
    if rows:
        yield Piece(ordinal + 1, rows, None, refusal)


def _text(raw: bytes, encoding: str, line: int) -> tuple[str, Finding | None]:
    try:
        text = raw.decode(encoding).rstrip("\r\n")
    except UnicodeDecodeError as error:
        text = raw.decode(encoding, "replace").rstrip("\r\n")
        message = f"the text is not {encoding.upper()}; the profile's idoc.encoding says which it is"
        return text, refuse("idoc-encoding", message, f"line {line}", f"byte 0x{raw[error.start]:02X}")
    if len(text) > LONGEST:
        message = f"a record of more than {LONGEST} characters: are there no line ends?"
        return text, refuse("idoc-record", message, f"line {line}", expected=f"at most {LONGEST}")
    return text, None
