"""Where each EN 16931 business term stands in UBL 2.1: a table for Invoice, one for CreditNote, of the same rows.

The two schemas order some elements differently, and two terms stand elsewhere in a credit note: its due date (BT-9) at
the payment means, its project (BT-11) among the references.

Source: CEN/TS 16931-3-2 (syntax binding to UBL 2.1); OASIS UBL 2.1; Peppol BIS Billing 3
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from stages.formats.binding import Table
from stages.formats.binding.attributed import embedded, identifier, quantity
from stages.formats.binding.elements import Element, amount, day, fixed, ignored, joined, special, text
from stages.formats.binding.groups import part, parts, wrap
from stages.formats.reading.xml_walk import Data, Walk
from stages.formats.ubl.pieces import ADDRESS, PERIOD, allowance, category, item, party, price
from stages.formats.ubl.settlement import PaymentMeans, TaxTotals
from stages.formats.ubl.spaces import spaces
from stages.formats.writing.xml_text import escaped

_OBJECT, _PROJECT = "130", "50"
"""UNTDID 1001: invoiced object (BT-18, BT-128), project (BT-11)."""
_SUBJECT = re.compile(r"#([A-Z]{3})#(.*)\Z", re.S)


def _read_note(walk: Walk, target: Data, element: etree._Element) -> None:
    said = (element.text or "").strip()
    if said:
        coded = _SUBJECT.match(said)
        note: Data = {"text": coded[2], "subject_code": coded[1]} if coded else {"text": said}
        walk.append(target, "notes", note, element)


def _write_notes(document: Any, _currency: str) -> str:
    said = [f"#{each.subject_code}#{each.text}" if each.subject_code else each.text for each in document.notes]
    return "".join([f"<cbc:Note>{escaped(each)}</cbc:Note>" for each in said if each])


_NOTES = special("cbc:Note", _read_note, _write_notes, "notes[].text", "notes[].subject_code")
"""BT-21 and BT-22 share an element: `#ADU#text`."""
_TAX_POINT = day("cbc:TaxPointDate", "tax_point_date")
_DUE = day("cbc:DueDate", "due_date")


def _head(*dates: Element) -> tuple[Element, ...]:
    return (
        ignored("cbc:UBLVersionID"),
        text("cbc:CustomizationID", "specification"),
        text("cbc:ProfileID", "business_process"),
        text("cbc:ID", "invoice_number"),
        day("cbc:IssueDate", "issue_date"),
        *dates,
        text("cbc:DocumentCurrencyCode", "currency"),
        text("cbc:TaxCurrencyCode", "accounting_currency"),
        text("cbc:AccountingCost", "accounting_reference"),
        text("cbc:BuyerReference", "buyer_reference"),
        wrap(
            "cac:InvoicePeriod",
            day("cbc:StartDate", "period.start"),
            day("cbc:EndDate", "period.end"),
            text("cbc:DescriptionCode", "tax_point_code"),
        ),
        wrap(
            "cac:OrderReference",
            text("cbc:ID", "order_reference"),
            text("cbc:SalesOrderID", "sales_order_reference"),
        ),
        parts(
            "cac:BillingReference/cac:InvoiceDocumentReference",
            "preceding_invoices",
            text("cbc:ID", "number"),
            day("cbc:IssueDate", "issue_date"),
        ),
        text("cac:DespatchDocumentReference/cbc:ID", "despatch_advice_reference"),
        text("cac:ReceiptDocumentReference/cbc:ID", "receiving_advice_reference"),
    )


_TENDER = text("cac:OriginatorDocumentReference/cbc:ID", "tender_reference")
_CONTRACT = text("cac:ContractDocumentReference/cbc:ID", "contract_reference")


def _object(tag: str) -> Element:
    return wrap(tag, identifier("cbc:ID", "object_identifier"), fixed("cbc:DocumentTypeCode", _OBJECT))


_IN_REFERENCES = wrap(
    "cac:AdditionalDocumentReference", text("cbc:ID", "project_reference"), fixed("cbc:DocumentTypeCode", _PROJECT)
)
_ATTACHMENTS = parts(
    "cac:AdditionalDocumentReference",
    "attachments",
    text("cbc:ID", "reference"),
    ignored("cbc:DocumentTypeCode"),
    text("cbc:DocumentDescription", "description"),
    wrap(
        "cac:Attachment",
        embedded("cbc:EmbeddedDocumentBinaryObject"),
        text("cac:ExternalReference/cbc:URI", "external_location"),
    ),
)
_REFERENCES = (_object("cac:AdditionalDocumentReference"), _IN_REFERENCES, _ATTACHMENTS)

_BUYER = ("endpoint", "legal", "trading_name", "address", "vat_identifier", "legal_registration", "contact")
_PARTIES: tuple[Element, ...] = (
    part(
        "cac:AccountingSupplierParty/cac:Party",
        "seller",
        *party(*_BUYER, "tax_registration", "legal_information", most=None),
    ),
    part("cac:AccountingCustomerParty/cac:Party", "buyer", *party(*_BUYER)),
    part("cac:PayeeParty", "payee", *party("legal_registration", most=2)),
    part("cac:TaxRepresentativeParty", "tax_representative", *party("address", "vat_identifier", most=0)),
    part(
        "cac:Delivery",
        "delivery",
        day("cbc:ActualDeliveryDate", "date"),
        wrap("cac:DeliveryLocation", identifier("cbc:ID", "location"), part("cac:Address", "address", *ADDRESS)),
        text("cac:DeliveryParty/cac:PartyName/cbc:Name", "name"),
        merge=True,
    ),
)
_TOTALS: tuple[Element, ...] = (
    joined("cac:PaymentTerms/cbc:Note", "payment_terms"),
    allowance(category("cac:TaxCategory")),
    TaxTotals(),
    wrap(
        "cac:LegalMonetaryTotal",
        amount("cbc:LineExtensionAmount", "totals.line_total", currency=True),
        amount("cbc:TaxExclusiveAmount", "totals.tax_exclusive", currency=True),
        amount("cbc:TaxInclusiveAmount", "totals.tax_inclusive", currency=True),
        amount("cbc:AllowanceTotalAmount", "totals.allowance_total", currency=True),
        amount("cbc:ChargeTotalAmount", "totals.charge_total", currency=True),
        amount("cbc:PrepaidAmount", "totals.paid_amount", currency=True),
        amount("cbc:PayableRoundingAmount", "totals.rounding_amount", currency=True),
        amount("cbc:PayableAmount", "totals.amount_due", currency=True),
    ),
)


def _line(tag: str, counted: str) -> Element:
    return parts(
        tag,
        "lines",
        text("cbc:ID", "identifier"),
        joined("cbc:Note", "note"),
        quantity(counted, "quantity", "unit"),
        amount("cbc:LineExtensionAmount", "net_amount", currency=True),
        text("cbc:AccountingCost", "accounting_reference"),
        part("cac:InvoicePeriod", "period", *PERIOD),
        text("cac:OrderLineReference/cbc:LineID", "order_line_reference"),
        wrap(
            "cac:DocumentReference",
            identifier("cbc:ID", "object_identifier"),
            fixed("cbc:DocumentTypeCode", _OBJECT),
        ),
        allowance(category("cac:TaxCategory")),
        item("description", "origin_country", "classifications", "vat", "attributes"),
        price("base_quantity_unit", discount=True),
    )


INVOICE = Table(
    "Invoice",
    spaces("Invoice"),
    *_head(_DUE, text("cbc:InvoiceTypeCode", "type_code"), _NOTES, _TAX_POINT),
    _TENDER,
    _CONTRACT,
    _object("cac:AdditionalDocumentReference"),
    _ATTACHMENTS,
    text("cac:ProjectReference/cbc:ID", "project_reference"),
    *_PARTIES,
    PaymentMeans(),
    *_TOTALS,
    _line("cac:InvoiceLine", "cbc:InvoicedQuantity"),
)
CREDIT_NOTE = Table(
    "CreditNote",
    spaces("CreditNote"),
    *_head(_TAX_POINT, text("cbc:CreditNoteTypeCode", "type_code"), _NOTES),
    _CONTRACT,
    *_REFERENCES,
    _TENDER,
    *_PARTIES,
    PaymentMeans(due=True),
    *_TOTALS,
    _line("cac:CreditNoteLine", "cbc:CreditedQuantity"),
)
