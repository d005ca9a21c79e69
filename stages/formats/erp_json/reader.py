"""JSON as ERPs give it: S/4HANA's OData, Business Central's API, Odoo's RPC.

In       one object, an array, JSON lines, or the answer's envelope: `d.results`, `value`, `result`, `records`, and the
         `message` of a log line
Out      one record for each row, `document[n]`; parts of documents and master data are refused by name
Refused  a document of which only the first page of lines was read; what is not posted
Source   see `s4hana.py`, `business_central.py`, `odoo.py`
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schemas.canonical import Document
from schemas.orders import Order
from schemas.profiles import ExtractionProfile
from stages.formats.erp_json import business_central, odoo, s4hana
from stages.formats.erp_json.row import Reading, Row, exact, lean
from stages.formats.reading.completing import Unfit, complete, complete_as, number_of
from stages.formats.reading.head import Head
from stages.formats.reading.json_text import Piece, parse, split
from stages.formats.reading.records import Budget, Cursor, Portion, Record, Source, refuse, refused, unreadable

_ENVELOPES = frozenset({("value",), ("message",), ("result",), ("result", "records"), ("d", "results"), ("records",)})
_KEYS = re.compile(
    r'"(BillingDocument|creditMemoDate|invoiceDate|orderDate|lineObjectNumber|invoice_line_ids|move_type'
    r'|currentFiscalYearStartDate|taxLiable)"\s*:'
)
"""What tells an ERP's row from any other JSON."""
_PLAIN = ExtractionProfile(name="none")


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    return head.kind == "json" and _KEYS.search(head.text) is not None


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    records: list[Record] = []
    for found in _rows(split(source.file, cursor, _ENVELOPES)):
        records.append(_record(found, profile))
        if budget.spent(len(records)):
            return records, found.after
    if not records and not cursor:
        raise unreadable("the export", (refuse("json-no-document", "no document stands in it", "line 1"),))
    return records, None


@dataclass
class _Found:
    """A row, or the reason why it cannot be parsed. `after` re-enters behind it and what was joined to it."""

    address: str
    after: Cursor | None
    row: Row | None = None
    wrong: Unfit | None = None


def _rows(pieces: Iterator[Piece]) -> Iterator[_Found]:
    """Every row; parts of S/4HANA's documents join the header before them."""
    current: _Found | None = None
    for piece in pieces:
        found = _Found(f"document[{piece.ordinal}]", piece.after)
        try:
            if piece.refusal:
                raise Unfit(piece.refusal)
            found.row = _row(piece)
        except Unfit as unfit:
            found.wrong = unfit
        if current is not None:
            if current.row and found.row and s4hana.attached(current.row, found.row):
                current.after = found.after
                continue
            yield current
        current = found
    if current is not None:
        yield current


def _record(found: _Found, profile: ExtractionProfile | None) -> Record:
    named, reading = None, Reading()
    try:
        if found.row is None:
            raise found.wrong or Unfit()
        said = found.row.data
        named = number_of({"number": said.get("BillingDocument", said.get("number", said.get("name")))})
        document = _document(found.row, profile, reading)
        return Record(found.address, document, None, reading.warnings.all())
    except Unfit as unfit:
        return Record(found.address, error=refused(found.address, unfit.findings), number=unfit.number or named)


def _row(piece: Piece) -> Row:
    """The row itself, out of the envelope of a single one."""
    data, locate = parse(piece, exact)
    path: tuple[str | int, ...] = ()
    for key in ("d", "result"):
        if isinstance(data.get(key), dict):
            data, path = data[key], (*path, key)
    return Row(data, path, locate)


def _document(row: Row, profile: ExtractionProfile | None, reading: Reading) -> Document:
    profile = profile or _PLAIN
    if (page := row.paged()) is not None:
        message = "only the first page of the lines was read: half an invoice is none"
        raise Unfit(refuse("erp-page", message, row.place(page)))

    def locate(path: tuple[str | int, ...]) -> str:
        return reading.locate(path, row)

    def finished(data: dict[str, Any]) -> dict[str, Any]:
        return lean({**data, "extras": reading.extras})

    if (wrong := business_central.refused(row)) is not None:
        raise wrong
    lines = business_central.lines_key(row)
    if lines == business_central.ORDER:
        data = business_central.order(row, profile, reading)
        return complete_as(Order, finished(data), locate, profile.constants)
    if lines is not None:
        data = business_central.invoice(row, profile, reading)
    elif "BillingDocument" in row:
        data = s4hana.data(row, profile, reading)
    elif "move_type" in row:
        data = odoo.data(row, profile, reading)
    else:
        message = "no document of S/4HANA, Business Central or Odoo that is read here"
        raise Unfit(refuse("erp-unknown", message, row.place(), ", ".join(list(row.data)[:8])))
    return complete(finished(data), locate, profile.constants, needs=("vat_category",))
