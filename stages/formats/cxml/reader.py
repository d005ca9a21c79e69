"""cXML: invoices and credit memos, orders, ship notices; one or any number below any wrapper.

In       XML with the DOCTYPE of cxml.org, which is never loaded; one with a subset of its own is refused
Out      one record for each cXML document: `invoice[n]`, `order[n]`, `despatch-advice[n]`, counted over the export
Refused  documents of another kind (PunchOut, Profile, StatusUpdate, Quote, catalogues), by the name of their payload;
         updates and deletions, which would be issued as something new
Source   cXML User's Guide 1.2.063 (https://cxml.org)

The header's credentials are the parties' numbers. Its shared secret is looked at by nobody and kept nowhere.
"""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from schemas.canonical import Document
from schemas.profiles import ExtractionProfile
from stages.formats.cxml import invoice, order, ship_notice
from stages.formats.cxml.walk import CxmlWalk
from stages.formats.reading.completing import Unfit
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Record, Source, refuse, refused
from stages.formats.reading.xml import Piece, parse, split
from stages.formats.reading.xml_guard import CXML

KINDS: dict[str, Callable[[CxmlWalk, etree._Element, ExtractionProfile | None], Document]] = {
    "InvoiceDetailRequest": invoice.read,
    "OrderRequest": order.read,
    "ShipNoticeRequest": ship_notice.read,
}
_NAMES = {
    "InvoiceDetailRequest": ("invoice", "InvoiceDetailRequestHeader", "invoiceID"),
    "OrderRequest": ("order", "OrderRequestHeader", "orderID"),
    "ShipNoticeRequest": ("despatch-advice", "ShipNoticeHeader", "shipmentID"),
}
"""Word of the record's address, and where its number stands."""
_WRAPPERS = ("Request", "Response", "Message")


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    return any(_wanted(*element) for element in head.elements[:20])


def _wanted(namespace: str, local: str) -> bool:
    return not namespace and local in ("cXML", "Index", "Supplier", "Contract")


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    records: list[Record] = []
    for piece in split(source.file, _wanted, cursor, doctype=CXML):
        records.append(_record(piece, profile))
        if budget.spent(len(records)):
            return records, piece.after
    return records, None


def _record(piece: Piece, profile: ExtractionProfile | None) -> Record:
    address, number = f"cxml[{piece.ordinal}]", None
    if piece.refusal:
        return Record(address, error=refused(address, (piece.refusal,)))
    try:
        root = parse(piece)
        walk = CxmlWalk(root, piece.line)
        payload = _payload(root, walk)
        kind = str(payload.tag)
        word, head, name = _NAMES.get(kind, ("cxml", "", ""))
        address = f"{word}[{piece.ordinal}]"
        header = payload.find(head) if head else None
        said = header.get(name) if header is not None else None
        number = said[:200] if said and said.isprintable() else None
        if kind not in KINDS:
            known = ", ".join(KINDS)
            raise Unfit(refuse("cxml-kind", "cXML of this kind is not read", walk.place(payload), kind, known))
        return Record(address, KINDS[kind](walk, payload, profile), None, walk.warnings.all())
    except Unfit as unfit:
        return Record(address, error=refused(address, unfit.findings), number=unfit.number or number)


def _payload(root: etree._Element, walk: CxmlWalk) -> etree._Element:
    """What the document is about: the element within its request, response or message. Raises Unfit."""
    if root.tag != "cXML":
        return root
    for wrapper in root:
        if wrapper.tag in _WRAPPERS:
            walk.test = wrapper.get("deploymentMode") == "test"
            for each in wrapper:
                if each.tag != "Status":
                    return each
            return wrapper
    raise Unfit(refuse("cxml-empty", "the cXML document has no request, message or response", walk.place(root)))
