"""Embedded files without name or media type: what can be told of them is written and said, what cannot is refused."""

from __future__ import annotations

from base64 import b64encode
from decimal import Decimal

import pytest
from lxml import etree
from test_native_findings import invoice

from pipeline import maven
from schemas.documents import Attachment, Identifier, Invoice, Party
from schemas.errors import DocumentInvalid
from schemas.orders import Order, OrderLine
from stages.conversion.attached import named
from stages.conversion.checking import Checker
from stages.conversion.making import completed, make
from stages.formats import registry
from stages.rules.judging import EngineChoice
from tests.unit.test_making import DAY

PDF = b64encode(b"%PDF-1.7\n").decode()


def files(*given: Attachment) -> tuple[list[tuple[str | None, str | None]], list[str]]:
    """(name, type) of each, and the places that were told."""
    document, told = named(invoice(attachments=given))
    return [(each.file_name, each.media_type) for each in document.attachments], [each.place for each in told]


def test_a_name_is_made_of_the_reference() -> None:
    """With the ending of its type, without signs that no file system takes, and no two alike (BR-DE-22)."""
    given = [
        Attachment(reference=reference, content_base64=PDF, media_type="application/pdf")
        for reference in ("ATT-1", "att-1.PDF", "../../etc/x y", "...")
    ]
    found, places = files(*given, Attachment(reference="L", external_location="https://example.org/"))
    assert [name for name, _ in found] == ["ATT-1.pdf", "att-1-2.pdf", "etc_x_y.pdf", "attachment.pdf", None]
    assert places == [f"attachments[{at}].file_name" for at in range(4)]


def test_a_type_is_told_by_first_bytes_or_by_ending() -> None:
    """PDF, PNG and JPEG by what they begin with, others by the name; where neither tells it stays open."""
    png, jpeg = b64encode(b"\x89PNG\r\n\x1a\n").decode(), b64encode(b"\xff\xd8\xff\xe0").decode()
    found, _ = files(
        Attachment(reference="A", content_base64=PDF, file_name="a.csv"),
        Attachment(reference="B", content_base64=png, file_name="b"),
        Attachment(reference="C", content_base64=jpeg),
        Attachment(reference="D", content_base64="YSxi", file_name="d.CSV"),
        Attachment(reference="E", content_base64="YSxi", file_name="e.zzz"),
    )
    assert [media for _, media in found] == ["application/pdf", "image/png", "image/jpeg", "text/csv", None]


def test_an_order_s_files_are_named_too() -> None:
    """What an order has beside it is written as a file with name and type, or refused where nothing tells the type."""
    party = Party(name="A", endpoint=Identifier(value="4000001000005", scheme="0088"))
    target = registry.target("peppol")
    for content, expected in ((PDF, [("a.pdf", "application/pdf")]), ("YSxi", [("a", None)])):
        given = Order(
            number="O-1", issue_date=DAY, currency="EUR", buyer=party, seller=party,
            attachments=(Attachment(reference="a", content_base64=content),),
            lines=(OrderLine(identifier="1", quantity=Decimal(1), name="Paper"),),
        )  # fmt: skip
        document, _ = completed(given)
        assert isinstance(document, Order)
        assert [(each.file_name, each.media_type) for each in document.attachments] == expected
        grave = [each.place for each in target.losses(document, {}) if each.severity == "fatal"]
        assert grave == ([] if expected[0][1] else ["attachments[0].media_type"])


def test_what_is_given_stays() -> None:
    """A whole attachment and one without a file are untouched, and nothing is told."""
    document = invoice(attachments=(
        Attachment(reference="A", content_base64=PDF, media_type="text/csv", file_name="x"), Attachment(reference="B"),
    ))  # fmt: skip
    assert named(document) == (document, ())


@pytest.mark.parametrize("engine", ["official", "native"])
def test_a_file_without_a_name_goes_to_ubl_with_one(engine: str) -> None:
    """Both engines pass what is written, and the warning tells the name that was made."""
    document, found = completed(invoice(attachments=(Attachment(reference="ATT-1", content_base64=PDF),)))
    check = Checker(maven.jars("rules"), DAY, EngineChoice(engine, Decimal(0)))  # type: ignore[arg-type]
    made = make(document, registry.target("ubl"), {}, "refuse", check, found)
    told = [(each.rule, each.place, each.found) for each in made.warnings]
    assert ("attachment-completed", "attachments[0].file_name", "ATT-1.pdf") in told
    binary = etree.fromstring(made.content).find(".//{*}EmbeddedDocumentBinaryObject")
    assert binary is not None
    assert dict(binary.attrib) == {"mimeCode": "application/pdf", "filename": "ATT-1.pdf"}


def test_ubl_says_that_it_needs_a_type() -> None:
    """A file of which nothing tells the type is refused by the name of what is missing, not by the schema."""
    document, found = completed(invoice(attachments=(Attachment(reference="A", content_base64="YSxi"),)))
    assert isinstance(document, Invoice)
    with pytest.raises(DocumentInvalid) as refused:
        make(document, registry.target("ubl"), {}, "report", Checker(maven.jars("rules"), DAY), found)
    (finding,) = refused.value.findings
    assert (finding.rule, finding.place) == ("ubl-loss", "attachments[0].media_type")
