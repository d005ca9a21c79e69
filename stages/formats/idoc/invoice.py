"""SAP IDoc INVOIC02 (and INVOIC01) as XML: any number of IDOC elements below one root.

In       XML; recognised by IDOCTYP in the control record, so roots that are named after a customer's extension (CIMTYP)
         are read too
Out      one record for each IDOC, `idoc[n] <DOCNUM>`
Empty    electronic addresses: no IDoc has them; they come from the directory
Source   SAP's segment documentation (WE60); `idoc_invoice.py` has the mapping
"""

from __future__ import annotations

import re

from lxml import etree

from schemas.profiles import ExtractionProfile
from stages.formats.idoc.invoice_head import Mapping
from stages.formats.reading.completing import Unfit, complete, number_of
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Record, Source, refuse, refused
from stages.formats.reading.xml import Piece, parse, split

TYPES = frozenset({"INVOIC01", "INVOIC02"})
_DOCNUM = re.compile(r"[0-9]{1,32}\Z")


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    return any(local == "IDOC" for _, local in head.elements) and head.words.get("IDOCTYP") in TYPES


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    records: list[Record] = []
    for piece in split(source.file, lambda _, local: local == "IDOC", cursor):
        records.append(_record(piece, profile))
        if budget.spent(len(records)):
            return records, piece.after
    return records, None


def _record(piece: Piece, profile: ExtractionProfile | None) -> Record:
    address, named = f"idoc[{piece.ordinal}]", None
    if piece.refusal:
        return Record(address, error=refused(address, (piece.refusal,)))
    try:
        root = parse(piece)
        number = (root.findtext("EDI_DC40/DOCNUM") or "").strip()
        if _DOCNUM.match(number):
            address = f"idoc[{piece.ordinal}] {number}"  # a number may stand twice in an export
        _check_type(root, piece.line)
        mapping = Mapping(root, piece.line, profile)
        named = number_of({"invoice_number": mapping.text(mapping.qualified("E1EDK02", "QUALF", "009"), "BELNR")})
        data = mapping.data()
        document = complete(data, mapping.locate, profile.constants if profile else None, needs=("vat_category",))
        return Record(address, document, None, mapping.warnings.all())
    except Unfit as unfit:
        return Record(address, error=refused(address, unfit.findings), number=unfit.number or named)


def _check_type(root: etree._Element, line: int) -> None:
    control = root.find("EDI_DC40")
    kind = "" if control is None else (control.findtext("IDOCTYP") or "").strip()
    message = "" if control is None else (control.findtext("MESTYP") or "").strip()
    if kind not in TYPES:
        raise Unfit(refuse("idoc-type", "this IDoc is no invoice", f"line {line}, EDI_DC40/IDOCTYP", kind, "INVOIC02"))
    if message not in ("", "INVOIC"):
        raise Unfit(
            refuse("idoc-type", "this IDoc's message is no invoice", f"line {line}, EDI_DC40/MESTYP", message, "INVOIC")
        )
