"""Changes that make the rules of one country apply: its parties, its numbers, what it looks at."""

from __future__ import annotations

import random

from tests.conformance.mutant_fields import Data
from tests.conformance.mutant_values import (
    ACCOUNTS,
    COUNTRIES,
    EMAILS,
    NATIONAL_RULES,
    NUMBERS,
    POOLS,
    REFERENCES,
    SCHEMES,
    TERMS,
    VATS,
)


def one_country(data: Data, dice: random.Random) -> None:
    """The seller, the buyer or both move to a country, with a number of that country."""
    country = dice.choice((*COUNTRIES, *NATIONAL_RULES))
    for role in dice.choice((["seller"], ["buyer"], ["seller", "buyer"], ["seller", "buyer"], ["seller", "buyer"])):
        party = data[role]
        if not isinstance(party, dict):
            continue
        party["address"] = (party.get("address") or {}) | {"country": country}
        numbers = [each for each in VATS if each and each[:2] == country.replace("GR", "EL")]
        if dice.random() < 0.6:
            party["vat_identifier"] = dice.choice(numbers) if numbers else f"{country}123456789"
        if dice.random() < 0.5:
            party["legal_registration"] = {"value": dice.choice(NUMBERS), "scheme": dice.choice(SCHEMES)}
        if dice.random() < 0.3:
            party["tax_registration"] = dice.choice(POOLS["tax_registration"])


def national(data: Data, dice: random.Random) -> None:
    """What the rules of one country look at, with both parties there."""
    country = dice.choice(("DE", "DK", "GR", "NL", "IS", "SE"))
    for role in ("seller", "buyer"):
        if isinstance(data[role], dict):
            data[role]["address"] = (data[role].get("address") or {}) | {"country": country}
    address = {"line_1": dice.choice(("x", None)), "city": dice.choice(("y", None)), "country": country}
    described = ("##M.AR.K##", "##M.AR.K##", "##INVOICE|URL##", "##INVOICE|URL##", "EINDAGI", None)
    choices: dict[str, Data] = {
        "DE": {
            "type_code": dice.choice(("384", "380")),
            "preceding_invoices": [],
            "payment_terms": dice.choice(TERMS),
            "delivery": {"address": address},
            "seller": (data["seller"] or {})
            | {"contact": {"name": "a", "email": dice.choice(EMAILS), "telephone": "1"}},
        },
        "DK": {"type_code": dice.choice(("381", "380")), "payment": {"means_code": "50"}},
        "NL": {"tax_representative": {"name": "Rep", "vat_identifier": "NL123456789B01", "address": address}},
    }
    attachments = [
        {
            "reference": dice.choice(("1400", "x", "0")),
            "description": dice.choice(described),
            "external_location": dice.choice((None, "https://a.example/b")),
        }
        for _ in range(dice.randint(1, 3))
    ]
    data |= choices.get(country, {"attachments": attachments})
    if country == "DK" and data.get("lines"):
        data["lines"][0]["classifications"] = [{"value": "1", "scheme": "TST"}]
        data["payment"] |= {
            "means_code": dice.choice(("50", "93", "31")),
            "remittance_information": dice.choice(REFERENCES),
            "credit_transfers": [{"account": dice.choice(ACCOUNTS)}],
        }
        data["lines"][0]["net_price"] = "0.01"
        data["totals"] = (data["totals"] or {}) | {"paid_amount": dice.choice((None, "1000000"))}
