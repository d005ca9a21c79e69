"""Changes that bring a part in, or put another in its place: charges, identifiers, payment, groups, lines."""

from __future__ import annotations

import copy
import random
from typing import Any

from tests.conformance.mutant_fields import Data
from tests.conformance.mutant_values import (
    ACCOUNTS,
    CATEGORIES,
    COUNTRIES,
    DAYS,
    MEANS,
    NOTES,
    NUMBERS,
    POOLS,
    REASON_CODES,
    REASONS,
    REFERENCES,
    SCHEMES,
    UNITS,
    VATS,
)


def new_charge(data: Data, dice: random.Random) -> None:
    """An allowance or charge of the document or of a line."""
    holder = data if dice.random() < 0.6 else dice.choice(data.get("lines") or [data])
    own = holder is data
    holder["allowances_charges"].append(
        {
            "charge": dice.random() < 0.5,
            "amount": dice.choice(("10.00", "5", "0.07", "1.234")),
            "base_amount": dice.choice((None, "100", "100.005")),
            "percentage": dice.choice((None, "10", "5")),
            "vat_category": dice.choice((*CATEGORIES, "S", "S", None)) if own or dice.random() < 0.1 else None,
            "vat_rate": dice.choice(("23", "6", "0", None)) if own else None,
            "reason": dice.choice(REASONS),
            "reason_code": dice.choice(REASON_CODES),
        }
    )


def new_identifier(data: Data, dice: random.Random) -> None:
    """An identifier with a scheme, right or wrong."""
    party = data[dice.choice(("seller", "buyer"))]
    if not isinstance(party, dict):
        return
    given = {"value": dice.choice(NUMBERS), "scheme": dice.choice(SCHEMES)}
    name = dice.choice(("endpoint", "legal_registration", "identifiers"))
    if name == "identifiers":
        party[name].insert(0, given)
    else:
        party[name] = given


def new_payment(data: Data, dice: random.Random) -> None:
    """Other payment instructions, or none."""
    if dice.random() < 0.1:
        data["payment"] = None
        return
    data["payment"] = {
        "means_code": dice.choice(MEANS),
        "remittance_information": dice.choice(REFERENCES),
        "credit_transfers": [
            {"account": dice.choice(ACCOUNTS), "service_provider": dice.choice(POOLS["service_provider"])}
            for _ in range(dice.choice((0, 1, 1, 1, 2)))
        ],
        "card_account": dice.choice((None, None, "1234", "4111111111111111")),
        "mandate": dice.choice((None, None, "M-1")),
        "creditor_identifier": dice.choice((None, "PT50ZZZ123456")),
        "debited_account": dice.choice((None, None, *ACCOUNTS)),
    }


def new_part(data: Data, dice: random.Random) -> None:
    """A group of the document comes in, or is another one."""
    seller = data["seller"] or {}
    address = {"line_1": "Gran Vía 2", "city": "Madrid", "post_code": "1", "country": dice.choice((*COUNTRIES, None))}
    choices: dict[str, Any] = {
        "payee": {
            "name": dice.choice(("Factoring", seller.get("name"), seller.get("trading_name") or "Bank", "")),
            "identifiers": [{"value": dice.choice(NUMBERS), "scheme": dice.choice(SCHEMES)}],
            "legal_registration": {"value": dice.choice(NUMBERS), "scheme": dice.choice(SCHEMES)},
        },
        "tax_representative": {
            "name": dice.choice(("Rep", "")),
            "vat_identifier": dice.choice(VATS),
            "address": address,
        },
        "delivery": {
            "date": dice.choice(DAYS),
            "location": {"value": "5600000000014", "scheme": dice.choice(SCHEMES)},
            "address": dice.choice((address, None)),
        },
        "period": {"start": dice.choice(DAYS), "end": dice.choice(DAYS)},
        "due_date": dice.choice(DAYS),
        "tax_point_date": dice.choice(DAYS),
        "buyer_reference": dice.choice(("4500012345", None)),
        "order_reference": dice.choice(("O-1", None)),
        "sales_order_reference": dice.choice(("SO-1", None)),
        "notes": [{"subject_code": code, "text": text} for code, text in dice.sample(NOTES, dice.randint(0, 2))],
        "attachments": [
            {
                "reference": dice.choice(POOLS["reference"]),
                "description": dice.choice(POOLS["description"]),
                "content_base64": dice.choice((None, "YQ==", "YQ==")),
                "media_type": dice.choice(POOLS["media_type"]),
                "file_name": dice.choice(POOLS["file_name"]),
                "external_location": dice.choice(POOLS["external_location"]),
            }
            for _ in range(dice.randint(0, 3))
        ],
        "preceding_invoices": [
            {"number": dice.choice(("FT 1", "")), "issue_date": dice.choice(DAYS)} for _ in range(dice.randint(0, 2))
        ],
        "object_identifier": {"value": "OBJ-1", "scheme": dice.choice(("ABT", "QQQ", None))},
    }
    for name in dice.sample(list(choices), 2):
        data[name] = choices[name]


def new_on_line(data: Data, dice: random.Random) -> None:
    """A part of a line, or the line once more."""
    if not data.get("lines"):
        return
    line = dice.choice(data["lines"])
    choices: dict[str, Any] = {
        "period": {"start": dice.choice(DAYS), "end": dice.choice(DAYS)},
        "standard_item_id": {"value": "5600000000021", "scheme": dice.choice(SCHEMES)},
        "classifications": [{"value": "9873242", "scheme": dice.choice(("STI", "TST", "CVD", "QQ", None))}],
        "attributes": [{"name": dice.choice(("Colour", "")), "value": dice.choice(("grey", ""))}],
        "object_identifier": {"value": "M-77", "scheme": dice.choice(("ABT", "QQQ", None))},
        "base_quantity": dice.choice(("10", "0", "-1", None)),
        "base_quantity_unit": dice.choice(UNITS),
        "gross_price": dice.choice(("40", "-1", None)),
        "price_discount": dice.choice(("6.667", None)),
        "order_line_reference": dice.choice(("10", None)),
        "net_amount": None,
    }
    if dice.random() < 0.1:
        data["lines"].append(copy.deepcopy(line))
    name = dice.choice(list(choices))
    line[name] = choices[name]
