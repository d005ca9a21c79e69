"""The parts of a UBL document: parties, addresses, payment, allowances and charges, VAT, lines.

Each function takes a part of the canonical document and gives its UBL 2.1 text, children in the order of the schema;
"" for what is not there.

Source: EN 16931-3-2 (UBL syntax binding); OASIS UBL 2.1, UBL-CommonAggregateComponents-2.1.xsd.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from schemas.documents import (
    Address,
    AllowanceCharge,
    Attachment,
    Delivery,
    Identifier,
    Line,
    Party,
    Payment,
    VatBreakdown,
)
from stages.formats.writing.xml_text import amount, attribute, day, escaped, group, identifier, number, text

VAT_SCHEME = "<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme>"

# BT-32 stands under any scheme that is not VAT; Peppol's own examples say TAX.
_TAX_SCHEME = "<cac:TaxScheme><cbc:ID>TAX</cbc:ID></cac:TaxScheme>"

# UBL wants the card's network, which EN 16931 does not know.
_NO_NETWORK = "NA"

OBJECT_TYPE = "130"
"""UNTDID 1001: invoiced object (BT-18, BT-128)."""
PROJECT_TYPE = "50"
"""UNTDID 1001: project (BT-11), where UBL has no element of its own."""


def address(tag: str, value: Address | None) -> str:
    """BG-5, BG-8, BG-12, BG-15."""
    if value is None:
        return ""
    return group(
        tag,
        text("StreetName", value.line_1),
        text("AdditionalStreetName", value.line_2),
        text("CityName", value.city),
        text("PostalZone", value.post_code),
        text("CountrySubentity", value.subdivision),
        group("AddressLine", text("Line", value.line_3)),
        group("Country", text("IdentificationCode", value.country)),
    )


def _vat_number(value: str | None) -> str:
    return group("PartyTaxScheme", text("CompanyID", value), VAT_SCHEME) if value else ""


def _creditor(value: str | None) -> str:
    """BT-90."""
    return identifier("ID", Identifier(value=value, scheme="SEPA")) if value else ""


def seller(value: Party, creditor_identifier: str | None) -> str:
    """BG-4, and BT-90 where the seller is the one who collects."""
    local = group("PartyTaxScheme", text("CompanyID", value.tax_registration), _TAX_SCHEME)
    return group(
        "AccountingSupplierParty",
        group(
            "Party",
            identifier("EndpointID", value.endpoint),
            *(group("PartyIdentification", identifier("ID", each)) for each in value.identifiers),
            group("PartyIdentification", _creditor(creditor_identifier)),
            group("PartyName", text("Name", value.trading_name)),
            address("PostalAddress", value.address),
            _vat_number(value.vat_identifier),
            local if value.tax_registration else "",
            group(
                "PartyLegalEntity",
                text("RegistrationName", value.name),
                identifier("CompanyID", value.legal_registration),
                text("CompanyLegalForm", value.legal_information),
            ),
            _contact(value),
        ),
    )


def buyer(value: Party) -> str:
    """BG-7."""
    return group(
        "AccountingCustomerParty",
        group(
            "Party",
            identifier("EndpointID", value.endpoint),
            *(group("PartyIdentification", identifier("ID", each)) for each in value.identifiers[:1]),
            group("PartyName", text("Name", value.trading_name)),
            address("PostalAddress", value.address),
            _vat_number(value.vat_identifier),
            group(
                "PartyLegalEntity",
                text("RegistrationName", value.name),
                identifier("CompanyID", value.legal_registration),
            ),
            _contact(value),
        ),
    )


def _contact(value: Party) -> str:
    if value.contact is None:
        return ""
    return group(
        "Contact",
        text("Name", value.contact.name),
        text("Telephone", value.contact.telephone),
        text("ElectronicMail", value.contact.email),
    )


def payee(value: Party | None, creditor_identifier: str | None) -> str:
    """BG-10, and BT-90, which is the payee's where there is one."""
    if value is None:
        return ""
    return group(
        "PayeeParty",
        *(group("PartyIdentification", identifier("ID", each)) for each in value.identifiers[:1]),
        group("PartyIdentification", _creditor(creditor_identifier)),
        group("PartyName", text("Name", value.name)),
        group("PartyLegalEntity", identifier("CompanyID", value.legal_registration)),
    )


def tax_representative(value: Party | None) -> str:
    """BG-11."""
    if value is None:
        return ""
    return group(
        "TaxRepresentativeParty",
        group("PartyName", text("Name", value.name)),
        address("PostalAddress", value.address),
        _vat_number(value.vat_identifier),
    )


def delivery(value: Delivery | None) -> str:
    """BG-13."""
    if value is None:
        return ""
    return group(
        "Delivery",
        day("ActualDeliveryDate", value.date),
        group("DeliveryLocation", identifier("ID", value.location), address("Address", value.address)),
        group("DeliveryParty", group("PartyName", text("Name", value.name))),
    )


def payment(value: Payment | None, due_date: date | None) -> str:
    """BG-16: one PaymentMeans for each account. The means' text, the card and the mandate stand in the first only
    (UBL-SR-46, UBL-SR-54, UBL-SR-55).

    `due_date` is a credit note's BT-9, which an invoice has in a place of its own.
    """
    if value is None:
        return ""
    code = escaped(value.means_code)
    named = f"<cbc:PaymentMeansCode{attribute('name', value.means_text)}>{code}</cbc:PaymentMeansCode>" if code else ""
    reference = text("PaymentID", value.remittance_information)
    card = (
        group(
            "CardAccount",
            text("PrimaryAccountNumberID", value.card_account),
            text("NetworkID", _NO_NETWORK),
            text("HolderName", value.card_holder),
        )
        if value.card_account
        else ""
    )
    mandate = group(
        "PaymentMandate",
        text("ID", value.mandate),
        group("PayerFinancialAccount", text("ID", value.debited_account)),
    )
    accounts = [
        group(
            "PayeeFinancialAccount",
            text("ID", each.account),
            text("Name", each.account_name),
            group("FinancialInstitutionBranch", text("ID", each.service_provider)),
        )
        for each in value.credit_transfers
    ] or [""]
    first = group("PaymentMeans", named, day("PaymentDueDate", due_date), reference, card, accounts[0], mandate)
    return first + "".join(
        group("PaymentMeans", text("PaymentMeansCode", value.means_code), reference, each) for each in accounts[1:]
    )


def attachment(value: Attachment) -> str:
    """BG-24."""
    embedded = ""
    if value.content_base64:
        attributes = attribute("mimeCode", value.media_type) + attribute("filename", value.file_name)
        content = escaped(value.content_base64)
        embedded = f"<cbc:EmbeddedDocumentBinaryObject{attributes}>{content}</cbc:EmbeddedDocumentBinaryObject>"
    return group(
        "AdditionalDocumentReference",
        text("ID", value.reference),
        text("DocumentDescription", value.description),
        group("Attachment", embedded, group("ExternalReference", text("URI", value.external_location))),
    )


def allowance_charge(value: AllowanceCharge, currency: str, pair: bool) -> str:
    """BG-20, BG-21, BG-27, BG-28. `pair`: base and percentage only together (PEPPOL-EN16931-R041 and R042)."""
    percentage, base = value.percentage, value.base_amount
    if pair and (percentage is None or base is None):
        percentage = base = None
    return group(
        "AllowanceCharge",
        text("ChargeIndicator", "true" if value.charge else "false"),
        text("AllowanceChargeReasonCode", value.reason_code),
        text("AllowanceChargeReason", value.reason),
        number("MultiplierFactorNumeric", percentage),
        amount("Amount", value.amount, currency),
        amount("BaseAmount", base, currency),
        tax_category("TaxCategory", value.vat_category, value.vat_rate),
    )


def tax_category(tag: str, category: str | None, rate: Decimal | None, reasons: str = "") -> str:
    """BG-30, and the category of allowances, charges and the VAT breakdown."""
    if not category:
        return ""
    return group(tag, text("ID", category), number("Percent", rate), reasons, VAT_SCHEME)


def tax_subtotal(value: VatBreakdown, currency: str) -> str:
    """BG-23."""
    reasons = text("TaxExemptionReasonCode", value.exemption_reason_code)
    reasons += text("TaxExemptionReason", value.exemption_reason)
    return group(
        "TaxSubtotal",
        amount("TaxableAmount", value.taxable_amount, currency),
        amount("TaxAmount", value.tax_amount, currency),
        tax_category("TaxCategory", value.category, value.rate, reasons),
    )


def line(value: Line, currency: str, tags: tuple[str, str], pair: bool) -> str:
    """BG-25. `tags`: InvoiceLine and InvoicedQuantity, or CreditNoteLine and CreditedQuantity."""
    period = value.period
    return group(
        tags[0],
        text("ID", value.identifier),
        text("Note", value.note),
        number(tags[1], value.quantity, attribute("unitCode", value.unit)),
        amount("LineExtensionAmount", value.net_amount, currency),
        text("AccountingCost", value.accounting_reference),
        group("InvoicePeriod", day("StartDate", period.start), day("EndDate", period.end)) if period else "",
        group("OrderLineReference", text("LineID", value.order_line_reference)),
        object_reference(value.object_identifier),
        *(allowance_charge(each, currency, pair) for each in value.allowances_charges),
        _item(value),
        _price(value, currency),
    )


def object_reference(value: Identifier | None, tag: str = "DocumentReference") -> str:
    """BT-18, BT-128."""
    named = identifier("ID", value)
    return group(tag, named, text("DocumentTypeCode", OBJECT_TYPE)) if named else ""


def _item(value: Line) -> str:
    return group(
        "Item",
        text("Description", value.description),
        text("Name", value.name),
        group("BuyersItemIdentification", text("ID", value.buyer_item_id)),
        group("SellersItemIdentification", text("ID", value.seller_item_id)),
        group("StandardItemIdentification", identifier("ID", value.standard_item_id)),
        group("OriginCountry", text("IdentificationCode", value.origin_country)),
        *(
            group("CommodityClassification", identifier("ItemClassificationCode", each, "listID"))
            for each in value.classifications
        ),
        tax_category("ClassifiedTaxCategory", value.vat_category, value.vat_rate),
        *(
            group("AdditionalItemProperty", text("Name", each.name), text("Value", each.value))
            for each in value.attributes
        ),
    )


def _price(value: Line, currency: str) -> str:
    """BG-29. UBL has the gross price only as the base of a discount: without one, the discount is what lies between."""
    discount, gross = value.price_discount, value.gross_price
    if discount is None and gross is not None:
        discount = gross - value.net_price
    reduction = ""
    if discount is not None:
        reduction = group(
            "AllowanceCharge",
            text("ChargeIndicator", "false"),
            number("Amount", discount, currency),
            number("BaseAmount", gross, currency),
        )
    return group(
        "Price",
        number("PriceAmount", value.net_price, currency),
        number("BaseQuantity", value.base_quantity, attribute("unitCode", value.base_quantity_unit)),
        reduction,
    )
