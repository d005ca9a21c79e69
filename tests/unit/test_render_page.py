"""What a reader finds on the rendered page, extracted by pypdf: another reader than the makers of the page."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from pypdf import PdfReader
from render_documents import BRAND, BUYER, CREATED, D, invoice, line, net, pages, pdf

from schemas.documents import Address, AllowanceCharge, Delivery, Party, PrecedingInvoice, Totals, VatBreakdown
from schemas.errors import DocumentInvalid
from stages.rendering.layout import render


@pytest.mark.parametrize(
    ("language", "amount", "due", "title", "unit", "page"),
    [
        ("en", "€100.98", "22 December 2026", "Invoice", "3 hours", "Page 1 of 1"),
        ("es", "100,98 €", "22 de diciembre de 2026", "Factura", "3 horas", "Página 1 de 1"),
        ("de", "100,98 €", "22. Dezember 2026", "Rechnung", "3 Stunden", "Seite 1 von 1"),
        ("de-AT", "€ 100,98", "22. Dezember 2026", "Rechnung", "3 Stunden", "Seite 1 von 1"),
        ("fr", "100,98 €", "22 décembre 2026", "Facture", "3 heures", "Page 1 sur 1"),
        ("it", "100,98 €", "22 dicembre 2026", "Fattura", "3 ore", "Pagina 1 di 1"),
        ("pl", "100,98 €", "22 grudnia 2026", "Faktura", "3 godziny", "Strona 1 z 1"),
        ("pt", "100,98 €", "22 de dezembro de 2026", "Fatura", "3 horas", "Página 1 de 1"),
    ],
)
def test_the_page_speaks_the_recipients_language(
    language: str, amount: str, due: str, title: str, unit: str, page: str
) -> None:
    """Amount due, due date, title, units and page count stand on the page as the recipient's language writes them."""
    (text,) = pages(pdf(invoice(3), language))
    assert text.count(amount) == 2  # at first sight, and as the last of the totals
    for expected in (due, title, unit, page, "Hurtownia Żółta Gęś sp. z o.o.", "PT50 0002 0123 1234 5678 9015 4"):
        assert expected in text


def test_the_dates_at_first_sight_are_of_one_form() -> None:
    """Issue and due date both have their month in words: nobody has to compare two ways to write a day."""
    (text,) = pages(pdf(invoice(1), "de"))
    assert "Ausstellungsdatum 22. November 2026" in text
    assert "22. Dezember 2026" in text
    assert "22.11.2026" not in text


def test_a_country_alone_is_no_address() -> None:
    """Of a delivery of which only the country is known (BT-80) no block is made; the country is a fact among others."""
    order = "PO-2026-0815"
    for delivery, among_facts in (
        (Delivery(address=Address(country="ES"), date=date(2026, 11, 20)), True),
        (Delivery(address=Address(city="Vigo", country="ES")), False),
        (Delivery(name="Loja 4", address=Address(country="ES")), False),
    ):
        (text,) = pages(pdf(invoice(1, delivery=delivery)))
        assert text.count("Deliver to") == text.count("Spain") == 1
        assert (text.index("Spain") > text.index(order)) is among_facts


def test_all_amounts_are_on_the_page() -> None:
    """Every price, net amount, tax and total of the document is found in the text."""
    document = invoice(9)
    text = "\n".join(pages(pdf(document)))
    words = text.split()
    for each in document.lines:
        assert f"{each.net_price:.2f}" in words
        assert f"{each.net_amount:.2f}" in words
    for value in (document.totals.tax_exclusive, document.totals.tax_amount, document.totals.tax_inclusive):
        assert f"{value:,.2f}" in words


def test_sums_are_carried_from_page_to_page() -> None:
    """Each page but the last ends with the sum of all lines so far, and the next one begins with it."""
    texts = pages(pdf(invoice(120)))
    assert len(texts) > 3
    shown = 0
    for at, text in enumerate(texts):
        assert f"Page {at + 1} of {len(texts)}" in text
        brought = re.findall(r"Brought forward\s+([\d,.]+)", text)
        carried = re.findall(r"Carried forward\s+([\d,.]+)", text)
        if at and "Serviço" in text:
            before = sum((net(number) for number in range(shown)), Decimal(0))
            assert brought == [f"{before:,.2f}"]
            assert "Unit price" in text  # the table's head is repeated
        shown += len(re.findall(r"Serviço \d+", text))
        if shown < 120:
            assert carried == [f"{sum((net(number) for number in range(shown)), Decimal(0)):,.2f}"]
        assert ("FT 2026/117" in text) is True
    assert shown == 120


def test_a_credit_note_is_titled_so_and_asks_for_no_money() -> None:
    """A credit note says so, names what it credits, and carries neither payment code nor a demand to pay."""
    document = invoice(
        2, type_code="381", preceding_invoices=(PrecedingInvoice(number="FT 2026/90", issue_date=date(2026, 10, 2)),)
    )
    (text,) = pages(pdf(document))
    assert "Credit note" in text
    assert "Amount credited" in text
    assert "FT 2026/90 (2 Oct 2026)" in text
    for absent in ("Invoice", "Amount due", "Due date", "How to pay", "Scan to pay"):
        assert absent not in text


def test_a_negative_amount_due_is_a_balance() -> None:
    """An invoice that leaves the buyer a credit says so instead of asking for a negative amount."""
    totals = Totals(tax_inclusive=D("10.00"), paid_amount=D("35.00"), amount_due=D("-25.00"))
    (text,) = pages(pdf(invoice(1, totals=totals)))
    assert "Balance in your favour" in text
    assert "€25.00" in text
    assert "−35.00" in text
    assert "Amount due" not in text


def test_allowances_charges_and_exemptions_are_explained() -> None:
    """Document and line allowances show sign and reckoning, and the VAT breakdown its category and reason."""
    allowance = AllowanceCharge(charge=False, amount=D("12.50"), percentage=D(5), base_amount=D(250), reason="Loyalty")
    document = invoice(
        1,
        lines=(line(0, allowances_charges=(allowance,), vat_category="AE", vat_rate=D(0)),),
        allowances_charges=(AllowanceCharge(charge=True, amount=D("7.00"), vat_category="S", vat_rate=D(23)),),
        vat_breakdown=(
            VatBreakdown(
                taxable_amount=D("12.35"), tax_amount=D(0), category="AE", rate=D(0), exemption_reason="Art. 194"
            ),
        ),
    )
    (text,) = pages(pdf(document))
    assert "Loyalty, 5% of 250.00: −12.50" in text
    assert "Surcharge" in text
    assert "Reverse charge 0% (AE)" in text
    assert "Art. 194" in text


def test_a_reason_that_only_names_the_category_is_not_repeated() -> None:
    """The seller's "Reverse charge" beside the recipient's own word for it would be one more language on the page."""
    known = VatBreakdown(
        taxable_amount=D(1), tax_amount=D(0), category="AE", rate=D(0), exemption_reason="Reverse charge"
    )
    (text,) = pages(pdf(invoice(1, vat_breakdown=(known,)), "de"))
    assert "Steuerschuldnerschaft" in text
    assert "Reverse charge" not in text


def test_the_demonstration_certificate_is_told_on_every_page() -> None:
    """With a demonstration certificate every page says that it has no legal value, in the recipient's language."""
    told = pages(pdf(invoice(60), "pl", replace(BRAND, demo_signature=True)))
    assert len(told) > 1
    assert all("Podpisano certyfikatem demonstracyjnym: bez mocy prawnej" in text for text in told)
    assert not any("demonstracyjnym" in text for text in pages(pdf(invoice(60), "pl")))


def test_equal_input_gives_equal_bytes() -> None:
    """The same document, brand, language and time give the same file, byte for byte; another time gives another."""
    document = invoice(3)
    assert pdf(document) == pdf(document)
    later = CREATED.replace(hour=13)
    assert render(document, brand=BRAND, language="en", attachment=None, created=later) != pdf(
        document, attachment=None
    )


def test_fonts_are_embedded_subsets() -> None:
    """Every font of the file is embedded and a subset, and there are only the two cuts that are used."""
    fonts: dict[str, bool] = {}
    for page in PdfReader(BytesIO(pdf(invoice(3), "pl"))).pages:
        for font in page["/Resources"]["/Font"].values():  # type: ignore[index]
            font = font.get_object()
            fonts[font["/BaseFont"]] = "/FontFile2" in font["/FontDescriptor"].get_object()
    assert fonts == {"/AAAAAA+OpenSans-Regular": True, "/AAAAAA+OpenSans-SemiBold": True}


def test_incomplete_totals_are_refused() -> None:
    """A document whose totals were not completed is refused, with the rules and places."""
    document = invoice(2, totals=Totals(), lines=(line(0), line(1, net_amount=None)))
    with pytest.raises(DocumentInvalid) as refused:
        pdf(document)
    assert [(each.rule, each.place) for each in refused.value.findings] == [
        ("BR-14", "totals.tax_inclusive"),
        ("BR-15", "totals.amount_due"),
        ("BR-24", "lines[1].net_amount"),
    ]


def test_a_language_without_texts_is_refused() -> None:
    """An unknown language is an error with its tag, never a page of mixed languages."""
    with pytest.raises(DocumentInvalid) as refused:
        pdf(invoice(1), "fi-FI")
    assert refused.value.findings[0].found == "fi-FI"


def test_a_time_without_zone_is_refused() -> None:
    """A naive time of creation is refused."""
    with pytest.raises(ValueError, match="time zone"):
        render(invoice(1), brand=BRAND, language="en", attachment=None, created=CREATED.replace(tzinfo=None))


def test_all_parties_are_named() -> None:
    """Payee and tax representative stand beside seller and buyer."""
    document = invoice(1, payee=Party(name="Factor Bank S.A."), tax_representative=Party(name="Fiscal Rep B.V."))
    (text,) = pages(pdf(document))
    for name in ("Vinhos do Sul, Lda.", BUYER.name, "Factor Bank S.A.", "Fiscal Rep B.V.", "GLN 5901234123457"):
        assert name in text
