"""Canonical JSON: documents of any kind, keyed by the field names of `schemas/`.

In       UTF-8 (a byte order mark is passed over): one object, an array of objects, or objects one after the other
         (JSON lines, or written over several lines); `kind` tells which document it is, an invoice where it is not said
Out      one record for each object, `document[n]`
Refused  a number with decimals (`13.75`): JSON's floats lose digits, so amounts are texts; a key that
         stands twice; more than 32 levels; what does not fit the document. That record only, unless the file breaks off
Source   RFC 8259; the JSON Schemas that `schemas/` publishes
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from schemas.canonical import MODELS, Document
from schemas.documents import Invoice
from schemas.fields import Path
from schemas.profiles import ExtractionProfile
from stages.formats.reading.completing import Unfit, complete, complete_as, number_of
from stages.formats.reading.head import Head
from stages.formats.reading.json_text import Piece, parse, split
from stages.formats.reading.records import Budget, Cursor, Portion, Record, Source, refuse, refused, unreadable

_KEYS = re.compile(r'"(' + "|".join(sorted(Invoice.model_fields)) + r')"\s*:')
_KIND = re.compile(r'"kind"\s*:\s*"(?:' + "|".join(sorted(MODELS)) + r')"')


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    """The kind of a document, two fields of an invoice, or its number."""
    if head.kind != "json":
        return False
    keys = set(_KEYS.findall(head.text))
    return len(keys) > 1 or "invoice_number" in keys or _KIND.search(head.text) is not None


@dataclass(frozen=True)
class _Inexact:
    """A JSON number with a fraction or exponent, as it was written."""

    text: str


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    records: list[Record] = []
    for piece in split(source.file, cursor):
        records.append(_record(piece, profile))
        if budget.spent(len(records)):
            return records, piece.after
    if not records and not cursor:
        raise unreadable("the export", (refuse("json-no-document", "no document stands in it", "line 1"),))
    return records, None


def _record(piece: Piece, profile: ExtractionProfile | None) -> Record:
    address = f"document[{piece.ordinal}]"
    if piece.refusal:
        return Record(address, error=refused(address, (piece.refusal,)))
    try:
        return Record(address, _document(piece, profile))
    except Unfit as unfit:
        return Record(address, error=refused(address, unfit.findings), number=unfit.number)


def _document(piece: Piece, profile: ExtractionProfile | None) -> Document:
    data, locate = parse(piece, _Inexact)
    inexact: list[tuple[Path, str]] = []
    _collect(data, (), inexact)
    if inexact:
        message = "a JSON number with decimals loses digits on the way; write it as a text"
        found = [refuse("json-float", message, locate(p), t, json.dumps(t)) for p, t in inexact[:100]]
        raise Unfit(*found, number=number_of(data))
    constants = profile.constants if profile else None
    kind = data.get("kind", "invoice")
    model = MODELS.get(kind) if isinstance(kind, str) else None
    if model is None:
        message = "there is no document of this kind"
        raise Unfit(refuse("json-kind", message, locate(("kind",)), str(kind), ", ".join(MODELS)))
    if model is Invoice:
        return complete(data, locate, constants)
    return complete_as(model, data, locate, constants)


def _collect(value: Any, path: Path, found: list[tuple[Path, str]]) -> None:
    if isinstance(value, _Inexact):
        found.append((path, value.text))
    elif isinstance(value, dict):
        for key, below in value.items():
            _collect(below, (*path, key), found)
    elif isinstance(value, list):
        for index, below in enumerate(value):
            _collect(below, (*path, index), found)
