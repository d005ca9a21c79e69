"""ORDRSP: the seller's answer to an order.

BGM's function code (1225) tells the answer: 29 accepted, 4 with changes (28 in its header, 30 in its lines), 27 not
accepted; none or 9 says that the order has come (AB), and so does a copy. A line's action (1229) is canonical already.

Source: UN/EDIFACT ORDRSP D.96A, D.01B; EANCOM 1997 and 2002.
"""

from __future__ import annotations

from typing import Any

from schemas.orders import OrderResponse
from stages.formats.edifact.functions import COPIES
from stages.formats.edifact.grammar import Data, Message, Row
from stages.formats.edifact.messages import items, parties
from stages.formats.edifact.messages.items import DESCRIPTION, ITEM, NOTES, ORIGIN
from stages.formats.edifact.messages.orders import TOTALS, wanted, write_wanted

_FUNCTIONS = {"AP": "29", "CA": "4", "RE": "27", "AB": "9"}
_ANSWERS = {code: answer for answer, code in _FUNCTIONS.items()} | {"28": "CA", "30": "CA"}
_WHEN = (
    Row("DTM+69|2|67:{_wanted|day}"),
    Row("DTM+64:{promised_delivery.start|day}"),
    Row("DTM+63:{promised_delivery.end|day}"),
)
_LINE = (
    *ITEM,
    Row("QTY+113|12|21:{quantity|number}:{unit|unit}"),
    Row("QTY+83:{back_ordered|number}:{_unit|unit}"),
    ORIGIN,
    *_WHEN,
    Row("MOA+203|66:{net_amount|number}"),
    DESCRIPTION,
    Row("FTX+=AAI+++{note|5}"),
    Row("PRI+AAA|INV|CAL:{net_price|number}:::{base_quantity|number}"),
    Row("RFF+LI:{order_line_reference}"),
    Row("RFF+ON:{_order}:{_order_line}"),
)
ROWS = (
    Row("BGM+=231+{number}+{_function=9}"),
    Row("DTM+137:{issue_date|day}"),
    *_WHEN,
    NOTES,
    Row("RFF+ON:{order_reference}"),
    parties.party("BY|MR", "buyer"),
    parties.party("SU|SE|MS", "seller"),
    parties.DELIVERY,
    Row("CUX+2:{currency}:=9"),
    Row("LIN+{identifier}+{status}+{_item|item}::=?|9", into="lines[]", rows=_LINE),
    Row("UNS+S"),
    *TOTALS,
)


def read_shape(data: Data, walk: Any) -> None:
    parties.read(data, walk)
    data.pop("_count", None)
    wanted(data, "promised_delivery")
    data["response_code"] = _ANSWERS.get(data.get("_function", "9"), "AB")
    for index, line in enumerate(data.get("lines", ()), start=1):
        items.read_line(line, walk)
        items.fallback(line, "unit", "_unit", walk)
        wanted(line, "promised_delivery")
        line.setdefault("identifier", str(index))
        if "_order" in line and data.setdefault("order_reference", line["_order"]) == line["_order"]:
            del line["_order"]
        walk.unused(line, "_order")
        items.fallback(line, "order_line_reference", "_order_line", walk)
        if "status" not in line:
            accepted = data["response_code"] == "AP"
            line["status"] = "5" if accepted else "3"
            if not accepted:
                walk.warnings.add(
                    "edifact-status", "a line without an action (1229) is taken as changed (3)", walk.address
                )


def write_shape(data: Data, release: str) -> None:
    parties.write(data)
    data["_count"] = str(len(data.get("lines", ())))
    write_wanted(data, "promised_delivery")
    data["_function"] = _FUNCTIONS.get(data["response_code"], "9")
    for number, line in enumerate(data.get("lines", ()), start=1):
        items.write_line(line, number, release)
        write_wanted(line, "promised_delivery")


MESSAGE = Message("ORDRSP", OrderResponse, ROWS, read_shape, write_shape, items.WORDS, COPIES, frozenset(_ANSWERS))
