"""Write the canonical document as UBL 2.1: Invoice or CreditNote, for Peppol, XRechnung or plain EN 16931.

Bytes are UTF-8, children stand in the schema's order, and the same document always gives the same bytes.
What a target cannot carry is named by `losses` before anything is written.

Source: EN 16931-3-2 (UBL syntax binding); OASIS UBL 2.1; Peppol BIS Billing 3.0.
"""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import Invoice
from stages.formats.ubl import parts
from stages.formats.ubl.losses import losses
from stages.formats.ubl.profile import Profile, one_note
from stages.formats.writing import xrechnung
from stages.formats.writing.xml_text import amount, attribute, checked, day, group, text

__all__ = ["Profile", "losses", "notes", "write"]

_NAMESPACES = (
    ' xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"'
    ' xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)

# UBL wants an order's number beside a sales order's (BT-14 without BT-13); Peppol BIS Billing 3 says to write this.
_NO_ORDER = "NA"


def write(document: Invoice, profile: Profile) -> bytes:
    """UBL of a completed document (see totals.complete), bytes, UTF-8 with declaration.

    What was not completed is left out, for the rules to refuse. Raises DocumentInvalid (permanent) for characters that
    XML cannot carry; nothing else.
    """
    if profile is Profile.XRECHNUNG:
        document = xrechnung.fitted(document)
    credit_note = document.document_type == "credit-note"
    root = "CreditNote" if credit_note else "Invoice"
    pair = profile is Profile.PEPPOL
    currency = attribute("currencyID", document.currency)
    tags = ("CreditNoteLine", "CreditedQuantity") if credit_note else ("InvoiceLine", "InvoicedQuantity")
    pieces = [
        '<?xml version="1.0" encoding="UTF-8"?>\n',
        f'<{root} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{root}-2"{_NAMESPACES}>',
        text("CustomizationID", profile.specification),
        text("ProfileID", profile.business_process(document)),
        _head(document, profile, credit_note),
        _references(document, credit_note),
        _parties(document),
        parts.delivery(document.delivery),
        parts.payment(document.payment, document.due_date if credit_note else None),
        group("PaymentTerms", text("Note", document.payment_terms)),
        *(parts.allowance_charge(each, currency, pair) for each in document.allowances_charges),
        _tax_totals(document, currency),
        _monetary_total(document, currency),
        *(parts.line(each, currency, tags, pair) for each in document.lines),
        f"</{root}>\n",
    ]
    return checked("".join(pieces), document)


def _head(document: Invoice, profile: Profile, credit_note: bool) -> str:
    """BT-1 to BT-8, BT-10, BT-19, BG-1, BG-14. The two schemas order dates and type differently."""
    tax_point = day("TaxPointDate", document.tax_point_date)
    remarks = "".join(text("Note", each) for each in notes(document, profile))
    period = document.period
    if credit_note:
        dates = tax_point + text("CreditNoteTypeCode", document.type_code) + remarks
    else:
        dates = day("DueDate", document.due_date) + text("InvoiceTypeCode", document.type_code) + remarks + tax_point
    return (
        text("ID", document.invoice_number)
        + day("IssueDate", document.issue_date)
        + dates
        + text("DocumentCurrencyCode", document.currency)
        + text("TaxCurrencyCode", document.accounting_currency)
        + text("AccountingCost", document.accounting_reference)
        + text("BuyerReference", document.buyer_reference)
        + group(
            "InvoicePeriod",
            day("StartDate", period.start) if period else "",
            day("EndDate", period.end) if period else "",
            text("DescriptionCode", document.tax_point_code),
        )
    )


def notes(document: Invoice, profile: Profile) -> list[str]:
    """BG-1 as UBL writes it: the subject code between number signs, before the text.

    Peppol takes one note, except between Germans (PEPPOL-EN16931-R002): several become paragraphs of one, which keeps
    a subject code only if it is that of all.
    """
    given = [(each.subject_code, each.text) for each in document.notes if each.text]
    if len(given) > 1 and one_note(document, profile):
        codes = {code for code, _ in given}
        given = [(given[0][0] if len(codes) == 1 else None, "\n".join(words for _, words in given))]
    return [f"#{code}#{words}" if code else words for code, words in given]


def _references(document: Invoice, credit_note: bool) -> str:
    """BT-11 to BT-18, BG-3, BG-24. The two schemas order them differently; a credit note has no ProjectReference."""
    order = document.order_reference or (_NO_ORDER if document.sales_order_reference else None)
    contract = group("ContractDocumentReference", text("ID", document.contract_reference))
    additional = parts.object_reference(document.object_identifier, "AdditionalDocumentReference")
    project = text("ID", document.project_reference)
    if credit_note and project:
        additional += group("AdditionalDocumentReference", project, text("DocumentTypeCode", parts.PROJECT_TYPE))
    additional += "".join(parts.attachment(each) for each in document.attachments)
    tender = group("OriginatorDocumentReference", text("ID", document.tender_reference))
    return "".join(
        (
            group("OrderReference", text("ID", order), text("SalesOrderID", document.sales_order_reference)),
            *(
                group(
                    "BillingReference",
                    group("InvoiceDocumentReference", text("ID", each.number), day("IssueDate", each.issue_date)),
                )
                for each in document.preceding_invoices
            ),
            group("DespatchDocumentReference", text("ID", document.despatch_advice_reference)),
            group("ReceiptDocumentReference", text("ID", document.receiving_advice_reference)),
            contract + additional + tender if credit_note else tender + contract + additional,
            "" if credit_note else group("ProjectReference", project),
        )
    )


def _parties(document: Invoice) -> str:
    creditor = document.payment.creditor_identifier if document.payment else None
    return (
        parts.seller(document.seller, None if document.payee else creditor)
        + parts.buyer(document.buyer)
        + parts.payee(document.payee, creditor)
        + parts.tax_representative(document.tax_representative)
    )


def _tax_totals(document: Invoice, currency: str) -> str:
    """BT-110 with BG-23, and BT-111 in a TaxTotal of its own."""
    totals = document.totals
    accounting = attribute("currencyID", document.accounting_currency)
    return group(
        "TaxTotal",
        amount("TaxAmount", totals.tax_amount, currency),
        *(parts.tax_subtotal(each, currency) for each in document.vat_breakdown),
    ) + group("TaxTotal", amount("TaxAmount", totals.tax_amount_accounting, accounting) if accounting else "")


def _monetary_total(document: Invoice, currency: str) -> str:
    """BG-22 but for VAT."""
    totals = document.totals
    amounts: tuple[tuple[str, Decimal | None], ...] = (
        ("LineExtensionAmount", totals.line_total),
        ("TaxExclusiveAmount", totals.tax_exclusive),
        ("TaxInclusiveAmount", totals.tax_inclusive),
        ("AllowanceTotalAmount", totals.allowance_total),
        ("ChargeTotalAmount", totals.charge_total),
        ("PrepaidAmount", totals.paid_amount),
        ("PayableRoundingAmount", totals.rounding_amount),
        ("PayableAmount", totals.amount_due),
    )
    return group("LegalMonetaryTotal", *(amount(tag, value, currency) for tag, value in amounts))
