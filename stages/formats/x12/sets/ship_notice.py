"""856: ship notice. Its lines stand in a tree of levels (HL): shipment, order, tare, pack, item.

Each HL names its parent; a line takes order and package from the levels above it. Written is shipment, order, package
(within the pallet that holds it), item (BSN05 0001).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.orders import DespatchAdvice, DespatchLine, Package
from stages.formats.x12.codes import ITEMS, UNITS
from stages.formats.x12.meaning import Grammar, Products, Segment, Value, Written, purpose, qualified
from stages.formats.x12.parties import Parties, loop, stand_in
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.sets.shared import DESCRIPTION
from stages.formats.x12.sets.transport import Carrier, Load
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
                    1: purpose("06", "07", usual=("14",)),
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
