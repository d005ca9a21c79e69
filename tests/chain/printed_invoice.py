"""A real PDF of an invoice: what rendering leaves behind, for tests that only need it to be there."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from schemas.documents import Address, Invoice, Line, Party, Totals, VatBreakdown
from schemas.outcomes import Registration


def printed_invoice(record: Registration, created: datetime) -> bytes:
    """A real PDF/A of this record's figures."""
    from stages.rendering.brand import Brand
    from stages.rendering.layout import render

    due = record.amount_due or Decimal(0)
    net = (due / Decimal("1.23")).quantize(Decimal("0.01"))
    document = Invoice(
        invoice_number=record.number or "1",
        issue_date=record.issue_date or date(2026, 11, 20),
        due_date=record.due_date,
        currency=record.currency or "EUR",
        seller=Party(
            name="Vinhos do Sul, Lda.", vat_identifier="PT501442600",
            address=Address(line_1="Rua da Boavista 148", post_code="1200-069", city="Lisboa", country="PT"),
        ),
        buyer=Party(
            name=record.buyer_name or "Buyer", vat_identifier="PL7250018312",
            address=Address(line_1="ul. Świętokrzyska 12/4", post_code="90-001", city="Łódź", country="PL"),
        ),
        lines=(
            Line(
                identifier="1", name="Vinho tinto Reserva 2021, caixa de 6", quantity=Decimal(1), unit="C62",
                net_price=net, net_amount=net, vat_rate=Decimal(23),
            ),
        ),
        totals=Totals(
            line_total=net, tax_exclusive=net, tax_amount=due - net, tax_inclusive=due, amount_due=due
        ),
        vat_breakdown=(VatBreakdown(taxable_amount=net, tax_amount=due - net, category="S", rate=Decimal(23)),),
    )  # fmt: skip
    brand = Brand("Vinhos do Sul", colour="#7a1f3d", accent="#c9973b", demo_signature=True)
    return render(document, brand=brand, language="pt", attachment=None, created=created)
