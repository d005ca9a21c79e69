"""UBL Order: Peppol BIS Ordering 3, transaction T01."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.orders import Order
from stages.formats.binding.attributed import identifier, quantity
from stages.formats.binding.elements import amount, day, flag, text
from stages.formats.binding.groups import part, parts, wrap
from stages.formats.ubl.messages.attached import ATTACHED, unattached
from stages.formats.ubl.messages.message import Message, says, table
from stages.formats.ubl.pieces import (
    ADDRESS,
    NOTE,
    PERIOD,
    allowance,
    category,
    item,
    price,
    supplier,
)

_LINE = parts(
    "cac:OrderLine",
    "lines",
    text("cbc:Note", "note"),
    wrap(
        "cac:LineItem",
        text("cbc:ID", "identifier"),
        quantity("cbc:Quantity", "quantity", "unit"),
        amount("cbc:LineExtensionAmount", "net_amount", currency=True),
        flag("cbc:PartialDeliveryIndicator", "partial_delivery"),
        text("cbc:AccountingCost", "accounting_reference"),
        wrap("cac:Delivery", part("cac:RequestedDeliveryPeriod", "requested_delivery", *PERIOD)),
        allowance(),
        price("base_quantity_unit", discount=True),
        item("description", "classifications", "vat", "attributes"),
    ),
)

TABLE = table(
    "Order",
    says("cbc:CustomizationID", "urn:fdc:peppol.eu:poacc:trns:order:3"),
    says("cbc:ProfileID", "urn:fdc:peppol.eu:poacc:bis:ordering:3"),
    text("cbc:ID", "number"),
    day("cbc:IssueDate", "issue_date"),
    text("cbc:OrderTypeCode", "type_code"),
    NOTE,
    text("cbc:DocumentCurrencyCode", "currency"),
    text("cbc:CustomerReference", "buyer_reference"),
    text("cbc:AccountingCost", "accounting_reference"),
    day("cac:ValidityPeriod/cbc:EndDate", "valid_until"),
    text("cac:QuotationDocumentReference/cbc:ID", "quotation_reference"),
    text("cac:OrderDocumentReference/cbc:ID", "previous_order"),
    *ATTACHED,
    text("cac:Contract/cbc:ID", "contract_reference"),
    supplier(
        "cac:BuyerCustomerParty", "buyer", "endpoint", "legal", "trading_name", "address", "vat_identifier",
        "legal_registration", "contact",
    ),
    supplier(
        "cac:SellerSupplierParty", "seller", "endpoint", "legal", "trading_name", "address", "legal_registration",
        "contact",
    ),
    supplier("cac:OriginatorCustomerParty", "originator", "contact"),
    supplier(
        "cac:AccountingCustomerParty", "invoicee", "endpoint", "legal", "trading_name", "address", "vat_identifier",
        "legal_registration", "contact",
    ),
    wrap(
        "cac:Delivery",
        part(
            "cac:DeliveryLocation", "delivery", identifier("cbc:ID", "location"),
            part("cac:Address", "address", *ADDRESS), merge=True,
        ),
        part("cac:RequestedDeliveryPeriod", "requested_delivery", *PERIOD),
        text("cac:DeliveryParty/cac:PartyName/cbc:Name", "delivery.name"),
    ),
    wrap(
        "cac:DeliveryTerms",
        text("cbc:ID", "delivery_terms"),
        text("cac:DeliveryLocation/cbc:ID", "delivery_terms_location"),
    ),
    text("cac:PaymentTerms/cbc:Note", "payment_terms"),
    allowance(category("cac:TaxCategory")),
    amount("cac:TaxTotal/cbc:TaxAmount", "totals.tax_amount", currency=True),
    wrap(
        "cac:AnticipatedMonetaryTotal",
        amount("cbc:LineExtensionAmount", "totals.line_total", currency=True),
        amount("cbc:TaxExclusiveAmount", "totals.tax_exclusive", currency=True),
        amount("cbc:TaxInclusiveAmount", "totals.tax_inclusive", currency=True),
        amount("cbc:AllowanceTotalAmount", "totals.allowance_total", currency=True),
        amount("cbc:ChargeTotalAmount", "totals.charge_total", currency=True),
        amount("cbc:PayableAmount", "totals.amount_due", currency=True),
    ),
    _LINE,
)  # fmt: skip


def _conditional(order: Order) -> Iterator[tuple[str, str]]:
    for index, line in enumerate(order.lines):
        if line.gross_price is not None and line.price_discount is None:
            yield f"lines[{index}].gross_price", "a gross price without the discount that is taken from it"
    yield from unattached(order.attachments)


MESSAGE = Message("Order", Order, TABLE, ("buyer", "seller", "originator", "invoicee"), conditional=_conditional)
