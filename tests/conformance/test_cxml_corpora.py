"""cXML of other makers: what becomes of every file, as a person has read it in cxml_corpora.md."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pytest
from corpora_table import CORPORA, agreed, drawn

from schemas.documents import Invoice
from schemas.orders import Order
from schemas.profiles import load_profile
from stages.conversion.totals import complete
from stages.formats.reading.step import read

pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")

NAMES = """
name: names
description: Who the numbers in the header belong to
constants:
  seller: {name: Games Inc, address: {country: US}}
  buyer: {name: Devtrunk LLC, address: {country: US}}
"""
TITLE = """# cXML of other makers, as it is read

Strict: no profile. Names: the invoices' parties, which the files know by numbers only, have their names from a profile.
Written anew by GOLDEN=write."""


def test_every_file_ends_as_it_was_reviewed() -> None:
    """Orders are read; invoices when someone names the parties; all other payloads are refused by their name."""
    files = sorted((CORPORA / "cxml").iterdir())
    names = load_profile(NAMES)
    cases = [(file, "strict", None) for file in files]
    cases += [(file, "names", names) for file in files if file.name.startswith("invoice")]
    agreed(drawn(TITLE, cases), Path(__file__).with_name("cxml_corpora.md"))


def test_an_order_keeps_its_lines_and_money() -> None:
    """The order of Coupa's sample: two lines of 1505.0 USD, delivered to San Leandro, billed to SOB1."""
    data = io.BytesIO((CORPORA / "cxml" / "purchase_order_request_200.xml").read_bytes())
    document = read(data, "x", None, None).records[0].document
    assert isinstance(document, Order)
    assert [(each.identifier, each.quantity, each.net_price) for each in document.lines] == [
        ("1", 1, Decimal("1505.0")),
        ("2", 2, Decimal("1505.0")),
    ]
    assert document.currency == "USD"
    assert document.buyer.name == "SOB1"
    assert document.originator is not None
    assert document.originator.contact is not None
    assert (document.originator.name, document.originator.contact.email) == ("j maddedn", "jmadden@coupa1.com")
    assert document.delivery is not None
    assert document.delivery.address is not None
    assert document.delivery.address.city == "san leandro"


def test_a_tax_that_is_not_its_rate_is_found() -> None:
    """8 USD of tax at 8.25 % of 400 (365, handling 5, shipping 30): fatal in conversion, both amounts shown."""
    data = io.BytesIO((CORPORA / "cxml" / "invoice_taxes_at_total.xml").read_bytes())
    document = read(data, "x", load_profile(NAMES), None).records[0].document
    assert isinstance(document, Invoice)
    fatal = [(each.rule, each.found, each.expected) for each in complete(document)[1] if each.severity == "fatal"]
    assert fatal == [("BR-CO-14", "8", "33.00")]
