"""Changes of what is there: a field gets another value, goes, or moves a little."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.conformance.mutant_values import CATEGORIES, MONEY, MONEY_FIELDS, POOLS

Data = dict[str, Any]


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
    holder, name = dice.choice(leaves(data, MONEY_FIELDS.__contains__, []))
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
