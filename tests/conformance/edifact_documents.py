"""Orders, answers, despatch advices, catalogues and acknowledgements that show what EDIFACT's messages carry."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ubl_documents import BUYER, SELLER

from schemas.answers import AcknowledgedMessage, SyntaxAcknowledgement, SyntaxFault
from schemas.canonical import Document
from schemas.documents import AllowanceCharge, Delivery, Identifier, Note, Party, Period
from schemas.orders import (
    Catalogue,
    CatalogueItem,
    DespatchAdvice,
    DespatchLine,
    Order,
    OrderLine,
    OrderResponse,
    OrderResponseLine,
    Package,
    ReceivingAdvice,
    ReceivingLine,
    Shipment,
)
from schemas.payments import RemittanceAdvice, RemittanceLine

D = Decimal
DAY = date(2026, 11, 2)
NEXT = date(2026, 11, 9)
GTIN = Identifier(value="5601234567893", scheme="0160")


def plain(party: Party) -> Party:
    """Without what only an invoice's party has."""
    lacking = {"trading_name": None, "legal_information": None, "endpoint": None}
    return party.model_copy(update=lacking)


SUPPLIER, CUSTOMER = plain(SELLER), plain(BUYER)
ORDER = Order(
    number="PO-1", issue_date=DAY, currency="EUR", buyer=CUSTOMER, seller=SUPPLIER,
    delivery=Delivery(name="Armazém Sul", location=Identifier(value="5600000000014", scheme="0088")),
    requested_delivery=Period(start=NEXT, end=NEXT), buyer_reference="Compras 7", quotation_reference="Q-1",
    contract_reference="C-1", delivery_terms="DAP", delivery_terms_location="Madrid", payment_terms="30 days",
    notes=(Note(text="Ring before delivery: it's the 2nd gate + stairs?", subject_code="DEL"),),
    allowances_charges=(
        AllowanceCharge(charge=False, amount=D("5.00"), vat_category="S", vat_rate=D(23), reason="Loyalty"),
    ),
    lines=(
        OrderLine(
            identifier="1", quantity=D(10), unit="H87", net_price=D("9.99"), net_amount=D("99.90"), name="Válvula",
            standard_item_id=GTIN, seller_item_id="V-1", buyer_item_id="B-1", vat_category="S", vat_rate=D(23),
            requested_delivery=Period(start=DAY, end=NEXT), note="Blue ones",
        ),
        OrderLine(identifier="2", quantity=D("2.5"), unit="KGM", name="N" * 100, description="Wire " * 30 + "end"),
    ),
)  # fmt: skip
RESPONSE = OrderResponse(
    number="OR-1", issue_date=DAY, response_code="CA", order_reference="PO-1", currency="EUR", seller=SUPPLIER,
    buyer=CUSTOMER, promised_delivery=Period(start=NEXT, end=NEXT),
    lines=(
        OrderResponseLine(
            identifier="1", order_line_reference="1", status="3", quantity=D(8), back_ordered=D(2), name="Válvula"
        ),
        OrderResponseLine(identifier="2", order_line_reference="2", status="7", name="Arame"),
    ),
)  # fmt: skip
DESPATCH = DespatchAdvice(
    number="DA-1", issue_date=DAY, seller=SUPPLIER, buyer=CUSTOMER, order_reference="PO-1",
    delivery=Delivery(location=Identifier(value="5600000000014", scheme="0088"), date=NEXT),
    shipment=Shipment(
        identifier="CMR-7", gross_weight=D("120.5"), net_weight=D(110), volume=D("1.2"), packages=D(3), despatched=DAY,
        expected=NEXT, transport_mode="30", vehicle="AA-11-BB", tracking="T-1", delivery_terms="DAP",
        carrier=Party(name="Transportes Minho"),
    ),
    packages=(
        Package(identifier="356012345678901234", type_code="201", quantity=D(1), gross_weight=D("120.5")),
        Package(identifier="356012345678901241", type_code="BX", quantity=D(1), inside="356012345678901234"),
    ),
    lines=(
        DespatchLine(
            identifier="1", quantity=D(8), unit="H87", ordered=D(10), outstanding=D(2), name="Válvula",
            standard_item_id=GTIN, package="356012345678901234", serial_numbers=("S1", "S2"), batch="L-1",
            best_before=date(2027, 1, 1), order_reference="PO-1", order_line_reference="1",
        ),
        DespatchLine(identifier="2", quantity=D(1), name="Arame", package="356012345678901241"),
    ),
)  # fmt: skip
CATALOGUE = Catalogue(
    number="CAT-1", issue_date=DAY, seller=SUPPLIER, buyer=CUSTOMER, currency="EUR", version="7", name="Autumn",
    contract_reference="C-1", valid=Period(start=DAY, end=date(2027, 1, 31)), action="update",
    items=(
        CatalogueItem(
            identifier="1", name="Válvula", standard_item_id=GTIN, net_price=D("9.99"), base_quantity=D(1), unit="H87",
            minimum_quantity=D(5), maximum_quantity=D(500), units_in_package=D(10), vat_category="S", vat_rate=D(23),
            origin_country="PT", description="Brass", action="update", valid=Period(start=DAY),
        ),
        CatalogueItem(identifier="2", name="Arame", seller_item_id="A-1", gross_price=D("2.50"), action="delete"),
    ),
)  # fmt: skip
CONTRL = SyntaxAcknowledgement(
    number="17", issue_date=DAY, interchange_reference="17", action="partly-accepted",
    sender=Party(name="8400000000000", identifiers=(Identifier(value="8400000000000", scheme="0088"),)),
    receiver=Party(name="5600000000007", identifiers=(Identifier(value="5600000000007", scheme="0088"),)),
    messages=(
        AcknowledgedMessage(reference="1", type="INVOIC", action="accepted"),
        AcknowledgedMessage(
            reference="2", type="INVOIC", action="rejected",
            errors=(SyntaxFault(place="segment 4", code="15"), SyntaxFault(place="segment 6, element 1.2", code="37")),
        ),
    ),
)  # fmt: skip
RECEIVING = ReceivingAdvice(
    number="RA-1", issue_date=DAY, buyer=CUSTOMER, seller=SUPPLIER, despatch_advice_reference="DA-1", received=NEXT,
    order_reference="PO-1",
    lines=(ReceivingLine(identifier="1", received=D(8), accepted=D(7), rejected=D(1), name="Válvula", unit="H87"),),
)  # fmt: skip
REMITTANCE = RemittanceAdvice(
    number="RM-1", issue_date=DAY, currency="EUR", payer=CUSTOMER, payee=SUPPLIER, payment_date=NEXT,
    payment_means="30", payment_reference="TR-1", payer_account="ES9121000418450200051332", total_paid=D("100.00"),
    lines=(
        RemittanceLine(document_number="F-1", document_type="380", document_date=DAY, amount_due=D("120.00"),
                       amount_paid=D("118.00"), discount=D("2.00")),
        RemittanceLine(document_number="C-1", document_type="381", amount_paid=D("-18.00")),
    ),
)  # fmt: skip
OTHERS: dict[str, Document] = {
    "order": ORDER, "order-response": RESPONSE, "despatch-advice": DESPATCH, "catalogue": CATALOGUE,
    "syntax-acknowledgement": CONTRL,
}  # fmt: skip
"""Of the kinds that are targets, but for invoices."""
READ_ONLY: dict[str, Document] = {"receiving-advice": RECEIVING, "remittance-advice": REMITTANCE}
"""Of which the grammar writes too, though no target asks for them yet."""
