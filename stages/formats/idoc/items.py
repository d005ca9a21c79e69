"""Which item an E1EDP01 names, in an invoice, an order or its answer: BG-31."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stages.formats.idoc import values as sap
from stages.formats.idoc.segments import Segment

if TYPE_CHECKING:
    from stages.formats.idoc.mapping import Mapping


def item_of(mapping: Mapping, item: Segment, index: int) -> dict[str, Any]:
    """Name, numbers, tariff, origin and text; numbers of other kinds are kept aside."""
    items: dict[str, Segment] = {}
    for segment in item.all("E1EDP19"):
        items.setdefault(segment.fields.get("QUALF", ""), segment)
    trade = item.first("E1EDP28")
    found: dict[str, Any] = {
        "name": _name(mapping, items),
        "seller_item_id": mapping.text(items.get("002"), "IDTNR"),
        "buyer_item_id": mapping.text(items.get("001"), "IDTNR"),
        "origin_country": mapping.text(trade, "HERKL"),
        "note": _text(mapping, item),
    }
    if gtin := mapping.text(items.get("003"), "IDTNR"):
        if sap.is_gtin(gtin):
            found["standard_item_id"] = {"value": gtin, "scheme": "0160"}
        else:
            mapping.keep(f"E1EDP01[{index + 1}]/E1EDP19[003]/IDTNR", gtin)
    if tariff := mapping.text(trade, "STAWN"):
        found["classifications"] = [{"value": tariff, "scheme": "HS"}]
    for qualifier, segment in items.items():
        if qualifier not in ("001", "002", "003"):
            mapping.keep(f"E1EDP01[{index + 1}]/E1EDP19[{qualifier}]/IDTNR", mapping.text(segment, "IDTNR"))
    return found


def _name(mapping: Mapping, items: dict[str, Segment]) -> str | None:
    """KTEXT of our own material, else of any, else its number."""
    order = [items[q] for q in ("002", "001", "003") if q in items] + list(items.values())
    for field in ("KTEXT", "IDTNR"):
        for segment in order:
            if said := mapping.text(segment, field):
                return said
    return None


def _text(mapping: Mapping, item: Segment) -> str | None:
    lines = (mapping.text(line, "TDLINE") for text in item.all("E1EDPT1") for line in text.all("E1EDPT2"))
    return "\n".join(t for t in lines if t) or None
