"""What an item is: the parts that invoices, orders and ship notices of cXML share."""

from __future__ import annotations

from lxml import etree

from stages.formats.cxml.walk import CxmlWalk, extrinsic, kept, money, of, said
from stages.formats.reading.xml_actions import text
from stages.formats.reading.xml_walk import Data, Node


def classification(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """Classification by its domain: UNSPSC is list TST of UNTDID 7143; others keep their name."""
    domain, code = element.get("domain") or "", (element.get("code") or element.text or "").strip()
    if not code:
        return
    scheme = {"UNSPSC": "TST", "EAN": "SRV"}.get(domain.upper().replace("-", ""), domain or None)
    walk.append(target, "classifications", {"value": code} | ({"scheme": scheme[:60]} if scheme else {}), element)


def _basis(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """PriceBasisQuantity: the price is for so many units; of another unit than the ordered one it is kept aside."""
    if (element.get("conversionFactor") or "1").strip() not in ("1", "1.0", "1.00"):
        walk.unknown(element, "conversion", "the price is for another unit than the quantity")
        return
    walk.put(target, "base_quantity", element.get("quantity"), element)
    walk.put(target, "base_quantity_unit", element.findtext("UnitOfMeasure"), element)


ITEM_ID: Node = {
    "SupplierPartID": text("seller_item_id"),
    "SupplierPartAuxiliaryID": text("#auxiliary"),
    "BuyerPartID": text("buyer_item_id"),
    "IdReference": kept,
}
DETAIL: Node = {
    "UnitPrice": money("net_price"),
    "Description": said("name"),
    "UnitOfMeasure": text("unit"),
    "PriceBasisQuantity": _basis,
    "Classification": classification,
    "ManufacturerPartID": text("#manufacturer_part"),
    "ManufacturerName": text("#manufacturer"),
    "URL": kept,
    "LeadTime": kept,
    "Extrinsic": extrinsic,
}
ITEM: Node = {"ItemID": of(ITEM_ID), "ItemDetail": of(DETAIL), **DETAIL}
_ATTRIBUTES = {
    "#auxiliary": "Supplier part auxiliary ID",
    "#manufacturer_part": "Manufacturer part ID",
    "#manufacturer": "Manufacturer",
}


def settle(line: Data) -> None:
    """Numbers that have no field of their own are attributes of the item (BG-32)."""
    for name, label in _ATTRIBUTES.items():
        if value := line.pop(name, None):
            line.setdefault("attributes", []).append({"name": label, "value": value})
