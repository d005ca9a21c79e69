"""Documents of every kind that X12 carries, written for tests so that a set carries each of their fields."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from schemas.answers import AcknowledgedMessage, SyntaxAcknowledgement, SyntaxFault
from schemas.documents import (
    Address,
    AllowanceCharge,
    Contact,
    Delivery,
    Identifier,
    Invoice,
    Line,
    Note,
    Party,
    Period,
    PrecedingInvoice,
    Totals,
)
from schemas.orders import (
    Catalogue,
    CatalogueItem,
    DespatchAdvice,
    DespatchLine,
    Order,
    OrderLine,
    OrderResponse,
    OrderResponseLine,
    OrderTotals,
    Package,
    Shipment,
)

SELLER = Party(
    name="Widget Works Inc",
    trading_name="WW",
    identifiers=(Identifier(value="0614141000005", scheme="0088"),),
    tax_registration="12-3456789",
    address=Address(
        line_1="1 Main St", line_2="Suite 4", city="Solon", subdivision="OH", post_code="44139", country="US"
    ),
    contact=Contact(name="Jo Doe", telephone="+1 440 555 0100", email="jo@widget.example"),
)
BUYER = Party(
    name="XYZ Retail",
    identifiers=(Identifier(value="123456789", scheme="0060"),),
    address=Address(line_1="PO Box 99", city="Atlanta", subdivision="GA", post_code="31139-0020", country="US"),
)
STORE = Delivery(
    name="XYZ Store 12",
    location=Identifier(value="0012"),
    address=Address(line_1="9 Elm St", city="Macon", country="US"),
)
NEW, DUE = date(2026, 11, 2), date(2026, 12, 2)


def item(number: int, **more: Any) -> dict[str, Any]:
    return {
        "identifier": str(number),
        "name": f"Widget {number}",
        "seller_item_id": f"W-{number}",
        "buyer_item_id": f"B-{number}",
        "standard_item_id": Identifier(value="0614141000012", scheme="0160"),
        **more,
    }


def invoice(**more: Any) -> Invoice:
    lines = (
        Line(**item(1), quantity=Decimal("12"), unit="DZN", net_price=Decimal("9.25"), vat_rate=Decimal("7.25"),
             description="Blue, round", order_line_reference="10", period=Period(start=NEW, end=DUE)),
        Line(**item(2), quantity=Decimal("2.5"), unit="LBR", net_price=Decimal("110"), base_quantity=Decimal(100),
             vat_rate=Decimal("7.25"), origin_country="MX"),
    )  # fmt: skip
    values: dict[str, Any] = {
        "invoice_number": "INV-1",
        "issue_date": NEW,
        "due_date": DUE,
        "currency": "USD",
        "order_reference": "PO-77",
        "contract_reference": "C-5",
        "buyer_reference": "CUST-1",
        "accounting_reference": "4711",
        "payment_terms": "2% 10 days, net 30",
        "notes": (Note(text="Thank you for your order"), Note(text="Second note " * 12 + "ends")),
        "preceding_invoices": (PrecedingInvoice(number="INV-0"),),
        "seller": SELLER,
        "buyer": BUYER,
        "delivery": STORE.model_copy(update={"date": date(2026, 10, 30)}),
        "period": Period(start=date(2026, 10, 1), end=date(2026, 10, 31)),
        "allowances_charges": (
            AllowanceCharge(charge=True, amount=Decimal("12.50"), reason="Freight", vat_category="S",
                            vat_rate=Decimal("7.25")),
            AllowanceCharge(charge=False, amount=Decimal("2.00"), percentage=Decimal("2"), reason="Discount",
                            vat_category="S", vat_rate=Decimal("7.25")),
        ),
        "lines": lines,
        "extras": {"order_date": "2026-10-01", "department": "038"},
    }  # fmt: skip
    return Invoice(**(values | more))


INVOICES = {
    "invoice": invoice(),
    "credit-note": invoice(invoice_number="CM-1", type_code="381"),
    "partly paid": invoice(invoice_number="INV-2", totals=Totals(paid_amount=Decimal("10.00"))),
}

ORDER = Order(
    number="PO-77",
    issue_date=NEW,
    type_code="226",
    currency="USD",
    buyer=BUYER,
    seller=SELLER,
    delivery=STORE,
    requested_delivery=Period(start=date(2026, 11, 20), end=date(2026, 11, 25)),
    valid_until=DUE,
    contract_reference="C-5",
    buyer_reference="CUST-1",
    quotation_reference="Q-9",
    delivery_terms="FCA",
    delivery_terms_location="Solon OH",
    payment_terms="net 30",
    notes=(Note(text="Please palletize. " * 20 + "Thanks"),),
    totals=OrderTotals(line_total=Decimal("111.00")),
    lines=(
        OrderLine(**item(1), quantity=Decimal(12), unit="EA", net_price=Decimal("9.25"), note="Gift wrap",
                  requested_delivery=Period(start=date(2026, 11, 21))),
        OrderLine(**item(2), quantity=Decimal(1), unit="KGM", accounting_reference="4711"),
    ),
    extras={"release_number": "R-1", "department": "038"},
)  # fmt: skip

RESPONSE = OrderResponse(
    number="OR-1",
    issue_date=NEW,
    response_code="CA",
    order_reference="PO-77",
    currency="USD",
    buyer=BUYER,
    seller=SELLER,
    notes=(Note(text="One line comes later"),),
    lines=(
        OrderResponseLine(**item(1), order_line_reference="1", status="5", quantity=Decimal(12), unit="EA",
                          net_price=Decimal("9.25"), promised_delivery=Period(start=DUE)),
        OrderResponseLine(**item(2), order_line_reference="2", status="3", quantity=Decimal(3), back_ordered=Decimal(4),
                          unit="EA", note="rest in May"),
        OrderResponseLine(**item(3), order_line_reference="3", status="7", quantity=Decimal(0), unit="EA"),
    ),
)  # fmt: skip

ADVICE = DespatchAdvice(
    number="ASN-1",
    issue_date=NEW,
    seller=SELLER,
    buyer=BUYER,
    order_references=("PO-77", "PO-78"),
    shipment=Shipment(
        identifier="BOL-1", tracking="1Z999", vehicle="53FT-1",
        carrier=Party(name="Fast Freight", identifiers=(Identifier(value="FFRT", scheme="SCAC"),)),
        transport_mode="3", gross_weight=Decimal("812.5"), net_weight=Decimal("800"), volume=Decimal("2.5"),
        packages=Decimal(3), despatched=NEW, expected=date(2026, 11, 5), delivery_terms="FCA",
    ),
    packages=(
        Package(identifier="006141410000000011", quantity=Decimal(1), gross_weight=Decimal("400")),
        Package(identifier="006141410000000028", inside="006141410000000011"),
        Package(identifier="006141410000000035"),
    ),
    lines=(
        DespatchLine(**item(1), quantity=Decimal(12), unit="EA", order_reference="PO-77", ordered=Decimal(14),
                     package="006141410000000028", serial_numbers=("SN1", "SN2"), batch="L-7"),
        DespatchLine(**item(2), quantity=Decimal(2), unit="EA", order_reference="PO-78", package="006141410000000035",
                     order_line_reference="20", best_before=DUE),
    ),
)  # fmt: skip

CATALOGUE = Catalogue(
    number="CAT-1",
    issue_date=NEW,
    version="7",
    name="Spring",
    valid=Period(start=NEW, end=DUE),
    currency="USD",
    contract_reference="C-5",
    seller=SELLER,
    buyer=BUYER,
    items=(
        CatalogueItem(**item(1), net_price=Decimal("9.25"), gross_price=Decimal("12"), unit="EA",
                      base_quantity=Decimal(10), units_in_package=Decimal(24), valid=Period(start=NEW)),
        CatalogueItem(**item(2), action="delete", unit="EA", net_price=Decimal("0.5")),
    ),
)  # fmt: skip

ACKNOWLEDGEMENT = SyntaxAcknowledgement(
    number="7",
    issue_date=NEW,
    sender=Party(name="XYZ"),
    receiver=Party(name="WIDGET"),
    group_reference="42",
    group_type="IN",
    action="partly-accepted",
    messages=(
        AcknowledgedMessage(reference="0001", type="810", action="accepted"),
        AcknowledgedMessage(
            reference="0002", type="810", action="rejected",
            errors=(
                SyntaxFault(place="segment 8 IT102", code="723:6", text="twelve"),
                SyntaxFault(place="segment 9 XYZ", code="720:6"),
                SyntaxFault(code="718:5"),
            ),
        ),
    ),
    extras={"sets_included": "2", "sets_received": "2", "sets_accepted": "1"},
)  # fmt: skip

OTHERS = {
    "order": ORDER,
    "order-response": RESPONSE,
    "despatch-advice": ADVICE,
    "catalogue": CATALOGUE,
    "syntax-acknowledgement": ACKNOWLEDGEMENT,
}
