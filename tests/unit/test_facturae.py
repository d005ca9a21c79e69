"""Facturae: what its own words mean in the canonical document, and what a writer asks for."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from lxml import etree
from mangling import survive

from schemas.documents import Address, AllowanceCharge, Invoice, Line, Party, PrecedingInvoice, Totals, Withholding
from schemas.errors import DocumentInvalid
from schemas.profiles import ExtractionProfile
from stages.conversion.totals import complete
from stages.formats import registry
from stages.formats.reading.step import Record, read
from stages.rules.native.facturae import check

D = Decimal
TARGET = registry.target("facturae")
MADRID = Address(line_1="Calle Mayor 1", city="Madrid", post_code="28013", country="ES")
SELLER = Party(name="Hierros Sur SL", vat_identifier="ESB12345674", address=MADRID)
BUYER = Party(name="Ayuntamiento de Getafe", vat_identifier="ESP2806500A", address=MADRID)
GOODS = Line(identifier="1", quantity=D(2), net_price=D("50"), vat_rate=D(21), name="Rejas", unit="C62")


def invoice(**changes: object) -> Invoice:
    given: dict[str, object] = {
        "invoice_number": "A-17", "issue_date": "2026-11-02", "currency": "EUR", "seller": SELLER, "buyer": BUYER,
        "lines": (GOODS,),
    }  # fmt: skip
    document, findings = complete(Invoice.model_validate(given | changes))
    assert not [each for each in findings if each.severity == "fatal"]
    return document


def records(xml: bytes, profile: ExtractionProfile | None = None) -> tuple[Record, ...]:
    return read(io.BytesIO(xml), "x.xml", profile, None).records


def again(xml: bytes) -> Invoice:
    (record,) = records(xml)
    assert isinstance(record.document, Invoice), record.error and record.error.findings
    return complete(record.document)[0]


def test_tax_withheld_is_no_debt_of_the_buyer() -> None:
    """IRPF is written among TaxesWithheld and deducted; read back, it is withheld and counts as paid (BT-113)."""
    kept = Withholding(scheme="IRPF", rate=D(15), base_amount=D("100.00"), amount=D("15.00"))
    document = invoice(withholdings=(kept,), totals=Totals(paid_amount=D("15.00")))
    xml = TARGET.write(document, {})
    root = etree.fromstring(xml)
    assert root.findtext(".//InvoiceTotals/InvoiceTotal") == "106.00"
    assert root.findtext(".//TaxesWithheld/Tax/TaxTypeCode") == "04"
    assert check(root) == ()
    found = again(xml)
    assert (found.withholdings, found.totals.paid_amount, found.totals.amount_due) == ((kept,), D(15), D(106))


def test_a_credit_note_has_negative_amounts_there_and_positive_ones_here() -> None:
    """A credit note becomes a corrective invoice by differences, and comes back as the same credit note."""
    before = PrecedingInvoice(number="A-16", issue_date="2026-10-01")  # type: ignore[arg-type]
    document = invoice(type_code="381", preceding_invoices=(before,))
    xml = TARGET.write(document, {"correction_reason": "83"})
    root = etree.fromstring(xml)
    assert root.findtext(".//InvoiceClass") == "OR"
    assert root.findtext(".//InvoiceTotals/InvoiceTotal") == "-121.00"
    assert check(root) == ()
    found = again(xml)
    assert found.type_code == "381"
    assert found.preceding_invoices == (before,)
    assert found.totals.amount_due == D(121)
    assert found.lines[0].quantity == D(2)


def test_values_that_nobody_gave_are_told() -> None:
    """The day of what is paid, means of payment, a discount's reason, the corrected tax period: Facturae wants them,
    and each that is put there is said at the field it belongs to."""
    off = AllowanceCharge(charge=False, amount=D("10.00"), vat_rate=D(21))
    before = PrecedingInvoice(number="A-16", issue_date="2026-10-01")  # type: ignore[arg-type]
    document = invoice(
        type_code="381", allowances_charges=(off,), preceding_invoices=(before,), due_date="2026-12-01",
        totals=Totals(paid_amount=D("5.00")),
    )  # fmt: skip
    root = etree.fromstring(TARGET.write(document, {"correction_reason": "83"}))
    for tag, said in (("PaymentOnAccountDate", "2026-11-02"), ("PaymentMeans", "04"), ("DiscountReason", "Descuento"),
                      ("TaxPeriod/StartDate", "2026-10-01")):  # fmt: skip
        assert root.findtext(f".//{tag}") == said
    told = {each.place for each in TARGET.losses(document, {"correction_reason": "83"})}
    assert {"totals.paid_amount", "due_date", "allowances_charges[0]", "preceding_invoices[0].issue_date"} <= told


def test_what_is_missing_is_named_with_the_field_or_the_option() -> None:
    """All that the law wants and the document lacks is told at once, each with where to put it."""
    bare = Party(name="Ana Ruiz", vat_identifier="ES12345678Z", address=Address(country="ES"))
    with pytest.raises(DocumentInvalid) as told:
        TARGET.write(invoice(type_code="381", buyer=bare, invoice_number="X" * 21), {})
    assert {each.place for each in told.value.findings} == {
        "invoice_number", "buyer.family_name", "buyer.address.line_1", "buyer.address.city", "buyer.address.post_code",
        "preceding_invoices[0].issue_date", "options.correction_reason",
    }  # fmt: skip


def test_the_offices_of_a_public_buyer_are_written_and_read() -> None:
    """DIR3 codes come from the options, stand in the buyer's administrative centres, and are kept when read."""
    codes = {"oficina_contable": "L01280653", "organo_gestor": "L01280653", "unidad_tramitadora": "L01280653"}
    xml = TARGET.write(invoice(), codes)
    centres = etree.fromstring(xml).findall(".//BuyerParty/AdministrativeCentres/AdministrativeCentre")
    assert [(e.findtext("RoleTypeCode"), e.findtext("CentreCode")) for e in centres] == [
        ("01", "L01280653"), ("02", "L01280653"), ("03", "L01280653"),
    ]  # fmt: skip
    found = again(xml)
    assert {k: found.extras[f"facturae.{k}"] for k in codes} == codes
    assert TARGET.write(found, {}) == xml


def test_a_batch_is_as_many_documents_as_it_has_invoices() -> None:
    """Two invoices of one batch are two records; a wrong count refuses the file, or warns where the profile says so."""
    xml = TARGET.write(invoice(), {}).decode()
    start, end = xml.index("<Invoice>"), xml.index("</Invoices>")
    second = xml[start:end].replace("A-17", "A-18")
    two = (xml[:end] + second + xml[end:]).encode()
    (refused,) = records(two)
    assert refused.error is not None
    assert [each.rule for each in refused.error.findings] == ["facturae-count"]
    kept = records(two, ExtractionProfile(name="x", counts="accept"))
    assert [each.document.number for each in kept if each.document] == ["A-17", "A-18"]
    assert [w.rule for w in kept[0].warnings] == ["facturae-count"]
    right = two.replace(b"<InvoicesCount>1<", b"<InvoicesCount>2<")
    assert [each.address for each in records(right)] == ["invoice[1]", "invoice[2]"]


def test_an_older_version_is_refused_by_name() -> None:
    """Facturae 3.1 is told by its version, not as a broken file."""
    xml = TARGET.write(invoice(), {}).replace(b"<SchemaVersion>3.2.2<", b"<SchemaVersion>3.1<")
    (record,) = records(xml)
    assert record.error is not None
    assert [(each.rule, each.found) for each in record.error.findings] == [("facturae-version", "3.1")]


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        (".//InvoiceLine/TotalCost", "facturae-line-cost"),
        (".//InvoiceLine/GrossAmount", "facturae-line-gross"),
        (".//TaxesOutputs/Tax/TaxAmount/TotalAmount", "facturae-tax"),
        (".//TaxesOutputs/Tax/TaxableBase/TotalAmount", "facturae-base"),
        (".//TotalGrossAmount", "facturae-gross-total"),
        (".//TotalGrossAmountBeforeTaxes", "facturae-before-taxes"),
        (".//TotalTaxOutputs", "facturae-outputs"),
        (".//TotalTaxesWithheld", "facturae-withheld"),
        (".//InvoiceTotals/InvoiceTotal", "facturae-total"),
        (".//InvoiceTotals/TotalOutstandingAmount", "facturae-outstanding"),
        (".//InvoiceTotals/TotalExecutableAmount", "facturae-executable"),
        (".//Batch/TotalInvoicesAmount/TotalAmount", "facturae-batch-total"),
        (".//Batch/InvoicesCount", "facturae-count"),
    ],
)
def test_a_wrong_sum_is_found_under_its_rule(path: str, rule: str) -> None:
    """An amount that is changed by itself breaks the rule that is about it, with both numbers."""
    root = etree.fromstring(TARGET.write(invoice(), {}))
    element = root.find(path)
    assert element is not None
    element.text = "77.77"
    found = [each for each in check(root) if each.rule == rule]
    assert found
    assert found[0].found == "77.77"
    assert found[0].expected != "77.77"


def test_damaged_bytes_never_raise_what_they_should_not() -> None:
    """Flipped, cut, doubled bytes are refused or read; nothing else escapes."""
    assert survive(TARGET.write(invoice(), {"oficina_contable": "L01280653"}), "x.xml") > 50
