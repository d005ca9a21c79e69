"""What a national writer writes, its reader reads: nothing is lost or changed but what the losses name."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import pytest
from test_ksef_structure import documents as polish
from ubl_documents import DOCUMENTS

from schemas.documents import Invoice
from schemas.errors import DocumentInvalid
from stages.conversion.totals import complete
from stages.formats import registry
from stages.formats.format import altered
from stages.formats.reading.step import read

OPTIONS = {
    "facturae": {"correction_reason": "83"},
    "fatturapa": {"regime_fiscale": "RF01", "natura_ae": "N6.9", "natura_z": "N3.6"},
    "ksef-fa3": {"corrected_ksef_number": "none"},
}
LEAST = {"facturae": 15, "fatturapa": 15, "ksef-fa3": 19}
"""How many of the documents a target carries."""


def documents(target: str) -> Iterator[tuple[str, Invoice]]:
    if target == "ksef-fa3":
        yield from polish()
    else:
        for name, document in DOCUMENTS.items():
            # allowances before charges, as Facturae has them
            levels = tuple(sorted(document.allowances_charges, key=lambda each: each.charge))
            yield name, complete(document.model_copy(update={"allowances_charges": levels}))[0]


def content(document: Invoice) -> dict[str, Any]:
    return document.model_dump(exclude={"extras", "hints", "specification"}, exclude_none=True)


def lost(given: Any, found: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """What stands in `given` and not, or otherwise, in `found`; what was added is let pass, and so is another order."""
    if isinstance(given, dict) and isinstance(found, dict):
        for name, value in given.items():
            yield from lost(value, found.get(name), f"{place}.{name}" if place else name)
    elif isinstance(given, tuple) and isinstance(found, tuple) and len(found) >= len(given):
        rest = list(found)
        for index, value in enumerate(given):
            same = next((each for each in rest if not list(lost(value, each))), rest[min(index, len(rest) - 1)])
            yield from lost(value, same, f"{place}[{index}]")
    elif given != found:
        yield place, given, found


def stands(document: Invoice, place: str, xml: str) -> bool:
    """Does the value of a place stand in the XML? Only what is long, and once in the document, can be told."""
    if place.startswith("extras."):
        return False
    value: Any = document
    for step in re.findall(r"\w+", place):
        value = value[int(step)] if step.isdigit() else getattr(value, step)
    said = value if isinstance(value, str) else getattr(value, "value", None)
    if not isinstance(said, str) or len(said) < 6 or document.model_dump_json().count(said) > 1:
        return False
    return escape(said) in xml


@pytest.mark.parametrize("target", sorted(OPTIONS))
def test_only_what_the_losses_name_is_lost(target: str) -> None:
    """read(write(d)) is d, but for the places that the losses of d name; what is lost and not altered stands nowhere in
    the XML; written again it is the same bytes."""
    asked = registry.target(target)
    carried, wrong = 0, {}
    for name, document in documents(target):
        try:
            xml = asked.write(document, OPTIONS[target])
        except DocumentInvalid:
            continue
        carried += 1
        losses = asked.losses(document, OPTIONS[target])
        told = {each.place for each in losses}
        gone = [each.place for each in losses if not altered(each)]
        assert [place for place in gone if stands(document, place, xml.decode())] == [], name
        (record,) = read(io.BytesIO(xml), "x.xml", None, None).records
        assert isinstance(record.document, Invoice), (name, record.error and record.error.findings)
        found, findings = complete(record.document)
        assert not [each for each in findings if each.severity == "fatal"], name
        shown = [content(each) for each in (document, found)]
        differences = [
            (place, given, now)
            for place, given, now in lost(*shown)
            if not any(place.startswith(each) or each.startswith(place) for each in told)
        ]
        if differences:
            wrong[name] = differences
        assert asked.write(document, OPTIONS[target]) == xml
    assert wrong == {}
    assert carried >= LEAST[target]
