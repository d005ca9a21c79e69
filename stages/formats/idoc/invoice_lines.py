"""The items of an INVOIC IDoc (E1EDP01) as invoice lines (BG-25)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from stages.formats.idoc import values as sap
from stages.formats.idoc.items import item_of
from stages.formats.idoc.segments import Segment
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse

if TYPE_CHECKING:
    from stages.formats.idoc.mapping import Mapping

_CENT = Decimal("0.01")
_PRICE_PLACES = Decimal("0.0000000001")


def lines_of(mapping: Mapping) -> list[dict[str, Any]]:
    """Raises Unfit for an item without quantity or value."""
    found = []
    for index, item in enumerate(mapping.segments.get("E1EDP01", ())):
        mapping.sources["lines", index] = item
        found.append(_line(mapping, item, index))
    return found


def _line(mapping: Mapping, item: Segment, index: int) -> dict[str, Any]:
    below: dict[str, dict[str, Segment]] = {}
    for child in item.below:
        qualifier = child.fields.get("QUALF") or child.fields.get("IDDAT") or ""
        below.setdefault(child.tag, {}).setdefault(qualifier, child)
        if child.tag not in sap.STANDARD_ITEM_SEGMENTS:
            mapping.aside(f"E1EDP01[{index + 1}]/{child.tag}", child)
    quantity = mapping.number(item, "MENGE")
    if quantity is None:
        raise Unfit(refuse("idoc-quantity", "the item has no quantity (MENGE)", mapping.place(item, "MENGE")))
    order = below.get("E1EDP02", {}).get("001")
    line: dict[str, Any] = {
        "identifier": mapping.text(item, "POSEX") or str(index + 1),
        "quantity": sap.plain(quantity),
        "unit": mapping.unit(item, "MENEE"),
        "order_line_reference": mapping.text(order, "ZEILE"),
        **item_of(mapping, item, index),
    }
    _vat(mapping, item, line)
    _price(mapping, item, line, quantity, {k: v for k, v in below.get("E1EDP26", {}).items()}, index)
    return {k: v for k, v in line.items() if v not in (None, [])}


def _vat(mapping: Mapping, item: Segment, line: dict[str, Any]) -> None:
    """The item's own tax segment, else the header's where it has only one."""
    segment = item.first("E1EDP04")
    header = mapping.segments.get("E1EDK04", [])
    if segment is None and len(header) == 1:
        segment = header[0]
    if segment is not None:
        code, rate = mapping.text(segment, "MWSKZ"), mapping.number(segment, "MSATZ")
        line["vat_category"], line["vat_rate"] = mapping.vat(segment, code, rate)


def _price(
    mapping: Mapping,
    item: Segment,
    line: dict[str, Any],
    quantity: Decimal,
    amounts: dict[str, Segment],
    index: int,
) -> None:
    """Net amount as SAP has it; price and conditions so that they give it to the cent."""
    net = next((v for q in ("003", "011") if (v := mapping.number(amounts.get(q), "BETRG")) is not None), None)
    price = mapping.number(amounts.get("001"), "BETRG")
    if price is None:
        price = mapping.number(item, "VPREI")
    base = mapping.number(item, "PEINH") or Decimal(1)
    if net is None:
        if price is None:
            raise Unfit(refuse("idoc-price", "the item has neither net value nor price", mapping.place(item)))
        net = mapping.number(item, "NETWR")
        if net is None:
            line["net_price"] = price
            _based(line, base)
            return
    line["net_amount"] = net
    conditions = _conditions(mapping, item, net, price, quantity, base)
    if price is not None and conditions is not None:
        line["net_price"] = sap.plain(price)
        line["allowances_charges"] = conditions
        _based(line, base)
        return
    if quantity == 0:
        raise Unfit(refuse("idoc-quantity", "a value for a quantity of zero", mapping.place(item, "MENGE"), "0"))
    line["net_price"] = sap.plain((net / quantity).quantize(_PRICE_PLACES, ROUND_HALF_UP))
    if price is not None:
        mapping.keep(f"E1EDP01[{index + 1}]/E1EDP26[001]/BETRG", str(price))
        message = "the conditions do not explain the net value; the price is net value by quantity"
        mapping.warnings.add("idoc-conditions", message, mapping.place(item), str(price))


def _based(line: dict[str, Any], base: Decimal) -> None:
    if base != 1:
        line["base_quantity"] = sap.plain(base)


def _conditions(
    mapping: Mapping, item: Segment, net: Decimal, price: Decimal | None, quantity: Decimal, base: Decimal
) -> list[dict[str, Any]] | None:
    """Discounts and surcharges that lead from quantity by price to the net value; None when they do not.

    E1EDP05 mixes them with price conditions and subtotals, whose amount is the gross or the net value itself.
    """
    if price is None:
        return None
    gross = (quantity * price / base).quantize(_CENT, ROUND_HALF_UP)
    if gross == net:
        return []
    taken = []
    for segment in item.all("E1EDP05"):
        amount = mapping.number(segment, "BETRG")
        if amount and (mapping.text(segment, "ALCKZ") == "-" or amount not in (gross, net)):
            taken.append(mapping.condition(segment, amount))
    total = gross + sum((c["amount"] if c["charge"] else -c["amount"] for c in taken), Decimal(0))
    return taken if total == net else None
