"""EANCOM: parties by GLN, articles by GTIN, or the message is not called EANCOM."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.bench.formats import invoices
from schemas.documents import Identifier, Invoice
from schemas.errors import DocumentInvalid
from stages.formats import registry
from stages.formats.edifact import writer
from stages.formats.writing.rereading import reread

OWN = Identifier(value="F-100")
GLN = Identifier(value="5600000000007", scheme="0088")
GTIN = Identifier(value="5600000000021", scheme="0160")
EANCOM = {"eancom": "yes", "charset": "UNOW"}


def invoice(*seller: Identifier, **line: Any) -> Invoice:
    (document,) = invoices(1, 1)
    article = {"standard_item_id": GTIN, "seller_item_id": "S-1", "buyer_item_id": "B-1"} | line
    return document.model_copy(
        update={
            "seller": document.seller.model_copy(update={"identifiers": seller, "endpoint": None}),
            "buyer": document.buyer.model_copy(update={"identifiers": (GLN,), "endpoint": None}),
            "lines": (document.lines[0].model_copy(update=article),),
        }
    )


def segments(document: Invoice, release: str) -> list[str]:
    return writer.write(document, release, EANCOM).decode().replace("'", "").split("\n")


def faults(document: Invoice) -> list[tuple[str, str, str | None]]:
    with pytest.raises(DocumentInvalid) as refused:
        segments(document, "96A")
    return [(each.rule, each.place, each.found) for each in refused.value.findings]


@pytest.mark.parametrize(("release", "association", "kind"), [("96A", "EAN008", "EN"), ("01B", "EAN011", "SRV")])
def test_numbers_of_gs1_stand_where_eancom_has_them(release: str, association: str, kind: str) -> None:
    """The GLN is the party's number, of agency 9, whatever stands before it in the document; the GTIN is the line's."""
    rows = segments(invoice(OWN, GLN), release)
    assert rows[0] == f"UNH+1+INVOIC:D:{release}:UN:{association}"
    assert [row[:26] for row in rows if row.startswith("NAD+SU")] == ["NAD+SU+5600000000007::9++B"]
    assert [row for row in rows if row.endswith(":F-100")] == [f"RFF+{'IA' if release == '96A' else 'API'}:F-100"]
    assert f"LIN+1++5600000000021:{kind}" in rows
    assert [row for row in rows if row.startswith("PIA")] == ["PIA+1+S-1:SA", "PIA+1+B-1:IN"]


def test_an_article_without_a_gtin_is_identified_by_its_first_number() -> None:
    """PIA with function 5, and the others are additions; read back, it is the same line."""
    given = invoice(GLN, standard_item_id=None)
    rows = segments(given, "01B")
    assert [row for row in rows if row[:3] in ("LIN", "PIA")] == ["LIN+1", "PIA+5+S-1:SA", "PIA+1+B-1:IN"]
    target = registry.target("edifact-d01b").under(given, EANCOM)
    again = reread(writer.write(given, "01B", EANCOM), target).document
    assert (again.lines[0].seller_item_id, again.lines[0].buyer_item_id) == ("S-1", "B-1")


def test_what_gs1_asks_for_and_is_missing_is_refused() -> None:
    """A seller without a GLN, or with one whose check digit is wrong; an article without any number, or a wrong GTIN.
    Without the option the same invoice is written."""
    assert faults(invoice(OWN)) == [("edifact-eancom", "seller.identifiers", None)]
    wrong = Identifier(value="5600000000008", scheme="0088")
    assert faults(invoice(wrong)) == [("edifact-eancom", "seller.identifiers", "5600000000008")]
    nothing = {"standard_item_id": None, "seller_item_id": None, "buyer_item_id": None}
    assert faults(invoice(GLN, **nothing)) == [("edifact-eancom", "lines[0].standard_item_id", None)]
    short = Identifier(value="123", scheme="0160")
    assert faults(invoice(GLN, standard_item_id=short)) == [("edifact-eancom", "lines[0].standard_item_id", "123")]
    assert b"INVOIC:D:96A:UN'" in writer.write(invoice(OWN, **nothing), "96A", {"charset": "UNOW"})


def test_another_kind_of_number_is_a_loss_and_no_line_number() -> None:
    """An ISBN is no GTIN: LIN stays without it, and reading back says so."""
    given = invoice(GLN, standard_item_id=Identifier(value="978-3", scheme="IB"))
    assert "LIN+1" in segments(given, "96A")
    found = {each.place: each.rule for each in registry.target("edifact-d96a").losses(given, EANCOM)}
    assert found["lines[0].standard_item_id"] == "edifact-d96a-loss"


def test_an_electronic_address_may_be_the_gln() -> None:
    """A party of Peppol has it there."""
    given = invoice()
    seller = given.seller.model_copy(update={"endpoint": GLN})
    rows = segments(given.model_copy(update={"seller": seller}), "96A")
    assert [row[:24] for row in rows if row.startswith("NAD+SU")] == ["NAD+SU+5600000000007::9+"]
