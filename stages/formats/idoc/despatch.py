"""How the segments of a delivery (DELVRY, message DESADV) become a despatch advice.

Whose is what
    seller    E1ADRM1 LF (vendor), else OSO (sales organisation), else OSP (shipping point): who ships
    buyer     WE (ship-to): who receives; the ordering party AG (sold-to), where it is another one
    days      E1EDT13 006 is goods issue, 007 delivery; the advice's own day is that of the IDoc (CREDAT)
    packages  E1EDL37 with what is in them (E1EDL44)
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from stages.formats.idoc import values as sap
from stages.formats.idoc.mapping import Mapping
from stages.formats.idoc.segments import Segment
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse

_KILOGRAMS = {"KGM": Decimal(1), "KG": Decimal(1), "GRM": Decimal("0.001"), "G": Decimal("0.001"), "TNE": Decimal(1000)}
_CUBIC_METRES = {"MTQ": Decimal(1), "M3": Decimal(1), "DMQ": Decimal("0.001"), "CDM": Decimal("0.001")}
_SELLER = ("LF", "OSO", "OSP")
_MAPPED = frozenset({"E1ADRM1", "E1EDT13", "E1EDL24", "E1EDL37", "E1TXTH8", "E1EDL47"})
_MAPPED_OF_ITEM = frozenset({"E1EDL11", "E1EDL41", "E1EDL35"})


class DespatchMapping(Mapping):
    """A delivery on its way to a despatch advice."""

    NUMBERS = (("E1EDL20", "", None, "VBELN"),)

    def data(self) -> dict[str, Any]:
        """The document as a dictionary. Raises Unfit."""
        head = self.head("E1EDL20")
        if len(self.segments["E1EDL20"]) > 1:
            message = "an IDoc with several deliveries; one is read"
            raise Unfit(refuse("idoc-segment", message, self.place(self.segments["E1EDL20"][1])))
        self.sources[("number",)] = head
        control = self.head("EDI_DC40")
        partners = {s.fields.get("PARTNER_Q", ""): s for s in reversed(head.all("E1ADRM1"))}
        seller = next((partners[role] for role in _SELLER if role in partners), None)
        receiver, orderer = partners.get("WE"), partners.get("AG")
        packages, contents = self._packages(head)
        lines = [self._line(item, n, contents) for n, item in enumerate(head.all("E1EDL24"))]
        orders = list(dict.fromkeys(line["order_reference"] for line in lines if line.get("order_reference")))
        data: dict[str, Any] = {
            "number": self.text(head, "VBELN"),
            "issue_date": self.day(control, "CREDAT"),
            "seller": self._party(seller, "seller"),
            "buyer": self._party(receiver if receiver is not None else orderer, "buyer"),
            "delivery": self._delivery(receiver),
            "order_reference": orders[0] if len(orders) == 1 else None,
            "order_references": orders if len(orders) > 1 else None,
            "notes": self._texts(head),
            "shipment": self._shipment(head, partners.get("SP")),
            "packages": packages,
            "lines": lines,
        }
        if orderer is not None and receiver is not None and orderer.fields != receiver.fields:
            data["ordering_party"] = self._party(orderer, "ordering_party")
        self._aside(head, [seller, receiver, orderer, partners.get("SP")])
        if self.extras:
            data["extras"] = self.extras
        return {k: v for k, v in data.items() if v not in (None, [], {})}

    def _party(self, segment: Segment | None, field: str) -> dict[str, Any] | None:
        if segment is None:
            return None
        self.sources[(field,)] = segment
        numbers = [{"value": self.text(e, "EXTEND_D")} for e in segment.all("E1ADRE1") if self.text(e, "EXTEND_D")]
        for each in numbers:
            if sap.is_gs1(str(each["value"])):
                each["scheme"] = "0088"
        contact = {"telephone": self.text(segment, "TELEPHONE1"), "email": self.text(segment, "E_MAIL")}
        party = {
            "name": " ".join(n for n in (self.text(segment, f"NAME{i}") for i in range(1, 5)) if n),
            "identifiers": list({str(n["value"]): n for n in numbers}.values()),
            "erp_id": self.text(segment, "PARTNER_ID"),
            "address": self._address(segment),
            "contact": {k: v for k, v in contact.items() if v},
        }
        return {k: v for k, v in party.items() if v}

    def _address(self, segment: Segment) -> dict[str, Any]:
        box = self.text(segment, "POSTL_PBOX")
        more = [self.text(segment, "STREET2"), self.text(segment, "STREET3"), f"PO box {box}" if box else None]
        extra = [m for m in more if m]
        district, city = self.text(segment, "CITY2"), self.text(segment, "CITY1")
        if district and district != city:
            extra.append(district)
        address = {
            "line_1": self.text(segment, "STREET1"),
            "line_2": extra[0] if extra else None,
            "line_3": ", ".join(extra[1:]) or None,
            "city": city,
            "post_code": self.text(segment, "POSTL_COD1"),
            "subdivision": self.text(segment, "REGION"),
            "country": self.text(segment, "COUNTRY1"),
        }
        return {k: v for k, v in address.items() if v}

    def _delivery(self, receiver: Segment | None) -> dict[str, Any] | None:
        if receiver is None:
            return None
        party = self._party(receiver, "delivery") or {}
        location = next((i for i in party.get("identifiers", ()) if i.get("scheme") == "0088"), None)
        found = {"name": party.get("name"), "location": location, "address": party.get("address")}
        return {k: v for k, v in found.items() if v}

    def _deadline(self, head: Segment, qualifier: str) -> tuple[date | None, date | None]:
        """(actual, planned)"""
        segment = next((s for s in head.all("E1EDT13") if self.text(s, "QUALF") == qualifier), None)
        return self.day(segment, "ISDD"), self.day(segment, "NTANF")

    def _shipment(self, head: Segment, carrier: Segment | None) -> dict[str, Any]:
        tracking = head.first("E1EDL47")
        found = {
            "identifier": self.text(head, "BOLNR"),
            "carrier": self._party(carrier, "shipment"),
            "vehicle": self.text(head, "TRAID"),
            "tracking": self.text(tracking, "TRACKN"),
            "gross_weight": self._measure(head, "BTGEW", "GEWEI", _KILOGRAMS),
            "net_weight": self._measure(head, "NTGEW", "GEWEI", _KILOGRAMS),
            "volume": self._measure(head, "VOLUM", "VOLEH", _CUBIC_METRES),
            "packages": self.positive(head, "ANZPK"),
            "despatched": self._deadline(head, "006")[0],
            "expected": self._deadline(head, "007")[1],
            "delivery_terms": self.text(head, "INCO1"),
        }
        return {k: v for k, v in found.items() if v not in (None, {})}

    def _measure(self, segment: Segment, field: str, unit: str, factors: dict[str, Decimal]) -> Decimal | None:
        """In the canonical unit; what is measured in another one is kept aside."""
        value, said = self.positive(segment, field), self.text(segment, unit) or ""
        if value is None:
            return None
        if said not in factors:
            self.keep(f"{segment.tag}/{field}", f"{value} {said}")
            return None
        return sap.plain(value * factors[said])

    def _packages(self, head: Segment) -> tuple[list[dict[str, Any]], dict[str, str]]:
        """The handling units, and which of them holds which item (first one where there are several)."""
        found: list[dict[str, Any]] = []
        contents: dict[str, str] = {}
        for unit in head.all("E1EDL37"):
            number = self.text(unit, "EXIDV")
            if number:
                weight = self._measure(unit, "BRGEW", "GWEIM", _KILOGRAMS)
                found.append({"identifier": number} | ({"gross_weight": weight} if weight is not None else {}))
                for inside in unit.all("E1EDL44"):
                    contents.setdefault(self.text(inside, "POSNR") or "", number)
        return found, contents

    def _line(self, item: Segment, index: int, contents: dict[str, str]) -> dict[str, Any]:
        self.sources["lines", index] = item
        quantity = self.number(item, "LFIMG")
        if quantity is None:
            raise Unfit(refuse("idoc-quantity", "the item has no quantity (LFIMG)", self.place(item, "LFIMG")))
        position = self.text(item, "POSNR") or str(index + 1)
        order = next((s for s in item.all("E1EDL41") if self.text(s, "QUALI") == "001"), None)
        trade = item.first("E1EDL35")
        gtin = self.text(item, "EAN11")
        name = f"E1EDL24[{index + 1}]"
        line: dict[str, Any] = {
            "identifier": position,
            "quantity": sap.plain(quantity),
            "unit": self.unit(item, "VRKME"),
            "ordered": self.positive(item, "ORMNG"),
            "order_reference": self.text(order, "BSTNR"),
            "order_line_reference": self.text(order, "POSEX"),
            "package": contents.get(position),
            "batch": self.text(item, "CHARG"),
            "serial_numbers": [n for s in item.all("E1EDL11") if (n := self.text(s, "SERNR"))],
            "best_before": self.day(item, "VFDAT"),
            "name": self.text(item, "ARKTX"),
            "seller_item_id": self.text(item, "MATNR") or self.text(item.first("E1EDL26"), "MATNR_LONG"),
            "buyer_item_id": self.text(item, "KDMAT35") or self.text(item, "KDMAT"),
            "origin_country": self.text(trade, "HERKL"),
        }
        if gtin and sap.is_gtin(gtin):
            line["standard_item_id"] = {"value": gtin, "scheme": "0160"}
        else:
            self.keep(f"{name}/EAN11", gtin)
        if tariff := self.text(trade, "STAWN"):
            line["classifications"] = [{"value": tariff, "scheme": "HS"}]
        for below in item.below:
            if below.tag not in _MAPPED_OF_ITEM:
                self.aside(f"{name}/{below.tag}", below)
        return {k: v for k, v in line.items() if v not in (None, [])}

    def _texts(self, head: Segment) -> list[dict[str, str]]:
        found = []
        for text in head.all("E1TXTH8"):
            said = "\n".join(t for t in (self.text(line, "TDLINE") for line in text.all("E1TXTP8")) if t)
            if self.customs.notes is None or self.text(text, "TDID") in self.customs.notes:
                found += [{"text": said}] if said else []
            else:
                self.keep(f"E1TXTH8[{self.text(text, 'TDID')}]", said)
        return found

    def _aside(self, head: Segment, used: list[Segment | None]) -> None:
        for field in ("VSTEL", "VKORG", "ABLAD", "INCO2", "INCO2_L", "ROUTE", "VSBED", "LIFEX", "PARID"):
            self.keep(f"E1EDL20/{field}", self.text(head, field))
        for below in head.below:
            if below.tag == "E1ADRM1" and not any(below is one for one in used):
                self.aside(f"E1ADRM1[{self.text(below, 'PARTNER_Q')}]", below)
            elif below.tag == "E1EDT13" and self.text(below, "QUALF") not in ("006", "007"):
                self.keep(f"E1EDT13[{self.text(below, 'QUALF')}]/NTANF", self.text(below, "NTANF"))
            elif below.tag not in _MAPPED:
                self.aside(below.tag, below)
        self.leftovers(frozenset({"EDI_DC40", "E1EDL20"}))
