"""TD1 and TD5: how much travels, and how."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from stages.formats.reading.completing import NUMBER
from stages.formats.x12.codes import TRANSPORT, WEIGHTS
from stages.formats.x12.meaning import Value, Written, row, shown
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.structure import Node


class Load:
    """TD1: packages and weights; other units than kilograms are converted, exactly."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        root = target is reading.data
        into = reading.part(target, "shipment", node, one=True) if root else target
        node.get(1)
        if count := node.get(2):
            reading.put(into, "packages" if root else "quantity", count, node, 2)
        for kind, amount, unit in ((6, 7, 8), (0, 9, 10)):
            number = node.elements[amount].strip() if amount < len(node.elements) else ""
            code = node.elements[unit].strip() if unit < len(node.elements) else ""
            if not number or not NUMBER.match(number):
                continue
            if not kind:
                if root and code == "CR":
                    reading.put(into, "volume", number, node, amount)
                    node.taken |= {amount, unit}
                continue
            net = node.get(kind) == "N"
            if code in WEIGHTS and (root or not net):
                weight = Decimal(number) * Decimal(WEIGHTS[code])
                node.taken |= {amount, unit}
                reading.put(into, "net_weight" if net else "gross_weight", f"{weight:f}", node, amount)
                if code not in ("KG",):
                    reading.say(
                        "x12-weight", "the weight is converted to kilograms", node.place(amount), f"{number} {code}"
                    )
        return into

    def write(self, part: Any, document: Any) -> Written:
        if part is not document:
            if part.quantity is not None or part.gross_weight is not None:
                texts = {2: shown(part.quantity)} if part.quantity is not None else {}
                yield row(texts | _weight("G", part.gross_weight)), part
            return
        load = document.shipment
        texts = {2: shown(load.packages)} if load.packages is not None else {}
        if load.volume is not None:
            texts |= {9: shown(load.volume), 10: "CR"}
        if texts or load.gross_weight is not None:
            yield row(texts | _weight("G", load.gross_weight)), load
        if load.net_weight is not None:
            yield row(_weight("N", load.net_weight)), load


def _weight(kind: str, value: Decimal | None) -> dict[int, str]:
    if value is None:
        return {}
    digits = shown(value)
    if len(digits) > 10:  # 81 has ten digits; a weight that was converted from pounds has more
        digits = shown(round(value, 3))
    return {6: kind, 7: digits, 8: "KG"}


class Carrier:
    """TD5: who carries the goods, by SCAC (qualifier 2) or in words, and how."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        shipment = reading.part(target, "shipment", node, one=True)
        node.get(1)
        code, words = "", node.get(5)
        if node.elements[2:3] == ["2"]:
            node.get(2)
            code = node.get(3)
        if (code or words) and "carrier" not in shipment:
            carrier = reading.part(shipment, "carrier", node, one=True)
            carrier["name"] = words or code
            if code:
                carrier["identifiers"] = [{"value": code, "scheme": "SCAC"}]
        Value("transport_mode", codes=TRANSPORT).read(reading, shipment, node, 4)
        return shipment

    def write(self, part: Any, document: Any) -> Written:
        load = document.shipment
        if not load.carrier and not load.transport_mode:
            return
        texts = {1: "O"}
        codes = [each.value for each in load.carrier.identifiers if each.scheme == "SCAC"] if load.carrier else []
        if codes:
            texts |= {2: "2", 3: codes[0]}
        if mode := Value("transport_mode", codes=TRANSPORT).write(load):
            texts[4] = mode
        if load.carrier:
            texts[5] = load.carrier.name
        yield row(texts), load
