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
        "seller_item_id": _number(items.get("002")),
        "buyer_item_id": _number(items.get("001")),
        "origin_country": mapping.text(trade, "HERKL"),
        "note": _text(mapping, item),
    }
    if gtin := _number(items.get("003")):
        if sap.is_gtin(gtin):
            found["standard_item_id"] = {"value": gtin, "scheme": "0160"}
        else:
            mapping.keep(f"E1EDP01[{index + 1}]/E1EDP19[003]/IDTNR", gtin)
    if tariff := mapping.text(trade, "STAWN"):
        found["classifications"] = [{"value": tariff, "scheme": "HS"}]
    for qualifier, segment in items.items():
        if qualifier not in ("001", "002", "003"):
            mapping.keep(f"E1EDP01[{index + 1}]/E1EDP19[{qualifier}]/IDTNR", _number(segment))
    return found


def _name(mapping: Mapping, items: dict[str, Segment]) -> str | None:
    """KTEXT of our own material, else of any, else its number."""
    order = [items[q] for q in ("002", "001", "003") if q in items] + list(items.values())
    said = [mapping.text(segment, "KTEXT") for segment in order] + [_number(segment) for segment in order]
    return next((s for s in said if s), None)


def _number(segment: Segment | None) -> str | None:
    """S/4HANA writes material numbers of up to 40 characters to IDTNR_LONG, and often only there."""
    return None if segment is None else segment.fields.get("IDTNR_LONG") or segment.fields.get("IDTNR")


def _text(mapping: Mapping, item: Segment) -> str | None:
    lines = (mapping.text(line, "TDLINE") for text in item.all("E1EDPT1") for line in text.all("E1EDPT2"))
    return "\n".join(t for t in lines if t) or None
