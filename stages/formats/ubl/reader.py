"""UBL 2.1 Invoice, CreditNote and the messages around them, one or any number below any wrapper (a
StandardBusinessDocument, a plain list).

In       XML, UTF-8, UTF-16 or a single-byte encoding that it declares
Out      one record for each document's element: `invoice[n]`, `credit-note[n]`, `order[n]`, counted over the export
Refused  what the canonical document cannot hold (a missing number, an amount in another currency): that record only
Source   OASIS UBL 2.1; CEN/TS 16931-3-2 for where each business term stands (`terms.py`)

An element that EN 16931 does not know is a warning, and its text goes to `extras` under its path.
"""

from __future__ import annotations

from functools import partial

from lxml import etree

from schemas.profiles import ExtractionProfile
from stages.formats.reading.completing import Unfit, number_of
from stages.formats.reading.head import Head
from stages.formats.reading.records import (
    Budget,
    Cursor,
    Portion,
    Record,
    Source,
    refused,
)
from stages.formats.reading.xml import Piece, parse
from stages.formats.reading.xml_batches import one_each
from stages.formats.reading.xml_invoice import InvoiceWalk
from stages.formats.reading.xml_walk import Data, Syntax, Walk
from stages.formats.ubl.messages import MESSAGES
from stages.formats.ubl.spaces import OASIS
from stages.formats.ubl.terms import CREDIT_NOTE, INVOICE

_INVOICES = {table.root: table for table in (INVOICE, CREDIT_NOTE)}
_ROOTS = {(f"{OASIS}{root}-2", root) for root in (*_INVOICES, *MESSAGES)}
_PREFIXES = {"Aggregate": "cac:", "Basic": "cbc:", "Extension": "ext:"}
_SYNTAX = Syntax("ubl", {f"{{{OASIS}Common{word}Components-2}}": prefix for word, prefix in _PREFIXES.items()})
_MESSAGES = Syntax("ubl", _SYNTAX.prefixes, "Peppol BIS")


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    return any(element in _ROOTS for element in head.elements)


def _wanted(namespace: str, local: str) -> bool:
    return (namespace, local) in _ROOTS


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    return one_each(source.file, _wanted, partial(_record, profile), cursor, budget, "UBL document that is read")


def _record(profile: ExtractionProfile | None, piece: Piece) -> Record:
    address, named = f"invoice[{piece.ordinal}]", None
    if piece.refusal:
        return Record(address, error=refused(address, (piece.refusal,)))
    try:
        root = parse(piece)
        local = etree.QName(root).localname
        if local == "CreditNote":
            address = f"credit-note[{piece.ordinal}]"
        elif message := MESSAGES.get(local):
            address = f"{message.kind}[{piece.ordinal}]"
        named = number_of({"invoice_number": root.findtext("{*}ID")})
        if message := MESSAGES.get(local):
            plain = Walk(root, piece.line, _MESSAGES)
            return Record(address, message.read(plain), None, plain.warnings.all())
        walk = _Walk(root, piece.line, _SYNTAX)
        return Record(address, walk.document(_INVOICES[local].node, profile), None, walk.warnings.all())
    except Unfit as unfit:
        return Record(address, error=refused(address, unfit.findings), number=unfit.number or named)


class _Walk(InvoiceWalk):
    def settle(self, data: Data) -> None:
        """A credit note says so by its root; BT-90 stands among the identifiers of the seller or the payee (SEPA)."""
        if etree.QName(self.root).localname == "CreditNote":
            data.setdefault("type_code", "381")
        for role in ("payee", "seller"):
            party = data.get(role)
            if not isinstance(party, dict) or "payment" not in data:
                continue
            kept = [i for i in party.get("identifiers", []) if i.get("scheme") != "SEPA"]
            for given in party.get("identifiers", []):
                if given.get("scheme") == "SEPA":
                    data["payment"].setdefault("creditor_identifier", given["value"])
            if "identifiers" in party:
                party["identifiers"] = kept
