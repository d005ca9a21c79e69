"""RECADV: what arrived, and in which state.

Source: UN/EDIFACT RECADV D.96A, D.01B; EANCOM 1997 and 2002.
"""

from __future__ import annotations

from typing import Any

from schemas.orders import ReceivingAdvice
from stages.formats.edifact.functions import COPIES
from stages.formats.edifact.grammar import Data, Message, Row
from stages.formats.edifact.messages import items, parties
from stages.formats.edifact.messages.items import ITEM

_LINE = (
    *ITEM,
    Row("QTY+48|46|12:{received|number}:{unit|unit}"),
    Row("QTY+194:{accepted|number}:{_unit|unit}"),
    Row("QTY+195|196:{rejected|number}:{_unit|unit}"),
    Row("QTY+119:{short|number}:{_unit|unit}"),
    Row("QVR+{_difference|number}:{_of}++{reason_code}:::{reason|1}"),
    Row("RFF+ON:{order_reference}:{order_line_reference}"),
)
ROWS = (
    Row("BGM+=632+{number}+{_function=9}"),
    Row("DTM+137:{issue_date|day}"),
    Row("DTM+50|35:{received|day}"),
    Row("RFF+ON:{order_reference}"),
    Row("RFF+DQ|AAK:{despatch_advice_reference}"),
    parties.party("BY|DP|UC", "buyer"),
    parties.party("SU|SE", "seller"),
    Row(
        "CPS+{number}",
        into="_levels[]",
        rows=(Row("LIN+{identifier}++{_item|item}::=?|9", into="lines[]", rows=_LINE),),
    ),
    Row("CNT+2:{_count}"),
)


def read_shape(data: Data, walk: Any) -> None:
    parties.read(data, walk)
    data.pop("_count", None)
    lines = [line for level in data.pop("_levels", []) for line in level.get("lines", [])]
    for index, line in enumerate(lines, start=1):
        items.read_line(line, walk)
        line.setdefault("identifier", str(index))
        items.fallback(line, "unit", "_unit", walk)
        walk.unused(line, "_difference", "_of")
        if "received" not in line and "accepted" in line:
            line["received"] = line["accepted"]
    data["lines"] = lines


def write_shape(data: Data, release: str) -> None:
    parties.write(data)
    data["_count"] = str(len(data["lines"]))
    for number, line in enumerate(data["lines"], start=1):
        items.write_line(line, number, release)
    data["_levels"] = [{"number": "1", "lines": data["lines"]}]


MESSAGE = Message("RECADV", ReceivingAdvice, ROWS, read_shape, write_shape, items.WORDS, COPIES)
