"""Orders, answers, despatch advices and catalogues written for the conformance tests: each shows all of its fields."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from schemas.answers import BusinessResponse
from schemas.canonical import Document
from schemas.documents import (
    Address,
    AllowanceCharge,
    Attachment,
    Contact,
    Delivery,
    Identifier,
    ItemAttribute,
    Note,
    Party,
    Period,
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

D = Decimal
DAY = date(2026, 11, 22)
WEEK = Period(start=date(2026, 12, 1), end=date(2026, 12, 7))
GLN = Identifier(value="5790000435975", scheme="0088")
OTHER_GLN = Identifier(value="5790000435951", scheme="0088")
PORTO = Address(
    line_1="Rua do Ouro 10", line_2="2.º dto", line_3="Bloco B", city="Porto", post_code="4000-100",
    subdivision="Porto", country="PT",
)  # fmt: skip
PERSON = Contact(name="Marta Reis", telephone="+351 220 000 000", email="encomendas@saobento.example")


def party(name: str, number: Identifier, *without: str) -> Party:
    """A party with all its fields, or without some."""
    given: dict[str, Any] = {
        "name": name,
        "trading_name": f"{name} & Co <x>",
        "identifiers": (number,),
        "legal_registration": Identifier(value="505123456"),
        "vat_identifier": "PT505123456",
        "endpoint": number,
        "address": PORTO,
        "contact": PERSON,
    }
    return Party(**{key: value for key, value in given.items() if key not in without})


_ITEM: dict[str, Any] = {
    "name": "Brown sauce",
    "seller_item_id": "SN-33",
    "buyer_item_id": "B-1",
    "standard_item_id": Identifier(value="5600000000021", scheme="0160"),
}
_MORE: dict[str, Any] = {
    "classifications": (Identifier(value="50171832", scheme="TST", version="19.05"),),
    "attributes": (ItemAttribute(name="Weight", value="12 g"),),
}

ORDER = Order(
    number="O-1",
    issue_date=DAY,
    notes=(Note(text="Ring twice\nand wait"),),
    currency="EUR",
    buyer=party("Talleres Ebro S.A.", GLN),
    seller=party("Fundição São Bento", OTHER_GLN, "vat_identifier"),
    originator=Party(name="Cozinha", identifiers=(GLN,), contact=PERSON),
    invoicee=party("Contabilidade", GLN),
    delivery=Delivery(name="Armazém Sul", location=OTHER_GLN, address=PORTO),
    requested_delivery=WEEK,
    valid_until=date(2026, 12, 24),
    buyer_reference="KST 9",
    quotation_reference="Q-1",
    contract_reference="C-1",
    previous_order="O-0",
    delivery_terms="FOB",
    delivery_terms_location="Porto",
    payment_terms="30 days",
    accounting_reference="4711",
    attachments=(
        Attachment(
            reference="A-1", description="Drawing", content_base64="YQ==", media_type="application/pdf",
            file_name="a.pdf",
        ),
        Attachment(reference="A-2", external_location="https://saobento.example/a"),
    ),
    allowances_charges=(
        AllowanceCharge(charge=True, amount=D("5.00"), reason="Freight", vat_category="S", vat_rate=D(23)),
        AllowanceCharge(
            charge=False, amount=D("10.00"), base_amount=D("100.00"), percentage=D(10), reason="Discount",
            reason_code="95", vat_category="S", vat_rate=D(23),
        ),
    ),
    totals=OrderTotals(
        line_total=D("100.00"), allowance_total=D("10.00"), charge_total=D("5.00"), tax_exclusive=D("95.00"),
        tax_amount=D("21.85"), tax_inclusive=D("116.85"), amount_due=D("116.85"),
    ),
    lines=(
        OrderLine(
            identifier="1", quantity=D(10), unit="C62", net_amount=D("99.00"), net_price=D("9.5"),
            gross_price=D("10.5"), price_discount=D("1.0"), base_quantity=D(1), base_quantity_unit="C62",
            vat_category="S", vat_rate=D(23), requested_delivery=WEEK, partial_delivery=False,
            accounting_reference="K-1", note="Cut to size", description="Sauce, brown", **_ITEM, **_MORE,
            allowances_charges=(AllowanceCharge(charge=True, amount=D("4.00"), reason="Packing"),),
        ),
        OrderLine(identifier="2", quantity=D(1), net_amount=D("1.00"), net_price=D(1), name="Needle"),
    ),
)  # fmt: skip

ORDER_RESPONSE = OrderResponse(
    number="OR-1",
    issue_date=DAY,
    notes=(Note(text="Partly"),),
    response_code="CA",
    order_reference="O-1",
    currency="EUR",
    seller=Party(name="Fundição São Bento", endpoint=OTHER_GLN, identifiers=(OTHER_GLN,)),
    buyer=Party(name="Talleres Ebro S.A.", endpoint=GLN, identifiers=(GLN,)),
    promised_delivery=WEEK,
    lines=(
        OrderResponseLine(
            identifier="1", order_line_reference="1", status="3", quantity=D(8), back_ordered=D(2), unit="C62",
            net_price=D("9.5"), base_quantity=D(1), promised_delivery=WEEK, note="Two later", **_ITEM,
        ),
        OrderResponseLine(identifier="2", order_line_reference="2", status="7", name="Needle"),
    ),
)  # fmt: skip

DESPATCH_ADVICE = DespatchAdvice(
    number="DA-1",
    issue_date=DAY,
    notes=(Note(text="Mind the gap"),),
    seller=party("Fundição São Bento", OTHER_GLN, "trading_name", "vat_identifier", "legal_registration"),
    buyer=party("Armazém Sul", GLN, "trading_name", "vat_identifier", "legal_registration"),
    ordering_party=Party(name="Talleres Ebro S.A.", identifiers=(GLN,), address=PORTO),
    delivery=Delivery(name="Cais 4", location=GLN, address=PORTO),
    order_reference="O-1",
    shipment=Shipment(
        identifier="WB-77", carrier=Party(name="Transportes Rápidos", identifiers=(OTHER_GLN,)), transport_mode="3",
        tracking="T-1", gross_weight=D("120.5"), volume=D("1.2"), packages=D(2), despatched=DAY,
        expected=date(2026, 11, 24),
    ),
    packages=(Package(identifier="356000000000000011", type_code="PX"),),
    lines=(
        DespatchLine(
            identifier="1", quantity=D(8), unit="C62", outstanding=D(2), outstanding_reason="sold out",
            order_reference="O-1", order_line_reference="1", package="356000000000000011", batch="L-1",
            serial_numbers=("S-1", "S-2"), best_before=date(2027, 6, 1), note="fragile", **_ITEM, **_MORE,
        ),
        DespatchLine(
            identifier="2", quantity=D(1), order_reference="O-1", order_line_reference="2", name="Needle",
            seller_item_id="N-1",
        ),
    ),
)  # fmt: skip

CATALOGUE = Catalogue(
    number="CAT-1",
    issue_date=DAY,
    action="update",
    name="Spring",
    version="2.0",
    valid=Period(start=date(2026, 12, 1), end=date(2027, 11, 30)),
    currency="EUR",
    contract_reference="C-1",
    seller=party("Fundição São Bento", OTHER_GLN, "trading_name", "vat_identifier", "contact"),
    buyer=party("Talleres Ebro S.A.", GLN, "trading_name", "vat_identifier", "contact"),
    items=(
        CatalogueItem(
            identifier="1", action="update", net_price=D("9.5"), base_quantity=D(1), unit="C62",
            minimum_quantity=D(1), maximum_quantity=D(100), units_in_package=D(10), vat_category="S", vat_rate=D(23),
            valid=WEEK, orderable=False, lead_days=D(2), description="Sauce, brown", origin_country="PT", **_ITEM,
            **_MORE,
        ),
        CatalogueItem(identifier="2", name="Needle", seller_item_id="N-1"),
    ),
)  # fmt: skip

BUSINESS_RESPONSE = BusinessResponse(
    number="IR-1",
    issue_date=DAY,
    sender=Party(name="Talleres Ebro S.A.", endpoint=GLN, identifiers=(GLN,), contact=PERSON),
    receiver=Party(name="Fundição São Bento", endpoint=OTHER_GLN, identifiers=(OTHER_GLN,)),
    document_reference="FT 2026/17",
    document_date=DAY,
    status="RE",
    effective_date=DAY,
    reasons=("REF", "QTY"),
    actions=("NIN",),
    explanation="No such order",
    notes=(Note(text="Sorry"),),
)

DOCUMENTS: dict[str, Document] = {
    "order": ORDER,
    "order-small": Order(
        number="O-2",
        issue_date=DAY,
        currency="EUR",
        buyer=Party(name="Buyer", endpoint=GLN),
        seller=Party(name="Seller", endpoint=OTHER_GLN, address=Address(country="PT")),
        lines=(OrderLine(identifier="1", quantity=D(1), name="Needle"),),
    ),
    "order-response": ORDER_RESPONSE,
    "order-accepted": ORDER_RESPONSE.model_copy(update={"response_code": "AP", "lines": ()}),
    "despatch-advice": DESPATCH_ADVICE,
    "despatch-small": DespatchAdvice(
        number="DA-2",
        issue_date=DAY,
        seller=Party(name="Seller", endpoint=OTHER_GLN),
        buyer=Party(name="Buyer", endpoint=GLN),
        shipment=Shipment(carrier=Party(name="Carrier")),
        lines=(
            DespatchLine(identifier="1", quantity=D(1), order_line_reference="1", name="Needle", seller_item_id="N"),
        ),
    ),
    "catalogue": CATALOGUE,
    "business-response": BUSINESS_RESPONSE,
    "business-accepted": BUSINESS_RESPONSE.model_copy(
        update={"status": "AP", "reasons": (), "actions": (), "explanation": None, "notes": ()}
    ),
}
