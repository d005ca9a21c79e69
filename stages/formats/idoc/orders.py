"""How the segments of an ORDERS IDoc become an order, and those of ORDRSP the seller's answer.

Whose is what
    buyer     E1EDKA1 AG (sold-to); the seller LF (vendor), else RS; the invoicee RE, where it is not the buyer
    delivery  WE (ship-to); the day that is asked for is E1EDK03 002, of an item E1EDP20-EDATU
    numbers   E1EDK02 001 is the customer's order, 002 ours; of an answer the first is what it answers
Answer     SAP says line by line what will come: a reason for rejection (ABGRU) rejects the item, confirmed schedule
           quantities (E1EDP20-WMENG) that do not add up to its quantity change it, else it is accepted. The whole is RE
           where every item is rejected, CA where one is not accepted as it is, else AP (UNCL4343)
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from stages.formats.idoc import parties
from stages.formats.idoc import values as sap
from stages.formats.idoc.items import item_of
from stages.formats.idoc.mapping import Mapping
from stages.formats.idoc.segments import Segment
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse

BUYER = ("AG",)
SELLER = ("LF", "RS")
INVOICEE = ("RE", "RG")
_MAPPED = frozenset(
    {"EDI_DC40", "E1EDK01", "E1EDKA1", "E1EDK02", "E1EDK03", "E1EDK17", "E1EDK18", "E1EDKT1", "E1EDP01", "E1EDS01"}
)
_MAPPED_OF_ITEM = frozenset({"E1EDP02", "E1EDP19", "E1EDP20", "E1EDP28", "E1EDPT1"})
_REFERENCES = {"004": "quotation_reference", "005": "contract_reference"}


class _OrdersMapping(Mapping):
    """What an order and its answer share."""

    def _parties(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for field, roles in (("buyer", BUYER), ("seller", SELLER)):
            segment = parties.partner(self, *roles)
            if segment is not None:
                self.sources[(field,)] = segment
                found[field] = parties.party_of(self, segment)
        if where := parties.delivery(self):
            where.pop("date", None)
            found["delivery"] = where
        return found

    def _number(self, qualifier: str) -> str | None:
        segment = self.qualified("E1EDK02", "QUALF", qualifier)
        if segment is not None:
            self.sources[("number",)] = segment
        return self.text(segment, "BELNR")

    def _ordered(self) -> Any:
        return self.day(self.qualified("E1EDK02", "QUALF", "001"), "DATUM")

    def _totals(self, count: int) -> dict[str, Any]:
        """E1EDS01 002 is the net value, 001 how many items there are."""
        totals: dict[str, Any] = {}
        for segment in self.segments.get("E1EDS01", ()):
            kind = self.text(segment, "SUMID")
            if kind == "002":
                totals["tax_exclusive"] = self.number(segment, "SUMME")
                self.sources[("totals", "tax_exclusive")] = segment
            elif kind == "001":
                self.counted(segment, "SUMME", count)
            elif kind:
                self.keep(f"E1EDS01[{kind}]/SUMME", self.text(segment, "SUMME"))
        return totals

    def _lines(self, line_of: Callable[[Segment, int], dict[str, Any]]) -> list[dict[str, Any]]:
        found = []
        for index, item in enumerate(self.segments.get("E1EDP01", ())):
            self.sources["lines", index] = item
            line = {**item_of(self, item, index), **line_of(item, index)}
            line.setdefault("identifier", self.text(item, "POSEX") or str(index + 1))
            found.append({k: v for k, v in line.items() if v not in (None, [])})
            for below in item.below:
                if below.tag not in _MAPPED_OF_ITEM:
                    self.aside(f"E1EDP01[{index + 1}]/{below.tag}", below)
        return found

    def _price(self, item: Segment) -> dict[str, Any]:
        base = self.positive(item, "PEINH")
        price = self.number(item, "VPREI")
        return {
            "net_price": price,
            "base_quantity": base if base is not None and base != 1 and price is not None else None,
            "net_amount": self.number(item, "NETWR"),
        }

    def _period(self, item: Segment, index: int) -> dict[str, Any] | None:
        """From the first to the last schedule line; several are kept aside with their quantities."""
        schedule = item.all("E1EDP20")
        days = sorted(d for d in (self.day(s, "EDATU") for s in schedule) if d is not None)
        if len(schedule) > 1:
            for n, segment in enumerate(schedule, start=1):
                self.keep(
                    f"E1EDP01[{index + 1}]/E1EDP20[{n}]",
                    " ".join(t for f in ("EDATU", "WMENG") if (t := self.text(segment, f))),
                )
        return {"start": days[0], "end": days[-1]} if days else None

    def _end(self, data: dict[str, Any], *played: tuple[str, ...]) -> dict[str, Any]:
        head = self.head("E1EDK01")
        for field in ("ACTION", "BSART", "ABLAD", "VSART_BEZ", "AUGRU_BEZ"):
            self.keep(f"E1EDK01/{field}", self.text(head, field))
        parties.aside(self, *played, ("WE",))
        self.leftovers(_MAPPED)
        if self.extras:
            data["extras"] = self.extras
        return {k: v for k, v in data.items() if v not in (None, [], {})}

    def _more_references(self, data: dict[str, Any], *known: str) -> None:
        for segment in self.segments.get("E1EDK02", ()):
            qualifier, number = self.text(segment, "QUALF") or "", self.text(segment, "BELNR")
            if qualifier in _REFERENCES and number and "order_reference" not in data:
                data.setdefault(_REFERENCES[qualifier], number)
            elif qualifier not in known:
                self.keep(f"E1EDK02[{qualifier}]/BELNR", number)


class OrderMapping(_OrdersMapping):
    """An ORDERS IDoc on its way to an order."""

    NUMBERS = (("E1EDK02", "QUALF", "001", "BELNR"), ("E1EDK01", "", None, "BELNR"))

    def data(self) -> dict[str, Any]:
        """The document as a dictionary. Raises Unfit."""
        head = self.head("E1EDK01")
        lines = self._lines(self._line)
        wanted = self.first_day("002")
        place = self.text(self.qualified("E1EDK17", "QUALF", "002"), "LKTEXT")
        data: dict[str, Any] = {
            "number": self._number("001") or self.text(head, "BELNR"),
            "issue_date": self.first_day("012", "022") or self._ordered() or self.first_day("011"),
            "currency": self.text(head, "CURCY"),
            **self._parties(),
            "requested_delivery": {"start": wanted, "end": wanted} if wanted else None,
            "buyer_reference": self.text(parties.partner(self, "AG"), "IHREZ"),
            "delivery_terms": self.text(self.qualified("E1EDK17", "QUALF", "001"), "LKOND"),
            "delivery_terms_location": place,
            "payment_terms": self.terms(),
            "notes": self.notes(),
            "totals": self._totals(len(lines)),
            "lines": lines,
        }
        invoicee, buyer = parties.partner(self, *INVOICEE), parties.partner(self, *BUYER)
        if invoicee is not None and self.text(invoicee, "PARTN") != self.text(buyer, "PARTN"):
            data["invoicee"] = parties.party_of(self, invoicee)
        self._more_references(data, "001")
        return self._end(data, BUYER, SELLER, INVOICEE)

    def _line(self, item: Segment, index: int) -> dict[str, Any]:
        quantity = self.number(item, "MENGE")
        if quantity is None:
            raise Unfit(refuse("idoc-quantity", "the item has no quantity (MENGE)", self.place(item, "MENGE")))
        tax = item.first("E1EDP04")
        rate = self.number(tax, "MSATZ")
        category = self.vat(tax, self.text(tax, "MWSKZ"), rate) if tax is not None else (None, None)
        return {
            "quantity": sap.plain(quantity),
            "unit": self.unit(item, "MENEE"),
            **self._price(item),
            "requested_delivery": self._period(item, index),
            "vat_category": category[0],
            "vat_rate": category[1],
        }


class OrderResponseMapping(_OrdersMapping):
    """An ORDRSP IDoc on its way to an order response."""

    NUMBERS = (("E1EDK02", "QUALF", "002", "BELNR"), ("E1EDK01", "", None, "BELNR"))

    def data(self) -> dict[str, Any]:
        """The document as a dictionary. Raises Unfit."""
        head = self.head("E1EDK01")
        lines = self._lines(self._line)
        data: dict[str, Any] = {
            "number": self._number("002") or self.text(head, "BELNR"),
            "issue_date": self.first_day("012", "025"),
            "order_reference": self._order(),
            "currency": self.text(head, "CURCY"),
            **self._parties(),
            "response_code": _response({line["status"] for line in lines}),
            "notes": self.notes(),
            "totals": self._totals(len(lines)),
            "lines": lines,
        }
        if terms := self.terms():
            self.keep("E1EDK18/ZTERM_TXT", terms)
        for segment in self.segments.get("E1EDK17", ()):
            self.aside(f"E1EDK17[{self.text(segment, 'QUALF')}]", segment)
        self._more_references(data, "001", "002")
        return self._end(data, BUYER, SELLER)

    def _order(self) -> str | None:
        segment = self.qualified("E1EDK02", "QUALF", "001")
        if segment is not None:
            self.sources[("order_reference",)] = segment
        return self.text(segment, "BELNR")

    def _line(self, item: Segment, index: int) -> dict[str, Any]:
        quantity = self.number(item, "MENGE")
        confirmed = [q for s in item.all("E1EDP20") if (q := self.number(s, "WMENG")) is not None]
        order = next((s for s in item.all("E1EDP02") if self.text(s, "QUALF") == "001"), None)
        status = "5"
        if rejection := self.text(item, "ABGRU"):
            status = "7"
            self.keep(f"E1EDP01[{index + 1}]/ABGRU", f"{rejection} {self.text(item, 'ABGRT') or ''}".strip())
        elif confirmed and quantity is not None and sum(confirmed, Decimal(0)) != quantity:
            status, quantity = "3", sum(confirmed, Decimal(0))
        return {
            "order_line_reference": self.text(order, "ZEILE"),
            "status": status,
            "quantity": None if quantity is None else sap.plain(quantity),
            "unit": self.unit(item, "MENEE"),
            **self._price(item),
            "promised_delivery": self._period(item, index),
        }


def _response(statuses: set[str]) -> str:
    return "RE" if statuses == {"7"} else "CA" if statuses & {"3", "7"} else "AP"
