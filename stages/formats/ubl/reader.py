"""UBL 2.1 Invoice and CreditNote, one or any number below any wrapper (a StandardBusinessDocument, a plain list).

In       XML, UTF-8, UTF-16 or a single-byte encoding that it declares
Out      one record for each Invoice or CreditNote element: `invoice[n]`, `credit-note[n]`, counted over the export
Refused  what the canonical document cannot hold (a missing number, an amount in another currency): that record only
Source   OASIS UBL 2.1; CEN/TS 16931-3-2 for where each business term stands (`ubl_terms.py`)

An element that EN 16931 does not know is a warning, and its text goes to `extras` under its path.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from schemas.documents import Invoice
from schemas.errors import Finding
from schemas.fields import Path
from schemas.profiles import ExtractionProfile
from stages.formats.reading.completing import Unfit, complete, number_of
from stages.formats.reading.head import Head
from stages.formats.reading.records import (
    Budget,
    Cursor,
    Portion,
    Record,
    Source,
    Warnings,
    refuse,
    refused,
    unreadable,
)
from stages.formats.reading.xml import Piece, parse, split
from stages.formats.ubl.terms import CAC, CBC, DOCUMENT, EXT, Data, Node

INVOICE = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
_ROOTS = {(INVOICE, "Invoice"), (CREDIT_NOTE, "CreditNote")}
_EXTRAS = 100
_PREFIXES = {CBC: "cbc:", CAC: "cac:", EXT: "ext:"}


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    return any(element in _ROOTS for element in head.elements)


def _wanted(namespace: str, local: str) -> bool:
    return (namespace, local) in _ROOTS


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    records: list[Record] = []
    for piece in split(source.file, _wanted, cursor):
        records.append(_record(piece, profile))
        if budget.spent(len(records)):
            return records, piece.after
    if not records and not cursor:
        finding = refuse("xml-no-document", "no Invoice or CreditNote stands in it", "line 1")
        raise unreadable("the export", (finding,))
    return records, None


def _record(piece: Piece, profile: ExtractionProfile | None) -> Record:
    address, named = f"invoice[{piece.ordinal}]", None
    if piece.refusal:
        return Record(address, error=refused(address, (piece.refusal,)))
    try:
        root = parse(piece)
        if etree.QName(root).localname == "CreditNote":
            address = f"credit-note[{piece.ordinal}]"
        named = number_of({"invoice_number": root.findtext("{*}ID")})
        walk = Walk(root, piece.line)
        return Record(address, walk.document(profile), None, walk.warnings.all())
    except Unfit as unfit:
        return Record(address, error=refused(address, unfit.findings), number=unfit.number or named)


def _line(element: etree._Element) -> int:
    return element.sourceline if isinstance(element.sourceline, int) else 1


class Walk:
    """One pass over one document, in its own order, led by the table; remembers which element gave which field."""

    def __init__(self, root: etree._Element, line: int) -> None:
        self.root, self.line = root, line
        self.warnings = Warnings()
        self.extras: dict[str, str] = {}
        self.where: dict[tuple[int, str], etree._Element] = {}
        self.parents: dict[int, etree._Element] = {}
        self.currencies: dict[str, etree._Element] = {}
        self.tax_totals: list[etree._Element] = []
        self.data: Data = {}

    def run(self, node: Node, target: Data, element: etree._Element) -> None:
        self.parents.setdefault(id(target), element)
        for child in element:
            act = node.get(str(child.tag))
            if act is None:
                self._unknown(child)
            else:
                act(self, target, child)

    def put(self, target: Data, field: str, value: Any, element: etree._Element) -> None:
        """Set a field once. Empty is nothing; a second, different value is not lost but warned of."""
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "":
            return
        if field in target:
            if target[field] != value:
                self._repeated(element, str(value))
            return
        target[field] = value
        self.where[id(target), field] = element

    def put_part(self, target: Data, field: str, part: Data, element: etree._Element) -> None:
        if field in target:
            if target[field] != part:
                self._unknown(element, "ubl-repeated", "stands here once more; the first one is used")
            return
        target[field] = part
        self.parents.setdefault(id(part), element)
        self.where[id(target), field] = element

    def append(self, target: Data, field: str, part: Data, element: etree._Element) -> None:
        target.setdefault(field, []).append(part)
        self.parents[id(part)] = element

    def currency(self, element: etree._Element) -> None:
        code = element.get("currencyID")
        if code and code not in self.currencies:
            self.currencies[code] = element

    def tax_total(self, element: etree._Element) -> None:
        self.tax_totals.append(element)

    def _repeated(self, element: etree._Element, value: str) -> None:
        self._keep(element, value)
        message = "stands here once more with another value; the first one is used"
        self.warnings.add("ubl-repeated", message, self.place(element), value)

    def _unknown(
        self, element: etree._Element, rule: str = "ubl-unknown", message: str = "EN 16931 has no such element"
    ) -> None:
        if not isinstance(element.tag, str):
            return
        place = "" if self.warnings.full else self.place(element)
        self.warnings.add(rule, f"{message}; its text is kept aside", place, element.text)
        for leaf in element.iter():
            if len(self.extras) >= _EXTRAS:
                break
            if isinstance(leaf.tag, str) and leaf.text and leaf.text.strip():
                self._keep(leaf, leaf.text.strip())

    def _keep(self, element: etree._Element, value: str) -> None:
        if len(self.extras) < _EXTRAS:
            self.extras.setdefault(self.path(element), value[:1000])

    def path(self, element: etree._Element) -> str:
        """`/Invoice/cac:InvoiceLine[2]/cbc:ID`: numbered where the name stands several times."""
        steps = []
        for node in (element, *element.iterancestors()):
            parent = node.getparent()
            if parent is None:
                break
            name = str(node.tag)
            namespace = name[: name.rfind("}") + 1]
            step = _PREFIXES.get(namespace, "") + name[len(namespace) :]
            if node is self.root:
                steps.append(step)
                break
            before = sum(1 for _ in node.itersiblings(node.tag, preceding=True))
            alone = not before and next(node.itersiblings(node.tag), None) is None
            steps.append(step if alone else f"{step}[{before + 1}]")
        return "/" + "/".join(reversed(steps))

    def place(self, element: etree._Element) -> str:
        return f"line {self.line + _line(element) - 1}, {self.path(element)}"

    def locate(self, path: Path) -> str:
        """The element that gave the field, or the nearest one around it."""
        here: Any = self.data
        at = self.root
        for step in path:
            if isinstance(here, dict):
                at = self.where.get((id(here), str(step)), at)
                here = here.get(str(step))
            elif isinstance(here, list) and isinstance(step, int) and step < len(here):
                here = here[step]
            if isinstance(here, dict):
                at = self.parents.get(id(here), at)
        return self.place(at)

    def document(self, profile: ExtractionProfile | None) -> Invoice:
        """Raises Unfit."""
        data = self.data
        self.run(DOCUMENT, data, self.root)
        if etree.QName(self.root).localname == "CreditNote":
            data.setdefault("type_code", "381")
        self._taxes(data)
        self._foreign(data)
        self._names(data)
        self._creditor(data)
        if self.extras:
            data["extras"] = self.extras
        return complete(data, self.locate, profile.constants if profile else None, needs=("vat_category", "unit"))

    def _taxes(self, data: Data) -> None:
        """BT-110 in the invoice's currency, BT-111 in the accounting currency (BT-6)."""
        for element in self.tax_totals:
            code = element.get("currencyID") or data.get("currency")
            accounting = code == data.get("accounting_currency") != data.get("currency")
            field = "tax_amount_accounting" if accounting else "tax_amount"
            if not accounting:
                self.currency(element)
            self.put(data.setdefault("totals", {}), field, element.text, element)

    def _foreign(self, data: Data) -> None:
        """An amount in a currency that is not the invoice's would be written as one that is."""
        wrong: list[Finding] = []
        for code, element in self.currencies.items():
            if data.get("currency") and code != data["currency"]:
                message = "an amount stands in another currency than the document's (BT-5)"
                wrong.append(refuse("ubl-currency", message, self.place(element), code, str(data["currency"])))
        if wrong:
            raise Unfit(*wrong)

    def _names(self, data: Data) -> None:
        for role in ("seller", "buyer"):
            party = data.get(role)
            if isinstance(party, dict) and "name" not in party and "trading_name" in party:
                party["name"] = party.pop("trading_name")
                element = self.where.pop((id(party), "trading_name"))
                self.where[id(party), "name"] = element
                message = "no registered name is given; the trading name is taken for it"
                self.warnings.add("ubl-name", message, self.place(element))

    def _creditor(self, data: Data) -> None:
        """BT-90 stands among the identifiers of the seller or the payee, with scheme SEPA."""
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
