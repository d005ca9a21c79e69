"""Facturae 3.2, 3.2.1 and 3.2.2: every invoice of the batch, signed or not.

In       XML; one Facturae element, or any number below any wrapper
Out      one record for each Invoice of each batch
Refused  other versions; a batch whose count of invoices is wrong (unless the profile accepts it); a tax beside VAT,
         IGIC and IPSI, which EN 16931 has no row for
Source   Facturae 3.2.x (Ministerio de Hacienda); where each term stands: `terms.py`, what is made of sums: `sums.py`

A corrective invoice whose total is negative is a credit note (381) with positive amounts; one that adds is a corrected
invoice (384). Tax withheld (IRPF) goes to `withholdings` and is part of what counts as paid. A signature is not judged
here: whoever needs to know who signed asks `entrega verify-signature`.
"""

from __future__ import annotations

from functools import partial

from lxml import etree

from schemas.profiles import ExtractionProfile
from stages.formats.facturae.codes import PREFIX
from stages.formats.facturae.sums import settle_sums
from stages.formats.facturae.terms import INSTALMENT, INVOICE, PARTY
from stages.formats.facturae.walk import Walk
from stages.formats.reading.completing import Unfit, complete
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Source, refuse
from stages.formats.reading.xml import Piece
from stages.formats.reading.xml_batches import Made, batches
from stages.formats.reading.xml_walk import Data

VERSIONS = ("3.2", "3.2.1", "3.2.2")
_CORRECTIVE = ("OR", "CR")


def _wanted(namespace: str, local: str) -> bool:
    return local == "Facturae" and "facturae" in namespace.lower()


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    return any(_wanted(namespace, local) for namespace, local in head.elements[:5])


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    return batches(source.file, _wanted, partial(_invoices, profile), cursor, budget, "Facturae")


def _invoices(profile: ExtractionProfile | None, root: etree._Element, piece: Piece) -> list[tuple[str, partial[Made]]]:
    version = (root.findtext("FileHeader/SchemaVersion") or "").strip()
    if version not in VERSIONS:
        message = "this version of Facturae is not read"
        raise Unfit(refuse("facturae-version", message, f"line {piece.line}", version or None, ", ".join(VERSIONS)))
    invoices = root.findall("Invoices/Invoice")
    count = (root.findtext("FileHeader/Batch/InvoicesCount") or "").strip()
    wrong = count != str(len(invoices))
    if wrong and (profile is None or profile.counts == "refuse"):
        message = "the batch says another number of invoices than it has"
        place = f"line {piece.line}, /Facturae/FileHeader/Batch/InvoicesCount"
        raise Unfit(refuse("facturae-count", message, place, count, str(len(invoices))))
    if not invoices:
        raise Unfit(refuse("facturae-empty", "the batch has no invoices", f"line {piece.line}"))
    return [
        (
            (each.findtext("InvoiceHeader/InvoiceNumber") or "").strip()[:200],
            partial(_read, root, each, piece.line, profile, count if wrong else None),
        )
        for each in invoices
    ]


def _read(
    root: etree._Element, invoice: etree._Element, line: int, profile: ExtractionProfile | None, count: str | None
) -> Made:
    walk = Walk(root, line)
    if count is not None:
        walk.warnings.add("facturae-count", "the batch says another number of invoices than it has", found=count)
    data = _document(walk, invoice)
    return complete(data, walk.locate, profile.constants if profile else None), walk.warnings.all()


def _document(walk: Walk, invoice: etree._Element) -> Data:
    """The canonical document as texts. Raises Unfit."""
    data = walk.data
    for role, name in (("seller", "SellerParty"), ("buyer", "BuyerParty")):
        element = walk.root.find(f"Parties/{name}")
        if element is not None:
            walk.side = role
            party: Data = {}
            walk.run(PARTY, party, element)
            _party(walk, party)
            walk.put_part(data, role, party, element)
    for name in ("Modality", "InvoiceIssuerType", "ThirdParty", "FactoringAssignmentData"):
        for element in walk.root.iterfind(f"FileHeader/{name}"):
            walk.keep(PREFIX + name, element)
    walk.run(INVOICE, data, invoice)
    _number(walk, data)
    _lines(walk, data)
    _payment(walk, data)
    settle_sums(walk, data, _type(walk, data))
    if walk.extras:
        data["extras"] = walk.extras
    return data


def _party(walk: Walk, party: Data) -> None:
    if "family_name" in party and "name" not in party:
        party["name"] = " ".join(party[part] for part in ("given_name", "family_name") if part in party)
    number = party.get("vat_identifier", "")
    if len(number) == 9 and party.get("address", {}).get("country") == "ES":
        party["vat_identifier"] = f"ES{number}"  # Facturae writes the NIF with or without the country


def _number(walk: Walk, data: Data) -> None:
    """The legal number is series and number: `A/17`, unless the number begins with its series already."""
    series, number = walk.extras.get(f"{PREFIX}series"), data.get("invoice_number")
    if series and number and not number.startswith(series):
        data["invoice_number"] = f"{series}/{number}"
    corrected, series = walk.said.get("corrected_number"), walk.said.get("corrected_series")
    if corrected:
        if series and not corrected.startswith(series):
            corrected = f"{series}/{corrected}"
        date = walk.said.get("corrected_date")
        data["preceding_invoices"] = [{"number": corrected, "issue_date": date}]
    related = walk.said.get("related_invoice")
    if related and not corrected:
        data["preceding_invoices"] = [{"number": related}]
    elif related:
        walk.extras[f"{PREFIX}related_invoice"] = related


def _type(walk: Walk, data: Data) -> bool:
    """BT-3; whether the amounts change their signs."""
    kind, form = walk.said.get("class", ""), walk.said.get("document_type", "")
    negative = walk.said.get("invoice_total", "").startswith("-")
    if kind in _CORRECTIVE:
        data["type_code"] = "381" if negative else "384"
    else:
        data["type_code"] = "389" if form == "AF" else "380"
    walk.extras.update({PREFIX + k: v for k, v in (("class", kind), ("document_type", form)) if v})
    if kind.startswith("C"):
        walk.warnings.add("facturae-copy", "the invoice says that it is a copy of another one", found=kind)
    return kind in _CORRECTIVE and negative


def _lines(walk: Walk, data: Data) -> None:
    lines = data.get("lines", [])
    numbers = [line.get("identifier") for line in lines]
    if None in numbers or len(set(numbers)) < len(numbers):
        for index, line in enumerate(lines, start=1):
            line["identifier"] = str(index)
    for line in lines:
        line.setdefault("unit", "C62")  # where none is given it is `units` (UnitOfMeasure 01)
        if line["unit"] in ("05", "14", "27"):
            walk.warnings.add("facturae-unit", "a unit that Recommendation 20 has not: taken as one", found="05")
            line["unit"] = "C62"
    for field, words in walk.of_lines.items():
        if field not in data and len(words) == 1:
            data[field] = next(iter(words))
        elif set(words) != {data.get(field)}:
            for word, places in words.items():
                for owner, key in places:
                    index = next((n for n, line in enumerate(lines) if id(line) == owner), 0)
                    walk.extras.setdefault(f"{PREFIX}lines[{index}].{key}", word[:200])


def _payment(walk: Walk, data: Data) -> None:
    """One payment; several instalments stand in the payment terms, and the first day is the due date."""
    for element in walk.instalments:
        part = data.setdefault("payment", {})
        walk.run(INSTALMENT, part, element)
    due = [
        ((e.findtext("InstallmentDueDate") or "").strip(), (e.findtext("InstallmentAmount") or "").strip(), e)
        for e in walk.instalments
    ]
    if due:
        day, _, element = min(due, key=lambda each: each[0])
        walk.put(data, "due_date", day, element)
        told = [f"{day}: {amount}" for day, amount, _ in due] if len(due) > 1 else []
        told += [(e.findtext("CollectionAdditionalInformation") or "").strip() for e in walk.instalments]
        terms = "\n".join(dict.fromkeys(each for each in told if each))
        if terms:
            data["payment_terms"] = terms
        accounts: dict[tuple[str, str], Data] = {}
        for each in data.get("payment", {}).get("credit_transfers", []):
            each["account"] = "".join(each.get("account", "").split())
            accounts.setdefault((each["account"], each.get("service_provider", "")), each)
        if accounts:
            data["payment"]["credit_transfers"] = list(accounts.values())
