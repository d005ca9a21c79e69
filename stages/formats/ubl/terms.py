"""Where each EN 16931 business term stands in UBL 2.1: one table for Invoice and CreditNote.

Source: CEN/TS 16931-3-2 (syntax binding to UBL 2.1), Peppol BIS Billing 3. A term that UBL puts at another place in a
credit note (BT-9, BT-11) stands here twice.
"""

from __future__ import annotations

import re

from lxml import etree

from stages.formats.reading.xml_actions import (
    amount,
    day,
    embedded,
    flag,
    group,
    groups,
    identifier,
    identifiers,
    ignored,
    joined,
    merged,
    quantity,
    text,
    within,
)
from stages.formats.reading.xml_invoice import InvoiceWalk as Walk
from stages.formats.reading.xml_walk import Data, Node

CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
EXT = "{urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2}"

_SUBJECT = re.compile(r"#([A-Z]{3})#(.*)\Z", re.S)


def _note(walk: Walk, target: Data, element: etree._Element) -> None:
    """BT-21 and BT-22 share an element: `#ADU#text`."""
    said = (element.text or "").strip()
    if said:
        coded = _SUBJECT.match(said)
        note: Data = {"text": coded[2], "subject_code": coded[1]} if coded else {"text": said}
        walk.append(target, "notes", note, element)


def _party_tax(walk: Walk, target: Data, element: etree._Element) -> None:
    """BT-31, BT-48, BT-63 where the scheme is VAT; else BT-32."""
    scheme = (element.findtext(f"{CAC}TaxScheme/{CBC}ID") or "").strip().upper()
    field = "vat_identifier" if scheme == "VAT" else "tax_registration"
    walk.run({f"{CBC}CompanyID": text(field), f"{CAC}TaxScheme": ignored}, target, element)


def _reference(walk: Walk, target: Data, element: etree._Element) -> None:
    """AdditionalDocumentReference: BT-18 (type 130), BT-11 in credit notes (type 50), else BG-24."""
    kind = (element.findtext(f"{CBC}DocumentTypeCode") or "").strip()
    if kind == "130":
        walk.run({f"{CBC}ID": identifier("object_identifier"), f"{CBC}DocumentTypeCode": ignored}, target, element)
    elif kind == "50":
        walk.run({f"{CBC}ID": text("project_reference"), f"{CBC}DocumentTypeCode": ignored}, target, element)
    else:
        groups("attachments", _ATTACHMENT)(walk, target, element)


def _payment(walk: Walk, target: Data, element: etree._Element) -> None:
    """Several PaymentMeans are one payment with several accounts (BG-17), unless they differ."""
    payment = target.setdefault("payment", {})
    walk.parents.setdefault(id(payment), element)
    walk.run(_PAYMENT, payment, element)
    due = element.find(f"{CBC}PaymentDueDate")
    if due is not None:
        day("due_date")(walk, target, due)


def _means(walk: Walk, target: Data, element: etree._Element) -> None:
    walk.put(target, "means_code", element.text, element)
    walk.put(target, "means_text", element.get("name"), element)


_COUNTRY = {f"{CAC}Country": within({f"{CBC}IdentificationCode": text("country"), f"{CBC}Name": ignored})}
_ADDRESS: Node = {
    f"{CBC}StreetName": text("line_1"),
    f"{CBC}AdditionalStreetName": text("line_2"),
    f"{CAC}AddressLine": within({f"{CBC}Line": text("line_3")}),
    f"{CBC}CityName": text("city"),
    f"{CBC}PostalZone": text("post_code"),
    f"{CBC}CountrySubentity": text("subdivision"),
    **_COUNTRY,
}
_PARTY: Node = {
    f"{CBC}EndpointID": identifier("endpoint"),
    f"{CAC}PartyIdentification": within({f"{CBC}ID": identifiers("identifiers")}),
    f"{CAC}PartyName": within({f"{CBC}Name": text("trading_name")}),
    f"{CAC}PostalAddress": group("address", _ADDRESS),
    f"{CAC}PartyTaxScheme": _party_tax,
    f"{CAC}PartyLegalEntity": within(
        {
            f"{CBC}RegistrationName": text("name"),
            f"{CBC}CompanyID": identifier("legal_registration"),
            f"{CBC}CompanyLegalForm": text("legal_information"),
        }
    ),
    f"{CAC}Contact": group(
        "contact",
        {f"{CBC}Name": text("name"), f"{CBC}Telephone": text("telephone"), f"{CBC}ElectronicMail": text("email")},
    ),
}
_NAMED: Node = {**_PARTY, f"{CAC}PartyName": within({f"{CBC}Name": text("name")})}
"""Payee and tax representative: their name is the PartyName (BT-59, BT-62)."""
_PAYMENT: Node = {
    f"{CBC}PaymentMeansCode": _means,
    f"{CBC}PaymentDueDate": ignored,  # taken by _payment
    f"{CBC}PaymentID": text("remittance_information"),
    f"{CAC}CardAccount": within(
        {
            f"{CBC}PrimaryAccountNumberID": text("card_account"),
            f"{CBC}NetworkID": ignored,
            f"{CBC}HolderName": text("card_holder"),
        }
    ),
    f"{CAC}PayeeFinancialAccount": groups(
        "credit_transfers",
        {
            f"{CBC}ID": text("account"),
            f"{CBC}Name": text("account_name"),
            f"{CAC}FinancialInstitutionBranch": within({f"{CBC}ID": text("service_provider")}),
        },
    ),
    f"{CAC}PaymentMandate": within(
        {f"{CBC}ID": text("mandate"), f"{CAC}PayerFinancialAccount": within({f"{CBC}ID": text("debited_account")})}
    ),
}
_ATTACHMENT: Node = {
    f"{CBC}ID": text("reference"),
    f"{CBC}DocumentTypeCode": ignored,
    f"{CBC}DocumentDescription": text("description"),
    f"{CAC}Attachment": within(
        {
            f"{CBC}EmbeddedDocumentBinaryObject": embedded,
            f"{CAC}ExternalReference": within({f"{CBC}URI": text("external_location")}),
        }
    ),
}
_ALLOWANCE: Node = {
    f"{CBC}ChargeIndicator": flag("charge"),
    f"{CBC}AllowanceChargeReasonCode": text("reason_code"),
    f"{CBC}AllowanceChargeReason": text("reason"),
    f"{CBC}MultiplierFactorNumeric": text("percentage"),
    f"{CBC}Amount": amount("amount"),
    f"{CBC}BaseAmount": amount("base_amount"),
    f"{CAC}TaxCategory": within(
        {f"{CBC}ID": text("vat_category"), f"{CBC}Percent": text("vat_rate"), f"{CAC}TaxScheme": ignored}
    ),
}
_TAX_TOTAL: Node = {
    f"{CBC}TaxAmount": lambda walk, _target, element: walk.tax_total(element),
    f"{CAC}TaxSubtotal": groups(
        "vat_breakdown",
        {
            f"{CBC}TaxableAmount": amount("taxable_amount"),
            f"{CBC}TaxAmount": amount("tax_amount"),
            f"{CAC}TaxCategory": within(
                {
                    f"{CBC}ID": text("category"),
                    f"{CBC}Percent": text("rate"),
                    f"{CBC}TaxExemptionReasonCode": text("exemption_reason_code"),
                    f"{CBC}TaxExemptionReason": text("exemption_reason"),
                    f"{CAC}TaxScheme": ignored,
                }
            ),
        },
    ),
}
_PERIOD: Node = {f"{CBC}StartDate": day("start"), f"{CBC}EndDate": day("end")}
_ITEM: Node = {
    f"{CBC}Description": text("description"),
    f"{CBC}Name": text("name"),
    f"{CAC}BuyersItemIdentification": within({f"{CBC}ID": text("buyer_item_id")}),
    f"{CAC}SellersItemIdentification": within({f"{CBC}ID": text("seller_item_id")}),
    f"{CAC}StandardItemIdentification": within({f"{CBC}ID": identifier("standard_item_id")}),
    f"{CAC}OriginCountry": within({f"{CBC}IdentificationCode": text("origin_country")}),
    f"{CAC}CommodityClassification": within({f"{CBC}ItemClassificationCode": identifiers("classifications", "listID")}),
    f"{CAC}ClassifiedTaxCategory": within(
        {f"{CBC}ID": text("vat_category"), f"{CBC}Percent": text("vat_rate"), f"{CAC}TaxScheme": ignored}
    ),
    f"{CAC}AdditionalItemProperty": groups("attributes", {f"{CBC}Name": text("name"), f"{CBC}Value": text("value")}),
}
_LINE: Node = {
    f"{CBC}ID": text("identifier"),
    f"{CBC}Note": joined("note"),
    f"{CBC}InvoicedQuantity": quantity("quantity", "unit"),
    f"{CBC}CreditedQuantity": quantity("quantity", "unit"),
    f"{CBC}LineExtensionAmount": amount("net_amount"),
    f"{CBC}AccountingCost": text("accounting_reference"),
    f"{CAC}InvoicePeriod": group("period", _PERIOD),
    f"{CAC}OrderLineReference": within({f"{CBC}LineID": text("order_line_reference")}),
    f"{CAC}DocumentReference": within({f"{CBC}ID": identifier("object_identifier"), f"{CBC}DocumentTypeCode": ignored}),
    f"{CAC}AllowanceCharge": groups("allowances_charges", _ALLOWANCE),
    f"{CAC}Item": within(_ITEM),
    f"{CAC}Price": within(
        {
            f"{CBC}PriceAmount": amount("net_price"),
            f"{CBC}BaseQuantity": quantity("base_quantity", "base_quantity_unit"),
            f"{CAC}AllowanceCharge": within(
                {
                    f"{CBC}ChargeIndicator": ignored,
                    f"{CBC}Amount": amount("price_discount"),
                    f"{CBC}BaseAmount": amount("gross_price"),
                }
            ),
        }
    ),
}
DOCUMENT: Node = {
    f"{CBC}UBLVersionID": ignored,
    f"{CBC}CustomizationID": text("specification"),
    f"{CBC}ProfileID": text("business_process"),
    f"{CBC}ID": text("invoice_number"),
    f"{CBC}IssueDate": day("issue_date"),
    f"{CBC}DueDate": day("due_date"),
    f"{CBC}InvoiceTypeCode": text("type_code"),
    f"{CBC}CreditNoteTypeCode": text("type_code"),
    f"{CBC}Note": _note,
    f"{CBC}TaxPointDate": day("tax_point_date"),
    f"{CBC}DocumentCurrencyCode": text("currency"),
    f"{CBC}TaxCurrencyCode": text("accounting_currency"),
    f"{CBC}AccountingCost": text("accounting_reference"),
    f"{CBC}BuyerReference": text("buyer_reference"),
    f"{CAC}InvoicePeriod": within(
        {
            f"{CBC}DescriptionCode": text("tax_point_code"),
            **{
                f"{CBC}StartDate": lambda w, t, e: day("start")(w, t.setdefault("period", {}), e),
                f"{CBC}EndDate": lambda w, t, e: day("end")(w, t.setdefault("period", {}), e),
            },
        }
    ),
    f"{CAC}OrderReference": within(
        {f"{CBC}ID": text("order_reference"), f"{CBC}SalesOrderID": text("sales_order_reference")}
    ),
    f"{CAC}BillingReference": within(
        {
            f"{CAC}InvoiceDocumentReference": groups(
                "preceding_invoices", {f"{CBC}ID": text("number"), f"{CBC}IssueDate": day("issue_date")}
            )
        }
    ),
    f"{CAC}DespatchDocumentReference": within({f"{CBC}ID": text("despatch_advice_reference")}),
    f"{CAC}ReceiptDocumentReference": within({f"{CBC}ID": text("receiving_advice_reference")}),
    f"{CAC}OriginatorDocumentReference": within({f"{CBC}ID": text("tender_reference")}),
    f"{CAC}ContractDocumentReference": within({f"{CBC}ID": text("contract_reference")}),
    f"{CAC}AdditionalDocumentReference": _reference,
    f"{CAC}ProjectReference": within({f"{CBC}ID": text("project_reference")}),
    f"{CAC}AccountingSupplierParty": within({f"{CAC}Party": group("seller", _PARTY)}),
    f"{CAC}AccountingCustomerParty": within({f"{CAC}Party": group("buyer", _PARTY)}),
    f"{CAC}PayeeParty": group("payee", _NAMED),
    f"{CAC}TaxRepresentativeParty": group("tax_representative", _NAMED),
    f"{CAC}Delivery": merged(
        "delivery",
        {
            f"{CBC}ActualDeliveryDate": day("date"),
            f"{CAC}DeliveryLocation": within(
                {f"{CBC}ID": identifier("location"), f"{CAC}Address": group("address", _ADDRESS)}
            ),
            f"{CAC}DeliveryParty": within({f"{CAC}PartyName": within({f"{CBC}Name": text("name")})}),
        },
    ),
    f"{CAC}PaymentMeans": _payment,
    f"{CAC}PaymentTerms": within({f"{CBC}Note": joined("payment_terms")}),
    f"{CAC}AllowanceCharge": groups("allowances_charges", _ALLOWANCE),
    f"{CAC}TaxTotal": within(_TAX_TOTAL),
    f"{CAC}LegalMonetaryTotal": group(
        "totals",
        {
            f"{CBC}LineExtensionAmount": amount("line_total"),
            f"{CBC}TaxExclusiveAmount": amount("tax_exclusive"),
            f"{CBC}TaxInclusiveAmount": amount("tax_inclusive"),
            f"{CBC}AllowanceTotalAmount": amount("allowance_total"),
            f"{CBC}ChargeTotalAmount": amount("charge_total"),
            f"{CBC}PrepaidAmount": amount("paid_amount"),
            f"{CBC}PayableRoundingAmount": amount("rounding_amount"),
            f"{CBC}PayableAmount": amount("amount_due"),
        },
    ),
    f"{CAC}InvoiceLine": groups("lines", _LINE),
    f"{CAC}CreditNoteLine": groups("lines", _LINE),
}
