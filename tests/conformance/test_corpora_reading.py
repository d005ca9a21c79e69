"""Real exports by other makers: of each file, accepted, or refused with which rule; and nothing of them lost."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from lxml import etree
from test_ubl_oracle import judged, needs_oracle

from schemas.documents import Identifier, Invoice
from schemas.errors import Finding, PermanentError
from schemas.profiles import ExtractionProfile, load_profile
from stages.conversion.totals import complete
from stages.formats.canonical import reader as canonical
from stages.formats.reading.records import Budget, Source
from stages.formats.reading.step import Record, read
from stages.formats.ubl.writer import Profile, write

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")

RETAIL = """
name: retail-day
description: One day of a shop's invoice lines; the till knows neither its own name nor VAT
constants:
  currency: GBP
  seller:
    name: Online Retail Ltd
    vat_identifier: GB123456782
    address: {line_1: 1 High Street, city: London, post_code: EC1A 1BB, country: GB}
    endpoint: {value: "5790000435975", scheme: "0088"}
  line: {vat_category: S, vat_rate: "20"}
csv:
  separator: ","
  dates: ["%Y-%m-%d %H:%M:%S"]
  layout: rows
  key: [InvoiceNo]
  document:
    invoice_number: InvoiceNo
    issue_date: InvoiceDate
    buyer.name: {column: CustomerID, pattern: '(\\d+)(?:\\.0)?', template: "Customer {}"}
    buyer.erp_id: {column: CustomerID, pattern: '(\\d+)(?:\\.0)?'}
    buyer_reference: {column: CustomerID, pattern: '(\\d+)(?:\\.0)?'}
    buyer.address.country: {column: Country, map: {United Kingdom: GB}}
  line: {seller_item_id: StockCode, name: Description, quantity: Quantity, net_price: UnitPrice}
  credit_notes: {number_prefix: C, negative_quantity: true}
"""

SOAP = "idoc/o2c-soap__b2b-integration-factory-order-to-cash-soap-scenario-03.-invoice-outbou__INVOIC02.xml"
ACCEPTED: dict[str, list[str]] = {
    "csv/2011-02-06.csv": [str(number) for number in range(543272, 543283)],
    "einvoice/ubl/BIS3_Invoice_negativ.XML": ["12345"],
    "einvoice/ubl/BIS3_Invoice_positive.XML": ["12345"],
    "einvoice/ubl/guide-example1.xml": ["12115118"],
    "einvoice/ubl/guide-example2.xml": ["TOSL108"],
    "einvoice/ubl/guide-example3.xml": ["TOSL108"],
    "einvoice/ubl/issue116.xml": ["2018210"],
    "einvoice/ubl/sample-discount-price.xml": ["test decimal 1"],
    "einvoice/ubl/ubl-tc434-creditnote1.xml": ["018304 / 28865"],
    "einvoice/ubl/ubl-tc434-example1.xml": ["12115118"],
    "einvoice/ubl/ubl-tc434-example10.xml": ["12115118"],
    "einvoice/ubl/ubl-tc434-example2.xml": ["TOSL108"],
    "einvoice/ubl/ubl-tc434-example3.xml": ["TOSL108"],
    "einvoice/ubl/ubl-tc434-example4.xml": ["TOSL110"],
    "einvoice/ubl/ubl-tc434-example5.xml": ["TOSL110"],
    "einvoice/ubl/ubl-tc434-example6.xml": ["TOSL110"],
    "einvoice/ubl/ubl-tc434-example7.xml": ["INVOICE_test_7"],
    "einvoice/ubl/ubl-tc434-example8.xml": ["1100512149"],
    "einvoice/ubl/ubl-tc434-example9.xml": ["20150483"],
    "idoc/o2c-edifact__d.96a-03.-invoice-outbound__INVOIC02.xml": ["0123456789"],
    SOAP: ["0090001519"],
    "idoc/o2c-tradacoms__tradacoms-03.-invoice-outbound__INVOIC02.xml": ["0123456789"],
    "idoc/o2c-x12__004010-03.-invoice-outbound__INVOIC02.xml": ["0123456789"],
}
"""File -> numbers of its documents."""
REFUSED: dict[str, str] = {
    # another structure (DATEV bookings and master data), and no profile of ours says what its columns mean
    "csv/EXTF_Buchungsstapel.csv": "csv-syntax",
    "csv/EXTF_Kontenbeschriftungen.csv": "csv-syntax",
    "csv/EXTF_Stammdaten.csv": "csv-syntax",
    # its values were made unreadable by its publisher: billing date 2342344
    "idoc/mt__invoic-idoc-xml2flat-invoice01__INVOIC01.xml": "idoc-date",
    "idoc/mt__invoic-idoc-flat2xml-invoice01__flat.idoc": "idoc-date",
}
"""File -> rule. The CSV files are read with the profile above; without one each is refused as `csv-profile`."""
_TABLE = ("csv/*", "einvoice/ubl/*", "idoc/*INVOIC0*.xml", "idoc/mt__invoic*.idoc")


def files(*patterns: str) -> list[str]:
    """Names below the corpora, for parameters; none where there are none."""
    return sorted(
        {str(path.relative_to(CORPORA)) for pattern in patterns for path in CORPORA.glob(pattern) if path.is_file()}
    )


def records_of(name: str, profile: ExtractionProfile | None = None) -> tuple[Record, ...]:
    with (CORPORA / name).open("rb") as file:
        return read(file, name, profile, None).records


def outcome(name: str, profile: ExtractionProfile | None = None) -> list[str]:
    """Numbers of what was read, rules of what was refused."""
    try:
        records = records_of(name, profile)
    except PermanentError as error:
        return [error.findings[0].rule]
    return [r.document.invoice_number if r.document else refusal(r).rule for r in records]


def refusal(record: Record) -> Finding:
    assert record.error is not None
    return record.error.findings[0]


def document(name: str, profile: ExtractionProfile | None = None) -> Invoice:
    (record,) = records_of(name, profile)
    assert record.document is not None
    return record.document


@pytest.mark.parametrize("name", files(*_TABLE))
def test_the_table(name: str) -> None:
    """Accepted with these numbers, or refused with this rule."""
    profile = load_profile(RETAIL) if name.startswith("csv/") else None
    assert outcome(name, profile) == ACCEPTED.get(name, [REFUSED.get(name, "not in the table")])


@pytest.mark.parametrize("name", files("csv/*"))
def test_a_csv_needs_its_profile(name: str) -> None:
    """Without a profile each is recognised and refused, saying what is needed."""
    assert outcome(name) == ["csv-profile"]


# What UBL says that the canonical document says by its shape: schemes, indicators, the currency of each amount.
_SAID_OTHERWISE = {"TaxScheme", "ChargeIndicator", "UBLVersionID", "DocumentTypeCode", "NetworkID", "Country"}


@pytest.mark.parametrize("name", files("einvoice/ubl/*"))
def test_no_value_of_a_ubl_file_is_lost(name: str) -> None:
    """Every text of the file stands somewhere in the document that was read from it."""
    read_values = set(_values(document(name).model_dump(mode="json")))
    lost = []
    for element in etree.parse(CORPORA / name).iter():
        if isinstance(element.tag, str) and not len(element) and element.text and element.text.strip():
            parents = {etree.QName(e).localname for e in (element, *element.iterancestors()) if isinstance(e.tag, str)}
            value = _normal(element.text)
            if value not in read_values and not parents & (_SAID_OTHERWISE - {"Country"}):
                lost.append((etree.QName(element).localname, value))
    assert lost == []


def _values(value: object) -> list[str]:
    if isinstance(value, dict):
        return [v for below in value.values() for v in _values(below)]
    if isinstance(value, list):
        return [v for below in value for v in _values(below)]
    return [_normal(str(value))]


def _normal(text: str) -> str:
    """Without the line breaks of Base64; numbers without the zeros behind the point."""
    text = "".join(text.split()) if len(text) > 2000 else text.strip()
    try:
        return format(Decimal(text).normalize(), "f")
    except ArithmeticError:
        return text


def test_idoc_values() -> None:
    """The SOAP scenario's invoice: parties, dates, two lines, tax and totals as SAP wrote them."""
    read_one = document(SOAP)
    assert (read_one.issue_date.isoformat(), str(read_one.due_date)) == ("2018-10-26", "2018-10-31")
    assert [(i.value, i.scheme) for i in read_one.seller.identifiers] == [("10300098", None)]
    assert (read_one.seller.vat_identifier, read_one.buyer.erp_id) == ("DE123456789", "0010100090")
    assert read_one.order_reference == "4500003561"
    assert [(x.quantity, x.unit, x.net_price, x.net_amount, x.vat_rate) for x in read_one.lines] == [
        (Decimal(5), "H87", Decimal(50), Decimal(250), Decimal(19)),
        (Decimal(4), "H87", Decimal(50), Decimal(200), Decimal(19)),
    ]
    totals = read_one.totals
    assert [str(t) for t in (totals.tax_exclusive, totals.tax_amount, totals.tax_inclusive)] == [
        "450.00",
        "85.50",
        "535.50",
    ]
    assert read_one.payment is not None
    assert len(read_one.payment.credit_transfers) == 16


def test_idoc_discounts() -> None:
    """The EDIFACT scenario: list price and three discounts lead to SAP's net value."""
    (line,) = document("idoc/o2c-edifact__d.96a-03.-invoice-outbound__INVOIC02.xml").lines
    discounts = [a.amount for a in line.allowances_charges]
    assert [str(d) for d in discounts] == ["8924.80", "7651.20", "851.20"]
    assert line.net_amount == line.quantity * line.net_price - sum(discounts) == Decimal("67574.40")


def test_the_day_of_retail_lines() -> None:
    """279 lines in eleven invoices, quoted commas and quotes included, read in steps as at once."""
    profile = load_profile(RETAIL)
    records = records_of("csv/2011-02-06.csv", profile)
    documents = [r.document for r in records if r.document]
    assert [len(d.lines) for d in documents] == [16, 46, 13, 24, 12, 61, 11, 38, 9, 30, 19]
    assert 'LETTER "R" BLING KEY RING' in {line.name for d in documents for line in d.lines}
    assert {d.buyer.erp_id for d in documents} >= {"14810", "16456"}


@pytest.mark.parametrize("name", files("bad/xml/*"))
def test_attacks_by_xml(name: str) -> None:
    """Every entity attack is refused for its DOCTYPE; XML without one is only unknown."""
    text = (CORPORA / name).read_bytes().lstrip()
    attack = b"<!DOCTYPE" in text and text.startswith(b"<")
    assert outcome(name) == ["xml-doctype" if attack else "format-unknown"]


@pytest.mark.parametrize("name", files("bad/json/n_*"))
def test_json_that_is_none(name: str) -> None:
    """What the JSON test suite says must be refused is, also by the JSON reader itself."""
    assert outcome(name)[0] in ("format-unknown", "xml-syntax")
    data = (CORPORA / name).read_bytes()
    try:
        records, _ = canonical.read(Source(io.BytesIO(data), name), None, None, Budget(9, 9, lambda: 0.0))
    except PermanentError:
        return
    assert any(r.error for r in records)


def test_naughty_strings() -> None:
    """Each is carried whole through JSON, or refused because no XML could carry it."""
    strings = json.loads((CORPORA / "bad/text/blns.json").read_bytes())
    refused = set()
    for text in strings:
        line = {"identifier": "1", "quantity": "1", "net_price": "1", "name": text}
        party = {"name": "n"}
        given = {"invoice_number": "1", "issue_date": "2026-01-01", "currency": "EUR", "seller": party, "buyer": party}
        data = json.dumps(given | {"lines": [line]}).encode()
        (record,) = read(io.BytesIO(data), "x", None, None).records
        if record.document is None:
            assert record.error is not None
            refused.add(record.error.findings[0].rule)
        else:
            assert record.document.lines[0].name == text.strip()
    assert refused <= {"field-character"}


SAP = """
name: sap
description: What German rules ask for and this SAP system does not export
constants:
  buyer_reference: none given
  seller: {contact: {name: Billing, telephone: "+49 6227 0", email: billing@example.org}}
"""


@needs_oracle
def test_what_is_read_can_be_sent(tmp_path: Path) -> None:
    """All INVOIC02 and the day of retail lines, with endpoints as a directory gives them, pass the Peppol rules."""
    written: dict[str, bytes] = {}
    for pattern, profile in (("idoc/*INVOIC02.xml", SAP), ("csv/2011-02-06.csv", RETAIL)):
        for name in files(pattern):
            for record in records_of(name, load_profile(profile)):
                assert record.document is not None
                completed, findings = complete(with_endpoints(record.document))
                assert [f for f in findings if f.severity == "fatal"] == []
                written[f"{len(written)}"] = write(completed, Profile.PEPPOL)
    assert len(written) == 15
    assert judged(tmp_path, "peppol", written) == {name: [] for name in written}


def with_endpoints(document: Invoice) -> Invoice:
    gln = Identifier(value="5790000435975", scheme="0088")
    seller = document.seller.model_copy(update={"endpoint": document.seller.endpoint or gln})
    buyer = document.buyer.model_copy(update={"endpoint": document.buyer.endpoint or gln})
    return document.model_copy(update={"seller": seller, "buyer": buyer})
