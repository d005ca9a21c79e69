"""Where CII has what the profiles ask: field -> path, as `tables.json` has it.

`CODED` are codes of lists; `WANTED` what must be in an element, `path|child`; `ONCE` what stands there once at most.
What else the stylesheets ask in that way our writer always gives: a fixed format or type, an element around a value.

Source   CEN/TS 16931-3-3; Factur-X 1.09
"""

from __future__ import annotations

_AGREEMENT, _DELIVERY = "/ApplicableHeaderTradeAgreement", "/ApplicableHeaderTradeDelivery"
_SETTLEMENT, _LINE = "/ApplicableHeaderTradeSettlement", "/IncludedSupplyChainTradeLineItem"
_OF_LINE = f"{_LINE}/SpecifiedLineTradeSettlement"
_PRODUCT = f"{_LINE}/SpecifiedTradeProduct"
_SUMS = f"{_SETTLEMENT}/SpecifiedTradeSettlementHeaderMonetarySummation"
_REFERENCE = f"{_AGREEMENT}/AdditionalReferencedDocument"
_ALLOWANCE = 'SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator="false"]'
_CHARGE = 'SpecifiedTradeAllowanceCharge[ChargeIndicator/Indicator="true"]'
_PARTIES = {
    "seller": f"{_AGREEMENT}/SellerTradeParty",
    "buyer": f"{_AGREEMENT}/BuyerTradeParty",
    "tax_representative": f"{_AGREEMENT}/SellerTaxRepresentativeTradeParty",
    "payee": f"{_SETTLEMENT}/PayeeTradeParty",
    "delivery": f"{_DELIVERY}/ShipToTradeParty",
}

CODED: dict[str, str] = {
    "type_code": "^/ExchangedDocument/TypeCode",
    "notes.subject_code": "^/ExchangedDocument/IncludedNote/SubjectCode",
    "object_identifier.scheme": f'{_REFERENCE}[TypeCode="130"]/ReferenceTypeCode',
    "attachments.media_type": f'{_REFERENCE}[TypeCode="916"]/AttachmentBinaryObject',
    "currency": f"{_SETTLEMENT}/InvoiceCurrencyCode",
    "accounting_currency": f"{_SETTLEMENT}/TaxCurrencyCode",
    "totals.tax_amount": f"{_SUMS}/TaxTotalAmount[@currencyID=../../InvoiceCurrencyCode]",
    "totals.tax_amount_accounting": f"{_SUMS}/TaxTotalAmount[@currencyID=../../TaxCurrencyCode]",
    "payment.means_code": f"{_SETTLEMENT}/SpecifiedTradeSettlementPaymentMeans/TypeCode",
    "vat_breakdown.category": f"{_SETTLEMENT}/ApplicableTradeTax/CategoryCode",
    "vat_breakdown.exemption_reason_code": f"{_SETTLEMENT}/ApplicableTradeTax/ExemptionReasonCode",
    "tax_point_code": f"{_SETTLEMENT}/ApplicableTradeTax/DueDateTypeCode",
    "allowances.vat_category": f"{_SETTLEMENT}/{_ALLOWANCE}/CategoryTradeTax/CategoryCode",
    "charges.vat_category": f"{_SETTLEMENT}/{_CHARGE}/CategoryTradeTax/CategoryCode",
    "allowances.reason_code": f"{_SETTLEMENT}/{_ALLOWANCE}/ReasonCode",
    "charges.reason_code": f"{_SETTLEMENT}/{_CHARGE}/ReasonCode[not(@listID)]",
    "lines.allowances.reason_code": f"{_OF_LINE}/{_ALLOWANCE}/ReasonCode",
    "lines.charges.reason_code": f"{_OF_LINE}/{_CHARGE}/ReasonCode[not(@listID)]",
    "lines.vat_category": f"{_OF_LINE}/ApplicableTradeTax/CategoryCode",
    "lines.object_identifier.scheme": f"{_OF_LINE}/AdditionalReferencedDocument/ReferenceTypeCode",
    "lines.unit": f"{_LINE}/SpecifiedLineTradeDelivery/BilledQuantity",
    "lines.net_price": f"{_LINE}/SpecifiedLineTradeAgreement/NetPriceProductTradePrice/BasisQuantity",
    "lines.gross_price": f"{_LINE}/SpecifiedLineTradeAgreement/GrossPriceProductTradePrice/BasisQuantity",
    "lines.standard_item_id": f"{_PRODUCT}/GlobalID",
    "lines.classifications": f"{_PRODUCT}/DesignatedProductClassification/ClassCode",
    "lines.origin_country": f"{_PRODUCT}/OriginTradeCountry/ID",
    "delivery.location": f"{_PARTIES['delivery']}/GlobalID",
    **{f"{role}.identifiers": f"{_PARTIES[role]}/GlobalID" for role in ("seller", "buyer", "payee")},
    **{
        f"{role}.legal_registration": f"{_PARTIES[role]}/SpecifiedLegalOrganization/ID"
        for role in ("seller", "buyer", "payee")
    },
    **{f"{role}.endpoint": f"{_PARTIES[role]}/URIUniversalCommunication/URIID" for role in ("seller", "buyer")},
    **{
        f"{role}.address": f"{_PARTIES[role]}/PostalTradeAddress/CountryID"
        for role in ("seller", "buyer", "tax_representative", "delivery")
    },
}

WANTED: dict[str, str] = {
    "type_code": "^/ExchangedDocument|TypeCode",
    "lines": "|IncludedSupplyChainTradeLineItem",
    "notes.text": "^/ExchangedDocument/IncludedNote|Content",
    "preceding_invoices.number": f"{_SETTLEMENT}/InvoiceReferencedDocument|IssuerAssignedID",
    "object_identifier": f'{_REFERENCE}[TypeCode="130"]|IssuerAssignedID',
    "attachments.reference": f'{_REFERENCE}[TypeCode="916"]|IssuerAssignedID',
    "attachments.media_type": f'{_REFERENCE}[TypeCode="916"]/AttachmentBinaryObject|@mimeCode',
    "attachments.file_name": f'{_REFERENCE}[TypeCode="916"]/AttachmentBinaryObject|@filename',
    "tax_representative.vat_identifier": f"{_PARTIES['tax_representative']}|SpecifiedTaxRegistration",
    "vat_breakdown": f"{_SETTLEMENT}|ApplicableTradeTax",
    "vat_breakdown.category": f"{_SETTLEMENT}/ApplicableTradeTax|CategoryCode",
    "allowances.vat_category": f"{_SETTLEMENT}/{_ALLOWANCE}|CategoryTradeTax",
    "charges.vat_category": f"{_SETTLEMENT}/{_CHARGE}|CategoryTradeTax",
    "payment.means_code": f"{_SETTLEMENT}/SpecifiedTradeSettlementPaymentMeans|TypeCode",
    "totals": f"{_SETTLEMENT}|SpecifiedTradeSettlementHeaderMonetarySummation",
    "totals.line_total": f"{_SUMS}|LineTotalAmount",
    "totals.tax_exclusive": f"{_SUMS}|TaxBasisTotalAmount",
    "totals.tax_inclusive": f"{_SUMS}|GrandTotalAmount",
    "totals.amount_due": f"{_SUMS}|DuePayableAmount",
    "lines.identifier": f"{_LINE}|AssociatedDocumentLineDocument",
    "lines.note": f"{_LINE}/AssociatedDocumentLineDocument|LineID",
    "lines.tax": f"{_OF_LINE}|ApplicableTradeTax",
    "lines.vat_category": f"{_OF_LINE}/ApplicableTradeTax|CategoryCode",
    "lines.net_amount": f"{_OF_LINE}|SpecifiedTradeSettlementLineMonetarySummation",
    "lines.object_identifier": f"{_OF_LINE}/AdditionalReferencedDocument|IssuerAssignedID",
    "lines.product": f"{_LINE}|SpecifiedTradeProduct",
    "lines.name": f"{_PRODUCT}|Name",
    "lines.standard_item_id": f"{_PRODUCT}/GlobalID|@schemeID",
    "lines.classifications": f"{_PRODUCT}/DesignatedProductClassification/ClassCode|@listID",
    "lines.attributes.name": f"{_PRODUCT}/ApplicableProductCharacteristic|Description",
    "lines.attributes.value": f"{_PRODUCT}/ApplicableProductCharacteristic|Value",
    **{f"{role}.name": f"{_PARTIES[role]}|Name" for role in ("seller", "buyer", "tax_representative", "payee")},
    **{f"{role}.address": f"{_PARTIES[role]}|PostalTradeAddress" for role in ("seller", "buyer", "tax_representative")},
    **{
        f"{role}.address.country": f"{_PARTIES[role]}/PostalTradeAddress|CountryID"
        for role in ("seller", "buyer", "tax_representative", "delivery")
    },
    **{
        f"{role}.endpoint": f"{_PARTIES[role]}/URIUniversalCommunication/URIID|@schemeID"
        for role in ("seller", "buyer")
    },
}

ONCE: dict[str, str] = {
    "currency": f"{_SUMS}|TaxTotalAmount[@currencyID=../../InvoiceCurrencyCode]",
    "accounting_currency": f"{_SUMS}|TaxTotalAmount[@currencyID=../../TaxCurrencyCode]",
}
