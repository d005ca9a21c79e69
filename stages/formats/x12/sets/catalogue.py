"""832: price and sales catalogue."""

from __future__ import annotations

from typing import Any

from schemas.orders import Catalogue
from stages.formats.x12.codes import ITEMS, UNITS
from stages.formats.x12.meaning import Grammar, Products, Segment, Value, Written, qualified, row, shown
from stages.formats.x12.parties import Parties, loop, stand_in
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.sets.invoice import Currency
from stages.formats.x12.sets.shared import DESCRIPTION, Message, Messages, number_lines
from stages.formats.x12.structure import Node

ROLES = Parties({"seller": ("SE", "SU", "VN", "DS", "MF", "98"), "buyer": ("BY", "BT")})
PURPOSES: dict[str, str | None] = {"00": "replace", "05": "replace", "04": "update", "01": "delete", "02": "update"}
ACTIONS: dict[str, str | None] = {"021": "add", "001": "update", "002": "delete"}
PRICES = {
    "UCP": "net_price",
    "CAT": "net_price",
    "CON": "net_price",
    "NET": "net_price",
    "LPR": "gross_price",
    "MSR": "gross_price",
    "RES": "gross_price",
}


class Price:
    """CTP: one price by its kind (236), for a number of units."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        kind = node.elements[2].strip() if len(node.elements) > 2 else ""
        field = PRICES.get(kind)
        if field is None or field in target:
            return None
        node.get(1), node.get(2)
        reading.put(target, field, node.get(3), node, 3)
        number, unit = node.get(4), node.get(5).split(reading.given.interchange.separators.component)[0]
        if field == "net_price" and number and number != "1":
            reading.put(target, "base_quantity", number, node, 4)
        if unit:
            known = UNITS.get(unit)
            if known is None:
                reading.code(node, 5, unit, [], fatal=False)
            target.setdefault("unit", known or unit)
        return target

    def write(self, part: Any, _document: Any) -> Written:
        unit = Value("unit", codes=UNITS, otherwise="ZZ").write(part)
        for kind, value in (("UCP", part.net_price), ("LPR", part.gross_price)):
            if value is not None:
                base = part.base_quantity if kind == "UCP" else None
                yield row({2: kind, 3: shown(value), 4: shown(base) if base is not None else "1", 5: unit}), part


def finish(reading: Reading) -> None:
    data = reading.data
    ROLES.settle(reading, named=True)
    stand_in(reading, "seller", sender=True)
    stand_in(reading, "buyer", sender=False)
    if items := data.pop("items", None):
        data["lines"] = items
        number_lines(reading, "catalogue")
        data["items"] = data.pop("lines")
        for item in items:
            item.pop("order_line_reference", None)


GRAMMAR = Grammar(
    "832",
    "SC",
    Catalogue,
    {
        "BCT": (
            Segment(
                {
                    1: Value("", otherwise="PC"),
                    2: Value("number"),
                    3: Value("version"),
                    9: Value("name"),
                    10: Value("action", codes=PURPOSES, strict=True, otherwise="00"),
                }
            ),
        ),
        "REF": qualified({"CT": "contract_reference"}),
        "DTM": qualified({"097": "issue_date", "007": "valid.start", "036": "valid.end"}, "day"),
        "CUR": (Currency(),),
        "N9": (Messages(),),
        "N9/MSG": (Message(),),
        **loop("N1", ROLES),
        "LIN": (Products(2, {k: v for k, v in ITEMS.items() if k != "PL"}, Segment({1: "identifier"}, into="items")),),
        "LIN/G53": (Segment({1: Value("action", codes=ACTIONS, otherwise="021")}),),
        "LIN/DTM": qualified({"007": "valid.start", "036": "valid.end"}, "day"),
        "LIN/PID": DESCRIPTION,
        "LIN/PO4": (Segment({1: Value("units_in_package", "number")}),),
        "LIN/CTP": (Price(),),
    },
    finish,
    counted="LIN",
)
