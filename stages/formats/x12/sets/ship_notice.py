"""856: ship notice. Its lines stand in a tree of levels (HL): shipment, order, tare, pack, item.

Each HL names its parent; a line takes order and package from the levels above it. Written is shipment, order, package
(within the pallet that holds it), item (BSN05 0001).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from schemas.orders import DespatchAdvice, DespatchLine, Package
from stages.formats.reading.completing import NUMBER
from stages.formats.x12.codes import ITEMS, TRANSPORT, UNITS, WEIGHTS
from stages.formats.x12.meaning import Grammar, Products, Segment, Value, Written, qualified, row, shown
from stages.formats.x12.parties import Parties, loop, stand_in
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.sets.shared import DESCRIPTION
from stages.formats.x12.structure import Node

ROLES = Parties(
    {"seller": ("SU", "SE", "VN", "SH", "SF"), "buyer": ("ST", "BY", "OB"), "ordering_party": ("BY", "OB", "BT")}
)


@dataclass
class Level:
    """An order within a shipment, on its way out: the lines below it."""

    order_reference: str | None = None
    lines: list[Any] = field(default_factory=list)


class Hierarchy:
    """HL."""

    variant = 3

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        number, parent, kind = node.get(1), node.get(2), node.get(3)
        node.get(4)
        levels = reading.notes.setdefault("levels", {})
        above: Data = levels.get(parent, {}) if parent else {}
        if (parent and parent not in levels) or number in levels or kind not in ("S", "O", "T", "P", "I"):
            place = node.place(2 if parent and parent not in levels else 3)
            reading.say(
                "x12-hierarchy", "a level without its parent, named twice, or of a kind that is not read", place, parent
            )
        if kind == "S":
            made = target
            levels[number] = {}
        elif kind == "I":
            made = reading.part(target, "lines", node)
            levels[number] = above
            reading.notes.setdefault("items", []).append((made, above))
        elif kind in ("T", "P"):
            made = reading.part(target, "packages", node)
            levels[number] = {**above, "package": made}
            if "package" in above:
                made["#inside"] = above["package"]
        else:
            made = {}
            levels[number] = {**above, "order": made}
        return made

    def write(self, _part: Any, document: DespatchAdvice) -> Written:
        parents: dict[int, int] = {}
        for number, (depth, kind, part) in enumerate(_levels(document), start=1):
            parents[depth] = number
            yield [str(number), str(parents[depth - 1]) if depth else "", kind], part


def _levels(document: DespatchAdvice) -> Iterator[tuple[int, str, Any]]:
    """(depth, kind, part) of each level, parents first."""
    yield 0, "S", document
    known = {each.identifier: each for each in document.packages if each.identifier}
    told: set[str] = set()
    orders: dict[str | None, list[DespatchLine]] = {}
    for line in document.lines:
        orders.setdefault(line.order_reference or document.order_reference, []).append(line)
    for order, lines in orders.items():
        yield 1, "O", Level(order, lines)
        packed: dict[str | None, list[DespatchLine]] = {}
        for line in lines:
            packed.setdefault(line.package, []).append(line)
        for package, inside in packed.items():
            chain = _chain(package, known)
            for depth, each in enumerate(chain, start=2):
                told.add(each.identifier or "")
                yield depth, "P" if depth == 1 + len(chain) else "T", each
            for line in inside:
                yield 2 + len(chain), "I", line
    for each in document.packages:
        if not each.identifier or each.identifier not in told:
            yield 1, "P", each


def _chain(package: str | None, known: dict[str, Package]) -> list[Package]:
    """The package and what holds it, outermost first."""
    chain: list[Package] = []
    while package and package in known and known[package] not in chain:
        chain.insert(0, known[package])
        package = known[package].inside
    return chain


class Shipped(Segment):
    """SN1: how much is shipped, and how much was ordered, in the same unit."""

    def write(self, part: Any, document: Any) -> Written:
        for elements, line in super().write(part, document):
            yield [*elements, elements[2]] if elements[4:] > [""] else elements, line


class Serials:
    """REF*SE: a serial number each."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        if node.elements[1:2] != ["SE"] or not node.elements[2:3]:
            return None
        node.get(1)
        target.setdefault("serial_numbers", []).append(node.get(2))
        return target

    def write(self, part: Any, _document: Any) -> Written:
        for number in part.serial_numbers:
            yield ["SE", number], part


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


def finish(reading: Reading) -> None:
    data = reading.data
    data.setdefault("seller", None)
    if "ST" not in reading.parties:
        ROLES_OF_BUYER.settle(reading, named=True)
    else:
        ROLES.settle(reading, named=True)
    if data.get("seller") is None:
        data.pop("seller", None)
    stand_in(reading, "seller", sender=True)
    stand_in(reading, "buyer", sender=False)
    merged: dict[str, Data] = {}
    packages = []
    for each in data.get("packages", ()):
        holder = each.pop("#inside", None)
        if holder is not None and holder.get("identifier"):
            each["inside"] = holder["identifier"]
        known = merged.setdefault(each["identifier"], each) if each.get("identifier") else each
        if known is each:
            packages.append(each)
    if packages:
        data["packages"] = packages
    orders: list[str] = []
    for index, (line, above) in enumerate(reading.notes.get("items", ()), start=1):
        order = above.get("order", {}).get("order_reference")
        package = above.get("package", {}).get("identifier")
        if order:
            line["order_reference"] = order
            orders += [order] if order not in orders else []
        if package:
            line["package"] = package
        line.setdefault("identifier", str(index))
    if len(orders) == 1:
        data["order_reference"] = orders[0]
    elif orders:
        data["order_references"] = orders


ROLES_OF_BUYER = Parties({"seller": ROLES.roles["seller"], "buyer": ("BY", "OB", "BT")})

_ITEM = Products(2, {**ITEMS, "LT": "batch"}, Segment({1: "identifier"}))

GRAMMAR = Grammar(
    "856",
    "SH",
    DespatchAdvice,
    {
        "BSN": (
            Segment(
                {
                    1: Value("", codes={"00": None, "06": None, "07": None, "14": None}, strict=True, otherwise="00"),
                    2: Value("number"),
                    3: Value("issue_date", "day"),
                    4: Value("", codes=None, otherwise="0000"),
                    5: Value("", codes=None, otherwise="0001"),
                },
            ),
        ),
        "HL": (Hierarchy(),),
        "HL:S/TD1": (Load(),),
        "HL:S/TD5": (Carrier(),),
        "HL:S/TD3": (Segment({3: "shipment.vehicle"}, {1: "TL"}),),
        "HL:S/REF": qualified({"BM": "shipment.identifier", "CN": "shipment.tracking", "2I": "shipment.tracking"}),
        "HL:S/DTM": qualified({"011": "shipment.despatched", "017": "shipment.expected"}, "day"),
        "HL:S/FOB": (Segment({5: "shipment.delivery_terms"}, {1: "DF", 4: "01"}),),
        **loop("HL:S/N1", ROLES),
        "HL:O/PRF": (Segment({1: "order_reference"}),),
        "HL:T/MAN": (Segment({2: "identifier"}, {1: ("GM", "AA", "W")}),),
        "HL:P/MAN": (Segment({2: "identifier"}, {1: ("GM", "AA", "W")}),),
        "HL:T/TD1": (Load(),),
        "HL:P/TD1": (Load(),),
        "HL:I/LIN": (_ITEM,),
        "HL:I/SN1": (
            Shipped(
                {
                    2: Value("quantity", "number"),
                    3: Value("unit", codes=UNITS, otherwise="ZZ"),
                    5: Value("ordered", "number"),
                },
                quiet=(1, 6),
            ),
        ),
        "HL:I/PID": DESCRIPTION,
        "HL:I/REF": (Segment({2: "batch"}, {1: "LT"}), Serials()),
        "HL:I/DTM": qualified({"036": "best_before"}, "day"),
    },
    finish,
    counted="HL",
    hashed=("SN1", 2),
)
