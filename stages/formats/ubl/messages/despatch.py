"""UBL DespatchAdvice: Peppol BIS Despatch Advice 3, transaction T16.

A package stands at the line that is in it (TransportHandlingUnit), with its number and kind.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from schemas.orders import DespatchAdvice, DespatchLine, Package
from stages.formats.binding.attributed import identifier, measure, quantity
from stages.formats.binding.elements import READ_ONLY, Element, Name, Write, day, fixed, number, special, text
from stages.formats.binding.groups import node, part, parts, wrap
from stages.formats.reading.xml_walk import Action, Data, Walk
from stages.formats.ubl.messages.message import Message, named, says, table
from stages.formats.ubl.pieces import ADDRESS, CONTACT, NOTE, item, party, supplier
from stages.formats.writing.xml_text import escaped

_ABSENT = "NA"
"""What Peppol writes for a shipment's number, which UBL wants."""


@dataclass(frozen=True)
class _Instances(Element):
    """One ItemInstance for each serial number; batch and date of durability stand in the first."""

    path: str = "cac:ItemInstance"

    def action(self, name: Name) -> Action:
        def serial(walk: Walk, target: Data, element: etree._Element) -> None:
            if element.text and element.text.strip():
                walk.append(target, "serial_numbers", element.text.strip(), element)

        children = (
            day("cbc:BestBeforeDate", "best_before"),
            special("cbc:SerialID", serial),
            text("cac:LotIdentification/cbc:LotNumberID", "batch"),
        )
        below = node(children, name)
        return lambda walk, target, element: walk.run(below, target, element)

    def writer(self, level: int) -> Write:
        def write(line: DespatchLine, _currency: str) -> str:
            before = f"<cbc:BestBeforeDate>{line.best_before}</cbc:BestBeforeDate>" if line.best_before else ""
            lot = f"<cbc:LotNumberID>{escaped(line.batch)}</cbc:LotNumberID>" if line.batch else ""
            lot = f"<cac:LotIdentification>{lot}</cac:LotIdentification>" if lot else ""
            serials = [f"<cbc:SerialID>{escaped(each)}</cbc:SerialID>" for each in line.serial_numbers]
            found = [before + (serials[0] if serials else "") + lot, *serials[1:]]
            return "".join([f"<{self.path}>{each}</{self.path}>" for each in found if each])

        return write

    def fields(self, level: int) -> Iterator[str]:
        yield from ("best_before", "serial_numbers", "batch")


_LINE = parts(
    "cac:DespatchLine",
    "lines",
    text("cbc:ID", "identifier"),
    text("cbc:Note", "note"),
    quantity("cbc:DeliveredQuantity", "quantity", "unit"),
    quantity("cbc:OutstandingQuantity", "outstanding", "unit"),
    text("cbc:OutstandingReason", "outstanding_reason"),
    wrap(
        "cac:OrderLineReference",
        text("cbc:LineID", "order_line_reference"),
        text("cac:OrderReference/cbc:ID", "order_reference"),
    ),
    item("classifications", "attributes", more=(_Instances(),)),
    wrap(
        "cac:Shipment",
        fixed("cbc:ID", _ABSENT),
        part(
            "cac:TransportHandlingUnit",
            "package",
            text("cbc:ID", "identifier"),
            text("cbc:TransportHandlingUnitTypeCode", "type_code"),
        ),
    ),
)


def _expected(walk: Walk, target: Data, element: etree._Element) -> None:
    """Only the beginning of the estimated time is given."""
    period = element.getparent()
    if period is None or period.find(f"{{{TABLE.namespaces['cbc']}}}EndDate") is None:
        day("", "expected").take("expected")(walk, target.setdefault("shipment", {}), element)
    else:
        walk.unknown(element, "period", "the end of the estimated time of arrival is what is read")


_SHIPMENT = wrap(
    "cac:Shipment",
    fixed("cbc:ID", _ABSENT),
    measure("cbc:GrossWeightMeasure", "shipment.gross_weight", "KGM"),
    measure("cbc:GrossVolumeMeasure", "shipment.volume", "MTQ"),
    number("cbc:TotalTransportHandlingUnitQuantity", "shipment.packages"),
    wrap(
        "cac:Consignment",
        text("cbc:ID", "shipment.identifier"),
        part("cac:CarrierParty", "shipment.carrier", *party()),
    ),
    text("cac:ShipmentStage/cbc:TransportModeCode", "shipment.transport_mode"),
    wrap(
        "cac:Delivery",
        text("cbc:TrackingID", "shipment.tracking"),
        wrap(
            "cac:EstimatedDeliveryPeriod",
            special("cbc:StartDate", _expected),
            day("cbc:EndDate", "shipment.expected"),
        ),
        part(
            "cac:DeliveryParty",
            "delivery",
            identifier("cac:PartyIdentification/cbc:ID", "location"),
            text("cac:PartyName/cbc:Name", "name"),
            part("cac:PostalAddress", "address", *ADDRESS),
        ),
        day("cac:Despatch/cbc:ActualDespatchDate", "shipment.despatched"),
    ),
)

TABLE = table(
    "DespatchAdvice",
    says("cbc:CustomizationID", "urn:fdc:peppol.eu:poacc:trns:despatch_advice:3"),
    says("cbc:ProfileID", "urn:fdc:peppol.eu:poacc:bis:despatch_advice:3"),
    text("cbc:ID", "number"),
    day("cbc:IssueDate", "issue_date"),
    text("cbc:DespatchAdviceTypeCode", "type_code", READ_ONLY),
    NOTE,
    text("cac:OrderReference/cbc:ID", "order_reference"),
    supplier("cac:DespatchSupplierParty", "seller", "endpoint", "legal", "address", "contact"),
    part(
        "cac:DeliveryCustomerParty",
        "buyer",
        wrap("cac:Party", *party("endpoint", "legal", "address")),
        part("cac:DeliveryContact", "contact", *CONTACT),
    ),
    supplier("cac:BuyerCustomerParty", "ordering_party", "address"),
    _SHIPMENT,
    _LINE,
)


def _prepare(advice: DespatchAdvice) -> Any:
    """Packages at their lines; a consignment has a number, or none by Peppol's word."""
    packages = {each.identifier: each for each in advice.packages}
    lines = tuple(
        line.model_copy(update={"package": packages.get(line.package) or Package(identifier=line.package)})
        if line.package
        else line
        for line in advice.lines
    )
    shipment = advice.shipment
    if shipment.carrier and not shipment.identifier:
        shipment = shipment.model_copy(update={"identifier": _ABSENT})
    return advice.model_copy(update={"lines": lines, "shipment": shipment})


def _settle(walk: Walk, data: Data) -> None:
    shipment = data.get("shipment", {})
    named(walk, shipment, "carrier")
    if shipment.get("identifier") == _ABSENT:
        del shipment["identifier"]
    packages: dict[str, Data] = {}
    for line in data.get("lines", ()):
        package = line.pop("package", None) or {}
        if number_ := package.get("identifier"):
            line["package"] = number_
            packages.setdefault(number_, package)
    if packages:
        data["packages"] = list(packages.values())
    orders = list(dict.fromkeys(filter(None, (line.get("order_reference") for line in data.get("lines", ())))))
    if len(orders) > 1:
        data["order_references"] = orders


def _conditional(advice: DespatchAdvice) -> Iterator[tuple[str, str]]:
    inside = {line.package for line in advice.lines}
    for index, package in enumerate(advice.packages):
        if package.identifier not in inside:
            yield f"packages[{index}]", "no line says that it is in it"
    told = {line.order_reference for line in advice.lines}
    for index, order in enumerate(advice.order_references):
        if order not in told:
            yield f"order_references[{index}]", "no line refers to it"


_ALSO = frozenset({"lines[].package", "packages[].identifier", "packages[].type_code", "order_references"})

MESSAGE = Message(
    "DespatchAdvice",
    DespatchAdvice,
    TABLE,
    ("seller", "buyer", "ordering_party"),
    prepare=_prepare,
    settle=_settle,
    conditional=_conditional,
    also=_ALSO,
)
