"""ORDERS: purchase orders.

Source: UN/EDIFACT ORDERS D.96A, D.01B; EANCOM 1997 and 2002 for the qualifiers.
"""

from __future__ import annotations

from typing import Any

from schemas.orders import Order
from stages.formats.edifact.functions import COPIES
from stages.formats.edifact.grammar import Data, Message, Row
from stages.formats.edifact.messages import items, parties
from stages.formats.edifact.messages.items import ALC, ALLOWANCE, DESCRIPTION, ITEM, NOTES, ORIGIN, TAX

WHEN = (
    Row("DTM+2:{_wanted|day}"),
    Row("DTM+64:{requested_delivery.start|day}"),
    Row("DTM+63:{requested_delivery.end|day}"),
)
PRICES = (
    Row("PRI+AAA|INV|CAL:{net_price|number}:::{base_quantity|number}:{base_quantity_unit|unit}"),
    Row("PRI+AAB:{gross_price|number}"),
)
TOTALS = (
    Row("MOA+79:{totals.line_total|number}"),
    Row("MOA+260:{totals.allowance_total|number}"),
    Row("MOA+259:{totals.charge_total|number}"),
    Row("MOA+125|389:{totals.tax_exclusive|number}"),
    Row("MOA+176|124:{totals.tax_amount|number}"),
    Row("MOA+128|388:{totals.tax_inclusive|number}"),
    Row("MOA+9|86|77:{totals.amount_due|number}"),
    Row("CNT+2:{_count}"),
)
_PLACE = (Row("LOC+1|7|18+:::{delivery_terms_location}"),)
TERMS = (
    Row("PAT+1|3|?+:::{_term_text|2}", rows=(Row("DTM+13:{_due|day}"),)),
    Row("TOD+3|5|6|?++{delivery_terms}:::{_terms}", rows=_PLACE, only_read=True),
    Row("TOD+3|5|6|?++<terms>{delivery_terms}", rows=_PLACE),
)
_LINE = (
    *ITEM,
    Row("QTY+21|1|12:{quantity|number}:{unit|unit}"),
    ORIGIN,
    *WHEN,
    Row("MOA+203|66:{net_amount|number}"),
    DESCRIPTION,
    Row("FTX+=AAI+++{note|5}"),
    *PRICES,
    Row("RFF+ADE:{accounting_reference}"),
    Row(TAX),
    Row(ALC, into="allowances_charges[]", rows=ALLOWANCE),
)
ROWS = (
    Row("BGM+{type_code}::=?|9+{number}+{_function=9}"),
    Row("DTM+137|4:{issue_date|day}"),
    *WHEN,
    Row("DTM+36:{valid_until|day}"),
    Row("FTX+AAB+++{payment_terms|5}"),
    NOTES,
    Row("RFF+CR:{buyer_reference}"),
    Row("RFF+AAG:{quotation_reference}"),
    Row("RFF+CT:{contract_reference}"),
    Row("RFF+PW|OP:{previous_order}"),
    Row("RFF+ADE:{accounting_reference}"),
    parties.party("BY", "buyer"),
    parties.party("SU|SE", "seller"),
    parties.party("OB", "originator"),
    parties.party("IV", "invoicee"),
    parties.DELIVERY,
    Row("CUX+2:{currency}:=9"),
    *TERMS,
    Row(ALC, into="allowances_charges[]", rows=(*ALLOWANCE, Row(TAX))),
    Row("LIN+{identifier}++{_item|item}::=?|9", into="lines[]", rows=_LINE),
    Row("UNS+S"),
    *TOTALS,
)


def read_shape(data: Data, walk: Any) -> None:
    parties.read(data, walk)
    data.pop("_count", None)
    walk.unused(data, "_due")
    items.fallback(data, "delivery_terms", "_terms", walk)
    items.fallback(data, "payment_terms", "_term_text", walk)
    wanted(data)
    for each in data.get("allowances_charges", ()):
        items.read_allowance(each, walk)
    for index, line in enumerate(data.get("lines", ()), start=1):
        items.read_line(line, walk)
        wanted(line)
        line.setdefault("identifier", str(index))


def wanted(data: Data, field: str = "requested_delivery") -> None:
    """One day is a period that begins and ends on it."""
    day = data.pop("_wanted", None)
    if day is not None:
        data.setdefault(field, {"start": day, "end": day})


def write_wanted(data: Data, field: str = "requested_delivery") -> None:
    period = data.get(field)
    if period and period.get("start") is not None and period.get("start") == period.get("end"):
        data["_wanted"] = period["start"]
        del data[field]


def write_shape(data: Data, release: str) -> None:
    parties.write(data)
    data["_count"] = str(len(data["lines"]))
    write_wanted(data)
    for each in data.get("allowances_charges", ()):
        items.write_allowance(each)
    for number, line in enumerate(data["lines"], start=1):
        items.write_line(line, number, release)
        write_wanted(line)


MESSAGE = Message("ORDERS", Order, ROWS, read_shape, write_shape, items.WORDS, ("6", *COPIES))
