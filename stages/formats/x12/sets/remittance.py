"""820: payment order and remittance advice; read only."""

from __future__ import annotations

from typing import Any

from schemas.payments import RemittanceAdvice
from stages.formats.x12.meaning import Grammar, Segment, Value, Written, qualified
from stages.formats.x12.parties import Parties, loop, stand_in
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.sets.invoice import Currency
from stages.formats.x12.sets.shared import Notes
from stages.formats.x12.structure import Node

ROLES = Parties({"payer": ("PR", "BY"), "payee": ("PE", "SE", "VN")})
MEANS: dict[str, str | None] = {"CHK": "20", "ACH": "30", "FWT": "30", "BOP": "30", "SWT": "30", "CCP": "54"}
DOCUMENTS: dict[str, str | None] = {"IV": "380", "CM": "381", "CR": "381"}


class Settled:
    """RMR: one document that is paid, wholly or in part."""

    _fields = Segment(
        {
            1: Value("document_type", codes=DOCUMENTS),
            2: Value("document_number"),
            4: Value("amount_paid", "number"),
            5: Value("amount_due", "number"),
            6: Value("discount", "number"),
        },
        into="lines",
        quiet=(3,),
    )

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        if node.elements[1:2] and node.elements[1].strip() not in DOCUMENTS:
            return None
        return self._fields.read(reading, target, node)

    def write(self, part: Any, document: Any) -> Written:
        return self._fields.write(part, document)


def finish(reading: Reading) -> None:
    data = reading.data
    ROLES.settle(reading, named=True)
    stand_in(reading, "payer", sender=True)
    stand_in(reading, "payee", sender=False)
    if "issue_date" not in data and "payment_date" in data:
        data["issue_date"] = data["payment_date"]
    if "number" not in data and "payment_reference" in data:
        data["number"] = data["payment_reference"]
    if "number" not in data:
        data["number"] = reading.given.control_number
        reading.say("x12-number", "the advice has no trace number (TRN02); its control number stands for it", "ST02")
    if "currency" not in data and "currency" not in reading.constants:
        data["currency"] = "USD"
        reading.say("x12-currency", "no CUR stands in the set; it is taken to be in US dollars", "CUR")


GRAMMAR = Grammar(
    "820",
    "RA",
    RemittanceAdvice,
    {
        "BPR": (
            Segment(
                {
                    2: Value("total_paid", "number"),
                    4: Value("payment_means", codes=MEANS),
                    9: Value("payer_account"),
                    15: Value("payee_account"),
                    16: Value("payment_date", "day"),
                },
                quiet=(1, 3, 5, 8, 14),
            ),
        ),
        "NTE": (Notes(),),
        "TRN": (Segment({2: "payment_reference"}, quiet=(1,)),),
        "CUR": (Currency(),),
        "DTM": qualified({"097": "issue_date"}, "day"),
        **loop("N1", ROLES),
        "ENT": (Segment(quiet=(1,)),),
        "ENT/RMR": (Settled(),),
        "ENT/RMR/DTM": qualified({"003": "document_date"}, "day"),
        "ENT/RMR/ADX": (Segment({1: Value("adjustment", "number"), 2: "adjustment_reason"}),),
    },
    finish,
)
