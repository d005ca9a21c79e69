"""OrderRequest: the buyer's order."""

from __future__ import annotations

from lxml import etree

from schemas.orders import Order
from schemas.profiles import ExtractionProfile
from stages.formats.cxml import item
from stages.formats.cxml.parties import delivery, named, party
from stages.formats.cxml.terms import pay, settle_terms
from stages.formats.cxml.walk import CxmlWalk, extrinsic, kept, money, note, of, part, remark
from stages.formats.reading.completing import Unfit, complete_as
from stages.formats.reading.records import refuse
from stages.formats.reading.xml_walk import Data, Node


def _bill_to(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    for address in element:
        walk.put_part(target, "buyer", party(walk, address), element)


def _ship_to(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    for child in element:
        if child.tag == "Address":
            delivery(walk, target, child)
        else:
            walk.unknown(child)


def _contact(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """A person of the buyer's: who wants the goods, or who bought them."""
    role, found = element.get("role"), party(walk, element)
    if role in ("endUser", "requester") and "originator" not in target and found.get("name"):
        target["originator"] = found
    elif role in ("buyer", "purchasingAgent", None) and "#contact" not in target:
        target["#contact"] = {**found.get("contact", {}), **({"name": found["name"]} if "name" in found else {})}
        if found.keys() - {"name", "contact"}:
            walk.known(element)
    else:
        walk.unknown(element)


_HEADER: Node = {
    "Total": money("totals.line_total"),
    "ShipTo": _ship_to,
    "BillTo": _bill_to,
    "Shipping": money("#shipping", {"Description": kept}),
    "Tax": money("totals.tax_amount", {"Description": kept, "TaxDetail": kept}),
    "PaymentTerm": pay,
    "Contact": _contact,
    "Comments": note,
    "Extrinsic": extrinsic,
}
_LINE: Node = {
    **item.ITEM,
    "Comments": remark,
    "Tax": money("#tax", {"Description": kept, "TaxDetail": kept}),
    "Extrinsic": extrinsic,
}
_TABLE: Node = {
    "OrderRequestHeader": of(
        _HEADER,
        {
            "orderID": "number", "orderDate": "@issue_date", "type": "#action", "orderType": "#type",
            "requisitionID": "buyer_reference", "agreementID": "contract_reference", "orderVersion": "#version",
        },
    ),
    "ItemOut": part(
        "lines", _LINE, {"quantity": "quantity", "lineNumber": "identifier", "requestedDeliveryDate": "@#wanted"}
    ),
}  # fmt: skip


def read(walk: CxmlWalk, payload: etree._Element, profile: ExtractionProfile | None) -> Order:
    """Raises Unfit."""
    data = walk.data
    walk.run(_TABLE, data, payload)
    action = data.pop("#action", "new")
    if action != "new":
        message = "only new orders are read; this one changes or takes back another"
        raise Unfit(refuse("cxml-action", message, walk.place(payload), action, "new"), number=data.get("number"))
    data["type_code"] = {"release": "226", "blanket": "221"}.get(data.pop("#type", ""), "220")
    if version := data.pop("#version", None):
        walk.extras["order_version"] = version
    if shipping := data.pop("#shipping", None):
        walk.extras["shipping_amount"] = shipping
        walk.say("shipping", "the amount for shipping is kept aside", payload, shipping)
    data["buyer"] = known(walk, "buyer", named(data.get("buyer"), walk.credential("From")), payload)
    contact = data.pop("#contact", None)
    if contact and data["buyer"] and not data["buyer"].get("contact"):
        data["buyer"]["contact"] = contact
    if "seller" not in (profile.constants if profile else {}):
        data["seller"] = known(walk, "seller", walk.credential("To"), payload)
    settle_terms(walk, data)
    for index, line in enumerate(data.get("lines", ()), start=1):
        item.settle(line)
        line.setdefault("identifier", str(index))
        if tax := line.pop("#tax", None):
            walk.extras[f"lines[{index}].tax"] = tax
        if wanted := line.pop("#wanted", None):
            line["requested_delivery"] = {"start": wanted}
    data["currency"] = currency(walk, payload)
    finish(walk, data)
    constants = profile.constants if profile else {}
    return complete_as(Order, data, walk.locate, {k: v for k, v in constants.items() if k in Order.model_fields})


def known(walk: CxmlWalk, role: str, found: Data | None, payload: etree._Element) -> Data | None:
    """A party that is known by its number only is called by it."""
    if found and "name" not in found:
        found["name"] = found["identifiers"][0]["value"]
        walk.say("name", f"the {role} has a number and no name; the number stands for it", payload)
    return found


def currency(walk: CxmlWalk, payload: etree._Element) -> str | None:
    """The one currency of all amounts. Raises Unfit where there are several."""
    codes = list(walk.currencies)
    if len(codes) > 1:
        message = "amounts stand in several currencies"
        raise Unfit(refuse("cxml-currency", message, walk.place(walk.currencies[codes[1]]), codes[1], codes[0]))
    return codes[0] if codes else None


def finish(walk: CxmlWalk, data: Data) -> None:
    """What every document has: no empty parts, what was kept aside, whether it is a test."""
    for name in [name for name, value in data.items() if value in (None, {}, [])]:
        del data[name]
    if walk.test:
        walk.extras["test"] = "test"
        walk.say("test", "the request says that it is a test", walk.root)
    if walk.extras:
        data["extras"] = dict(walk.extras)
