"""Documents with a few changes each: what the differential test of the rules is fed with. Seeded, so repeatable.

A change works on the document's plain data: a field goes, an amount moves by a cent, a code becomes another one, a
party moves to another country, a part that was not there comes in. What the model refuses is no mutant.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from schemas.documents import Invoice
from stages.conversion import totals
from tests.conformance.mutant_countries import national, one_country
from tests.conformance.mutant_fields import Data, drop, move_amount, one_category, swap
from tests.conformance.mutant_parts import new_charge, new_identifier, new_on_line, new_part, new_payment

CHANGES = (
    swap, drop, move_amount, one_category, one_country, national, new_charge, new_identifier, new_payment, new_part,
    new_on_line,
)  # fmt: skip
WEIGHTS = (3, 2, 2, 2, 3, 1, 2, 2, 2, 3, 1)


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
