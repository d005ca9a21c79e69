"""Where each business term stands in Facturae 3.2.x: one table for all three versions.

Source: Facturae 3.2.2, Facturaev3_2_2.xsd and its annotations (Ministerio de Hacienda). What EN 16931 has no term for
goes to the extras under `facturae.`; taxes and totals wait in `Walk.taxes` and `Walk.said` until all is read.
"""

from __future__ import annotations

from stages.formats.facturae.actions import (
    allowance,
    attachment,
    centre,
    coded,
    country,
    kept,
    note,
    of_line,
    payment,
    post_code_and_town,
    said,
    sequence,
    surname,
    taxes,
)
from stages.formats.facturae.codes import MEANS, UNITS
from stages.formats.reading.xml_actions import day, group, groups, ignored, text, within
from stages.formats.reading.xml_walk import Node

_ADDRESS: Node = {
    "Address": text("line_1"),
    "PostCode": text("post_code"),
    "Town": text("city"),
    "PostCodeAndTown": post_code_and_town,
    "Province": text("subdivision"),
    "CountryCode": country,
}
_CONTACT: Node = {
    "Telephone": text("telephone"),
    "ElectronicMail": text("email"),
    "ContactPersons": text("name"),
    **{
        name: kept(f"contact.{name}")
        for name in ("TeleFax", "WebAddress", "CnoCnae", "INETownCode", "AdditionalContactDetails")
    },
}
_WHERE: Node = {
    "AddressInSpain": group("address", _ADDRESS),
    "OverseasAddress": group("address", _ADDRESS),
    "ContactDetails": group("contact", _CONTACT),
}
PARTY: Node = {
    "TaxIdentification": within(
        {"PersonTypeCode": ignored, "ResidenceTypeCode": ignored, "TaxIdentificationNumber": text("vat_identifier")}
    ),
    "PartyIdentification": text("erp_id"),
    "AdministrativeCentres": within({"AdministrativeCentre": centre}),
    "LegalEntity": within(
        {
            "CorporateName": text("name"),
            "TradeName": text("trading_name"),
            "RegistrationData": kept("registration"),
            **_WHERE,
        }
    ),
    "Individual": within({"Name": text("given_name"), "FirstSurname": surname, "SecondSurname": surname, **_WHERE}),
}
_PERIOD: Node = {"StartDate": day("start"), "EndDate": day("end")}
_DISCOUNT = allowance(False, "DiscountAmount", "DiscountRate", "DiscountReason")
_CHARGE = allowance(True, "ChargeAmount", "ChargeRate", "ChargeReason")
_ATTACHMENT: Node = {
    "AttachmentCompressionAlgorithm": ignored,
    "AttachmentFormat": ignored,
    "AttachmentEncoding": ignored,
    "AttachmentDescription": text("description"),
    "AttachmentData": text("content_base64"),
}
_LINE: Node = {
    "IssuerContractReference": kept("line.IssuerContractReference"),
    "IssuerContractDate": kept("line.IssuerContractDate"),
    "IssuerTransactionReference": of_line("sales_order_reference", "IssuerTransactionReference"),
    "IssuerTransactionDate": kept("line.IssuerTransactionDate"),
    "ReceiverContractReference": of_line("contract_reference", "ReceiverContractReference"),
    "ReceiverContractDate": kept("line.ReceiverContractDate"),
    "ReceiverTransactionReference": of_line("order_reference", "ReceiverTransactionReference"),
    "ReceiverTransactionDate": kept("line.ReceiverTransactionDate"),
    "FileReference": of_line("tender_reference", "FileReference"),
    "FileDate": kept("line.FileDate"),
    "SequenceNumber": sequence,
    "DeliveryNotesReferences": within(
        {
            "DeliveryNote": within(
                {
                    "DeliveryNoteNumber": of_line("despatch_advice_reference", "DeliveryNoteNumber"),
                    "DeliveryNoteDate": kept("line.DeliveryNoteDate"),
                }
            )
        }
    ),
    "ItemDescription": text("name"),
    "Quantity": text("quantity"),
    "UnitOfMeasure": coded("unit", UNITS, "unit"),
    "UnitPriceWithoutTax": text("net_price"),
    "TotalCost": ignored,  # quantity x price, which are carried
    "DiscountsAndRebates": within({"Discount": groups("allowances_charges", _DISCOUNT)}),
    "Charges": within({"Charge": groups("allowances_charges", _CHARGE)}),
    "GrossAmount": text("net_amount"),
    "TaxesWithheld": ignored,  # the document's say the same, summed
    "TaxesOutputs": within({"Tax": taxes("line")}),
    "LineItemPeriod": group("period", _PERIOD),
    "TransactionDate": kept("line.TransactionDate"),
    "AdditionalLineItemInformation": text("note"),
    "SpecialTaxableEvent": taxes("event"),
    "ArticleCode": text("seller_item_id"),
}
INVOICE: Node = {
    "InvoiceHeader": within(
        {
            "InvoiceNumber": text("invoice_number"),
            "InvoiceSeriesCode": kept("series"),
            "InvoiceDocumentType": said("document_type"),
            "InvoiceClass": said("class"),
            "Corrective": within(
                {
                    "InvoiceNumber": said("corrected_number"),
                    "InvoiceSeriesCode": said("corrected_series"),
                    "ReasonCode": kept("correction_reason"),
                    "ReasonDescription": ignored,  # of the code
                    "TaxPeriod": kept("correction_period"),
                    "CorrectionMethod": kept("correction_method"),
                    "CorrectionMethodDescription": ignored,
                    "AdditionalReasonDescription": note("ACB"),
                    "InvoiceIssueDate": said("corrected_date"),
                }
            ),
        }
    ),
    "InvoiceIssueData": within(
        {
            "IssueDate": day("issue_date"),
            "OperationDate": day("tax_point_date"),
            "PlaceOfIssue": kept("place_of_issue"),
            "InvoicingPeriod": group("period", _PERIOD),
            "InvoiceCurrencyCode": text("currency"),
            "ExchangeRateDetails": kept("exchange_rate"),
            "TaxCurrencyCode": text("accounting_currency"),
            "LanguageName": lambda walk, target, element: walk.put(
                target.setdefault("hints", {}), "language", element.text, element
            ),
            "InvoiceDescription": note(None),
            "ReceiverTransactionReference": text("order_reference"),
            "FileReference": text("tender_reference"),
            "ReceiverContractReference": text("contract_reference"),
        }
    ),
    "TaxesOutputs": within({"Tax": taxes("outputs")}),
    "TaxesWithheld": within({"Tax": taxes("withheld")}),
    "InvoiceTotals": within(
        {
            "TotalGrossAmount": said("line_total"),
            "GeneralDiscounts": within({"Discount": groups("allowances_charges", _DISCOUNT)}),
            "GeneralSurcharges": within({"Charge": groups("allowances_charges", _CHARGE)}),
            "TotalGeneralDiscounts": said("allowance_total"),
            "TotalGeneralSurcharges": said("charge_total"),
            "TotalGrossAmountBeforeTaxes": said("tax_exclusive"),
            "TotalTaxOutputs": said("tax_amount"),
            "TotalTaxesWithheld": said("withheld"),
            "InvoiceTotal": said("invoice_total"),
            "Subsidies": within({"Subsidy": taxes("paid")}),
            "PaymentsOnAccount": within({"PaymentOnAccount": taxes("paid")}),
            "ReimbursableExpenses": within({"ReimbursableExpenses": taxes("added")}),
            "TotalFinancialExpenses": said("financial_expenses"),
            "TotalOutstandingAmount": ignored,
            "TotalPaymentsOnAccount": ignored,
            "AmountsWithheld": taxes("paid"),
            "TotalExecutableAmount": said("amount_due"),
            "TotalReimbursableExpenses": ignored,
            "PaymentInKind": taxes("paid"),
        }
    ),
    "Items": within({"InvoiceLine": groups("lines", _LINE)}),
    "PaymentDetails": within({"Installment": payment}),
    "LegalLiterals": within({"LegalReference": note("REG")}),
    "AdditionalData": within(
        {
            "RelatedInvoice": said("related_invoice"),
            "RelatedDocuments": within({"Attachment": attachment(_ATTACHMENT)}),
            "InvoiceAdditionalInformation": note(None),
        }
    ),
}
INSTALMENT: Node = {
    "InstallmentDueDate": ignored,
    "InstallmentAmount": ignored,
    "PaymentMeans": coded("means_code", MEANS, "means"),
    "PaymentReconciliationReference": text("remittance_information"),
    "CollectionAdditionalInformation": ignored,
    "AccountToBeCredited": groups(
        "credit_transfers",
        {
            "IBAN": text("account"),
            "AccountNumber": text("account"),
            "BIC": text("service_provider"),
            "BankCode": kept("payment.BankCode"),
            "BranchCode": kept("payment.BranchCode"),
            "BranchInSpainAddress": kept("payment.BranchAddress"),
            "OverseasBranchAddress": kept("payment.BranchAddress"),
        },
    ),
    "AccountToBeDebited": within({"IBAN": text("debited_account"), "AccountNumber": text("debited_account")}),
    "RegulatoryReportingData": kept("payment.RegulatoryReportingData"),
    "DebitReconciliationReference": text("mandate"),
}
