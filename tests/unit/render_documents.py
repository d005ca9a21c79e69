"""Documents for the rendering tests: Polish and Portuguese parties, any number of lines, totals that add up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

from pypdf import PdfReader

from schemas.documents import (
    Address,
    Contact,
    CreditTransfer,
    Delivery,
    Identifier,
    Invoice,
    Line,
    Note,
    Party,
    Payment,
    Totals,
    VatBreakdown,
)
from stages.rendering.brand import Brand
from stages.rendering.layout import render
from stages.rendering.pdfa import EmbeddedFile

D = Decimal
CREATED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BRAND = Brand("Vinhos do Sul", colour="#7a1f3d", accent="#c9973b", footer="Vinhos do Sul, Lda. · NIPC 501442600")
E_FORMAT = EmbeddedFile("FT-2026-117.xml", b"<?xml version='1.0'?><Invoice/>", "application/xml")
IBAN = "PT50000201231234567890154"

SELLER = Party(
    name="Vinhos do Sul, Lda.",
    vat_identifier="PT501442600",
    address=Address(line_1="Rua da Boavista 148", post_code="1200-069", city="Lisboa", country="PT"),
    contact=Contact(name="Inês Carvalho", email="faturas@vinhosdosul.example"),
)
BUYER = Party(
    name="Hurtownia Żółta Gęś sp. z o.o.",
    vat_identifier="PL7250018312",
    identifiers=(Identifier(value="5901234123457", scheme="0088"),),
    address=Address(line_1="ul. Świętokrzyska 12/4", post_code="90-001", city="Łódź", country="PL"),
)
PAYMENT = Payment(
    means_code="58",
    remittance_information="FT 2026/117",
    credit_transfers=(CreditTransfer(account=IBAN, account_name="Vinhos do Sul, Lda.", service_provider="BCOMPTPL"),),
)


def net(at: int) -> Decimal:
    """The net amount of line `at`, from 0: 12.35, 26.70, 43.05 ..."""
    return D(at % 9 + 1) * (D("12.35") + D(at % 9))


def line(at: int, **changes: Any) -> Line:
    """Line `at`, counted from 0: 1 to 9 hours at 12.35 and up."""
    fields: dict[str, Any] = {
        "identifier": str(at + 1),
        "name": f"Serviço {at + 1}",
        "quantity": D(at % 9 + 1),
        "unit": "HUR",
        "net_price": D("12.35") + D(at % 9),
        "net_amount": net(at),
        "vat_rate": D(23),
    }
    return Line(**fields | changes)


def invoice(count: int = 3, **changes: Any) -> Invoice:
    """An invoice of `count` lines whose totals add up; any field may be set otherwise."""
    total = sum((net(at) for at in range(count)), D(0))
    tax = (total * D("0.23")).quantize(D("0.01"))
    fields: dict[str, Any] = {
        "invoice_number": "FT 2026/117",
        "issue_date": date(2026, 11, 22),
        "due_date": date(2026, 12, 22),
        "currency": "EUR",
        "order_reference": "PO-2026-0815",
        "delivery": Delivery(name="Magazyn Centralny", date=date(2026, 11, 20)),
        "payment_terms": "30 dias",
        "notes": (Note(text="Obrigado pela preferência"),),
        "seller": SELLER,
        "buyer": BUYER,
        "payment": PAYMENT,
        "lines": tuple(line(at) for at in range(count)),
        "totals": Totals(
            line_total=total, tax_exclusive=total, tax_amount=tax, tax_inclusive=total + tax, amount_due=total + tax
        ),
        "vat_breakdown": (VatBreakdown(taxable_amount=total, tax_amount=tax, category="S", rate=D(23)),),
    }
    return Invoice(**fields | changes)


def pdf(
    document: Invoice, language: str = "en", brand: Brand = BRAND, attachment: EmbeddedFile | None = E_FORMAT
) -> bytes:
    """Rendered, with the usual brand and e-format."""
    return render(document, brand=brand, language=language, attachment=attachment, created=CREATED)


def pages(content: bytes) -> list[str]:
    """The text of each page, as another maker's reader extracts it; no-break spaces as blanks."""
    return [page.extract_text().replace("\u00a0", " ") for page in PdfReader(BytesIO(content)).pages]
