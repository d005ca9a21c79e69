"""NF-e 4.00: the Brazilian invoice of goods, with or without the authority's protocol.

In       XML; one nfeProc or NFe, or any number below any wrapper (enviNFe)
Out      one record for each
Refused  other versions than 4.00
Source   Manual de Orientação do Contribuinte 7.0 and Notas Técnicas to 2025.002 (IBS, CBS, IS); where each term
         stands: `terms.py`

Brazil has no VAT. ICMS, PIS and COFINS (and, in their first years, IBS and CBS) are within the prices; IPI, ICMS ST and
import duty are added to them. So every line is outside the scope of VAT (category O), what is added is a charge of the
document, and all taxes are kept as they are: a line's among its attributes, the document's among the extras. The amount
due is vNF. The number is series and number, `1/46320`; the access key of 44 digits is `nfe.chNFe`.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from lxml import etree

from schemas.profiles import ExtractionProfile
from stages.formats.nfe.codes import ADDED, AUTHORISED, MEANS, NAMESPACE, PREFIX, TYPES
from stages.formats.nfe.terms import INVOICE
from stages.formats.reading.completing import Unfit, complete, decimal
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Source, refuse
from stages.formats.reading.xml import Piece
from stages.formats.reading.xml_batches import Made, batches, without_namespace
from stages.formats.reading.xml_walk import Data, Syntax, said
from stages.formats.reading.xml_walk import Walk as _Walk

_SYNTAX = Syntax("nfe", {}, "the canonical document")
ZERO = Decimal(0)


def _wanted(namespace: str, local: str) -> bool:
    return namespace == NAMESPACE and local in ("nfeProc", "NFe")


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    return any(_wanted(namespace, local) for namespace, local in head.elements[:50])


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    return batches(source.file, _wanted, partial(_invoices, profile), cursor, budget, "NFe")


def _invoices(profile: ExtractionProfile | None, root: etree._Element, piece: Piece) -> list[tuple[str, partial[Made]]]:
    without_namespace(root, NAMESPACE)
    body = root.find("NFe/infNFe") if root.tag == "nfeProc" else root.find("infNFe")
    if body is None:
        raise Unfit(refuse("nfe-empty", "there is no infNFe in it", f"line {piece.line}"))
    version = (body.get("versao") or "").strip()
    if version != "4.00":
        raise Unfit(refuse("nfe-version", "this version of NF-e is not read", f"line {piece.line}", version, "4.00"))
    return [(said(body, "ide/nNF")[:200], partial(_read, root, body, piece.line, profile))]


def _read(root: etree._Element, body: etree._Element, line: int, profile: ExtractionProfile | None) -> Made:
    walk = Walk(root, line, _SYNTAX)
    data = walk.document(body)
    return complete(data, walk.locate, profile.constants if profile else None), walk.warnings.all()


class Walk(_Walk):
    """A walk over one invoice and its protocol."""

    def __init__(self, root: etree._Element, line: int, syntax: Syntax) -> None:
        super().__init__(root, line, syntax)
        self.later: dict[str, list[etree._Element]] = {}
        self.orders: dict[str, str] = {}

    def document(self, body: etree._Element) -> Data:
        """The canonical document as texts. Raises Unfit."""
        data = self.data
        self.extras[f"{PREFIX}chNFe"] = (body.get("Id") or "").removeprefix("NFe")
        self._protocol()
        self.run(INVOICE, data, body)
        data["currency"] = "BRL"
        data["type_code"] = TYPES.get(said(body, "ide/finNFe"), "380")
        series, number = said(body, "ide/serie"), said(body, "ide/nNF")
        if number:
            data["invoice_number"] = f"{series}/{number}" if series else number
        if said(body, "ide/tpAmb") == "2":
            message = "issued in the authority's test environment: without fiscal value"
            self.warnings.add("nfe-test", message, self.place(body), "tpAmb 2")
        references = {line.pop("_order", "") for line in data.get("lines", [])} - {""}
        if len(references) == 1:
            data.setdefault("order_reference", references.pop())
        self._totals(data)
        self._payment(data)
        self.extras = {key: value for key, value in self.extras.items() if value}
        data["extras"] = self.extras
        return data

    def _protocol(self) -> None:
        known = self.root.find("protNFe/infProt")
        if known is None:
            message = "there is no protocol of the authority with it: whether it was authorised is not known"
            self.warnings.add("nfe-protocol", message)
            return
        for name in ("nProt", "dhRecbto", "cStat", "xMotivo", "digVal"):
            self.extras[PREFIX + name] = said(known, name)
        if said(known, "cStat") not in AUTHORISED:
            message = "the authority did not authorise this invoice"
            self.warnings.add("nfe-status", message, self.place(known), said(known, "cStat"))

    def _totals(self, data: Data) -> None:
        """What is added to the prices, and BT-112, which is vNF."""
        totals = next(iter(self.later.get("ICMSTot", [])), None)
        if totals is None:
            return
        for name, title in ADDED.items():
            element = totals.find(name)
            if element is not None and decimal(element.text):
                self._level(data, True, element, title)
        sold = sum((decimal(line.get("net_amount")) for line in data.get("lines", [])), ZERO)
        added = sum((decimal(each["amount"]) for each in data.get("allowances_charges", [])), ZERO)
        relieved, total = totals.find("vICMSDeson"), totals.find("vNF")
        if total is None:
            return
        if (
            relieved is not None
            and decimal(relieved.text)
            and sold + added - decimal(relieved.text) == decimal(total.text)
        ):
            self._level(data, False, relieved, "ICMS desonerado")
        data["totals"] = {"tax_inclusive": (total.text or "").strip()}
        self.where[id(data["totals"]), "tax_inclusive"] = total
        for element in totals:
            if decimal(element.text):
                self.extras[f"{PREFIX}total.{element.tag}"] = (element.text or "").strip()

    def _level(self, data: Data, charge: bool, element: etree._Element, reason: str) -> None:
        part = {"charge": charge, "amount": (element.text or "").strip(), "reason": reason, "vat_category": "O"}
        self.append(data, "allowances_charges", part, element)

    def _payment(self, data: Data) -> None:
        """One payment; several instalments (duplicatas) stand in the payment terms, the first day is the due date."""
        paid = [each for each in self.later.get("detPag", []) if said(each, "tPag") in MEANS]
        if paid:
            code, words = MEANS[said(paid[0], "tPag")]
            data["payment"] = {"means_code": code, "means_text": said(paid[0], "xPag") or words}
            self.parents[id(data["payment"])] = paid[0]
            for each in paid[1:]:
                self.keep(f"{PREFIX}detPag", each)
        due = [(said(each, "dVenc"), said(each, "vDup")) for each in self.later.get("dup", [])]
        days = sorted(day for day, _ in due if day)
        if days:
            data["due_date"] = days[0]
        if len(due) > 1:
            data["payment_terms"] = "\n".join(f"{day}: {amount}" for day, amount in due)
