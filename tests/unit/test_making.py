"""One rendition: what a target cannot carry is reported, refused or moved to a note, as the profile says."""

from __future__ import annotations

from datetime import date

import pytest

from pipeline import maven
from pipeline.bench.formats import invoices
from schemas.documents import Invoice
from schemas.errors import DocumentInvalid
from stages.conversion.checking import Checker
from stages.conversion.making import Made, file_name, make
from stages.formats import registry

DAY = date(2026, 11, 27)
PEPPOL = registry.target("peppol")


def document() -> Invoice:
    """A document with one field that EN 16931 has no term for."""
    (one,) = invoices(1, 2)
    return one.model_copy(update={"extras": {"TOUR": "ALENTEJO-2"}})


def made(losses: str) -> Made:
    return make(document(), PEPPOL, {}, losses, Checker(maven.jars("rules"), DAY))  # type: ignore[arg-type]


def test_what_cannot_be_carried_is_reported_by_field() -> None:
    """By default the document leaves without it, and each field is named."""
    result = made("report")
    assert "extras.TOUR" in [each.place for each in result.losses]
    assert b"ALENTEJO-2" not in result.content


def test_a_profile_may_have_it_moved_to_a_note() -> None:
    """`note`: the value stands in BT-22, under the field's name, and the rules still pass."""
    result = made("note")
    assert b"extras.TOUR: ALENTEJO-2" in result.content
    assert [each for each in result.warnings if each.severity == "fatal"] == []


def test_a_profile_may_have_it_refused() -> None:
    """`refuse`: the document stops, with every field that would be lost."""
    with pytest.raises(DocumentInvalid) as caught:
        made("refuse")
    assert "extras.TOUR" in [each.place for each in caught.value.findings]
    assert {each.severity for each in caught.value.findings} == {"fatal"}


def test_a_target_takes_its_kinds_only() -> None:
    """A document of a kind that a target has no message for is refused by name."""
    from schemas.orders import Order

    order = Order.model_validate(
        {"number": "PO-1", "issue_date": "2026-11-02", "buyer": {"name": "B"}, "seller": {"name": "S"},
         "lines": [{"identifier": "1", "quantity": "2", "name": "Paper"}]}
    )  # fmt: skip
    with pytest.raises(DocumentInvalid) as caught:
        make(order, registry.target("facturae"), {}, "report", Checker((), DAY))
    assert [(each.rule, each.found) for each in caught.value.findings] == [("target-kind", "order")]


def test_file_names_hold_nothing_that_a_shell_or_a_disk_minds() -> None:
    """Letters, digits, hyphens, dots and underscores."""
    assert file_name(document().model_copy(update={"invoice_number": "../FT 2026/1 é"})) == "invoice-FT_2026_1"
