"""CII D16B: what its table cannot show by a round trip alone."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree
from mangling import survive

from schemas.documents import (
    AllowanceCharge,
    Contact,
    CreditTransfer,
    Identifier,
    Invoice,
    Line,
    Party,
    Payment,
    PrecedingInvoice,
    Totals,
    VatBreakdown,
)
from schemas.errors import ConfigurationError, DocumentInvalid, ExportUnreadable
from stages.conversion import making
from stages.formats import registry
from stages.formats.cii.profile import FACTUR_X, PLAIN, XRECHNUNG, Profile
from stages.formats.cii.spaces import NAMESPACES
from stages.formats.cii.writer import losses, write
from stages.formats.reading.records import Record
from stages.formats.reading.step import read
from stages.rules.verdicts import Verdict

D = Decimal


def document(**changes: Any) -> Invoice:
    line: dict[str, Any] = {"identifier": "1", "quantity": D(2), "net_price": D(5), "vat_rate": D(20), "name": "Bolt"}
    given: dict[str, Any] = {
        "invoice_number": "R-1",
        "issue_date": date(2026, 11, 22),
        "currency": "EUR",
        "seller": Party(name="Seller"),
        "buyer": Party(name="Buyer"),
        "vat_breakdown": (VatBreakdown(taxable_amount=D(10), tax_amount=D(2), category="S", rate=D(20)),),
        "lines": (Line(**line),),
    }
    return Invoice(**(given | changes))


def at(content: bytes, path: str) -> list[str]:
    found = etree.fromstring(content).xpath(path, namespaces=NAMESPACES)
    return [each if isinstance(each, str) else each.text or "" for each in found]


def record(content: bytes) -> Record:
    (only,) = read(io.BytesIO(content), "x.xml", None, None).records
    return only


def back(content: bytes) -> Invoice:
    only = record(content)
    assert isinstance(only.document, Invoice), only.error
    return only.document


def refusal(content: bytes) -> tuple[str, str, str | None]:
    error = record(content).error
    assert isinstance(error, ExportUnreadable)
    return error.findings[0].rule, error.findings[0].place, error.findings[0].found


def places(given: Invoice, profile: Profile) -> list[str]:
    return [each.place for each in losses(given, profile)]


def test_zugferd_1_is_refused_by_its_name() -> None:
    """A CrossIndustryDocument is recognised, and refused as ZUGFeRD 1.0; nothing of it is taken for an invoice."""
    content = (
        b'<a:CrossIndustryDocument xmlns:a="urn:ferd:CrossIndustryDocument:invoice:1p0"><x/></a:CrossIndustryDocument>'
    )
    assert refusal(content) == ("zugferd-1-0", "line 1", "CrossIndustryDocument")


def test_a_date_that_is_none_is_refused_with_its_place() -> None:
    """A date of no calendar, and one of a format that EN 16931 does not know, are refused; neither is bent."""
    content = write(document(), PLAIN)
    rule, place, found = refusal(content.replace(b">20261122<", b">20261332<"))
    assert (rule, found) == ("field-date", "2026-13-32")
    assert place.endswith("/rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString")
    rule, _, found = refusal(content.replace(b'format="102">20261122<', b'format="203">202611220000<'))
    assert (rule, found) == ("field-date", "202611220000")


def test_the_tax_point_code_is_translated() -> None:
    """BT-8 is 35 by UNTDID 2005 and 29 by UNTDID 2475, which CII writes; it stands in one row of the breakdown only."""
    rows = document().vat_breakdown * 2
    content = write(document(tax_point_code="35", vat_breakdown=rows), PLAIN)
    assert at(content, "//ram:DueDateTypeCode") == ["29"]
    assert back(content).tax_point_code == "35"


def test_each_account_has_its_payment_means() -> None:
    """An IBAN is called one, another number proprietary; text and card stand in the first means only."""
    accounts = (
        CreditTransfer(account="DE02 1203 0000 0000 2020 51", account_name="Seller", service_provider="BYLADEM1001"),
        CreditTransfer(account="12-345"),
    )
    payment = Payment(means_code="30", means_text="transfer", credit_transfers=accounts, remittance_information="R-1")
    content = write(document(payment=payment), PLAIN)
    assert at(content, "//ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode") == ["30", "30"]
    assert at(content, "//ram:IBANID") == ["DE02 1203 0000 0000 2020 51"]
    assert at(content, "//ram:ProprietaryID") == ["12-345"]
    assert at(content, "//ram:Information") == ["transfer"]
    assert back(content).payment == payment


def test_a_second_way_to_pay_is_kept_aside() -> None:
    """A direct debit behind a transfer lends it neither the debited account nor the mandate of the payment terms."""
    payment = Payment(means_code="30", credit_transfers=(CreditTransfer(account="A"),), mandate="M-1")
    content = write(document(payment=payment), PLAIN)
    debit = b"<ram:PayerPartyDebtorFinancialAccount><ram:IBANID>DE1</ram:IBANID></ram:PayerPartyDebtorFinancialAccount>"
    tag = b"ram:SpecifiedTradeSettlementPaymentMeans"
    means = b"<%b><ram:TypeCode>59</ram:TypeCode>%b</%b>" % (tag, debit, tag)
    end = b"</%b>" % tag
    only = record(content.replace(end, end + means))
    assert isinstance(only.document, Invoice)
    assert only.document.payment == payment.model_copy(update={"mandate": None})
    assert [each.rule for each in only.warnings] == ["cii-payment", "cii-payment"]
    assert sorted(only.document.extras.values()) == ["59", "DE1", "M-1"]
    assert back(content).payment == payment


def test_the_net_price_says_for_how_many() -> None:
    """Where gross and net price are for different quantities, that of the net price counts, and the other is told."""
    priced = document().lines[0].model_copy(update={"gross_price": D(6), "base_quantity": D(10)})
    content = write(document(lines=(priced,)), PLAIN)
    assert content.count(b">10</ram:BasisQuantity>") == 2
    only = record(content.replace(b">10</ram:BasisQuantity>", b">12</ram:BasisQuantity>", 1))
    assert isinstance(only.document, Invoice)
    assert only.document.lines[0].base_quantity == D(10)
    assert [(each.rule, each.found) for each in only.warnings] == [("cii-repeated", "12")]
    assert list(only.document.extras.values()) == ["12"]


def test_a_logistics_charge_of_extended_is_a_charge() -> None:
    """What EXTENDED calls a logistics service charge is read as a charge of the document, so that the sums hold."""
    charge = (
        b"<ram:SpecifiedLogisticsServiceCharge><ram:Description>Freight</ram:Description>"
        b"<ram:AppliedAmount>7.50</ram:AppliedAmount><ram:AppliedTradeTax><ram:TypeCode>VAT</ram:TypeCode>"
        b"<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>20</ram:RateApplicablePercent>"
        b"</ram:AppliedTradeTax></ram:SpecifiedLogisticsServiceCharge></ram:ApplicableHeaderTradeSettlement>"
    )
    content = write(document(), FACTUR_X["extended"]).replace(b"</ram:ApplicableHeaderTradeSettlement>", charge)
    assert back(content).allowances_charges == (
        AllowanceCharge(charge=True, amount=D("7.50"), reason="Freight", vat_category="S", vat_rate=D(20)),
    )


def test_what_a_profile_leaves_out_is_told_and_not_written() -> None:
    """BASIC WL has no lines and no contacts, BASIC no item numbers, EN 16931 all of it; each loss has its place."""
    given = document(
        seller=Party(name="S", contact=Contact(name="C")),
        lines=(document().lines[0].model_copy(update={"seller_item_id": "A"}),),
    )
    assert places(given, FACTUR_X["basic-wl"]) == ["seller.contact.name", "lines"]
    assert places(given, FACTUR_X["basic"]) == ["seller.contact.name", "lines[0].seller_item_id"]
    assert places(given, FACTUR_X["en16931"]) == places(given, PLAIN) == []
    assert b"IncludedSupplyChainTradeLineItem" not in write(given, FACTUR_X["basic-wl"])
    assert b"SellerAssignedID" not in write(given, FACTUR_X["basic"])


def test_a_rounded_amount_due_needs_a_profile_that_says_so() -> None:
    """BASIC and BASIC WL have no BT-114, and without it no sum is right: the document is refused by that name."""
    given, target = document(totals=Totals(rounding_amount=D("0.02"))), registry.target("factur-x")
    for profile, grave in (("basic-wl", ["0.02"]), ("basic", ["0.02"]), ("en16931", []), ("extended", [])):
        lost = target.losses(given, {"profile": profile})
        assert [each.found for each in lost if each.severity == "fatal"] == grave
    with pytest.raises(DocumentInvalid, match="cannot carry all") as refused:
        making.make(given, target, {"profile": "basic"}, "report", lambda *_: Verdict("", "", ()))
    (finding,) = refused.value.findings
    assert finding.place == "totals.rounding_amount"
    assert "no rounding of the amount due (BT-114): choose the profile en16931 or extended" in finding.message
    unrounded = document(totals=Totals(rounding_amount=D("0.00")))
    assert {each.severity for each in target.losses(unrounded, {"profile": "basic"})} == {"warning"}


def test_d16b_takes_one_preceding_invoice() -> None:
    """The schema of CII D16B has room for one (BG-3); the second is told. That of Factur-X takes both."""
    given = document(preceding_invoices=(PrecedingInvoice(number="A"), PrecedingInvoice(number="B")))
    assert places(given, PLAIN) == places(given, XRECHNUNG) == ["preceding_invoices[1]"]
    assert at(write(given, PLAIN), "//ram:InvoiceReferencedDocument/ram:IssuerAssignedID") == ["A"]
    assert places(given, FACTUR_X["en16931"]) == []
    assert back(write(given, FACTUR_X["en16931"])).preceding_invoices == given.preceding_invoices


def test_a_second_identifier_of_the_buyer_is_told() -> None:
    """EN 16931 knows one identifier of the buyer (BT-46), any number of the seller's (BT-29)."""
    two = Party(name="P", identifiers=(Identifier(value="1"), Identifier(value="2", scheme="0088")))
    given = document(seller=two, buyer=two)
    assert places(given, PLAIN) == ["buyer.identifiers[1]"]
    again = back(write(given, PLAIN))
    assert (again.seller.identifiers, again.buyer.identifiers) == (two.identifiers, two.identifiers[:1])


@pytest.mark.parametrize("name", ["xrechnung-cii", "xrechnung-ubl", "peppol", "ubl", "cii", "factur-x"])
def test_a_discount_ends_with_a_line_break(name: str) -> None:
    """BR-DE-18, and DE-R-018 in Peppol, want each early payment line closed by a line break; other terms stay as they
    are."""
    terms = "#SKONTO#TAGE=14#PROZENT=2.00#"
    target = registry.target(name)
    assert f"{terms}\n<".encode() in target.write(document(payment_terms=terms), {})
    assert b">30 days<" in target.write(document(payment_terms="30 days"), {})


def test_an_unknown_profile_is_a_wrong_setting() -> None:
    """A profile that Factur-X does not have is a configuration error that names those it has."""
    with pytest.raises(ConfigurationError, match="basic-wl, basic, en16931, extended, xrechnung"):
        registry.target("factur-x").write(document(), {"profile": "minimum"})


def test_the_rules_follow_the_profile() -> None:
    """Factur-X is held against the rules of the profile it is written in."""
    target = registry.target("factur-x")
    assert target.under(document(), {}).rules == ("factur-x-en16931",)
    assert target.under(document(), {"profile": "basic-wl"}).rules == ("factur-x-basic-wl",)
    assert target.under(document(), {"profile": "xrechnung"}).rules == ("xrechnung",)


def test_characters_that_xml_cannot_carry_are_refused_with_their_place() -> None:
    """A control character stops the document, and is named with its field."""
    with pytest.raises(DocumentInvalid) as refused:
        write(document(buyer=Party(name="B\x0bx")), PLAIN)
    assert [(each.place, each.found) for each in refused.value.findings] == [("buyer.name", "U+000B")]


_SAMPLE = write(document(payment=Payment(means_code="30", mandate="M"), tax_point_code="35"), PLAIN)


def test_no_bytes_break_the_reader() -> None:
    """Damaged bytes and elements give a document, a refused record or an unreadable export, and nothing else."""
    assert survive(_SAMPLE, "x.xml") > 100
