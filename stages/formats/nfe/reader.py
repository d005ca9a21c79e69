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
from stages.formats.nfe.walk import Walk
from stages.formats.reading.completing import Unfit, complete, decimal
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Source, refuse
from stages.formats.reading.xml import Piece
from stages.formats.reading.xml_batches import Made, batches, without_namespace
from stages.formats.reading.xml_walk import Data, said

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
    walk = Walk(root, line)
    data = _document(walk, body)
    return complete(data, walk.locate, profile.constants if profile else None), walk.warnings.all()


def _document(walk: Walk, body: etree._Element) -> Data:
    """The canonical document as texts. Raises Unfit."""
    data = walk.data
    walk.extras[f"{PREFIX}chNFe"] = (body.get("Id") or "").removeprefix("NFe")
    _protocol(walk)
    walk.run(INVOICE, data, body)
    data["currency"] = "BRL"
    data["type_code"] = TYPES.get(said(body, "ide/finNFe"), "380")
    series, number = said(body, "ide/serie"), said(body, "ide/nNF")
    if number:
        data["invoice_number"] = f"{series}/{number}" if series else number
    if said(body, "ide/tpAmb") == "2":
        message = "issued in the authority's test environment: without fiscal value"
        walk.warnings.add("nfe-test", message, walk.place(body), "tpAmb 2")
    references = {line.pop("_order", "") for line in data.get("lines", [])} - {""}
    if len(references) == 1:
        data.setdefault("order_reference", references.pop())
    _totals(walk, data)
    _payment(walk, data)
    walk.extras = {key: value for key, value in walk.extras.items() if value}
    data["extras"] = walk.extras
    return data


def _protocol(walk: Walk) -> None:
    known = walk.root.find("protNFe/infProt")
    if known is None:
        message = "there is no protocol of the authority with it: whether it was authorised is not known"
        walk.warnings.add("nfe-protocol", message)
        return
    for name in ("nProt", "dhRecbto", "cStat", "xMotivo", "digVal"):
        walk.extras[PREFIX + name] = said(known, name)
    if said(known, "cStat") not in AUTHORISED:
        message = "the authority did not authorise this invoice"
        walk.warnings.add("nfe-status", message, walk.place(known), said(known, "cStat"))


def _totals(walk: Walk, data: Data) -> None:
    """What is added to the prices, and BT-112, which is vNF."""
    totals = next(iter(walk.waiting(data, "ICMSTot")), None)
    if totals is None:
        return
    for name, title in ADDED.items():
        element = totals.find(name)
        if element is not None and decimal(element.text):
            _level(walk, data, True, element, title)
    sold = sum((decimal(line.get("net_amount")) for line in data.get("lines", [])), ZERO)
    added = sum((decimal(each["amount"]) for each in data.get("allowances_charges", [])), ZERO)
    relieved, total = totals.find("vICMSDeson"), totals.find("vNF")
    if total is None:
        return
    if relieved is not None and decimal(relieved.text) and sold + added - decimal(relieved.text) == decimal(total.text):
        _level(walk, data, False, relieved, "ICMS desonerado")
    data["totals"] = {"tax_inclusive": (total.text or "").strip()}
    walk.where[id(data["totals"]), "tax_inclusive"] = total
    for element in totals:
        if decimal(element.text):
            walk.extras[f"{PREFIX}total.{element.tag}"] = (element.text or "").strip()


def _level(walk: Walk, data: Data, charge: bool, element: etree._Element, reason: str) -> None:
    part = {"charge": charge, "amount": (element.text or "").strip(), "reason": reason, "vat_category": "O"}
    walk.append(data, "allowances_charges", part, element)


def _payment(walk: Walk, data: Data) -> None:
    """One payment; several instalments (duplicatas) stand in the payment terms, the first day is the due date."""
    paid = [each for each in walk.waiting(data, "detPag") if said(each, "tPag") in MEANS]
    if paid:
        code, words = MEANS[said(paid[0], "tPag")]
        data["payment"] = {"means_code": code, "means_text": said(paid[0], "xPag") or words}
        walk.parents[id(data["payment"])] = paid[0]
        for each in paid[1:]:
            walk.keep(f"{PREFIX}detPag", each)
    due = [(said(each, "dVenc"), said(each, "vDup")) for each in walk.waiting(data, "dup")]
    days = sorted(day for day, _ in due if day)
    if days:
        data["due_date"] = days[0]
    if len(due) > 1:
        data["payment_terms"] = "\n".join(f"{day}: {amount}" for day, amount in due)
