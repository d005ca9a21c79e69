"""X12 of other makers: what becomes of every file, as a person has read it in x12_corpora.md."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest
from corpora_table import CORPORA, agreed, drawn

from schemas.documents import Invoice
from schemas.orders import DespatchAdvice, OrderResponse
from schemas.profiles import load_profile
from stages.conversion.totals import complete
from stages.formats.reading.step import read

pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")

LENIENT = """
name: lenient
description: What an operator writes whose partner sends wrong counts, cuts blanks, and names neither seller nor goods
counts: accept
x12: {isa: delimited}
constants:
  seller: {name: ABC Music Supply, address: {country: US}}
  line: {name: Goods by order}
"""
TITLE = """# X12 of other makers, as it is read

Strict: no profile. Lenient: `counts: accept`, `isa: delimited`, a seller and a name for goods as constants; shown where
it makes a difference to what is refused. Written anew by GOLDEN=write."""


def test_every_file_ends_as_it_was_reviewed() -> None:
    """Each set of each file is read, or refused with the rule and place that a person has found right."""
    files = [*sorted((CORPORA / "x12").iterdir()), *sorted((CORPORA / "idoc").glob("*x12.edi"))]
    lenient = load_profile(LENIENT)
    wanted = ("810", "832", "850", "invoice810", "invalid997")
    cases = [(file, "strict", None) for file in files]
    cases += [(file, "lenient", lenient) for file in files if file.name.removeprefix("x12.").startswith(wanted)]
    agreed(drawn(TITLE, cases), Path(__file__).with_name("x12_corpora.md"))


def first(name: str) -> object:
    return read(io.BytesIO((CORPORA / "x12" / name).read_bytes()), name, None, None).records[0].document


def test_an_invoice_adds_up() -> None:
    """The first invoice of simple810 has the total that its TDS says, by quantity and price of its seven lines."""
    document = first("simple810.edi")
    assert isinstance(document, Invoice)
    completed, findings = complete(document)
    assert [each for each in findings if each.severity == "fatal"] == []
    assert (len(completed.lines), completed.totals.amount_due) == (7, Decimal("2554.38"))
    assert (completed.seller.name, completed.buyer.name) == ("FOODSELLER", "BUYSNACKS")
    assert (completed.due_date and completed.due_date.isoformat(), completed.payment_terms) == (
        "1997-12-27",
        "1/15 NET 30",
    )


def test_a_wrong_total_is_found_in_conversion() -> None:
    """The second invoice of simple810 says 2554.38 for lines of 1851.00: fatal, with both amounts."""
    data = io.BytesIO((CORPORA / "x12" / "simple810.edi").read_bytes())
    document = read(data, "simple810.edi", None, None).records[1].document
    assert isinstance(document, Invoice)
    found = [(each.rule, each.found, each.expected) for each in complete(document)[1] if each.severity == "fatal"]
    assert ("BR-CO-15", "2554.38", "1851.00") in found


def test_an_answer_says_what_becomes_of_each_line() -> None:
    """855.edi accepts two lines and refuses two, by the buyer's line numbers."""
    document = first("855.edi")
    assert isinstance(document, OrderResponse)
    assert [(each.identifier, each.status, each.quantity) for each in document.lines] == [
        ("1", "5", 3),
        ("2", "7", 0),
        ("3", "7", 0),
        ("4", "5", 2),
    ]


def test_a_ship_notice_keeps_its_tree() -> None:
    """856.edi has two items of one order, and a weight that is converted from pounds to kilograms exactly."""
    document = first("856.edi")
    assert isinstance(document, DespatchAdvice)
    assert [(each.identifier, each.quantity, each.order_reference) for each in document.lines] == [
        ("1", 24, "99999817"),
        ("2", 6, "99999817"),
    ]
    assert document.shipment.gross_weight == Decimal("60.310") * Decimal("0.45359237")
    assert (document.shipment.identifier, document.order_reference) == ("999999-001", "99999817")
