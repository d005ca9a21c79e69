"""UBL OrderResponse: Peppol BIS Ordering 3, transaction T76."""

from __future__ import annotations

from schemas.orders import OrderResponse
from stages.formats.binding.elements import READ_ONLY, amount, day, quantity, text
from stages.formats.binding.groups import part, parts, wrap
from stages.formats.ubl.messages.message import Message, says, table
from stages.formats.ubl.messages.pieces import NOTE, PERIOD, item, price, supplier

_LINE = parts(
    "cac:OrderLine",
    "lines",
    wrap(
        "cac:LineItem",
        text("cbc:ID", "identifier"),
        text("cbc:Note", "note"),
        text("cbc:LineStatusCode", "status"),
        quantity("cbc:Quantity", "quantity", "unit"),
        amount("cbc:LineExtensionAmount", "net_amount", READ_ONLY),
        quantity("cbc:MaximumBackorderQuantity", "back_ordered", "unit"),
        wrap("cac:Delivery", part("cac:PromisedDeliveryPeriod", "promised_delivery", *PERIOD)),
        price("unit", discount=False),
        item(),
    ),
    text("cac:OrderLineReference/cbc:LineID", "order_line_reference"),
)

TABLE = table(
    "OrderResponse",
    says("cbc:CustomizationID", "urn:fdc:peppol.eu:poacc:trns:order_response:3"),
    says("cbc:ProfileID", "urn:fdc:peppol.eu:poacc:bis:ordering:3"),
    text("cbc:ID", "number"),
    day("cbc:IssueDate", "issue_date"),
    text("cbc:OrderResponseCode", "response_code"),
    NOTE,
    text("cbc:DocumentCurrencyCode", "currency"),
    text("cac:OrderReference/cbc:ID", "order_reference"),
    supplier("cac:SellerSupplierParty", "seller", "endpoint", "legal"),
    supplier("cac:BuyerCustomerParty", "buyer", "endpoint", "legal"),
    wrap("cac:Delivery", part("cac:PromisedDeliveryPeriod", "promised_delivery", *PERIOD)),
    _LINE,
)


MESSAGE = Message("OrderResponse", OrderResponse, TABLE, ("seller", "buyer"))
