"""Order, order response, despatch advice, receiving advice and catalogue: what stands around an invoice.

The parts are those of the invoice (`schemas/documents.py`), so a party or an item is the same thing everywhere. Words
and code lists are those of Peppol BIS Ordering 3, Despatch Advice 3 and Catalogue 3 (UBL 2.1), which EDIFACT and X12
messages are mapped onto. The comments name UNTDID data elements where a code list is meant.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.documents import (
    AllowanceCharge,
    Attachment,
    Delivery,
    Identifier,
    ItemAttribute,
    Note,
    Party,
    Period,
    TradeDocument,
)
from schemas.values import Amount, Code, Country, Currency, Day, DocumentNumber, Number, Part, Text


class ItemFields(Part):
    """What is ordered, shipped or offered: as BG-31 of an invoice line."""

    name: Text | None = Field(None, description="BT-153; a partner's message may name the item by number only")
    description: Text | None = Field(None, description="BT-154")
    seller_item_id: Code | None = Field(None, description="BT-155")
    buyer_item_id: Code | None = Field(None, description="BT-156")
    standard_item_id: Identifier | None = Field(None, description="BT-157: GTIN has scheme 0160")
    classifications: tuple[Identifier, ...] = Field((), description="BT-158")
    origin_country: Country | None = Field(None, description="BT-159")
    attributes: tuple[ItemAttribute, ...] = Field((), description="BG-32")


class OrderTotals(Part):
    """What the buyer expects to pay (UBL AnticipatedMonetaryTotal)."""

    line_total: Amount | None = None
    allowance_total: Amount | None = None
    charge_total: Amount | None = None
    tax_exclusive: Amount | None = None
    tax_amount: Amount | None = None
    tax_inclusive: Amount | None = None
    amount_due: Amount | None = None


class OrderLine(ItemFields):
    """One ordered item."""

    identifier: Code = Field(description="the buyer's line number")
    quantity: Number
    unit: Code = Field("C62", description="UN/ECE Recommendation 20 and 21")
    net_amount: Amount | None = None
    net_price: Number | None = Field(None, description="price of base_quantity units, without VAT")
    gross_price: Number | None = None
    price_discount: Number | None = None
    base_quantity: Number | None = None
    base_quantity_unit: Code | None = None
    vat_category: Code | None = Field(None, description="UNTDID 5305")
    vat_rate: Number | None = Field(None, description="per cent")
    allowances_charges: tuple[AllowanceCharge, ...] = ()
    requested_delivery: Period | None = Field(None, description="when the buyer wants it")
    partial_delivery: bool | None = Field(None, description="may it come in parts?")
    accounting_reference: Text | None = None
    note: Text | None = None


class _Message(TradeDocument):
    """What every message around an order has."""

    number: DocumentNumber
    issue_date: Day
    notes: tuple[Note, ...] = ()
    extras: dict[str, str] = Field(default_factory=dict, description="what the sender added, kept aside")


class Order(_Message):
    """An order: from the buyer to the seller. UBL Order (Peppol T01), ORDERS, 850, ORDERS05."""

    SENDER, RECEIVER = "buyer", "seller"

    kind: Literal["order"] = "order"
    type_code: Code = Field("220", description="UNTDID 1001: 220 order, 227 consignment ...")
    currency: Currency | None = None
    buyer: Party
    seller: Party
    originator: Party | None = Field(None, description="who inside the buyer's house wants the goods")
    invoicee: Party | None = Field(None, description="who gets the invoice, where it is not the buyer")
    delivery: Delivery | None = Field(None, description="where the goods are to go")
    requested_delivery: Period | None = Field(None, description="when, for all lines that do not say otherwise")
    valid_until: Day | None = None
    buyer_reference: Text | None = None
    quotation_reference: Code | None = None
    contract_reference: Code | None = None
    previous_order: Code | None = Field(None, description="the order that this one changes or replaces")
    delivery_terms: Code | None = Field(None, description="INCOTERMS 2020 code")
    delivery_terms_location: Text | None = None
    payment_terms: Text | None = None
    accounting_reference: Text | None = None
    attachments: tuple[Attachment, ...] = ()
    allowances_charges: tuple[AllowanceCharge, ...] = ()
    totals: OrderTotals = OrderTotals()
    lines: tuple[OrderLine, ...] = Field(min_length=1)


class OrderResponseLine(ItemFields):
    """What the seller says of one ordered line."""

    identifier: Code
    order_line_reference: Code | None = None
    status: Code = Field(description="UNTDID 1229: 1 added, 3 changed, 5 accepted, 7 not accepted, 42 already shipped")
    quantity: Number | None = Field(None, description="what will come")
    back_ordered: Number | None = Field(None, description="what will come later")
    unit: Code = "C62"
    net_price: Number | None = None
    base_quantity: Number | None = None
    net_amount: Amount | None = None
    promised_delivery: Period | None = None
    note: Text | None = None


class OrderResponse(_Message):
    """The seller's answer to an order. UBL OrderResponse (Peppol T76), ORDRSP, 855, ORDERS05 with ORDRSP."""

    SENDER, RECEIVER = "seller", "buyer"

    kind: Literal["order-response"] = "order-response"
    response_code: Code = Field(description="UNCL4343: AB received, AP accepted, CA with changes, RE rejected")
    order_reference: Code = Field(description="the buyer's order number")
    currency: Currency | None = None
    seller: Party
    buyer: Party
    delivery: Delivery | None = None
    promised_delivery: Period | None = None
    totals: OrderTotals = OrderTotals()
    lines: tuple[OrderResponseLine, ...] = ()


class Package(Part):
    """A handling unit: a pallet, a box."""

    identifier: Code | None = Field(None, description="SSCC where there is one")
    type_code: Code | None = Field(None, description="UN/ECE Recommendation 21")
    quantity: Number | None = Field(None, description="how many of this kind")
    gross_weight: Number | None = Field(None, description="kilograms")
    inside: Code | None = Field(None, description="identifier of the package that holds this one")


class Shipment(Part):
    """How the goods travel."""

    identifier: Code | None = Field(None, description="consignment, waybill or bill of lading")
    carrier: Party | None = None
    transport_mode: Code | None = Field(None, description="UN/ECE Recommendation 19: 3 road, 4 air ...")
    vehicle: Code | None = Field(None, description="licence plate or vessel")
    tracking: Code | None = None
    gross_weight: Number | None = Field(None, description="kilograms")
    net_weight: Number | None = Field(None, description="kilograms")
    volume: Number | None = Field(None, description="cubic metres")
    packages: Number | None = Field(None, description="how many handling units")
    despatched: Annotated[Day | None, Field(description="actual despatch")] = None
    expected: Annotated[Day | None, Field(description="estimated arrival")] = None
    delivery_terms: Code | None = Field(None, description="INCOTERMS 2020 code")


class DespatchLine(ItemFields):
    """One shipped item."""

    identifier: Code
    quantity: Number = Field(description="delivered now")
    unit: Code = "C62"
    ordered: Number | None = None
    outstanding: Number | None = Field(None, description="still to come")
    outstanding_reason: Text | None = None
    order_reference: Code | None = None
    order_line_reference: Code | None = None
    package: Code | None = Field(None, description="identifier of the package it is in")
    batch: Code | None = None
    serial_numbers: tuple[Code, ...] = ()
    best_before: Day | None = None
    note: Text | None = None


class DespatchAdvice(_Message):
    """What is on its way. UBL DespatchAdvice (Peppol T16), DESADV, 856, DELVRY."""

    SENDER, RECEIVER = "seller", "buyer"

    kind: Literal["despatch-advice"] = "despatch-advice"
    type_code: Code = Field("351", description="UNTDID 1001")
    seller: Party = Field(description="who ships")
    buyer: Party = Field(description="who receives")
    ordering_party: Party | None = Field(None, description="who ordered, where it is not who receives")
    delivery: Delivery | None = None
    order_reference: Code | None = None
    order_references: tuple[Code, ...] = Field((), description="where lines come of several orders")
    shipment: Shipment = Shipment()
    packages: tuple[Package, ...] = ()
    lines: tuple[DespatchLine, ...] = Field(min_length=1)


class ReceivingLine(ItemFields):
    """What arrived of one item."""

    identifier: Code
    received: Number
    accepted: Number | None = None
    rejected: Number | None = None
    short: Number | None = Field(None, description="missing against the despatch advice")
    unit: Code = "C62"
    reason_code: Code | None = None
    reason: Text | None = None
    order_reference: Code | None = None
    order_line_reference: Code | None = None


class ReceivingAdvice(_Message):
    """What arrived, and how. UBL ReceiptAdvice, RECADV, 861."""

    SENDER, RECEIVER = "buyer", "seller"

    kind: Literal["receiving-advice"] = "receiving-advice"
    buyer: Party = Field(description="who received")
    seller: Party = Field(description="who shipped")
    despatch_advice_reference: Code | None = None
    order_reference: Code | None = None
    received: Day | None = None
    lines: tuple[ReceivingLine, ...] = Field(min_length=1)


class CatalogueItem(ItemFields):
    """One offered item with its price."""

    identifier: Code
    action: Literal["add", "update", "delete"] = "add"
    net_price: Number | None = Field(None, description="price of base_quantity units, without VAT")
    gross_price: Number | None = None
    base_quantity: Number | None = None
    unit: Code = "C62"
    minimum_quantity: Number | None = None
    maximum_quantity: Number | None = None
    units_in_package: Number | None = None
    vat_category: Code | None = None
    vat_rate: Number | None = None
    valid: Period | None = None
    orderable: bool = True
    lead_days: Number | None = None


class Catalogue(_Message):
    """What can be ordered at which price. UBL Catalogue (Peppol T19), PRICAT, 832."""

    SENDER, RECEIVER = "seller", "buyer"

    kind: Literal["catalogue"] = "catalogue"
    action: Literal["replace", "update", "delete"] = "replace"
    name: Text | None = None
    version: Code | None = None
    valid: Period | None = None
    currency: Currency | None = None
    contract_reference: Code | None = None
    seller: Party
    buyer: Party
    items: tuple[CatalogueItem, ...] = Field(min_length=1)
