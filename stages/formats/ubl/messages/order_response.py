"""UBL OrderResponse: Peppol BIS Ordering 3, transaction T76."""

from __future__ import annotations

from collections.abc import Iterator

from schemas.orders import OrderResponse
from stages.formats.binding.attributed import quantity
from stages.formats.binding.elements import READ_ONLY, amount, day, text
from stages.formats.binding.groups import part, parts, wrap
from stages.formats.ubl.messages.message import Message, says, table
from stages.formats.ubl.pieces import NOTE, PERIOD, item, price, supplier

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


_WHOLE = ("AB", "AP", "RE")
"""Answers to the order as a whole, which Peppol gives without lines (PEPPOL-T76-R008)."""


def _prepare(document: OrderResponse) -> OrderResponse:
    """An order that is accepted line by line is CA; the other answers to the whole leave their lines out."""
    if not document.lines or document.response_code not in _WHOLE:
        return document
    if document.response_code == "AP":
        return document.model_copy(update={"response_code": "CA"})
    return document.model_copy(update={"lines": ()})


def _conditional(document: OrderResponse) -> Iterator[tuple[str, str]]:
    if document.lines and document.response_code == "AP":
        yield "response_code", "Peppol lets only CA have lines: CA is written, with every line as it is"
    elif document.lines and document.response_code in _WHOLE:
        yield "lines", f"Peppol lets {document.response_code} have no lines"


MESSAGE = Message(
    "OrderResponse", OrderResponse, TABLE, ("seller", "buyer"), prepare=_prepare, conditional=_conditional
)
