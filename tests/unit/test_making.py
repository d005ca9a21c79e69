"""One rendition: what a target cannot carry is reported, refused or moved to a note, as the profile says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from lxml import etree

from pipeline import maven
from pipeline.bench.formats import invoices
from schemas.documents import Attachment, Invoice, ItemAttribute
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


def facturae(**changes: object) -> tuple[Made, str]:
    """Converted to Facturae with losses moved, and the text of its notes."""
    given = document().model_copy(update=changes)
    target = registry.target("facturae")
    spanish = {"vat_identifier": "ESA50000000", "address": {"line_1": "Calle 1", "city": "Zaragoza",
               "post_code": "50001", "country": "ES"}}  # fmt: skip
    party = type(given.seller).model_validate
    given = given.model_copy(
        update={
            "seller": party({"name": "S", "legal_information": "Capital 50.000", **spanish,
                             "identifiers": [{"value": "4000001000005", "scheme": "0088"}, {"value": "SUP-77"}]}),
            "buyer": party({"name": "B", **spanish}),
        }
    )  # fmt: skip
    result = make(given, target, {}, "note", Checker(maven.jars("rules"), DAY))
    return result, etree.fromstring(result.content).findtext(".//InvoiceAdditionalInformation") or ""


def test_groups_and_personal_data_are_moved_whole() -> None:
    """Each value below a place stands in the note, also what findings do not show, and what moved is not lost."""
    (line, *rest) = document().lines
    colour = ItemAttribute(name="Colour", value="red")
    price = line.net_price * 3
    priced = line.model_copy(update={"base_quantity": Decimal(3), "net_price": price, "attributes": (colour,)})
    result, text = facturae(lines=(priced, *rest))
    for told in (
        "seller.identifiers[0]: 4000001000005 (0088)", "seller.identifiers[1]: SUP-77",
        "seller.legal_information: Capital 50.000", "lines[0].attributes[0].name: Colour",
        "lines[0].attributes[0].value: red", f"lines[0].net_price: {price:f}",
    ):  # fmt: skip
        assert told in text.split("\n")
    assert {"seller.identifiers", "seller.legal_information", "lines[0].attributes"} <= set(result.moved)
    assert set(result.moved) & set(result.not_carried) == set()


def test_what_a_note_does_not_hold_stays_lost() -> None:
    """Facturae's note has 2500 characters: lines that go beyond are not written cut, and their places are not moved."""
    extras = {f"key-{n:03}": "v" * 40 for n in range(80)}
    result, text = facturae(extras=extras)
    kept = [n for n in range(80) if f"extras.key-{n:03}: {'v' * 40}" in text.split("\n")]
    assert kept == list(range(len(kept)))
    assert 30 < len(kept) < 60
    assert [p for p in result.moved if p.startswith("extras")] == [f"extras.key-{n:03}" for n in kept]
    assert [p for p in result.not_carried if p.startswith("extras")] == [
        f"extras.key-{n:03}" for n in range(len(kept), 80)
    ]


def test_a_file_is_not_moved_to_a_note() -> None:
    """An attachment that Facturae does not take keeps its words in the note; it is lost all the same."""
    pdf = Attachment(reference="A-1", content_base64="QUJD", media_type="text/csv", file_name="a.csv")
    result, text = facturae(attachments=(pdf,))
    assert "attachments[0].reference: A-1" in text
    assert "QUJD" not in text
    assert "attachments[0]" in result.not_carried


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
