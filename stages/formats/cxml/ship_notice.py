"""ShipNoticeRequest: what is on its way."""

from __future__ import annotations

from lxml import etree

from schemas.orders import DespatchAdvice
from schemas.profiles import ExtractionProfile
from stages.formats.cxml import item
from stages.formats.cxml.order import finish, known
from stages.formats.cxml.parties import named, party
from stages.formats.cxml.walk import CxmlWalk, extrinsic, note, of, part, remark
from stages.formats.reading.completing import Unfit, complete_as
from stages.formats.reading.records import refuse
from stages.formats.reading.xml_actions import within
from stages.formats.reading.xml_walk import Data, Node


def _contact(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    role = {"shipFrom": "seller", "shipTo": "buyer"}.get(element.get("role") or "")
    if role and role not in target:
        target[role] = party(walk, element)
    else:
        walk.unknown(element)


def _carrier(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    domain, words = element.get("domain") or "", (element.text or "").strip()
    carrier = target.setdefault("shipment", {}).setdefault("carrier", {})
    if domain == "SCAC":
        walk.append(carrier, "identifiers", {"value": words, "scheme": "SCAC"}, element)
        carrier.setdefault("name", words)
    elif words:
        carrier["name"] = words


def _tracking(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    walk.put(target.setdefault("shipment", {}), "tracking", element.text, element)
    walk.known(element, *map(str, element.keys()))


def _portion(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """ShipNoticePortion: the lines of one order."""
    before = len(target.get("lines", ()))
    reference = element.find("OrderReference")
    number = (reference.get("orderID") or "").strip() if reference is not None else ""
    walk.run({"OrderReference": lambda *_: None, "ShipNoticeItem": _ITEM, "Comments": note}, target, element)
    if number:
        target.setdefault("#orders", []).append(number)
        for line in target.get("lines", [])[before:]:
            line["order_reference"] = number


_ITEM = part(
    "lines",
    {**item.ITEM, "ShipNoticeItemDetail": of(item.DETAIL), "Comments": remark},
    {"quantity": "quantity", "lineNumber": "order_line_reference", "shipNoticeLineNumber": "identifier"},
)
_TABLE: Node = {
    "ShipNoticeHeader": of(
        {"Contact": _contact, "Comments": note, "Extrinsic": extrinsic},
        {
            "shipmentID": "number", "noticeDate": "@issue_date", "shipmentDate": "@#despatched",
            "deliveryDate": "@#expected", "operation": "#action", "shipmentType": "=",
        },
    ),
    "ShipControl": within({"CarrierIdentifier": _carrier, "ShipmentIdentifier": _tracking}),
    "ShipNoticePortion": _portion,
}  # fmt: skip


def read(walk: CxmlWalk, payload: etree._Element, profile: ExtractionProfile | None) -> DespatchAdvice:
    """Raises Unfit."""
    data = walk.data
    walk.run(_TABLE, data, payload)
    action = data.pop("#action", "new")
    if action != "new":
        message = "only new ship notices are read; this one changes or takes back another"
        raise Unfit(refuse("cxml-action", message, walk.place(payload), action, "new"), number=data.get("number"))
    for role, credential in (("seller", "From"), ("buyer", "To")):
        data[role] = known(walk, role, named(data.get(role), walk.credential(credential)), payload)
    for field, name in (("#despatched", "despatched"), ("#expected", "expected")):
        if found := data.pop(field, None):
            data.setdefault("shipment", {})[name] = found
    orders = list(dict.fromkeys(data.pop("#orders", [])))
    if len(orders) == 1:
        data["order_reference"] = orders[0]
    elif orders:
        data["order_references"] = orders
    for index, line in enumerate(data.get("lines", ()), start=1):
        item.settle(line)
        line.setdefault("identifier", str(index))
        for name in ("net_price", "base_quantity", "base_quantity_unit"):
            if value := line.pop(name, None):
                walk.extras[f"lines[{index - 1}].{name}"] = value
    finish(walk, data)
    constants = profile.constants if profile else {}
    fitting = {k: v for k, v in constants.items() if k in DespatchAdvice.model_fields}
    return complete_as(DespatchAdvice, data, walk.locate, fitting)
