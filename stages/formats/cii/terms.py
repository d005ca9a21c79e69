"""Where each EN 16931 business term stands in CII D16B: one table, by which it is read and written.

Levels are the profiles of Factur-X, each of which has what the one before it has. Elements that EN 16931 leaves out but
EXTENDED or older files have, and that have a place in the document, are read and not written.

Source: CEN/TS 16931-3-3 (syntax binding to UN/CEFACT CII D16B); Factur-X 1.09 (profiles)
"""

from __future__ import annotations

from stages.formats.binding import Table
from stages.formats.binding.attributed import classifications, embedded, identifier, identifiers, quantity
from stages.formats.binding.elements import (
    READ_ONLY,
    Element,
    amount,
    fixed,
    flag,
    joined,
    number,
    special,
    text,
    usual,
)
from stages.formats.binding.groups import part, parts, wrap
from stages.formats.cii import oddities
from stages.formats.cii.dates import stamp
from stages.formats.cii.profile import BASIC, BASIC_WL, EN16931
from stages.formats.cii.settlement import PaymentMeans, Taxes
from stages.formats.cii.spaces import NAMESPACES

_ADDRESS: tuple[Element, ...] = (
    text("ram:PostcodeCode", "post_code"),
    text("ram:LineOne", "line_1"),
    text("ram:LineTwo", "line_2"),
    text("ram:LineThree", "line_3"),
    text("ram:CityName", "city"),
    text("ram:CountryID", "country"),
    text("ram:CountrySubDivisionName", "subdivision"),
)


def _party(tag: str, field: str, most: int | None, own: frozenset[str], trading: int = EN16931) -> Element:
    """A party; `own` are the fields that EN 16931 gives to this role (identifiers `most`), others are only read."""

    def at(name: str, level: int = BASIC_WL) -> int:
        return level if name in own else READ_ONLY

    return part(
        tag,
        field,
        identifiers("ram:ID", "identifiers", at("identifiers"), schemed=False, most=most),
        identifiers("ram:GlobalID", "identifiers", at("identifiers"), schemed=True, most=most),
        text("ram:Name", "name"),
        text("ram:Description", "legal_information", at("legal_information", EN16931)),
        wrap(
            "ram:SpecifiedLegalOrganization",
            identifier("ram:ID", "legal_registration", at("legal_registration")),
            text("ram:TradingBusinessName", "trading_name", at("trading_name", trading)),
        ),
        part(
            "ram:DefinedTradeContact",
            "contact",
            text("ram:PersonName", "name"),
            text("ram:DepartmentName", "name", READ_ONLY),
            text("ram:TelephoneUniversalCommunication/ram:CompleteNumber", "telephone"),
            text("ram:EmailURIUniversalCommunication/ram:URIID", "email"),
            level=at("contact", EN16931),
        ),
        part("ram:PostalTradeAddress", "address", *_ADDRESS, level=at("address")),
        identifier("ram:URIUniversalCommunication/ram:URIID", "endpoint", at("endpoint")),
        text("ram:SpecifiedTaxRegistration/ram:ID", "vat_identifier", at("vat_identifier"), schemeID="VA"),
        text("ram:SpecifiedTaxRegistration/ram:ID", "tax_registration", at("tax_registration"), schemeID="FC"),
    )


_BUYER = frozenset(
    {"identifiers", "legal_registration", "trading_name", "contact", "address", "endpoint", "vat_identifier"}
)
_SELLER = _BUYER | {"legal_information", "tax_registration"}

_CATEGORY: tuple[Element, ...] = (
    fixed("ram:TypeCode", "VAT"),
    text("ram:CategoryCode", "vat_category"),
    number("ram:RateApplicablePercent", "vat_rate"),
)


def _allowance(computed: int, *category: Element) -> Element:
    """`computed`: from which level on base and percentage are there."""
    return parts(
        "ram:SpecifiedTradeAllowanceCharge",
        "allowances_charges",
        flag("ram:ChargeIndicator/udt:Indicator", "charge"),
        number("ram:CalculationPercent", "percentage", computed),
        amount("ram:BasisAmount", "base_amount", computed),
        amount("ram:ActualAmount", "amount"),
        text("ram:ReasonCode", "reason_code"),
        text("ram:Reason", "reason"),
        *category,
    )


def _period(field: str) -> Element:
    start, end = stamp("ram:StartDateTime", "start"), stamp("ram:EndDateTime", "end")
    return part("ram:BillingSpecifiedPeriod", field, start, end)


_PRODUCT = wrap(
    "ram:SpecifiedTradeProduct",
    identifier("ram:GlobalID", "standard_item_id"),
    text("ram:SellerAssignedID", "seller_item_id", EN16931),
    text("ram:BuyerAssignedID", "buyer_item_id", EN16931),
    text("ram:Name", "name"),
    text("ram:Description", "description", EN16931),
    parts(
        "ram:ApplicableProductCharacteristic",
        "attributes",
        text("ram:Description", "name"),
        text("ram:Value", "value"),
        level=EN16931,
    ),
    classifications("ram:DesignatedProductClassification/ram:ClassCode", EN16931),
    text("ram:OriginTradeCountry/ram:ID", "origin_country", EN16931),
)

_LINE = parts(
    "ram:IncludedSupplyChainTradeLineItem",
    "lines",
    wrap(
        "ram:AssociatedDocumentLineDocument",
        text("ram:LineID", "identifier"),
        joined("ram:IncludedNote/ram:Content", "note"),
    ),
    _PRODUCT,
    wrap(
        "ram:SpecifiedLineTradeAgreement",
        text("ram:BuyerOrderReferencedDocument/ram:LineID", "order_line_reference", EN16931),
        wrap(
            "ram:GrossPriceProductTradePrice",
            number("ram:ChargeAmount", "gross_price"),
            oddities.GrossBase("ram:BasisQuantity", "base_quantity", unit="base_quantity_unit"),
            wrap(
                "ram:AppliedTradeAllowanceCharge",
                fixed("ram:ChargeIndicator/udt:Indicator", "false"),
                number("ram:ActualAmount", "price_discount"),
            ),
            needs="gross_price",
        ),
        wrap(
            "ram:NetPriceProductTradePrice",
            number("ram:ChargeAmount", "net_price"),
            quantity("ram:BasisQuantity", "base_quantity", "base_quantity_unit"),
        ),
    ),
    wrap("ram:SpecifiedLineTradeDelivery", quantity("ram:BilledQuantity", "quantity", "unit")),
    wrap(
        "ram:SpecifiedLineTradeSettlement",
        wrap("ram:ApplicableTradeTax", *_CATEGORY),
        _period("period"),
        _allowance(EN16931),
        amount("ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount", "net_amount"),
        part(
            "ram:AdditionalReferencedDocument",
            "object_identifier",
            text("ram:IssuerAssignedID", "value"),
            fixed("ram:TypeCode", "130"),
            text("ram:ReferenceTypeCode", "scheme"),
            level=EN16931,
        ),
        text("ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID", "accounting_reference", EN16931),
    ),
    level=BASIC,
)

_AGREEMENT = wrap(
    "ram:ApplicableHeaderTradeAgreement",
    text("ram:BuyerReference", "buyer_reference"),
    _party("ram:SellerTradeParty", "seller", None, _SELLER, BASIC_WL),
    _party("ram:BuyerTradeParty", "buyer", 1, _BUYER),
    _party(
        "ram:SellerTaxRepresentativeTradeParty", "tax_representative", 0, frozenset({"address", "vat_identifier"})
    ),
    text("ram:SellerOrderReferencedDocument/ram:IssuerAssignedID", "sales_order_reference", EN16931),
    text("ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID", "order_reference"),
    text("ram:ContractReferencedDocument/ram:IssuerAssignedID", "contract_reference"),
    parts(
        "ram:AdditionalReferencedDocument",
        "attachments",
        text("ram:IssuerAssignedID", "reference"),
        text("ram:URIID", "external_location"),
        usual("ram:TypeCode", "916"),
        text("ram:Name", "description"),
        embedded("ram:AttachmentBinaryObject"),
        level=EN16931,
    ),
    wrap(
        "ram:AdditionalReferencedDocument",
        text("ram:IssuerAssignedID", "tender_reference"),
        fixed("ram:TypeCode", "50"),
        level=EN16931,
    ),
    part(
        "ram:AdditionalReferencedDocument",
        "object_identifier",
        text("ram:IssuerAssignedID", "value"),
        fixed("ram:TypeCode", "130"),
        text("ram:ReferenceTypeCode", "scheme"),
        level=EN16931,
    ),
    wrap(
        "ram:SpecifiedProcuringProject",
        text("ram:ID", "project_reference"),
        fixed("ram:Name", "Project reference"),
        level=EN16931,
    ),
)  # fmt: skip

_DELIVERY = wrap(
    "ram:ApplicableHeaderTradeDelivery",
    part(
        "ram:ShipToTradeParty",
        "delivery",
        identifier("ram:ID", "location", schemed=False),
        identifier("ram:GlobalID", "location", schemed=True),
        text("ram:Name", "name"),
        part("ram:PostalTradeAddress", "address", *_ADDRESS),
        merge=True,
    ),
    stamp("ram:ActualDeliverySupplyChainEvent/ram:OccurrenceDateTime", "delivery.date"),
    text("ram:DespatchAdviceReferencedDocument/ram:IssuerAssignedID", "despatch_advice_reference"),
    text("ram:ReceivingAdviceReferencedDocument/ram:IssuerAssignedID", "receiving_advice_reference", EN16931),
    always=True,
)

_TOTALS = wrap(
    "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
    amount("ram:LineTotalAmount", "totals.line_total"),
    amount("ram:ChargeTotalAmount", "totals.charge_total"),
    amount("ram:AllowanceTotalAmount", "totals.allowance_total"),
    amount("ram:TaxBasisTotalAmount", "totals.tax_exclusive"),
    special(
        "ram:TaxTotalAmount", oddities.read_tax_total, oddities.write_tax_total, "totals.tax_amount",
        "totals.tax_amount_accounting",
    ),
    amount("ram:RoundingAmount", "totals.rounding_amount", EN16931),
    amount("ram:GrandTotalAmount", "totals.tax_inclusive"),
    amount("ram:TotalPrepaidAmount", "totals.paid_amount"),
    amount("ram:DuePayableAmount", "totals.amount_due"),
)  # fmt: skip

_SETTLEMENT = wrap(
    "ram:ApplicableHeaderTradeSettlement",
    text("ram:CreditorReferenceID", "payment.creditor_identifier"),
    text("ram:PaymentReference", "payment.remittance_information"),
    text("ram:TaxCurrencyCode", "accounting_currency"),
    text("ram:InvoiceCurrencyCode", "currency"),
    _party("ram:PayeeTradeParty", "payee", 1, frozenset({"identifiers", "legal_registration"})),
    PaymentMeans(),
    Taxes(),
    _period("period"),
    _allowance(BASIC_WL, wrap("ram:CategoryTradeTax", *_CATEGORY, needs="vat_category")),
    special("ram:SpecifiedLogisticsServiceCharge", oddities.read_service_charge),
    wrap(
        "ram:SpecifiedTradePaymentTerms",
        joined("ram:Description", "payment_terms"),
        stamp("ram:DueDateDateTime", "due_date"),
        text("ram:DirectDebitMandateID", "payment.mandate"),
    ),
    _TOTALS,
    parts(
        "ram:InvoiceReferencedDocument",
        "preceding_invoices",
        text("ram:IssuerAssignedID", "number"),
        stamp("ram:FormattedIssueDateTime", "issue_date", "qdt:DateTimeString"),
    ),
    text("ram:ReceivableSpecifiedTradeAccountingAccount/ram:ID", "accounting_reference"),
)

INVOICE = Table(
    "rsm:CrossIndustryInvoice",
    NAMESPACES,
    wrap(
        "rsm:ExchangedDocumentContext",
        text("ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID", "business_process"),
        text("ram:GuidelineSpecifiedDocumentContextParameter/ram:ID", "specification"),
    ),
    wrap(
        "rsm:ExchangedDocument",
        text("ram:ID", "invoice_number"),
        text("ram:TypeCode", "type_code"),
        stamp("ram:IssueDateTime", "issue_date"),
        parts("ram:IncludedNote", "notes", text("ram:Content", "text"), text("ram:SubjectCode", "subject_code")),
    ),
    wrap("rsm:SupplyChainTradeTransaction", _LINE, _AGREEMENT, _DELIVERY, _SETTLEMENT),
)
