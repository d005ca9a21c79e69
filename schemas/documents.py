"""The canonical invoice and credit note, in the words of EN 16931-1:2017 (semantic model).

Every reader gives this, every writer takes it. Field names are the standard's business terms, with their number in the
description; the published JSON Schema is made from here. Amounts are `Decimal` and travel as JSON strings; a JSON
float is refused, for its digits are no longer those that the ERP wrote. Dates are calendar dates without a zone.

A field that the ERP did not give stays empty: totals (BG-22) and the VAT breakdown (BG-23) are completed in
conversion, never in a reader.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from schemas.codes import CREDIT_NOTE_TYPES
from schemas.values import Amount, Base64, Code, Country, Currency, Day, DocumentNumber, Number, Part, Reference, Text


class Identifier(Part):
    """An identifier and the scheme that gives it meaning (ISO 6523 ICD, EAS for endpoints, UNTDID 7143 for items)."""

    value: Code
    scheme: Code | None = None
    version: Code | None = Field(None, description="BT-158-2: version of the scheme, of a classification only")


class Address(Part):
    """BG-5, BG-8, BG-12, BG-15."""

    line_1: Text | None = Field(None, description="BT-35, BT-50, BT-64, BT-75")
    line_2: Text | None = Field(None, description="BT-36, BT-51, BT-65, BT-76")
    line_3: Text | None = Field(None, description="BT-162, BT-163, BT-164, BT-165")
    city: Text | None = Field(None, description="BT-37, BT-52, BT-66, BT-77")
    post_code: Code | None = Field(None, description="BT-38, BT-53, BT-67, BT-78")
    subdivision: Text | None = Field(None, description="BT-39, BT-54, BT-68, BT-79")
    country: Country | None = Field(None, description="BT-40, BT-55, BT-69, BT-80")


class Contact(Part):
    """BG-6, BG-9."""

    name: Text | None = Field(None, description="BT-41, BT-56")
    telephone: Text | None = Field(None, description="BT-42, BT-57")
    email: Text | None = Field(None, description="BT-43, BT-58")


class Party(Part):
    """BG-4 seller, BG-7 buyer, BG-10 payee, BG-11 the seller's tax representative."""

    name: Text = Field(description="BT-27, BT-44, BT-59, BT-62: the full legal name")
    trading_name: Text | None = Field(None, description="BT-28, BT-45")
    identifiers: tuple[Identifier, ...] = Field((), description="BT-29, BT-46, BT-60; a GLN has scheme 0088")
    legal_registration: Identifier | None = Field(None, description="BT-30, BT-47, BT-61")
    vat_identifier: Code | None = Field(None, description="BT-31, BT-48, BT-63")
    tax_registration: Code | None = Field(None, description="BT-32: seller's local tax identifier")
    legal_information: Text | None = Field(None, description="BT-33: seller's additional legal information")
    endpoint: Identifier | None = Field(None, description="BT-34, BT-49: electronic address, scheme of the EAS list")
    erp_id: Code | None = Field(None, description="not of EN 16931: the party's number in the ERP (SAP partner number)")
    given_name: Text | None = Field(None, description="not of EN 16931: a natural person's; `name` holds both")
    family_name: Text | None = Field(None, description="not of EN 16931: a natural person's surname or surnames")
    address: Address | None = None
    contact: Contact | None = None


class Delivery(Part):
    """BG-13: where and when the goods went."""

    name: Text | None = Field(None, description="BT-70")
    location: Identifier | None = Field(None, description="BT-71")
    date: Annotated[Day | None, Field(description="BT-72: actual delivery date")] = None
    address: Address | None = Field(None, description="BG-15")


class Period(Part):
    """BG-14 invoicing period, BG-26 line period."""

    start: Annotated[Day | None, Field(description="BT-73, BT-134")] = None
    end: Annotated[Day | None, Field(description="BT-74, BT-135")] = None


class CreditTransfer(Part):
    """BG-17."""

    account: Code = Field(description="BT-84: IBAN where there is one")
    account_name: Text | None = Field(None, description="BT-85")
    service_provider: Code | None = Field(None, description="BT-86: BIC")


class Payment(Part):
    """BG-16: how to pay."""

    means_code: Code = Field(description="BT-81: UNTDID 4461")
    means_text: Text | None = Field(None, description="BT-82")
    remittance_information: Text | None = Field(None, description="BT-83: what the payer should quote")
    credit_transfers: tuple[CreditTransfer, ...] = Field((), description="BG-17")
    card_account: Code | None = Field(None, description="BT-87: last digits only")
    card_holder: Text | None = Field(None, description="BT-88")
    mandate: Code | None = Field(None, description="BT-89: direct debit mandate")
    creditor_identifier: Code | None = Field(None, description="BT-90")
    debited_account: Code | None = Field(None, description="BT-91")


class AllowanceCharge(Part):
    """BG-20, BG-21 of the document; BG-27, BG-28 of a line (which carry no VAT of their own)."""

    charge: bool = Field(description="true: a charge is added; false: an allowance is deducted")
    amount: Amount = Field(description="BT-92, BT-99, BT-136, BT-141: without VAT, never negative by convention")
    base_amount: Amount | None = Field(None, description="BT-93, BT-100, BT-137, BT-142")
    percentage: Number | None = Field(None, description="BT-94, BT-101, BT-138, BT-143")
    vat_category: Code | None = Field(None, description="BT-95, BT-102: UNTDID 5305")
    vat_rate: Number | None = Field(None, description="BT-96, BT-103: per cent")
    reason: Text | None = Field(None, description="BT-97, BT-104, BT-139, BT-144")
    reason_code: Code | None = Field(None, description="BT-98 and BT-140 (UNTDID 5189), BT-105 and BT-145 (7161)")


class VatBreakdown(Part):
    """BG-23: one row for each category and rate."""

    taxable_amount: Amount = Field(description="BT-116")
    tax_amount: Amount = Field(description="BT-117")
    category: Code = Field(description="BT-118")
    rate: Number | None = Field(None, description="BT-119: per cent; none for category O")
    exemption_reason: Text | None = Field(None, description="BT-120")
    exemption_reason_code: Code | None = Field(None, description="BT-121: VATEX")


class Withholding(Part):
    """Not of EN 16931: tax that the buyer keeps back and pays to the tax office on the seller's behalf (IRPF, ritenuta
    d'acconto, split payment). Its amount is part of BT-113, so that BT-115 is what the buyer pays."""

    scheme: Code = Field(description="which tax, in the country's own word or code: IRPF, RT01, split-payment")
    rate: Number | None = Field(None, description="per cent")
    base_amount: Amount | None = Field(None, description="what the rate is applied to")
    amount: Amount
    reason: Code | None = Field(None, description="the law's code of the payment's reason (causale)")


class Totals(Part):
    """BG-22. As given by the ERP in a canonical document; as computed after conversion."""

    line_total: Amount | None = Field(None, description="BT-106: sum of line net amounts")
    allowance_total: Amount | None = Field(None, description="BT-107")
    charge_total: Amount | None = Field(None, description="BT-108")
    tax_exclusive: Amount | None = Field(None, description="BT-109: total without VAT")
    tax_amount: Amount | None = Field(None, description="BT-110: total VAT")
    tax_amount_accounting: Amount | None = Field(None, description="BT-111: total VAT in accounting currency (BT-6)")
    tax_inclusive: Amount | None = Field(None, description="BT-112: total with VAT")
    paid_amount: Amount | None = Field(None, description="BT-113")
    rounding_amount: Amount | None = Field(None, description="BT-114")
    amount_due: Amount | None = Field(None, description="BT-115: due for payment")


class Attachment(Part):
    """BG-24: supporting document, by address or embedded."""

    reference: Code = Field(description="BT-122")
    description: Text | None = Field(None, description="BT-123")
    external_location: Reference | None = Field(None, description="BT-124: never fetched by this system")
    content_base64: Base64 | None = Field(None, description="BT-125: Base64 (RFC 4648)")
    media_type: Code | None = None
    file_name: Reference | None = None


class PrecedingInvoice(Part):
    """BG-3: what this document corrects or credits."""

    number: Code = Field(description="BT-25")
    issue_date: Annotated[Day | None, Field(description="BT-26")] = None


class ItemAttribute(Part):
    """BG-32."""

    name: Text = Field(description="BT-160")
    value: Text = Field(description="BT-161")


class Line(Part):
    """BG-25: an invoice line, with BG-29 price, BG-30 VAT and BG-31 item."""

    identifier: Code = Field(description="BT-126")
    note: Text | None = Field(None, description="BT-127")
    object_identifier: Identifier | None = Field(None, description="BT-128")
    quantity: Number = Field(description="BT-129: invoiced quantity")
    unit: Code = Field("C62", description="BT-130: UN/ECE Recommendation 20 and 21; C62 is 'one'")
    net_amount: Amount | None = Field(None, description="BT-131: as given; computed where it is not")
    order_line_reference: Code | None = Field(None, description="BT-132")
    accounting_reference: Text | None = Field(None, description="BT-133")
    period: Period | None = Field(None, description="BG-26")
    allowances_charges: tuple[AllowanceCharge, ...] = Field((), description="BG-27, BG-28")
    net_price: Number = Field(description="BT-146: price of base_quantity units, after discount, without VAT")
    price_discount: Number | None = Field(None, description="BT-147")
    gross_price: Number | None = Field(None, description="BT-148")
    base_quantity: Number | None = Field(None, description="BT-149; one where it is not given")
    base_quantity_unit: Code | None = Field(None, description="BT-150")
    vat_category: Code = Field("S", description="BT-151: UNTDID 5305")
    vat_rate: Number | None = Field(None, description="BT-152: per cent")
    name: Text = Field(description="BT-153: item name")
    description: Text | None = Field(None, description="BT-154")
    seller_item_id: Code | None = Field(None, description="BT-155")
    buyer_item_id: Code | None = Field(None, description="BT-156")
    standard_item_id: Identifier | None = Field(None, description="BT-157: GTIN has scheme 0160")
    classifications: tuple[Identifier, ...] = Field((), description="BT-158")
    origin_country: Country | None = Field(None, description="BT-159")
    attributes: tuple[ItemAttribute, ...] = Field((), description="BG-32")


class DeliveryHints(Part):
    """Not of EN 16931: what an ERP knows of how its customer wants documents. The directory outranks it."""

    email: Text | None = None
    phone: Text | None = None
    language: Code | None = Field(None, description="BCP 47")


class Note(Part):
    """BG-1."""

    text: Text = Field(description="BT-22")
    subject_code: Code | None = Field(None, description="BT-21")


class BusinessDocument(Part):
    """What all canonical documents share. SENDER and RECEIVER name the fields that say who made it, and for whom."""

    SENDER: ClassVar[str]
    RECEIVER: ClassVar[str]

    @property
    def document_type(self) -> str:
        """The word that people, file names and the database use."""
        return str(getattr(self, "kind"))  # noqa: B009  each kind has it, as a literal of its own


class TradeDocument(BusinessDocument):
    """A document whose parties are called by their part in the trade: buyer and seller, payer and payee."""

    @property
    def sender(self) -> Party:
        party = getattr(self, self.SENDER)
        assert isinstance(party, Party)
        return party

    @property
    def receiver(self) -> Party:
        party = getattr(self, self.RECEIVER)
        assert isinstance(party, Party)
        return party


class Invoice(TradeDocument):
    """An invoice or credit note: the canonical document. `type_code` (BT-3) tells which."""

    SENDER, RECEIVER = "seller", "buyer"

    kind: Literal["invoice"] = Field(
        "invoice", description="which canonical message this is; others stand beside it later"
    )
    invoice_number: Annotated[DocumentNumber, Field(description="BT-1")]
    issue_date: Annotated[Day, Field(description="BT-2")]
    type_code: Code = Field("380", description="BT-3: UNTDID 1001")
    currency: Currency = Field(description="BT-5: ISO 4217")
    accounting_currency: Currency | None = Field(None, description="BT-6: VAT accounting currency")
    tax_point_date: Annotated[Day | None, Field(description="BT-7")] = None
    tax_point_code: Code | None = Field(None, description="BT-8: UNTDID 2005")
    due_date: Annotated[Day | None, Field(description="BT-9")] = None
    buyer_reference: Reference | None = Field(None, description="BT-10")
    project_reference: Code | None = Field(None, description="BT-11")
    contract_reference: Code | None = Field(None, description="BT-12")
    order_reference: Code | None = Field(None, description="BT-13: purchase order")
    sales_order_reference: Code | None = Field(None, description="BT-14")
    receiving_advice_reference: Code | None = Field(None, description="BT-15")
    despatch_advice_reference: Code | None = Field(None, description="BT-16")
    tender_reference: Code | None = Field(None, description="BT-17")
    object_identifier: Identifier | None = Field(None, description="BT-18")
    accounting_reference: Text | None = Field(None, description="BT-19: buyer's")
    payment_terms: Text | None = Field(None, description="BT-20")
    notes: tuple[Note, ...] = Field((), description="BG-1")
    business_process: Code | None = Field(None, description="BT-23")
    specification: Text | None = Field(None, description="BT-24: as the input said; a writer says its own")
    preceding_invoices: tuple[PrecedingInvoice, ...] = Field((), description="BG-3")
    seller: Party = Field(description="BG-4")
    buyer: Party = Field(description="BG-7")
    payee: Party | None = Field(None, description="BG-10")
    tax_representative: Party | None = Field(None, description="BG-11")
    delivery: Delivery | None = Field(None, description="BG-13")
    period: Period | None = Field(None, description="BG-14")
    payment: Payment | None = Field(None, description="BG-16")
    allowances_charges: tuple[AllowanceCharge, ...] = Field((), description="BG-20, BG-21")
    totals: Totals = Field(Totals(), description="BG-22")
    vat_breakdown: tuple[VatBreakdown, ...] = Field((), description="BG-23")
    withholdings: tuple[Withholding, ...] = Field((), description="not of EN 16931: tax that the buyer keeps back")
    attachments: tuple[Attachment, ...] = Field((), description="BG-24")
    lines: tuple[Line, ...] = Field((), description="BG-25: only Factur-X MINIMUM and BASIC WL have none")
    hints: DeliveryHints = Field(DeliveryHints(), description="not of EN 16931")
    extras: dict[str, str] = Field(default_factory=dict, description="not of EN 16931: what the ERP added, kept aside")

    @property
    def document_type(self) -> Literal["invoice", "credit-note"]:
        """The word that people, file names and the database use."""
        return "credit-note" if self.type_code in CREDIT_NOTE_TYPES else "invoice"

    @property
    def number(self) -> str:
        """BT-1, by the name that all canonical documents share."""
        return self.invoice_number
