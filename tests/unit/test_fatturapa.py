"""FatturaPA: what its own words mean in the canonical document, and what a writer asks for and tells."""

from __future__ import annotations

import io
from base64 import b64encode
from datetime import date

import pytest
from asn1crypto import cms
from italian_invoices import GOODS, OFFICE, RF01, SELLER, TARGET, D, invoice
from lxml import etree
from mangling import survive

from schemas.documents import (
    Address,
    AllowanceCharge,
    Attachment,
    CreditTransfer,
    Delivery,
    Invoice,
    ItemAttribute,
    Line,
    Party,
    Payment,
    Totals,
    Withholding,
)
from schemas.errors import DocumentInvalid, ExportUnreadable
from stages.conversion.totals import complete
from stages.formats.fatturapa.writer import file_name
from stages.formats.reading.step import Record, read
from stages.rules.native.fatturapa import check


def records(data: bytes) -> tuple[Record, ...]:
    return read(io.BytesIO(data), "x.xml", None, None).records


def again(data: bytes) -> Invoice:
    (record,) = records(data)
    assert isinstance(record.document, Invoice), record.error and record.error.findings
    return complete(record.document)[0]


def test_split_payment_is_withheld_by_the_public_office() -> None:
    """VAT of category B is written as EsigibilitaIVA S to an office (FPA12), and no debt of the buyer's."""
    kept = Withholding(scheme="split-payment", amount=D("22.00"))
    line = GOODS.model_copy(update={"vat_category": "B"})
    means = Payment(means_code="30")
    document = invoice(
        buyer=OFFICE, lines=(line,), withholdings=(kept,), totals=Totals(paid_amount=D("22.00")), payment=means
    )
    xml = TARGET.write(document, RF01)
    root = etree.fromstring(xml)
    assert root.get("versione") == "FPA12"
    assert root.findtext(".//CodiceDestinatario") == "UFABCD"
    assert root.findtext(".//EsigibilitaIVA") == "S"
    assert root.findtext(".//ImportoPagamento") == "100.00"
    assert check(root) == ()
    found = again(xml)
    assert (found.withholdings, found.totals.amount_due) == ((kept,), D(100))
    assert found.buyer == OFFICE
    assert found.lines[0].vat_category == "B"


def test_split_payment_of_the_standard_rate_is_written_too() -> None:
    """All VAT of category S withheld as split payment is EsigibilitaIVA S, and the other words for it are told."""
    kept = Withholding(scheme="split-payment", amount=D("22.00"))
    document = invoice(withholdings=(kept,), totals=Totals(paid_amount=D("22.00")), payment=Payment(means_code="30"))
    xml = TARGET.write(document, RF01)
    root = etree.fromstring(xml)
    assert root.findtext(".//EsigibilitaIVA") == "S"
    assert root.findtext(".//ImportoPagamento") == "100.00"
    assert check(root) == ()
    found = again(xml)
    assert (found.withholdings, found.totals.paid_amount, found.totals.amount_due) == ((kept,), D(22), D(100))
    told = {each.place: each.rule for each in TARGET.losses(document, RF01)}
    assert told["lines[0].vat_category"] == told["vat_breakdown[0].category"] == "fatturapa-altered"


def test_split_payment_of_a_part_of_the_vat_is_refused() -> None:
    """What is withheld as split payment and is not all VAT of category B, or of B and S, stands nowhere: it is
    refused."""
    kept = Withholding(scheme="split-payment", amount=D("11.00"))
    document = invoice(withholdings=(kept,), totals=Totals(paid_amount=D("11.00")))
    with pytest.raises(DocumentInvalid) as refused:
        TARGET.write(document, RF01)
    (finding,) = refused.value.findings
    assert (finding.rule, finding.place, finding.found) == (
        "fatturapa-split-payment", "withholdings[0].amount", "11.00",
    )  # fmt: skip


def test_split_vat_is_not_asked_of_the_buyer_twice() -> None:
    """VAT of category B goes to the treasury: where what is due (BT-115) has it, too, the invoice is refused, and with
    it paid (BT-113) nothing is lost, whether a withholding says so or not."""
    split = GOODS.model_copy(update={"vat_category": "B"})
    asked = Payment(means_code="30")
    with pytest.raises(DocumentInvalid) as refused:
        TARGET.write(invoice(lines=(split,), payment=asked), RF01)
    (finding,) = refused.value.findings
    assert (finding.rule, finding.place, finding.found) == ("fatturapa-paid", "totals.paid_amount", "0")
    assert "at least 22.00" in finding.message
    document = invoice(lines=(split,), totals=Totals(paid_amount=D("22.00")), payment=asked)
    root = etree.fromstring(TARGET.write(document, RF01))
    assert root.findtext(".//ImportoPagamento") == "100.00"
    assert not [each for each in TARGET.losses(document, RF01) if each.place.startswith("totals")]


def test_a_discount_without_a_reason_gets_a_word_and_it_is_told() -> None:
    """FatturaPA wants words for every line: `Sconto` is written where nobody gave a reason, and said."""
    off = AllowanceCharge(charge=False, amount=D("10.00"), vat_rate=D(22))
    document = invoice(allowances_charges=(off,))
    assert "Sconto" in TARGET.write(document, RF01).decode()
    told = [each.message for each in TARGET.losses(document, RF01) if each.place == "allowances_charges[0]"]
    assert told == ["it has no reason, and one must stand there: Sconto is written"]


def test_what_a_payment_loses_is_told() -> None:
    """A reference in letters that its element has not, and a bank's code that is no BIC: each is said at its place."""
    transfer = CreditTransfer(account="IT60X0542811101000000123456", service_provider="BAPPIT2")
    payment = Payment(means_code="30", remittance_information="Caffè 17", credit_transfers=(transfer,))
    document = invoice(payment=payment)
    root = etree.fromstring(TARGET.write(document, RF01))
    assert (root.findtext(".//CodicePagamento"), root.findtext(".//BIC")) == ("Caffe 17", None)
    told = {each.place: (each.rule, each.found) for each in TARGET.losses(document, RF01)}
    assert told["payment.remittance_information"] == ("fatturapa-altered", "Caffè 17")
    assert told["payment.credit_transfers[0].service_provider"] == ("fatturapa-loss", "BAPPIT2")


def test_names_and_days_that_are_taken_from_elsewhere_are_told() -> None:
    """An attachment has one name, and a delivery note without a day is given that of delivery: both are said."""
    added = Attachment(reference="ATT-1", content_base64="QUJD", media_type="application/pdf", file_name="a.pdf")
    document = invoice(
        attachments=(added,), despatch_advice_reference="DDT-1", delivery=Delivery(date=date(2026, 10, 30))
    )
    told = {each.place: each.rule for each in TARGET.losses(document, RF01)}
    assert told["attachments[0].reference"] == "fatturapa-loss"
    assert told["despatch_advice_reference"] == "fatturapa-altered"
    assert etree.fromstring(TARGET.write(document, RF01)).findtext(".//DataDDT") == "2026-10-30"


def test_withheld_income_tax_and_a_fund() -> None:
    """Ritenuta and cassa previdenziale are written in their places and read back as they were."""
    kept = Withholding(scheme="RT02", rate=D("20.00"), amount=D("20.00"), reason="A")
    fund = AllowanceCharge(
        charge=True, amount=D("4.00"), base_amount=D("100.00"), percentage=D("4.00"), vat_category="S",
        vat_rate=D("22.00"), reason="Cassa previdenziale TC01",
    )  # fmt: skip
    document = invoice(allowances_charges=(fund,), withholdings=(kept,), totals=Totals(paid_amount=D("20.00")))
    xml = TARGET.write(document, RF01)
    root = etree.fromstring(xml)
    assert root.findtext(".//DatiCassaPrevidenziale/TipoCassa") == "TC01"
    assert root.findtext(".//DatiRiepilogo/ImponibileImporto") == "104.00"
    assert check(root) == ()
    found = again(xml)
    assert found.withholdings == (kept,)
    assert found.allowances_charges == (fund,)
    assert found.totals.amount_due == D("106.88")


def test_natura_stays_with_its_line() -> None:
    """Two kinds of reverse charge are one row of VAT here and two there; each line keeps its natura."""
    lines = tuple(
        Line(
            identifier=str(n), quantity=D(1), net_price=D(10 * n), vat_category="AE", name="Rottami", unit="C62",
            attributes=(ItemAttribute(name="Natura", value=nature),),
        )
        for n, nature in ((1, "N6.1"), (2, "N6.4"))
    )  # fmt: skip
    xml = TARGET.write(invoice(lines=lines), RF01)
    root = etree.fromstring(xml)
    rows = [(e.findtext("Natura"), e.findtext("ImponibileImporto")) for e in root.iter("DatiRiepilogo")]
    assert rows == [("N6.1", "10.00"), ("N6.4", "20.00")]
    assert check(root) == ()
    found = again(xml)
    assert [each.attributes for each in found.lines] == [each.attributes for each in lines]
    assert [(row.category, row.taxable_amount) for row in found.vat_breakdown] == [("AE", D(30))]


def test_discounts_of_the_document_are_lines_there() -> None:
    """An allowance becomes a line SC, a charge a line AC, with their own VAT; both come back as they were."""
    levels = (
        AllowanceCharge(
            charge=False, amount=D("10.00"), vat_category="S", vat_rate=D("22.00"), reason="Sconto fedeltà"
        ),
        AllowanceCharge(charge=True, amount=D("5.00"), vat_category="S", vat_rate=D("22.00"), reason="Trasporto"),
    )
    xml = TARGET.write(invoice(allowances_charges=levels), RF01)
    root = etree.fromstring(xml)
    assert [e.text for e in root.iter("TipoCessionePrestazione")] == ["SC", "AC"]
    assert check(root) == ()
    assert again(xml).allowances_charges == levels


def test_what_is_missing_is_named_with_the_field_or_the_option() -> None:
    """All that SdI wants and the document lacks is told at once, each with where to put it."""
    nobody = Party(name="Ada", address=Address(country="IT"))
    line = GOODS.model_copy(update={"vat_category": "AE", "vat_rate": D(0)})
    with pytest.raises(DocumentInvalid) as told:
        TARGET.write(invoice(buyer=nobody, lines=(line,), invoice_number="ABC"), {"transmission_format": "FPA12"})
    assert {each.place for each in told.value.findings} == {
        "options.regime_fiscale", "buyer.vat_identifier", "buyer.address.line_1", "buyer.address.city",
        "buyer.address.post_code", "buyer.endpoint", "lines[0].vat_category", "invoice_number",
    }  # fmt: skip
    assert next(e for e in told.value.findings if e.place == "invoice_number").rule == "fatturapa-00425"


def test_letters_that_the_schema_has_not_are_changed_and_told() -> None:
    """Only ISO 8859-1 passes: others become their likeness, and the loss names the field."""
    document = invoice(seller=SELLER.model_copy(update={"name": "Łódź – Société €"}))
    assert "<Denominazione>Lódz - Société EUR<".encode() in TARGET.write(document, RF01)
    assert "seller.name" in {each.place for each in TARGET.losses(document, RF01)}


def test_the_file_is_named_as_sdi_wants() -> None:
    """Sender, underscore, up to five letters and digits: the same for the same document, another for another."""
    first, second = file_name(invoice(), RF01), file_name(invoice(invoice_number="A-18"), RF01)
    assert first == file_name(invoice(), RF01) != second
    sender, _, mark = first.partition("_")
    assert sender == "IT01234567890"
    assert len(mark) == 5
    assert mark.isalnum()
    assert file_name(invoice(), {"progressive": "00042"}) == "IT01234567890_00042"


def signed(content: bytes) -> bytes:
    """A CMS SignedData around the content, without signers: enough to be opened."""
    data = cms.SignedData(
        {
            "version": "v1", "digest_algorithms": [], "signer_infos": [],
            "encap_content_info": {"content_type": "data", "content": content},
        }
    )  # fmt: skip
    dumped: bytes = cms.ContentInfo({"content_type": "signed_data", "content": data}).dump()
    return dumped


def test_what_is_signed_is_read_as_if_it_were_not() -> None:
    """A .p7m in DER and in base64 gives the same document as the XML inside; one around something else is refused."""
    xml = TARGET.write(invoice(), RF01)
    inside = again(xml)
    assert again(signed(xml)) == inside
    assert again(b64encode(signed(xml))) == inside
    with pytest.raises(ExportUnreadable) as told:
        records(signed(b"%PDF-1.7 not an invoice"))
    assert [each.rule for each in told.value.findings] == ["fatturapa-p7m"]


def test_every_body_is_a_document() -> None:
    """Two bodies under one header are two invoices of one seller; a file in windows-1252 keeps its letters."""
    xml = TARGET.write(invoice(seller=SELLER.model_copy(update={"name": "Caffè"})), RF01).decode()
    start, end = xml.index("<FatturaElettronicaBody>"), xml.index("</p:FatturaElettronica>")
    two = xml[:end] + xml[start:end].replace("A-17", "A-18") + xml[end:]
    found = records(two.replace('encoding="UTF-8"', 'encoding="windows-1252"').encode("windows-1252"))
    assert [(each.address, each.document and each.document.number) for each in found] == [
        ("invoice[1]", "A-17"),
        ("invoice[2]", "A-18"),
    ]
    assert all(each.document and each.document.sender.name == "Caffè" for each in found)


def test_damaged_bytes_never_raise_what_they_should_not() -> None:
    """Flipped, cut, doubled bytes and moved elements are refused or read; nothing else escapes. So for a .p7m."""
    xml = TARGET.write(invoice(), RF01)
    assert survive(xml, "x.xml") > 100
    survive(signed(xml), "x.p7m")
