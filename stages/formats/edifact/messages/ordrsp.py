"""ORDRSP: the seller's answer to an order.

BGM's function code (1225) tells the answer: 29 accepted, 4 with changes, 27 not accepted; any other says that the order
has come (AB). A line's action (1229) is canonical already.

Source: UN/EDIFACT ORDRSP D.96A, D.01B; EANCOM 1997 and 2002.
"""

from __future__ import annotations

from typing import Any

from schemas.orders import OrderResponse
from stages.formats.edifact.grammar import Data, Message, Row
from stages.formats.edifact.messages import items, parties
from stages.formats.edifact.messages.items import DESCRIPTION, ITEM, NOTES, ORIGIN
from stages.formats.edifact.messages.orders import TOTALS, wanted, write_wanted

_ANSWERS = {"29": "AP", "4": "CA", "27": "RE", "9": "AB"}
_FUNCTIONS = {answer: code for code, answer in _ANSWERS.items()}
_WHEN = (
    Row("DTM+69|2|67:{_wanted|day}"),
    Row("DTM+64:{promised_delivery.start|day}"),
    Row("DTM+63:{promised_delivery.end|day}"),
)
_LINE = (
    *ITEM,
    Row("QTY+113|12|21:{quantity|number}:{unit|unit}"),
    Row("QTY+83:{back_ordered|number}"),
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
    Row("BGM+=231+{number}+{response_code}"),
    Row("DTM+137:{issue_date|day}"),
    *_WHEN,
    NOTES,
    Row("RFF+ON:{order_reference}"),
    parties.party("BY|MR", "buyer"),
    parties.party("SU|SE|MS", "seller"),
    parties.DELIVERY,
    Row("CUX+2:{currency}:=9"),
    Row("LIN+{identifier}+{status}+{_item|item}", into="lines[]", rows=_LINE),
    Row("UNS+S"),
    *TOTALS,
)


def read_shape(data: Data, walk: Any) -> None:
    parties.read(data)
    data.pop("_count", None)
    wanted(data, "promised_delivery")
    data["response_code"] = _ANSWERS.get(data.get("response_code", "9"), "AB")
    for index, line in enumerate(data.get("lines", ()), start=1):
        items.read_line(line)
        wanted(line, "promised_delivery")
        line.setdefault("identifier", str(index))
        order = line.pop("_order", None)
        if order:
            data.setdefault("order_reference", order)
        items.fallback(line, "order_line_reference", "_order_line")
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
    data["response_code"] = _FUNCTIONS.get(data["response_code"], "9")
    for number, line in enumerate(data.get("lines", ()), start=1):
        items.write_line(line, number, release)
        write_wanted(line, "promised_delivery")


MESSAGE = Message("ORDRSP", OrderResponse, ROWS, read_shape, write_shape, items.WORDS)
