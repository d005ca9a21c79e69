"""KSeF: structured invoices FA(3) and FA(2), and the official receipt (UPO) that KSeF gives for them.

In       XML; one Faktura or Potwierdzenie, or any number below any wrapper
Out      one record for each; a receipt is a syntax acknowledgement: KSeF took these invoices under these numbers
Refused  FA(1); an invoice that sums nothing (UPR without rates)
Source   Ministerstwo Finansów, FA(3) 1-0E, FA(2) 1-0E, UPO 4-3; where each term stands: `terms.py`, what is made of
         rates and sums: `sums.py`
"""

from __future__ import annotations

from functools import partial

from lxml import etree

from schemas.answers import SyntaxAcknowledgement
from schemas.profiles import ExtractionProfile
from stages.formats.ksef.codes import FA2, FA3, PREFIX
from stages.formats.ksef.sums import settle_sums
from stages.formats.ksef.terms import DOCUMENT, attribute
from stages.formats.ksef.walk import Walk
from stages.formats.reading.completing import Unfit, complete, complete_as
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Source, refuse
from stages.formats.reading.xml import Piece
from stages.formats.reading.xml_batches import Made, batches, without_namespace
from stages.formats.reading.xml_walk import Data, said

_RECEIPT = "http://upo.schematy.mf.gov.pl/KSeF/"


def _wanted(namespace: str, local: str) -> bool:
    if local == "Faktura":
        return namespace.startswith("http://crd.gov.pl/wzor/")
    return local == "Potwierdzenie" and namespace.startswith(_RECEIPT)


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    return any(_wanted(namespace, local) for namespace, local in head.elements[:5])


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    return batches(source.file, _wanted, partial(_documents, profile), cursor, budget, "Faktura or Potwierdzenie")


def _documents(
    profile: ExtractionProfile | None, root: etree._Element, piece: Piece
) -> list[tuple[str, partial[Made]]]:
    namespace = str(root.tag)[1:].partition("}")[0]
    without_namespace(root, namespace)
    if root.tag == "Potwierdzenie":
        return [(said(root, "NumerReferencyjnySesji")[:200], partial(_receipt, root, piece.line))]
    if namespace not in (FA3, FA2):
        form = root.find("Naglowek/KodFormularza")
        found = form.get("kodSystemowy") if form is not None else namespace
        raise Unfit(refuse("ksef-version", "this form is not read", f"line {piece.line}", found, "FA (3), FA (2)"))
    return [(said(root, "Fa/P_2")[:200], partial(_invoice, root, piece.line, profile))]


def _invoice(root: etree._Element, line: int, profile: ExtractionProfile | None) -> Made:
    walk = Walk(root, line)
    data = _document(walk)
    return complete(data, walk.locate, profile.constants if profile else None, needs=("vat_category",)), (
        walk.warnings.all()
    )


def _receipt(root: etree._Element, line: int) -> Made:
    """UPO: each Dokument is an invoice that KSeF took, with the number that it has there."""
    walk = Walk(root, line)
    documents = root.findall("Dokument")
    taken = [said(each, "DataNadaniaNumeruKSeF")[:10] for each in documents]
    sellers = {said(each, "NipSprzedawcy") for each in documents}
    form = said(root, "KodFormularza")
    data: Data = {
        "number": said(root, "NumerReferencyjnySesji"),
        "issue_date": max(taken, default=""),
        "sender": {"name": said(root, "NazwaPodmiotuPrzyjmujacego")},
        "receiver": {"name": ", ".join(sorted(sellers)) or said(root, "Uwierzytelnienie/IdKontekstu/Nip")},
        "interchange_reference": said(root, "NumerReferencyjnySesji"),
        "action": "accepted",
        "messages": [
            {"reference": said(each, "NumerFaktury")[:60], "type": form, "action": "accepted"} for each in documents
        ],
    }
    for number, each in enumerate(documents):
        for name in ("NumerKSeFDokumentu", "SkrotDokumentu", "DataPrzeslaniaDokumentu", "TrybWysylki"):
            value = each.find(name)
            if value is not None:
                walk.keep(f"{PREFIX}messages[{number}].{name}", value)
    data["extras"] = walk.extras
    return complete_as(SyntaxAcknowledgement, data, lambda _path: walk.place(root)), walk.warnings.all()


def _document(walk: Walk) -> Data:
    """The canonical document as texts. Raises Unfit."""
    data = walk.data
    walk.run(DOCUMENT, data, walk.root)
    if walk.gln:
        walk.extras[f"{PREFIX}GLN"] = walk.gln
    for line in data.get("lines", []):
        for key, value in walk.described.get(line.get("identifier", ""), []):
            attribute(walk, line, key, value, walk.parents[id(line)])
    settle_sums(walk, data)
    if walk.extras:
        data["extras"] = walk.extras
    return data
