"""What the PDF says, and with it mail and the recipient's page: nobody reads two words for one thing.

All fields are required, so a missing text stops the import and mypy before it can leave a hole in somebody's invoice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

    from schemas.canonical import Document

_TITLES = {
    "261": "self_billed_credit_note",
    "326": "partial_invoice",
    "383": "debit_note",
    "384": "corrected_invoice",
    "386": "prepayment_invoice",
    "389": "self_billed_invoice",
}
"""UNTDID 1001 (BT-3) -> key of `Printed.titles`; others are an invoice or a credit note."""

Forms = Mapping[str, str]
"""CLDR plural category (one, few, many, other) -> text; `other` always stands."""

SYMBOLS = {
    "SEC": "s",
    "MIN": "min",
    "P1": "%",
    "MGM": "mg",
    "GRM": "g",
    "KGM": "kg",
    "TNE": "t",
    "MLT": "ml",
    "CLT": "cl",
    "LTR": "l",
    "HLT": "hl",
    "MMT": "mm",
    "CMT": "cm",
    "MTR": "m",
    "KMT": "km",
    "KTM": "km",
    "MTK": "m²",
    "MTQ": "m³",
    "KWT": "kW",
    "KWH": "kWh",
    "MWH": "MWh",
}
"""Units that are written alike in every language."""
_SAME = {"EA": "H87", "XPP": "H87", "PR": "NPR", "XBX": "BX"}
"""Codes of one meaning: each, piece; pair; box."""


@dataclass(frozen=True, kw_only=True)
class Printed:
    """The texts of one language. Braces name what is filled in."""

    language: str
    titles: Mapping[str, str]
    # The first thing read
    amount_due: str
    amount_credited: str
    balance_in_favour: str
    due_date: str
    issue_date: str
    payment_reference: str
    # Parties
    seller: str
    buyer: str
    delivered_to: str
    payee: str
    tax_representative: str
    vat_number: str
    tax_number: str
    registration: str
    identifier: str
    # References
    delivery_date: str
    tax_point_date: str
    period: str
    buyer_reference: str
    order: str
    sales_order: str
    contract: str
    project: str
    despatch_advice: str
    receiving_advice: str
    tender: str
    object: str
    accounting_reference: str
    preceding_invoice: str
    # Lines
    item: str
    quantity: str
    unit_price: str
    vat: str
    net: str
    per: str
    carried_forward: str
    brought_forward: str
    seller_item: str
    buyer_item: str
    standard_item: str
    origin: str
    order_line: str
    list_price: str
    discount: str
    allowance: str
    charge: str
    share_of: str
    # Totals
    line_total: str
    allowance_total: str
    charge_total: str
    tax_exclusive: str
    tax_amount: str
    tax_amount_accounting: str
    tax_inclusive: str
    paid: str
    rounding: str
    # VAT breakdown
    vat_breakdown: str
    taxable: str
    vat_categories: Mapping[str, str]
    # Payment
    payment: str
    payment_details: str
    payment_means: Mapping[str, str]
    method: str
    terms: str
    account: str
    account_name: str
    mandate: str
    creditor: str
    debited_account: str
    card: str
    scan_to_pay: str
    # Messages around an invoice: who
    ordering_buyer: str
    supplier: str
    from_party: str
    to_party: str
    ship_from: str
    ship_to: str
    ordered_by: str
    requested_by: str
    invoice_to: str
    carrier: str
    payer: str
    paid_to: str
    customer: str
    # When, and under which numbers
    requested_delivery: str
    promised_delivery: str
    valid_until: str
    validity: str
    despatched: str
    expected: str
    received_on: str
    payment_date: str
    as_of: str
    effective: str
    buyers_reference: str
    quotation: str
    previous_order: str
    delivery_terms: str
    catalogue_name: str
    version: str
    action: str
    document: str
    document_date: str
    kind: str
    payer_account: str
    payee_account: str
    # Goods on their way
    consignment: str
    transport_mode: str
    vehicle: str
    tracking: str
    gross_weight: str
    net_weight: str
    volume: str
    packages: str
    package: str
    package_and_batch: str
    inside: str
    batch: str
    serial_numbers: str
    best_before: str
    # Lines of messages
    buyers_item: str
    classification: str
    partial_delivery: str
    whole_delivery: str
    status: str
    back_ordered: str
    ordered: str
    outstanding: str
    received: str
    accepted: str
    rejected: str
    short: str
    reason: str
    least: str
    most: str
    in_package: str
    lead_days: Forms
    not_orderable: str
    amount: str
    cash_discount: str
    adjustment: str
    amount_paid: str
    days_overdue: str
    balance: str
    ageing: str
    # Sums of messages
    expected_total: str
    total_paid: str
    total_open: str
    # Answers
    answer: str
    reasons: str
    actions: str
    answers: Mapping[str, str]
    """UNCL4343 -> what the partner says."""
    line_statuses: Mapping[str, str]
    """UNTDID 1229 -> what becomes of an ordered line."""
    response_reasons: Mapping[str, str]
    """OPStatusReason -> why."""
    response_actions: Mapping[str, str]
    """OPStatusAction -> what is asked for."""
    transport_modes: Mapping[str, str]
    """UN/ECE Recommendation 19 -> by what the goods travel."""
    catalogue_actions: Mapping[str, str]
    """What becomes of what stood in an earlier catalogue."""
    # The rest
    colon: str
    """Between a label and its value in running text: French has a space before it."""
    notes: str
    attachments: str
    page: str
    copy: str
    """`{platform}` issues the original."""
    demonstration: str
    demo_signature: str
    units: Mapping[str, Forms]
    """UN/ECE Recommendation 20 and 21 (BT-130) -> the unit's name after a number."""

    def title(self, document: Document) -> str:
        """What the document is called: an invoice by BT-3, a message by its kind."""
        plain = document.document_type.replace("-", "_")
        return self.titles[_TITLES.get(document.type_code, plain) if document.kind == "invoice" else plain]

    def title_of(self, document_type: str) -> str:
        """What a document is called of which only its type is known: `invoice`, `credit-note`, `order`."""
        return self.titles[document_type.replace("-", "_")]

    def labelled(self, label: str, value: str) -> str:
        """`Ordered: 10 boxes`; "" without a value."""
        return f"{label}{self.colon}{value}" if value else ""

    def unit(self, code: str, quantity: Decimal, locale: Locale) -> str:
        """The unit's name as it stands after this quantity; the code itself where it is not a usual one."""
        forms = self.units.get(_SAME.get(code, code))
        return SYMBOLS.get(code, code) if forms is None else form(forms, quantity, locale)


def form(forms: Forms, quantity: Decimal, locale: Locale) -> str:
    """The form that stands with this number: 1,5 and 5 are told apart in Polish."""
    return forms.get(locale.plural_form(abs(quantity.normalize())), forms["other"])
