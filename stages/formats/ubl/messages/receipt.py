"""UBL ReceiptAdvice, read only: Peppol has no such message."""

from __future__ import annotations

from schemas.orders import ReceivingAdvice
from stages.formats.binding.attributed import quantity
from stages.formats.binding.elements import day, text
from stages.formats.binding.groups import parts, wrap
from stages.formats.ubl.messages.message import Message, says, table
from stages.formats.ubl.pieces import NOTE, item, supplier

_PARTY = ("endpoint", "legal", "trading_name", "address", "vat_identifier", "legal_registration", "contact")

TABLE = table(
    "ReceiptAdvice",
    says("cbc:CustomizationID", ""),
    says("cbc:ProfileID", ""),
    text("cbc:ID", "number"),
    day("cbc:IssueDate", "issue_date"),
    NOTE,
    text("cac:OrderReference/cbc:ID", "order_reference"),
    text("cac:DespatchDocumentReference/cbc:ID", "despatch_advice_reference"),
    supplier("cac:DeliveryCustomerParty", "buyer", *_PARTY),
    supplier("cac:DespatchSupplierParty", "seller", *_PARTY),
    day("cac:Shipment/cac:Delivery/cbc:ActualDeliveryDate", "received"),
    parts(
        "cac:ReceiptLine",
        "lines",
        text("cbc:ID", "identifier"),
        quantity("cbc:ReceivedQuantity", "received", "unit"),
        quantity("cbc:ShortQuantity", "short", "unit"),
        quantity("cbc:RejectedQuantity", "rejected", "unit"),
        text("cbc:RejectReasonCode", "reason_code"),
        text("cbc:RejectReason", "reason"),
        wrap(
            "cac:OrderLineReference",
            text("cbc:LineID", "order_line_reference"),
            text("cac:OrderReference/cbc:ID", "order_reference"),
        ),
        item("description", "classifications", "attributes"),
    ),
)


MESSAGE = Message("ReceiptAdvice", ReceivingAdvice, TABLE, ("buyer", "seller"), written=False)
