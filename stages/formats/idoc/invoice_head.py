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

from decimal import Decimal
from typing import Any

from stages.formats.idoc import parties
from stages.formats.idoc import values as sap
from stages.formats.idoc.invoice_lines import lines_of
from stages.formats.idoc.mapping import Mapping
from stages.formats.idoc.segments import Segment

_REFERENCES = {
    "001": "order_reference",
    "002": "sales_order_reference",
    "005": "contract_reference",
    "012": "despatch_advice_reference",
}
"""E1EDK02-QUALF -> term: customer's order, our order, customer's contract, delivery note."""
_TOTALS = {"010": "tax_exclusive", "005": "tax_amount", "011": "tax_inclusive"}
"""E1EDS01-SUMID -> BG-22: net value, value added tax, billed value."""


class InvoiceMapping(Mapping):
    """An INVOIC IDoc on its way to an invoice."""

    NUMBERS = (("E1EDK02", "QUALF", "009", "BELNR"), ("E1EDK01", "", None, "BELNR"))

    def data(self) -> dict[str, Any]:
        """The document as a dictionary. Raises Unfit."""
        head = self.head("E1EDK01")
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
            "payment_terms": self.terms(),
            "delivery": parties.delivery(self),
            "payment": self._payment(),
            "notes": self.notes(),
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

    def _type(self, head: Segment) -> str:
        kind = self.text(head, "BSART")
        billing = self.text(self.qualified("E1EDK14", "QUALF", "015"), "ORGID")
        if kind == "CRME" or (kind != "INVO" and billing in sap.CREDIT_BILLING_TYPES):
            return "381"
        if kind not in ("INVO", "DEBI", None) and billing is None:
            message = "this document type is not known; taken as an invoice"
            self.warnings.add("idoc-document-type", message, self.place(head, "BSART"), kind)
        return "380"

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

    def _totals(self) -> dict[str, Any]:
        totals: dict[str, Any] = {}
        for segment in self.segments.get("E1EDS01", ()):
            kind = self.text(segment, "SUMID") or ""
            if field := _TOTALS.get(kind):
                totals[field] = self.number(segment, "SUMME")
                self.sources[("totals", field)] = segment
            else:
                self.keep(f"E1EDS01[{kind}]/SUMME", self.text(segment, "SUMME"))
                if kind == "001":
                    self.counted(segment, "SUMME", len(self.segments.get("E1EDP01", ())))
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

    def _aside(self, head: Segment) -> None:
        """Segments without a term, and partners that play no role in EN 16931."""
        for field in ("HWAER", "WKURS", "LANDTX", "STCEG_L"):
            self.keep(f"E1EDK01/{field}", self.text(head, field))
        parties.aside(self, parties.SELLER, parties.BUYER, ("WE",))
        self.leftovers(sap.STANDARD_SEGMENTS)
