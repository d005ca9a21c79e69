"""SAP IDoc: invoices (INVOIC01, INVOIC02), orders and their answers (ORDERS05), deliveries (DELVRY03 to DELVRY07).

In       XML, any number of IDOC elements below one root; or a flat file, each IDoc from its control record on.
         Recognised by IDOCTYP in the control record, so what a customer extended (CIMTYP) is read too
Out      one record for each IDOC, `idoc[n] <DOCNUM>`; both forms of one document give the same one
Empty    electronic addresses: no IDoc has them; they come from the directory
Source   SAP's segment documentation (WE60); `invoice_head.py`, `orders.py` and `despatch.py` have the mappings
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from schemas.canonical import Document
from schemas.documents import Invoice
from schemas.orders import DespatchAdvice, Order, OrderResponse
from schemas.profiles import ExtractionProfile, IdocMapping
from stages.formats.idoc import flat
from stages.formats.idoc.despatch import DespatchMapping
from stages.formats.idoc.invoice_head import InvoiceMapping
from stages.formats.idoc.mapping import Mapping
from stages.formats.idoc.orders import OrderMapping, OrderResponseMapping
from stages.formats.idoc.segments import Segment, from_flat, from_xml
from stages.formats.reading.completing import Unfit, complete, complete_as, number_of
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Record, Source, refuse, refused, unreadable
from stages.formats.reading.xml import Piece, parse, split

_DOCNUM = re.compile(r"[0-9]{1,32}\Z")


@dataclass(frozen=True)
class _Message:
    types: frozenset[str]
    model: type[Document]
    mapping: type[Mapping]


_MESSAGES = {
    "INVOIC": _Message(frozenset({"INVOIC01", "INVOIC02"}), Invoice, InvoiceMapping),
    "ORDERS": _Message(frozenset({"ORDERS05"}), Order, OrderMapping),
    "ORDRSP": _Message(frozenset({"ORDERS05"}), OrderResponse, OrderResponseMapping),
    "DESADV": _Message(frozenset(f"DELVRY0{n}" for n in range(3, 8)), DespatchAdvice, DespatchMapping),
}
"""MESTYP -> the basic types (IDOCTYP) that it is read from, and how."""
TYPES = frozenset(kind for message in _MESSAGES.values() for kind in message.types)


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    if head.kind == "text":
        return head.text.startswith(flat.CONTROL)
    return any(local == "IDOC" for _, local in head.elements) and head.words.get("IDOCTYP") in TYPES


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    records: list[Record] = []
    if source.file.read(3 + len(flat.CONTROL)).removeprefix(b"\xef\xbb\xbf").startswith(flat.CONTROL.encode()):
        encoding = (profile.idoc if profile else IdocMapping()).encoding
        for rows in flat.split(source.file, encoding, cursor):
            records.append(_record(rows.ordinal, profile, partial(_flat, rows)))
            if budget.spent(len(records)):
                return records, rows.after
    else:
        for piece in split(source.file, lambda _, local: local == "IDOC", cursor):
            records.append(_record(piece.ordinal, profile, partial(_tree, piece)))
            if budget.spent(len(records)):
                return records, piece.after
    if not records and not cursor:
        raise unreadable("the export", (refuse("idoc-segment", "there is no IDoc in it", "line 1"),))
    return records, None


def _flat(piece: flat.Piece) -> Segment:
    if piece.refusal:
        raise Unfit(piece.refusal)
    return from_flat(piece.rows)


def _tree(piece: Piece) -> Segment:
    if piece.refusal:
        raise Unfit(piece.refusal)
    return from_xml(parse(piece), piece.line)


def _record(ordinal: int, profile: ExtractionProfile | None, tree: Callable[[], Segment]) -> Record:
    address, named = f"idoc[{ordinal}]", None
    try:
        root = tree()
        control = root.first("EDI_DC40")
        number = control.fields.get("DOCNUM", "") if control else ""
        if _DOCNUM.match(number):
            address = f"idoc[{ordinal}] {number}"  # a number may stand twice in an export
        message = _message(root, control)
        mapping = message.mapping(root, profile)
        named = number_of({"number": mapping.named()})
        data, constants = mapping.data(), profile.constants if profile else None
        document: Document = (
            complete(data, mapping.locate, constants, needs=("vat_category",))
            if message.model is Invoice
            else complete_as(message.model, data, mapping.locate, constants)
        )
        return Record(address, document, None, mapping.warnings.all())
    except Unfit as unfit:
        return Record(address, error=refused(address, unfit.findings), number=unfit.number or named)


def _message(root: Segment, control: Segment | None) -> _Message:
    line = control.line if control else root.line
    kind = control.fields.get("IDOCTYP", "") if control else ""
    said = control.fields.get("MESTYP", "") if control else ""
    if kind not in TYPES:
        expected = ", ".join(sorted(TYPES))
        message = "this type of IDoc is not read"
        raise Unfit(refuse("idoc-type", message, f"line {line}, EDI_DC40/IDOCTYP", kind, expected))
    fitting = {name: m for name, m in _MESSAGES.items() if kind in m.types}
    if said in fitting:
        return fitting[said]
    if not said and len(fitting) == 1:
        return next(iter(fitting.values()))
    place = f"line {line}, EDI_DC40/MESTYP"
    raise Unfit(refuse("idoc-type", "this IDoc's message is not read", place, said, " or ".join(fitting)))
