"""850: purchase order."""

from __future__ import annotations

from typing import Any

from schemas.orders import Order
from stages.formats.x12.meaning import Either, Grammar, Segment, Value, Written, purpose, qualified
from stages.formats.x12.money import Allowance, Terms
from stages.formats.x12.parties import Parties, loop, stand_in
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.sets.invoice import Basis, Currency, lines
from stages.formats.x12.sets.shared import DESCRIPTION, LineMessage, Message, Messages, number_lines
from stages.formats.x12.structure import Node

ROLES = Parties(
    {
        "buyer": ("BY", "OB", "SO"),
        "seller": ("SE", "SU", "VN"),
        "invoicee": ("BT",),
        "delivery": ("ST",),
    }
)
TYPES: dict[str, str | None] = {
    "NE": "220",
    "SA": "220",
    "BK": "221",
    "RO": "224",
    "RL": "226",
    "CN": "227",
    "KN": "220",
}


class Delivered:
    """FOB: terms of delivery (FOB05 by FOB04 01, INCOTERMS) and their place."""

    _fields = Segment({5: "delivery_terms", 7: "delivery_terms_location"}, quiet=(1, 4, 6))

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        return self._fields.read(reading, target, node)

    def write(self, part: Any, document: Any) -> Written:
        for elements, _ in self._fields.write(part, document):
            place = elements[6:7]
            yield ["DF", "", "", "01" if elements[4] else "", elements[4], *(["ZZ", *place] if place else [])], part


def finish(reading: Reading) -> None:
    ROLES.settle(reading, named=True)
    stand_in(reading, "buyer", sender=True)
    stand_in(reading, "seller", sender=False)
    number_lines(reading, "order")
    for line in reading.data.get("lines", ()):
        Basis.settle(reading, line)


GRAMMAR = Grammar(
    "850",
    "PO",
    Order,
    {
        "BEG": (
            Segment(
                {
                    1: purpose("06", "07"),
                    2: Value("type_code", codes=TYPES, otherwise="NE"),
                    3: Value("number"),
                    4: Value("extras.release_number"),
                    5: Value("issue_date", "day"),
                    6: Value("contract_reference"),
                }
            ),
        ),
        "CUR": (Currency(),),
        "REF": qualified(
            {
                "CR": "buyer_reference",
                "CT": "contract_reference",
                "Q1": "quotation_reference",
                "PP": "previous_order",
                "11": "accounting_reference",
                "DP": "extras.department",
                "IA": "extras.vendor_number",
            }
        ),
        "FOB": (Delivered(),),
        "SAC": (Allowance(),),
        "ITD": (Terms(),),
        "DTM": qualified(
            {
                "002": "requested_delivery.start",
                "064": "requested_delivery.start",
                "063": "requested_delivery.end",
                "106": "requested_delivery.end",
                "036": "valid_until",
            },
            "day",
        ),
        "N9": (Messages(),),
        "N9/MSG": (Message(),),
        **loop("N1", ROLES),
        "PO1": (lines("PO1"),),
        "PO1/PID": DESCRIPTION,
        "PO1/REF": qualified({"11": "accounting_reference"}),
        "PO1/SAC": (Allowance(),),
        "PO1/DTM": qualified(
            {
                "002": "requested_delivery.start",
                "064": "requested_delivery.start",
                "063": "requested_delivery.end",
                "106": "requested_delivery.end",
            },
            "day",
        ),
        "PO1/MSG": (LineMessage(),),
        "CTT/AMT": (Either(qualified({"TT": "totals.amount_due", "1": "totals.line_total"}, "number")),),
    },
    finish,
    counted="PO1",
    hashed=("PO1", 2),
)
