"""855: purchase order acknowledgement, the seller's answer to an order."""

from __future__ import annotations

from typing import Any

from schemas.orders import OrderResponse
from stages.formats.x12.codes import UNITS
from stages.formats.x12.meaning import Either, Grammar, Products, Value, Written, purpose, qualified, row, shown
from stages.formats.x12.parties import Parties, loop, stand_in
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.sets.invoice import Basis, Currency, lines
from stages.formats.x12.sets.shared import DESCRIPTION, LineMessage, Message, Messages
from stages.formats.x12.structure import Node
from stages.formats.x12.syntax import date as as_date

ROLES = Parties({"buyer": ("BY", "OB", "BT", "SO"), "seller": ("SE", "SU", "VN"), "delivery": ("ST",)})

ANSWERS: dict[str, str | None] = {
    "AD": "AP", "AT": "AP", "AC": "CA", "AE": "CA", "AK": "AB", "RD": "RE", "RJ": "RE",
}  # fmt: skip
"""587 -> UNCL4343."""
STATUSES = {
    "IA": "5", "IC": "3", "IQ": "3", "IP": "3", "DR": "3", "IS": "3", "IF": "3", "IB": "3", "IR": "7", "ID": "7",
    "R1": "7", "R2": "7", "R3": "7", "R4": "7", "R5": "7", "R6": "7", "IH": "3", "AA": "5", "AR": "5", "SP": "5",
}  # fmt: skip
"""668 -> UNTDID 1229; IB (back-ordered) gives that quantity."""


class Acknowledged:
    """ACK: what becomes of the line, how much of it, and when. A second one is what comes later, or what else is
    said."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        code = node.elements[1].strip() if len(node.elements) > 1 else ""
        if code not in STATUSES:
            reading.code(node, 1, code, sorted(STATUSES), fatal=True)
            return None
        first = "#acknowledged" not in target
        node.get(1)
        if first:
            target["#acknowledged"] = code
            target["status"] = STATUSES[code]
            reading.where[id(target), "status"] = node, 1
        quantity = node.get(2)
        if code == "IB":
            reading.put(target, "back_ordered", quantity or None, node, 2)
            if first:
                target["quantity"] = "0"
        elif quantity and first:
            target["quantity"] = quantity
            reading.where[id(target), "quantity"] = node, 2
        elif quantity:
            return None
        node.get(3)
        if node.get(5):
            node.get(4)
            reading.put(target, "promised_delivery.start", as_date(node.get(5)), node, 5)
        return target

    def write(self, part: Any, _document: Any) -> Written:
        code = {"5": "IA", "3": "IC", "7": "IR", "1": "IA", "42": "AA"}.get(part.status, "IA")
        unit = Value("unit", codes=UNITS, otherwise="ZZ").write(part)
        texts = {1: code}
        if part.quantity is not None:
            texts |= {2: shown(part.quantity), 3: unit}
        elif code == "IR":
            texts |= {2: "0", 3: unit}
        if part.promised_delivery and part.promised_delivery.start:
            texts |= {4: "067", 5: shown(part.promised_delivery.start)}
        yield row(texts), part
        if part.back_ordered is not None:
            yield ["IB", shown(part.back_ordered), unit], part


class Line:
    """PO1 of an answer: the buyer's line, by the buyer's number."""

    def __init__(self, products: Products) -> None:
        self.products = products

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        line = self.products.read(reading, target, node)
        if line is not None and "identifier" in line:
            line["order_line_reference"] = line["identifier"]
        return line

    def write(self, part: Any, document: Any) -> Written:
        for elements, line in self.products.write(part, document):
            yield [line.order_line_reference or line.identifier, *elements[1:]], line


class Remark:
    """N9*L1 of a line: its note stands in the MSG below."""

    def read(self, _reading: Reading, target: Data, node: Node) -> Data | None:
        node.get(1), node.get(2)
        return target

    def write(self, part: Any, _document: Any) -> Written:
        if part.note:
            yield ["L1", "NOTE"], part


class Answer:
    """BAK."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        purpose("07", usual=("06",)).read(reading, target, node, 1)
        Value("response_code", codes=ANSWERS, strict=True).read(reading, target, node, 2)
        reading.put(target, "order_reference", node.get(3), node, 3)
        ordered, number, issued = as_date(node.get(4)), node.get(8) or node.get(6), as_date(node.get(9))
        if not number:
            reading.say(
                "x12-number", "the answer has no number of its own (BAK08); the order's stands for it", node.place(8)
            )
        if not issued:
            reading.say(
                "x12-date", "the answer has no date of its own (BAK09); the order's stands for it", node.place(9)
            )
        reading.put(target, "number", number or node.get(3), node, 8)
        reading.put(target, "issue_date", issued or ordered, node, 9)
        return target

    def write(self, part: Any, _document: Any) -> Written:
        code = next((x12 for x12, ours in ANSWERS.items() if ours == part.response_code), "AC")
        if not part.lines:
            code = {"AD": "AT", "RD": "RJ", "AC": "AC"}.get(code, code)
        texts = {1: "00", 2: code, 3: part.order_reference, 4: shown(part.issue_date), 8: part.number}
        yield row(texts | {9: shown(part.issue_date)}), part


def finish(reading: Reading) -> None:
    ROLES.settle(reading, named=True)
    stand_in(reading, "seller", sender=True)
    stand_in(reading, "buyer", sender=False)
    for index, line in enumerate(reading.data.get("lines", ()), start=1):
        Basis.settle(reading, line)
        line.setdefault("identifier", str(index))
        if "#acknowledged" not in line:
            whole = reading.data.get("response_code")
            line["status"] = {"AP": "5", "RE": "7"}.get(str(whole), "3")
        line.pop("#acknowledged", None)


GRAMMAR = Grammar(
    "855",
    "PR",
    OrderResponse,
    {
        "BAK": (Answer(),),
        "CUR": (Currency(),),
        "DTM": qualified({"067": "promised_delivery.start", "063": "promised_delivery.end"}, "day"),
        "N9": (Messages(),),
        "N9/MSG": (Message(),),
        **loop("N1", ROLES),
        "PO1": (Line(lines("PO1")),),
        "PO1/PID": DESCRIPTION,
        "PO1/DTM": qualified({"067": "promised_delivery.start", "063": "promised_delivery.end"}, "day"),
        "PO1/ACK": (Acknowledged(),),
        "PO1/N9": (Remark(),),
        "PO1/N9/MSG": (LineMessage(),),
        "CTT/AMT": (Either(qualified({"TT": "totals.amount_due", "1": "totals.line_total"}, "number")),),
    },
    finish,
    counted="PO1",
)
