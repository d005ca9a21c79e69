"""UBL 2.1: every business term at its place, nothing lost silently, nothing of another currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from reading_samples import everything, refusal, rules, ubl

from schemas.documents import Invoice


def document(text: str) -> Invoice:
    record = everything(text)[0]
    assert record.document is not None, record.error and record.error.findings
    return record.document


def test_a_credit_note_is_one_by_its_root() -> None:
    """CreditNote with CreditedQuantity gives type 381, and its address says so."""
    record = everything(ubl("C-1", root="CreditNote"))[0]
    assert record.address == "credit-note[1]"
    assert record.document is not None
    assert record.document.type_code == "381"
    assert record.document.document_type == "credit-note"
    assert record.document.lines[0].quantity == Decimal(2)


def test_the_due_date_of_a_credit_note_stands_in_the_payment() -> None:
    """BT-9 is PaymentMeans/PaymentDueDate in a credit note, and BT-11 a reference of type 50."""
    extra = """<cac:AdditionalDocumentReference><cbc:ID>PRJ-7</cbc:ID><cbc:DocumentTypeCode>50</cbc:DocumentTypeCode>
      </cac:AdditionalDocumentReference><cac:PaymentMeans><cbc:PaymentMeansCode name="SEPA">58</cbc:PaymentMeansCode>
      <cbc:PaymentDueDate>2026-12-01</cbc:PaymentDueDate></cac:PaymentMeans>"""
    read = document(ubl(root="CreditNote", extra=extra))
    assert (read.due_date, read.project_reference) == (date(2026, 12, 1), "PRJ-7")
    assert read.payment is not None
    assert (read.payment.means_code, read.payment.means_text) == ("58", "SEPA")


def test_attachments_and_the_invoiced_object_share_an_element() -> None:
    """BG-24 embedded and by address, and BT-18 (type 130) apart from them."""
    extra = """
    <cac:AdditionalDocumentReference><cbc:ID schemeID="ABZ">METER-1</cbc:ID>
      <cbc:DocumentTypeCode>130</cbc:DocumentTypeCode>
    </cac:AdditionalDocumentReference>
    <cac:AdditionalDocumentReference><cbc:ID>A1</cbc:ID><cbc:DocumentDescription>Times</cbc:DocumentDescription>
      <cac:Attachment><cbc:EmbeddedDocumentBinaryObject mimeCode="text/csv" filename="t.csv">YTti
      Cg==</cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>
    <cac:AdditionalDocumentReference><cbc:ID>A2</cbc:ID><cac:Attachment><cac:ExternalReference>
      <cbc:URI>https://example.org/t</cbc:URI></cac:ExternalReference></cac:Attachment></cac:AdditionalDocumentReference>"""
    read = document(ubl(extra=extra))
    assert read.object_identifier is not None
    assert (read.object_identifier.value, read.object_identifier.scheme) == ("METER-1", "ABZ")
    first, second = read.attachments
    assert (first.reference, first.content_base64, first.media_type, first.file_name) == (
        "A1",
        "YTtiCg==",
        "text/csv",
        "t.csv",
    )
    assert (second.reference, second.external_location) == ("A2", "https://example.org/t")


def test_payment_party_tax_and_notes() -> None:
    """Several PaymentMeans are one payment with several accounts; SEPA creditor, subjects, tax in two currencies."""
    extra = """<cbc:TaxCurrencyCode>PLN</cbc:TaxCurrencyCode>
    <cbc:Note>#AAI#General</cbc:Note><cbc:Note>plain</cbc:Note>
    <cac:PayeeParty><cac:PartyIdentification><cbc:ID schemeID="SEPA">ES99ZZZ</cbc:ID></cac:PartyIdentification>
      <cac:PartyName><cbc:Name>Factor SA</cbc:Name></cac:PartyName></cac:PayeeParty>
    <cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentID>RF18</cbc:PaymentID>
      <cac:PayeeFinancialAccount><cbc:ID>PT50</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
    <cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>
      <cac:PayeeFinancialAccount><cbc:ID>ES91</cbc:ID><cac:FinancialInstitutionBranch><cbc:ID>CAIXESBB</cbc:ID>
      </cac:FinancialInstitutionBranch></cac:PayeeFinancialAccount></cac:PaymentMeans>
    <cac:TaxTotal><cbc:TaxAmount currencyID="EUR">4.20</cbc:TaxAmount></cac:TaxTotal>
    <cac:TaxTotal><cbc:TaxAmount currencyID="PLN">18.10</cbc:TaxAmount></cac:TaxTotal>"""
    read = document(ubl(extra=extra))
    assert [(n.subject_code, n.text) for n in read.notes] == [("AAI", "General"), (None, "plain")]
    assert read.payment is not None
    assert read.payment.remittance_information == "RF18"
    assert read.payment.creditor_identifier == "ES99ZZZ"
    assert [t.account for t in read.payment.credit_transfers] == ["PT50", "ES91"]
    assert read.payment.credit_transfers[1].service_provider == "CAIXESBB"
    assert (read.totals.tax_amount, read.totals.tax_amount_accounting) == (Decimal("4.20"), Decimal("18.10"))
    assert read.payee is not None
    assert (read.payee.name, read.payee.identifiers) == ("Factor SA", ())


def test_a_second_way_to_pay_is_kept_aside() -> None:
    """Means of another code lend the first neither mandate nor account nor reference; transfers are one way."""
    account = "<cac:PayeeFinancialAccount><cbc:ID>{}</cbc:ID></cac:PayeeFinancialAccount>"
    mandate = "<cac:PaymentMandate><cbc:ID>M-1</cbc:ID></cac:PaymentMandate>"
    extra = "".join(
        f"<cac:PaymentMeans><cbc:PaymentMeansCode>{code}</cbc:PaymentMeansCode>{more}</cac:PaymentMeans>"
        for code, more in (("58", account.format("PT50")), ("30", account.format("ES91")), ("59", mandate))
    )
    (record,) = everything(ubl(extra=extra))
    assert record.document is not None
    payment = record.document.payment  # type: ignore[union-attr]
    assert (payment.means_code, payment.mandate) == ("58", None)
    assert [each.account for each in payment.credit_transfers] == ["PT50", "ES91"]
    told = [(each.rule, each.place) for each in record.warnings]
    assert ("ubl-payment", "line 6, /Invoice/cac:PaymentMeans[3]") in told
    assert record.document.extras["/Invoice/cac:PaymentMeans[3]/cac:PaymentMandate/cbc:ID"] == "M-1"  # type: ignore[union-attr]


def test_what_en_16931_does_not_know_is_warned_of_and_kept() -> None:
    """An unknown element is a warning with its line and path, and its text stands in extras."""
    record = everything(ubl(extra="<cbc:UUID>0-1-2</cbc:UUID><cac:Signature><cbc:ID>S</cbc:ID></cac:Signature>"))[0]
    assert record.document is not None
    assert [(w.rule, w.place, w.found) for w in record.warnings] == [
        ("ubl-unknown", "line 6, /Invoice/cbc:UUID", "0-1-2"),
        ("ubl-unknown", "line 6, /Invoice/cac:Signature", None),
    ]
    assert record.document.extras == {"/Invoice/cbc:UUID": "0-1-2", "/Invoice/cac:Signature/cbc:ID": "S"}


def test_a_second_value_is_warned_of() -> None:
    """Where the standard has one value and the file two, the first counts and the second is not lost silently."""
    record = everything(
        ubl(extra="<cbc:BuyerReference>A</cbc:BuyerReference><cbc:BuyerReference>B</cbc:BuyerReference>")
    )[0]
    assert record.document is not None
    assert record.document.buyer_reference == "A"
    assert [(w.rule, w.found) for w in record.warnings] == [("ubl-repeated", "B")]


def test_an_amount_in_another_currency_is_refused() -> None:
    """USD in a document in EUR would be written as EUR: refused with the element's place."""
    record = everything(ubl().replace('PriceAmount currencyID="EUR"', 'PriceAmount currencyID="USD"'))[0]
    assert rules(record) == ["ubl-currency"]
    assert (refusal(record).found, refusal(record).expected) == ("USD", "EUR")
    assert refusal(record).place == "line 13, /Invoice/cac:InvoiceLine/cac:Price/cbc:PriceAmount"


def test_findings_name_what_a_person_looks_for() -> None:
    """A wrong date, number and a missing VAT category are told each with rule, business term, place and value."""
    text = ubl().replace("2026-11-02", "20261102").replace(">20.00<", ">20,00<")
    text = text.replace("<cbc:ID>S</cbc:ID>", "")
    record = everything(text)[0]
    assert record.error is not None
    told = {f.rule: f for f in record.error.findings}
    assert set(told) == {"field-date", "field-number", "field-missing"}
    assert told["field-date"].message == "issue_date (BT-2) is not a date of the calendar"
    assert (told["field-date"].found, told["field-date"].place) == ("20261102", "line 3, /Invoice/cbc:IssueDate")
    assert told["field-number"].found == "20,00"
    assert told["field-number"].place.endswith("/Invoice/cac:InvoiceLine/cbc:LineExtensionAmount")
    assert told["field-missing"].message == "vat_category (BT-151) is missing"


@pytest.mark.parametrize(("number", "found"), [("H2&#13;&#10;Bcc: x", "U+000D"), ("H2\u202e1", "U+202E")])
def test_a_number_is_one_line_that_reads_as_it_stands(number: str, found: str) -> None:
    """A line break would stand in mails and lists, a bidirectional control turns it round: refused at its place."""
    (record,) = everything(ubl(number))
    finding = refusal(record)
    assert (finding.rule, finding.place, finding.found) == ("field-character", "line 2, /Invoice/cbc:ID", found)
    (record,) = everything(ubl("\n  H2\n  "))
    assert record.document is not None
    assert record.document.number == "H2"


def test_an_unknown_currency_is_refused() -> None:
    """A code that ISO 4217 does not have is refused with the place of the element."""
    record = everything(ubl().replace("EUR", "EUX"))[0]
    assert rules(record) == ["field-code"]
    assert refusal(record).place == "line 5, /Invoice/cbc:DocumentCurrencyCode"
    assert refusal(record).message == "currency (BT-5): 'EUX' is not a currency code of ISO 4217"


def test_dates_with_a_zone_are_calendar_dates() -> None:
    """xs:date allows a zone; the day counts."""
    assert document(ubl().replace("2026-11-02", "2026-11-02+01:00")).issue_date == date(2026, 11, 2)


def test_constants_fill_only_what_is_empty() -> None:
    """A profile's constants complete an export that leaves fields out, and change nothing that it says."""
    from schemas.profiles import load_profile

    profile = load_profile(
        "name: p\nconstants: {buyer_reference: DEPT, currency: PLN, seller: {vat_identifier: PT500}}"
    )
    read = everything(ubl(), profile)[0].document
    assert read is not None
    assert (read.buyer_reference, read.currency, read.seller.vat_identifier) == ("DEPT", "EUR", "PT500")
    assert read.seller.name == "Papelaria Lda"
