"""Documents with a few changes each: what the differential test of the rules is fed with. Seeded, so repeatable.

A change works on the document's plain data: a field goes, an amount moves by a cent, a code becomes another one, a
party moves to another country, a part that was not there comes in. What the model refuses is no mutant.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from schemas.documents import Invoice
from stages.conversion import totals

Data = dict[str, Any]

CATEGORIES = ("S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B")
COUNTRIES = ("NO", "DK", "IT", "SE", "GR", "IS", "NL", "DE", "BE", "PT", "ES", "FR", "XI", "XK")
NATIONAL_RULES = ("DE", "DE", "DE", "DK", "DK", "DK", "IS", "IS", "GR", "NL", "SE")
RATES = ("0", "0.4", "0.5", "6", "7", "12", "19", "23", "25", "25.0", "-5", "100")
SCHEMES = (
    *("0088", "0192", "0184", "0096", "0198", "0208", "0201", "0210", "9907", "0211", "0007", "0151", "0106", "0190"),
    *("9944", "0217", "0196", "9933", "9920", "SEPA", "XXXX", "GTIN", None),
)
NUMBERS = (
    *("5909876543213", "5909876543214", "7", "974760673", "974760674", "DK12345678", "12345678", "DK1234567", "ABC123"),
    *("0202239951", "0202239952", "ABC12", "RSSMRA85T10A562S", "12345678901", "IT12345678903", "IT12345678901", "FR1"),
    *("5567037485", "5567037486", "53004085616", "51824753556", "NL123456789B01", "12345678901234567890", "000"),
    *("094259216", "094259217", "1234567890", "123456789012", "12  34", "Ebro", "São Bento & Filhos <metal>", "x"),
)  # fmt: skip
VATS = (
    *("NO974760673MVA", "NO974760674MVA", "NO12", "SE556703748501", "SE5567037485AB", "SE55670374850", "EL094259216"),
    *("EL094259217", "GR094259216", "NL123456789B01", "NL12345678901", "DE123456789", "IT12345678903", "PT505123456"),
    *("DK12345678", "IS12345", "de1", "QQ12", "9", None),
)  # fmt: skip
MEANS = (
    "1",
    "10",
    "30",
    "31",
    "42",
    "48",
    "49",
    "50",
    "54",
    "55",
    "56",
    "57",
    "58",
    "59",
    "9",
    "93",
    "97",
    "ZZZ",
    "0",
    "",
)
ACCOUNTS = (
    *("PT50000201231234567890154", "DE89370400440532013000", "DE89370400440532013001", "DE89 3704 0044 0532 0130 00"),
    *("de89370400440532013000", "12345678", "1234567", "123456789012", "1", "ABC", ""),
)  # fmt: skip
TYPES = ("380", "381", "384", "326", "389", "383", "386", "875", "81", "396", "532", "261", "71", "751", "502", "9", "")
UNITS = ("C62", "KGM", "MTR", "XPP", "bottle", "")
DAYS = ("2026-09-30", "2026-10-01", "2026-10-15", "2026-10-31", "2026-11-02", "2026-12-02", None)
TERMS = (
    "30 days", "#SKONTO#TAGE=14#PROZENT=2.25#\n", "#SKONTO#TAGE=14#PROZENT=2.25#", "#SKONTO#TAGE=14#PROZENT=2#\n",
    "#SKONTO#TAGE=14#PROZENT=2.25#BASISBETRAG=-10.00#\n#SKONTO#TAGE=7#PROZENT=3.00#\n", "text\n#nothing\n",
    "#a#\r\nb", None,
)  # fmt: skip
GREEK = ("094259216|02/11/2026|0|1.1|A|1", "094259216|2/11/2026|-1|9.9||", "1|2|3", "094259216|02-11-2026|x|2.1|A|1|z")
NOTES = (
    ("AAI", "Thank you"),
    ("XYZ", "b"),
    ("A A", "c"),
    (None, "#AAI#d"),
    (None, "#QQQ#e#"),
    (None, "f # g"),
    ("AB", "h"),
)
REFERENCES = ("01#", "04#1234567890123456", "15#123", "71#123456789012345", "73#", "75#1", "FT 2026/17", None)
EMAILS = ("a@b.example", "a@b", "a b@c.de", "a@b..c", "@x.de", "", None)
PHONES = ("+351 220 000 000", "12", "call us", "1a2b3", None)
REASONS = ("Loyalty", "1234", "12", "a#b", "#a", "b#", None)
REASON_CODES = ("95", "41", "FC", "ABL", "ZZZ", "AA", "1", None)
VATEX = (*(f"VATEX-EU-{each}" for each in "AE IC G O D F I J 132".split()), "vatex-eu-ae", "NONE", None)

# Values by the name of a field.
POOLS: dict[str, Sequence[Any]] = {
    "vat_category": (*CATEGORIES, *CATEGORIES, "X", ""),
    "category": (*CATEGORIES, "X"),
    "vat_rate": (*RATES, None),
    "rate": (*RATES, None),
    "country": (*COUNTRIES, None),
    "origin_country": (*COUNTRIES, None),
    "scheme": SCHEMES,
    "value": NUMBERS,
    "vat_identifier": VATS,
    "tax_registration": ("123/456", "Foretaksregisteret", "Godkänd för F-skatt", "RSSMRA85T10A562S", "abc", None),
    "means_code": MEANS,
    "account": ACCOUNTS,
    "debited_account": (*ACCOUNTS, None),
    "service_provider": ("CGDIPTPL", "SE:PLUSGIRO", "SE:BANKGIRO", None),
    "type_code": TYPES,
    "unit": UNITS,
    "base_quantity_unit": (*UNITS, None),
    "currency": ("EUR", "SEK", "HUF", "BGN", "ZWG"),
    "accounting_currency": ("EUR", "SEK", "BGN", None),
    "payment_terms": TERMS,
    "invoice_number": ("A-1", *GREEK),
    "remittance_information": REFERENCES,
    "email": EMAILS,
    "telephone": PHONES,
    "reason": REASONS,
    "reason_code": REASON_CODES,
    "exemption_reason_code": VATEX,
    "tax_point_code": ("3", "35", "432", "5", None),
    "subject_code": ("AAI", "XYZ", None),
    "media_type": ("text/csv", "application/pdf", "application/xml", None),
    "file_name": ("times.csv", "a.pdf", None),
    "description": ("##M.AR.K##", "##INVOICE|URL##", "EINDAGI", "Bar", None),
    "reference": ("A-1", "1400", "2026-12-31", "x", ""),
    "external_location": ("https://a.example/b", "www.a.example", "ab", None),
    "business_process": (None, "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0", "P1"),
    "card_account": ("1234", "4111111111111111", None),
    "trading_name": ("Ebro", "São Bento & Filhos <metal>", None),
}
MONEY_FIELDS = (
    "amount net_amount net_price gross_price price_discount quantity base_quantity percentage base_amount "
    "taxable_amount tax_amount line_total allowance_total charge_total tax_exclusive tax_inclusive paid_amount "
    "rounding_amount amount_due tax_amount_accounting"
).split()
MONEY = ("0.01", "-0.01", "0.001", "0.02", "0.03", "1", "-1", "0.99", "1.01", "0.5", "100")


def mutants(seeds: Sequence[Invoice], count: int, seed: int) -> Iterator[Invoice]:
    """That many documents that the model takes."""
    dice = random.Random(seed)  # noqa: S311 - repeatable on purpose
    made = 0
    while made < count:
        mutant = _mutant(dice.choice(seeds), dice)
        if mutant is not None:
            made += 1
            yield mutant


def _mutant(given: Invoice, dice: random.Random) -> Invoice | None:
    data = given.model_dump(mode="json")
    completed = dice.random() < 0.7
    for _ in range(dice.randint(1, 7)):
        dice.choices(CHANGES, WEIGHTS)[0](data, dice)
    document = _valid(data)
    if document is None or not completed:
        return (
            document if document is None or dice.random() < 0.5 else _valid(totals.complete(document)[0].model_dump())
        )
    data = totals.complete(document)[0].model_dump(mode="json")
    for _ in range(dice.randint(0, 2)):
        dice.choice((move_amount, swap, drop))(data, dice)
    return _valid(data)


def _valid(data: Data) -> Invoice | None:
    try:
        return Invoice.model_validate(data)
    except ValidationError:
        return None


def leaves(data: Any, names: Callable[[str], bool], found: list[tuple[Data, str]]) -> list[tuple[Data, str]]:
    """Every (object, field) of the document whose field's name fits."""
    if isinstance(data, dict):
        for name, value in data.items():
            if names(name) and not isinstance(value, (dict, list)):
                found.append((data, name))
            leaves(value, names, found)
    elif isinstance(data, list):
        for each in data:
            leaves(each, names, found)
    return found


def swap(data: Data, dice: random.Random) -> None:
    """A field gets another value of its kind."""
    places = leaves(data, POOLS.__contains__, [])
    name = dice.choice(sorted({name for _, name in places}))
    holder, name = dice.choice([place for place in places if place[1] == name])
    holder[name] = dice.choice(POOLS[name])


def drop(data: Data, dice: random.Random) -> None:
    """A field, a part, or an element of a list goes."""
    holders: list[Any] = []

    def walk(part: Any) -> None:
        if isinstance(part, (dict, list)) and part:
            holders.append(part)
            for each in part.values() if isinstance(part, dict) else part:
                walk(each)

    walk(data)
    holder = dice.choice(holders)
    if isinstance(holder, list):
        holder.pop(dice.randrange(len(holder)))
    else:
        name = dice.choice(list(holder))
        holder[name] = [] if isinstance(holder[name], list) else "" if dice.random() < 0.3 else None


def move_amount(data: Data, dice: random.Random) -> None:
    """An amount, price, rate or quantity moves a little, or changes its sign."""
    money = (
        *(
            "amount",
            "net_amount",
            "net_price",
            "gross_price",
            "price_discount",
            "quantity",
            "base_quantity",
            "percentage",
        ),
        *(
            "base_amount",
            "taxable_amount",
            "tax_amount",
            "line_total",
            "allowance_total",
            "charge_total",
            "tax_exclusive",
        ),
        *("tax_inclusive", "paid_amount", "rounding_amount", "amount_due", "tax_amount_accounting"),
    )
    holder, name = dice.choice(leaves(data, money.__contains__, []))
    value = Decimal(str(holder[name] or 0))
    holder[name] = str(-value) if dice.random() < 0.1 else str(value + Decimal(dice.choice(MONEY)))


def one_category(data: Data, dice: random.Random) -> None:
    """All lines, or most, get one VAT category."""
    category = dice.choice(CATEGORIES)
    for holder, name in leaves(data, ("vat_category", "category").__contains__, []):
        if dice.random() < 0.9:
            holder[name] = category
            rate = "vat_rate" if name == "vat_category" else "rate"
            holder[rate] = {"S": "23", "L": "7", "M": "4", "O": None}.get(category, "0")


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
        data["totals"] = data["totals"] | {"paid_amount": dice.choice((None, "1000000"))}


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


CHANGES = (
    swap, drop, move_amount, one_category, one_country, national, new_charge, new_identifier, new_payment, new_part,
    new_on_line,
)  # fmt: skip
WEIGHTS = (3, 2, 2, 2, 3, 1, 2, 2, 2, 3, 1)
