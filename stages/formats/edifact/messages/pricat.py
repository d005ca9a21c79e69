"""PRICAT: what can be ordered, at which price. Items stand below product groups (PGI); without any there is PGI+11.

Source: UN/EDIFACT PRICAT D.96A, D.01B; EANCOM 1997 and 2002.
"""

from __future__ import annotations

from typing import Any

from schemas.orders import Catalogue
from stages.formats.edifact.functions import COPIES
from stages.formats.edifact.grammar import Data, Message, Row
from stages.formats.edifact.messages import items, parties
from stages.formats.edifact.messages.items import DESCRIPTION, ITEM, NOTES, ORIGIN, TAX

_ACTIONS = {"1": "add", "3": "update", "2": "delete"}
_CODES = {word: code for code, word in _ACTIONS.items()}
_FUNCTIONS = {"9": "replace", "5": "replace", "2": "replace", "4": "update", "3": "delete", "1": "delete"}
_WRITTEN = {"replace": "9", "update": "4", "delete": "3"}
_ITEM = (
    *ITEM,
    Row("QTY+53:{minimum_quantity|number}:{_of_unit|unit}"),
    Row("QTY+54:{maximum_quantity|number}:{_of_unit|unit}"),
    Row("QTY+59|52:{units_in_package|number}:{_of_unit|unit}"),
    ORIGIN,
    Row("DTM+194|7:{valid.start|day}"),
    Row("DTM+206|36:{valid.end|day}"),
    DESCRIPTION,
    Row(TAX),
    Row("PRI+AAA|INV|CAL:{net_price|number}:::{base_quantity|number}:{unit|unit}"),
    Row("PRI+AAB:{gross_price|number}:::{_base|number}:{_unit|unit}"),
)
ROWS = (
    Row("BGM+=9+{number}+{_function}"),
    Row("DTM+137:{issue_date|day}"),
    Row("DTM+194|7:{valid.start|day}"),
    Row("DTM+206|36:{valid.end|day}"),
    Row("FTX+ABM+++{name|5}"),
    NOTES,
    Row("RFF+CT:{contract_reference}"),
    Row("RFF+PL|ATM:{version}"),
    parties.party("BY", "buyer"),
    parties.party("SU|SE", "seller"),
    Row("CUX+2:{currency}:=8"),
    Row(
        "PGI+{kind}", into="_groups[]",
        rows=(Row("LIN+{identifier}+{action}+{_item|item}::=?|9", into="items[]", rows=_ITEM),),
    ),
)  # fmt: skip


def read_shape(data: Data, walk: Any) -> None:
    parties.read(data, walk)
    if action := _FUNCTIONS.get(data.get("_function", "")):
        data["action"] = action
    found = [item for group in data.pop("_groups", []) for item in group.get("items", [])]
    for index, item in enumerate(found, start=1):
        items.read_line(item, walk)
        item.setdefault("identifier", str(index))
        items.fallback(item, "base_quantity", "_base", walk)
        items.fallback(item, "unit", "_unit", walk)
        items.fallback(item, "unit", "_of_unit", walk)
        if item.get("action"):
            item["action"] = _ACTIONS.get(item["action"], item["action"])
    data["items"] = found


def write_shape(data: Data, release: str) -> None:
    parties.write(data)
    data["_function"] = _WRITTEN[data["action"]]
    for number, item in enumerate(data["items"], start=1):
        items.write_line(item, number, release)
        item["action"] = _CODES[item["action"]]
        if "net_price" not in item:
            item["_base"], item["_unit"] = item.pop("base_quantity", None), item.pop("unit", None)
    data["_groups"] = [{"kind": "11", "items": data["items"]}]


MESSAGE = Message("PRICAT", Catalogue, ROWS, read_shape, write_shape, items.WORDS, COPIES, frozenset(_FUNCTIONS))
