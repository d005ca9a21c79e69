"""A document that is refused keeps its number, where it was read that far: people look for it by that."""

from __future__ import annotations

import io

import pytest

from schemas.profiles import load_profile
from stages.formats.reading.step import read

SHOP = """
name: shop
constants: {currency: EUR}
csv:
  separator: ";"
  key: [Invoice]
  document: {invoice_number: Invoice, issue_date: Date}
  line: {name: Item, quantity: Qty, net_price: Price}
"""
UBL = """<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"><cbc:ID>N 7</cbc:ID></Invoice>"""
IDOC = """<INVOIC02><IDOC><EDI_DC40><IDOCTYP>INVOIC02</IDOCTYP><MESTYP>INVOIC</MESTYP></EDI_DC40><E1EDK01/>
<E1EDK02><QUALF>009</QUALF><BELNR>N 7</BELNR></E1EDK02>{more}</IDOC></INVOIC02>"""


@pytest.mark.parametrize(
    ("name", "content", "number"),
    [
        ("float.json", '[{"invoice_number": "N 7", "lines": [{"net_price": 1.5}]}]', "N 7"),
        ("no-currency.json", '[{"invoice_number": " N 7 "}]', "N 7"),
        ("not-a-text.json", '[{"invoice_number": ["N 7"]}]', None),
        ("unprintable.json", '[{"invoice_number": "N\\u0000 7"}]', None),
        ("comma.csv", "Invoice;Date;Item;Qty;Price\nN 7;2026-11-02;Wine;1;13,75\n", "N 7"),
        ("missing.csv", "Invoice;Date;Item;Qty;Price\nN 7;2026-11-02;Wine;1;13.75\n", "N 7"),
        ("bare.xml", UBL, "N 7"),
        ("bare-idoc.xml", IDOC.format(more=""), "N 7"),
        ("bad-date.xml", IDOC.format(more="<E1EDK03><IDDAT>026</IDDAT><DATUM>2342344</DATUM></E1EDK03>"), "N 7"),
    ],
)
def test_it_keeps_its_number(name: str, content: str, number: str | None) -> None:
    """By all formats, whether a value or the whole did not fit; never one that could not be shown or stored."""
    profile = load_profile(SHOP) if name.endswith(".csv") else None
    (record,) = read(io.BytesIO(content.encode()), name, profile, None).records
    assert record.document is None
    assert record.error is not None
    assert record.number == number
