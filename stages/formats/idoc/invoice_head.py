"""How the segments of an INVOIC IDoc become EN 16931 terms.

Whose is what
    seller   E1EDKA1 RS (invoicing party), else LF, else BK; VAT number E1EDK01-EIGENUINR where it has a country prefix
    buyer    RE (bill-to), else AG (sold-to), else RG (payer); VAT number E1EDK01-KUNDEUINR; SAP's partner number is
             `erp_id`, by which the directory knows the customer
    delivery WE (ship-to); its date is E1EDK03 001
Prices     SAP gives the gross value, price conditions (E1EDP05) and the net value (E1EDP26 003). Where gross less
           discounts is the net value to the cent, price and discounts are kept apart (BG-27, BG-28); else the net price
           is net value by quantity. Never does a line's amount differ from SAP's.
Aside      segments and qualifiers without a term go to `extras`, customer extensions with a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from schemas.fields import Path, format_path
from schemas.profiles import ExtractionProfile, IdocMapping
from stages.formats.idoc import invoice_parties as parties
from stages.formats.idoc import values as sap
from stages.formats.idoc.invoice_lines import lines_of
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import Warnings, refuse

_EXTRAS = 500
_SLACK = Decimal("0.02")
"""By how much an amount may differ from base by percentage (PEPPOL-EN16931-R040)."""
_REFERENCES = {
    "001": "order_reference",
    "002": "sales_order_reference",
    "005": "contract_reference",
    "012": "despatch_advice_reference",
}
"""E1EDK02-QUALF -> term: customer's order, our order, customer's contract, delivery note."""
_TOTALS = {"010": "tax_exclusive", "005": "tax_amount", "011": "tax_inclusive"}
"""E1EDS01-SUMID -> BG-22: net value, value added tax, billed value."""


class Mapping:
    """One IDoc on its way to a document. `extras` and `warnings` gather what has no place."""

    def __init__(self, root: etree._Element, line: int, profile: ExtractionProfile | None) -> None:
        self.root, self.line = root, line
        self.customs = profile.idoc if profile else IdocMapping()
        self.warnings = Warnings()
        self.extras: dict[str, str] = {}
        self.sources: dict[Path, etree._Element] = {}
        self._texts: dict[etree._Element, dict[str, str]] = {}
        self.segments: dict[str, list[etree._Element]] = {}
        for segment in root:
            if isinstance(segment.tag, str):
                self.segments.setdefault(segment.tag, []).append(segment)

    # reading values

    def text(self, segment: etree._Element | None, field: str) -> str | None:
        if segment is None:
            return None
        texts = self._texts.get(segment)
        if texts is None:
            texts = self._texts[segment] = {}
            for child in segment:
                texts.setdefault(str(child.tag), (child.text or "").strip())
        return texts.get(field) or None

    def number(self, segment: etree._Element | None, field: str) -> Decimal | None:
        """Raises Unfit when the field holds something that SAP never writes."""
        said = self.text(segment, field)
        if said is None or segment is None:
            return None
        value = sap.number(said)
        if value is None:
            raise Unfit(
                refuse("idoc-number", "this is not a number as SAP writes them", self.place(segment, field), said)
            )
        return value

    def day(self, segment: etree._Element | None, field: str) -> date | None:
        """Raises Unfit when the field holds no date of the calendar; SAP's empty date, 00000000, is none."""
        said = self.text(segment, field)
        if said is None or segment is None or not said.strip("0"):
            return None
        value = sap.day(said)
        if value is None:
            message = "this is not a date of the calendar"
            raise Unfit(refuse("idoc-date", message, self.place(segment, field), said, "20261122"))
        return value

    def qualified(self, tag: str, by: str, value: str) -> etree._Element | None:
        return next((s for s in self.segments.get(tag, ()) if self.text(s, by) == value), None)

    def place(self, segment: etree._Element, field: str = "") -> str:
        at = segment.find(field) if field else None
        given = (segment if at is None else at).sourceline
        line = given if isinstance(given, int) else 1
        same = [s for s in self.segments.get(str(segment.tag), ()) if s.tag == segment.tag]
        name = f"{segment.tag}[{same.index(segment) + 1}]" if len(same) > 1 and segment in same else str(segment.tag)
        return f"line {self.line + line - 1}, {name}" + (f"/{field}" if field else "")

    def locate(self, path: Path) -> str:
        for end in range(len(path), 0, -1):
            if path[:end] in self.sources:
                return f"{self.place(self.sources[path[:end]])}, {format_path(path)}"
        return f"line {self.line}, {format_path(path)}" if path else f"line {self.line}"

    def keep(self, key: str, value: str | None) -> None:
        if value and len(self.extras) < _EXTRAS:
            self.extras[key] = value[:1000]

    # the document

    def data(self) -> dict[str, Any]:
        """The document as a dictionary. Raises Unfit."""
        head = next(iter(self.segments.get("E1EDK01", ())), None)
        if head is None:
            raise Unfit(refuse("idoc-segment", "the header segment E1EDK01 is missing", f"line {self.line}"))
        self.sources[("currency",)] = head
        invoice = self.qualified("E1EDK02", "QUALF", "009")
        data: dict[str, Any] = {
            "invoice_number": self.text(invoice, "BELNR") or self.text(head, "BELNR"),
            "type_code": self._type(head),
            "currency": self.text(head, "CURCY"),
            "issue_date": self.first_day("026", "012", "011") or self.day(invoice, "DATUM"),
            "due_date": self.first_day("028"),
            "buyer_reference": parties.reference(self),
            "seller": parties.seller(self, head),
            "buyer": parties.buyer(self, head),
            "payment_terms": self._terms(),
            "delivery": parties.delivery(self),
            "payment": self._payment(),
            "notes": self._notes(),
            "totals": self._totals(),
        }
        self._references(data)
        data["lines"] = lines_of(self)
        data["allowances_charges"] = self._conditions(data)
        parties.hints(self, data)
        self._aside(head)
        if self.extras:
            data["extras"] = self.extras
        return {k: v for k, v in data.items() if v not in (None, [], {})}

    def _type(self, head: etree._Element) -> str:
        kind = self.text(head, "BSART")
        billing = self.text(self.qualified("E1EDK14", "QUALF", "015"), "ORGID")
        if kind == "CRME" or (kind != "INVO" and billing in sap.CREDIT_BILLING_TYPES):
            return "381"
        if kind not in ("INVO", "DEBI", None) and billing is None:
            message = "this document type is not known; taken as an invoice"
            self.warnings.add("idoc-document-type", message, self.place(head, "BSART"), kind)
        return "380"

    def first_day(self, *qualifiers: str) -> date | None:
        for qualifier in qualifiers:
            segment = self.qualified("E1EDK03", "IDDAT", qualifier)
            if (found := self.day(segment, "DATUM")) is not None:
                return found
        return None

    def _references(self, data: dict[str, Any]) -> None:
        for segment in self.segments.get("E1EDK02", ()):
            qualifier, number = self.text(segment, "QUALF") or "", self.text(segment, "BELNR")
            field = _REFERENCES.get(qualifier)
            if field and number and field not in data:
                data[field] = number
                self.sources[(field,)] = segment
            elif number and qualifier == "087":
                (data["payment"] or {}).setdefault("remittance_information", number)
                self.keep("E1EDK02[087]/BELNR", number)
            elif number and qualifier == "011" and data["type_code"] == "381":
                data["preceding_invoices"] = [{"number": number, "issue_date": self.day(segment, "DATUM")}]
            elif number and qualifier != "009":
                self.keep(f"E1EDK02[{qualifier}]/BELNR", number)

    def _terms(self) -> str | None:
        said = [self.text(s, "ZTERM_TXT") for s in self.segments.get("E1EDK18", ())]
        return "\n".join(s for s in said if s) or None

    def _payment(self) -> dict[str, Any] | None:
        """Every bank of the seller (E1EDK28), each account once; UNTDID 4461 code 30, credit transfer."""
        transfers: dict[str, dict[str, Any]] = {}
        for segment in self.segments.get("E1EDK28", ()):
            account = self.text(segment, "BIBAN") or self.text(segment, "ACNUM")
            if account:
                given = {
                    "account": account,
                    "account_name": self.text(segment, "ACNAM"),
                    "service_provider": self.text(segment, "BRNUM"),
                }
                transfers.setdefault(account, {k: v for k, v in given.items() if v})
        return {"means_code": "30", "credit_transfers": list(transfers.values())} if transfers else None

    def _notes(self) -> list[dict[str, str]]:
        """Header texts as one note: Peppol allows one (PEPPOL-EN16931-R002)."""
        told = []
        for segment in self.segments.get("E1EDKT1", ()):
            kind = self.text(segment, "TDID") or ""
            said = "\n".join(t for t in (self.text(line, "TDLINE") for line in segment.findall("E1EDKT2")) if t)
            if self.customs.notes is None or kind in self.customs.notes:
                told.append(said)
            else:
                self.keep(f"E1EDKT1[{kind}]", said)
        text = "\n".join(t for t in told if t)
        return [{"text": text}] if text else []

    def _totals(self) -> dict[str, Any]:
        totals: dict[str, Any] = {}
        for segment in self.segments.get("E1EDS01", ()):
            kind = self.text(segment, "SUMID") or ""
            if field := _TOTALS.get(kind):
                totals[field] = self.number(segment, "SUMME")
                self.sources[("totals", field)] = segment
            else:
                self.keep(f"E1EDS01[{kind}]/SUMME", self.text(segment, "SUMME"))
        if "tax_inclusive" in totals:
            totals["amount_due"] = totals["tax_inclusive"]
        return totals

    def _conditions(self, data: dict[str, Any]) -> list[dict[str, Any]]:
        """E1EDK05: header discounts and freight, unless the lines' net values hold them already."""
        given: list[dict[str, Any]] = []
        for segment in self.segments.get("E1EDK05", ()):
            amount = self.number(segment, "BETRG")
            if amount:
                given.append(self.condition(segment, amount))
                category, rate = self.vat(segment, self.text(segment, "MWSKZ"), self.number(segment, "MSATZ"))
                given[-1] |= {"vat_category": category, "vat_rate": rate}
        net = data["totals"].get("tax_exclusive")
        lines = sum((line["net_amount"] for line in data["lines"] if line.get("net_amount") is not None), Decimal(0))
        if given and net is not None and lines == net:
            self.warnings.add(
                "idoc-conditions", "the header's conditions are in the lines already; kept aside", "E1EDK05"
            )
            for n, condition in enumerate(given, start=1):
                self.keep(f"E1EDK05[{n}]", f"{condition.get('reason', '')} {condition['amount']}".strip())
            return []
        return given

    # shared with the lines

    def condition(self, segment: etree._Element, amount: Decimal) -> dict[str, Any]:
        """An allowance or charge of BG-20, BG-21, BG-27 or BG-28; ALCKZ is the sign, amounts are positive."""
        percent, base = self.number(segment, "KPERC"), self.number(segment, "KOBAS")
        charge = (self.text(segment, "ALCKZ") or "+") == "+"
        if amount < 0:
            charge, amount = not charge, -amount
        reason = self.text(segment, "KOTXT") or self.text(segment, "KSCHL")
        if percent and base and abs(abs(base * percent) / 100 - amount) > _SLACK:
            # SAP rounds by the piece: 10.5 % of 265.63 is 27.89, and that 320 times is not 10.5 % of the whole
            reason, percent, base = f"{reason or ''} {sap.plain(abs(percent))} %".strip(), None, None
        found = {
            "charge": charge,
            "amount": amount,
            "percentage": sap.plain(abs(percent)) if percent and base else None,
            "base_amount": base if percent else None,
            "reason": reason,
        }
        return {k: v for k, v in found.items() if v is not None}

    def vat(self, segment: etree._Element, code: str | None, rate: Decimal | None) -> tuple[str | None, Decimal | None]:
        """Category and rate. The profile knows what a tax code means; else the rate tells, zero with a warning."""
        rate = None if rate is None else sap.plain(rate)
        if code in self.customs.tax_codes:
            category = self.customs.tax_codes[code].category
            return category, None if category == "O" else rate if rate is not None else Decimal(0)
        if rate is None:
            return None, None
        if rate:
            return "S", rate
        message = "a rate of zero is taken as zero rated (Z); the profile's tax_codes can say what this tax code means"
        self.warnings.add("idoc-tax-code", message, self.place(segment), code)
        return "Z", rate

    def _aside(self, head: etree._Element) -> None:
        """Segments without a term, and partners that play no role in EN 16931."""
        for field in ("HWAER", "WKURS", "LANDTX", "STCEG_L"):
            self.keep(f"E1EDK01/{field}", self.text(head, field))
        roles = (parties.SELLER, parties.BUYER, ("WE",))
        used = {id(parties.partner(self, *each)) for each in roles}
        for segment in self.segments.get("E1EDKA1", ()):
            if id(segment) not in used:
                role = self.text(segment, "PARVW")
                for field in ("PARTN", "NAME1", "ILNNR"):
                    self.keep(f"E1EDKA1[{role}]/{field}", self.text(segment, field))
        for tag, segments in self.segments.items():
            if tag not in sap.STANDARD_SEGMENTS:
                for n, segment in enumerate(segments, start=1):
                    self.aside(f"{tag}[{n}]" if len(segments) > 1 else tag, segment)

    def aside(self, name: str, segment: etree._Element) -> None:
        if not str(segment.tag).startswith("E1"):
            self.warnings.add("idoc-extension", "a segment of a customer's own; kept aside", self.place(segment), name)
        for key, value in _leaves(segment, name):
            self.keep(key, value)


def _leaves(element: etree._Element, path: str) -> Iterator[tuple[str, str]]:
    for child in element:
        if isinstance(child.tag, str):
            below = f"{path}/{child.tag}"
            if len(child):
                yield from _leaves(child, below)
            elif child.text and child.text.strip():
                yield below, child.text.strip()
