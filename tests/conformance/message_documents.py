"""One document of every kind that is delivered, besides invoices: those of Peppol, and of receipts and money."""

from __future__ import annotations

from decimal import Decimal as D

from peppol_documents import (
    BUSINESS_RESPONSE,
    CATALOGUE,
    DAY,
    DESPATCH_ADVICE,
    GLN,
    ORDER,
    ORDER_RESPONSE,
    OTHER_GLN,
    party,
)  # fmt: skip

from schemas.canonical import Document
from schemas.orders import ReceivingAdvice, ReceivingLine
from schemas.payments import OpenItem, OpenItems, RemittanceAdvice, RemittanceLine

IBAN = "PT50000201231234567890154"
SELLER, BUYER = party("Fundição São Bento", OTHER_GLN), party("Talleres Ebro S.A.", GLN)

RECEIVING_ADVICE = ReceivingAdvice(
    number="RA-1", issue_date=DAY, buyer=BUYER, seller=SELLER, despatch_advice_reference="DA-1",
    order_reference="O-1", received=DAY,
    lines=(
        ReceivingLine(
            identifier="1", received=D(8), accepted=D(7), rejected=D(1), short=D(2), reason_code="DAM",
            reason="broken on arrival", order_reference="O-1", order_line_reference="1", name="Brown sauce",
        ),
    ),
)  # fmt: skip
REMITTANCE_ADVICE = RemittanceAdvice(
    number="RM-1", issue_date=DAY, currency="EUR", payer=BUYER, payee=SELLER, payment_date=DAY, payment_means="58",
    payment_reference="TR-77", payer_account=IBAN, payee_account=IBAN, total_paid=D("180.00"),
    lines=(
        RemittanceLine(
            document_number="FT 2026/1", document_type="380", document_date=DAY, amount_due=D("200.00"),
            discount=D("5.00"), amount_paid=D("195.00"),
        ),
        RemittanceLine(
            document_number="NC 2026/1", document_type="381", amount_paid=D("-15.00"), adjustment=D("1.00"),
            adjustment_reason="short delivery",
        ),
    ),
)  # fmt: skip
OPEN_ITEMS = OpenItems(
    number="OI-1", issue_date=DAY, currency="EUR", seller=SELLER, buyer=BUYER, total=D("300.00"),
    buckets={"0-30": D("100.00"), "> 90": D("200.00")},
    items=(
        OpenItem(
            document_number="FT 1", document_date=DAY, due_date=DAY, amount=D("310.00"), balance=D("200.00"),
            days_overdue=99,
        ),
        OpenItem(document_number="FT 2", balance=D("100.00")),
    ),
)  # fmt: skip

DOCUMENTS: dict[str, Document] = {
    each.kind: each
    for each in (
        ORDER, ORDER_RESPONSE, DESPATCH_ADVICE, RECEIVING_ADVICE, CATALOGUE, REMITTANCE_ADVICE, OPEN_ITEMS,
        BUSINESS_RESPONSE,
    )
}  # fmt: skip
