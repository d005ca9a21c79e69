"""Every loss that a writer names has its place in the document, and says the value that stands there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import edifact_documents
import peppol_documents
import pytest
import ubl_documents
import x12_documents
from test_ksef_structure import documents as polish
from test_national_round_trip import OPTIONS

from schemas.canonical import Document
from schemas.documents import Identifier, ItemAttribute
from schemas.errors import DocumentInvalid
from stages.conversion.making import completed
from stages.formats import registry

D = Decimal
PERSONAL = {"seller", "buyer", "payee", "tax_representative", "address", "contact", "hints", "originator", "invoicee",
            "carrier", "ordering_party", "sender", "receiver"}  # fmt: skip
"""Fields that are parties, addresses, contacts: what stands in them is not repeated."""


def priced_for_three(document: Any) -> Any:
    """The same, each line's price for three pieces, with gross price, and words that stand together elsewhere."""
    more = {
        "base_quantity": D(3),
        "description": "thick",
        "note": "brittle",
        "attributes": (ItemAttribute(name="A colour of many letters", value="red"),),
        "classifications": (Identifier(value="44103105", scheme="TST"),),
    }
    lines = tuple(
        each.model_copy(update=more | {"net_price": each.net_price * 3, "net_amount": None}) for each in document.lines
    )
    return document.model_copy(update={"lines": lines})


def documents(target: str) -> Iterator[tuple[str, Any]]:
    """Canonical documents, rich ones, for what the target carries."""
    invoices = dict(polish()) if target == "ksef-fa3" else dict(ubl_documents.DOCUMENTS)
    if target.startswith("x12"):
        invoices |= x12_documents.INVOICES
    yield from invoices.items()
    for name, document in invoices.items():
        yield f"{name}, for three", priced_for_three(document)
    for sets in (peppol_documents.DOCUMENTS, edifact_documents.OTHERS, x12_documents.OTHERS):
        yield from sets.items()


def value_at(dumped: Any, place: str) -> tuple[Any, bool]:
    """What stands at a place of a document's JSON, None where nothing does, and whether its owner is personal."""
    value, owner, name, rest = dumped, "", "", place
    while rest and value is not None:
        if rest.startswith("["):
            index, _, rest = rest[1:].partition("]")
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            step = rest if rest in value else re.split(r"[.\[]", rest, maxsplit=1)[0]
            owner, name, value, rest = name, step, value.get(step), rest[len(step) :]
        rest = rest.removeprefix(".")
    return value, owner in PERSONAL


def said(value: Any) -> str | None:
    """A value of the JSON as a finding says it."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, dict) and set(value) <= {"value", "scheme", "version"} and "name" not in value:
        value = value.get("value")
    if isinstance(value, bool):
        return str(value).lower()
    return value[:200] if isinstance(value, str) else None


@pytest.mark.parametrize("name", sorted(registry.targets()))
def test_each_loss_says_what_stands_at_its_place(name: str) -> None:
    """For each target and rich document: the place of each loss holds something, and `found` is that value; what is
    personal, and what is a group, is not repeated."""
    target = registry.target(name)
    options = OPTIONS.get(name, {})
    wrong, carried = set(), 0
    for label, given in documents(name):
        document: Document = completed(given)[0]
        if not {document.kind, document.document_type} & target.kinds:
            continue
        try:
            target.write(document, options)
        except DocumentInvalid:
            pass
        else:
            carried += 1
        dumped = json.loads(document.model_dump_json(exclude_none=True))
        for loss in target.losses(document, options):
            value, personal = value_at(dumped, loss.place)
            if value in (None, "", [], {}):
                wrong.add((label, loss.place, loss.message, "nothing stands there"))
            elif loss.found is not None and (personal or loss.found != said(value)):
                wrong.add((label, loss.place, loss.message, f"{loss.found} is not {value}"))
            elif loss.found is None and not personal and said(value) is not None:
                wrong.add((label, loss.place, loss.message, f"{value} is not said"))
    assert sorted(wrong) == []
    assert carried
