"""Where each business term stands in Facturae 3.2.x: one table for all three versions.

Source: Facturae 3.2.2, Facturaev3_2_2.xsd and its annotations (Ministerio de Hacienda). What EN 16931 has no term for
goes to the extras under `facturae.`; taxes and totals wait in `Walk.taxes` and `Walk.said` until all is read.
"""

from __future__ import annotations

from base64 import b64encode

from lxml import etree

from stages.formats.facturae.codes import CENTRES, MEANS, MEDIA_TYPES, PREFIX, UNITS
from stages.formats.facturae.walk import Walk
from stages.formats.reading.countries import ALPHA_2
from stages.formats.reading.xml_actions import aside, day, group, groups, ignored, text, within
from stages.formats.reading.xml_walk import Action, Data, Node


def kept(key: str) -> Action:
    return aside(PREFIX + key)


def coded(field: str, codes: dict[str, str], rule: str) -> Action:
    """A code of Facturae's, as the canonical document has it; one that has no counterpart stays and is warned of."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        said = (element.text or "").strip()
        if said and said not in codes:
            walk.warnings.add(f"facturae-{rule}", "this code has no counterpart; it stays", walk.place(element), said)
        walk.put(target, field, codes.get(said, said), element)

    return act


def said(field: str) -> Action:
    """A total that is needed when all is read."""

    def act(walk: Walk, _target: Data, element: etree._Element) -> None:
        walk.said.setdefault(field, (element.text or "").strip())

    return act


def _country(walk: Walk, target: Data, element: etree._Element) -> None:
    code = (element.text or "").strip()
    walk.put(target, "country", ALPHA_2.get(code, code), element)


def _post_code_and_town(walk: Walk, target: Data, element: etree._Element) -> None:
    """Abroad both stand in one element: split at the first blank where the code before it has a digit."""
    code, _, town = (element.text or "").strip().partition(" ")
    if town and any(c.isdigit() for c in code):
        walk.put(target, "post_code", code, element)
        walk.put(target, "city", town, element)
    else:
        walk.put(target, "city", element.text, element)


def _surname(_walk: Walk, target: Data, element: etree._Element) -> None:
    name = (element.text or "").strip()
    if name:
        target["family_name"] = f"{target['family_name']} {name}" if "family_name" in target else name


def _centre(walk: Walk, _target: Data, element: etree._Element) -> None:
    """A public buyer's DIR3 codes, by role; what else is known of a centre stands beside them."""
    role, code = ((element.findtext(name) or "").strip() for name in ("RoleTypeCode", "CentreCode"))
    key = CENTRES.get(role, f"centre_{role}" if role else "centre")
    if walk.side == "seller":
        key = f"seller.{key}"
    if code:
        walk.extras.setdefault(PREFIX + key, code[:100])
    for name in ("Name", "CentreDescription", "PhysicalGLN", "LogicalOperationalPoint"):
        below = element.find(name)
        if below is not None:
            walk.keep(f"{PREFIX}{key}.{name}", below)


def _taxes(kind: str) -> Action:
    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        walk.taxes.setdefault((id(target), kind), []).append(element)

    return act


def _allowance(charge: bool, amount: str, rate: str, reason: str) -> Node:
    def mark(walk: Walk, target: Data, element: etree._Element) -> None:
        target["charge"] = charge
        walk.put(target, "amount", element.text, element)

    return {amount: mark, rate: text("percentage"), reason: text("reason")}


def _note(subject: str | None) -> Action:
    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        words = (element.text or "").strip()
        if words:
            walk.append(target, "notes", {"text": words, "subject_code": subject}, element)

    return act


def _sequence(walk: Walk, target: Data, element: etree._Element) -> None:
    """xs:double: `1.0` is line 1."""
    number = (element.text or "").strip()
    whole, _, rest = number.partition(".")
    walk.put(target, "identifier", whole if whole and not rest.strip("0") else number, element)


def _of_line(field: str, key: str) -> Action:
    """A reference that stands on lines: the document's, where all lines say the same (`Walk.settle`)."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        words = (element.text or "").strip()
        if words:
            walk.of_lines.setdefault(field, {}).setdefault(words, []).append((id(target), key))

    return act


def _payment(walk: Walk, target: Data, element: etree._Element) -> None:
    walk.instalments.append(element)


def _attachment(walk: Walk, target: Data, element: etree._Element) -> None:
    part: Data = {}
    walk.run(_ATTACHMENT, part, element)
    number = len(target.get("attachments", ())) + 1
    part["reference"] = part.get("description", "")[:60].strip() or f"attachment-{number}"
    form = (element.findtext("AttachmentFormat") or "").strip()
    packed = (element.findtext("AttachmentCompressionAlgorithm") or "NONE").strip()
    if packed != "NONE":
        walk.warnings.add("facturae-packed", "the attachment is compressed, and stays so", walk.place(element), packed)
        part["media_type"] = {"ZIP": "application/zip", "GZIP": "application/gzip"}.get(packed, packed)
        part["file_name"] = f"attachment-{number}.{form}.{packed.lower()}"
    else:
        part["media_type"] = MEDIA_TYPES.get(form, form or None)
        part["file_name"] = f"attachment-{number}.{form}" if form else None
    content = str(part.get("content_base64") or "")
    if element.findtext("AttachmentEncoding") == "NONE" and content.startswith(_PLAIN):
        part["content_base64"] = b64encode(content.encode()).decode()
    walk.append(target, "attachments", part, element)


_PLAIN = ("<", "{")
"""How XML, HTML and RTF begin, and Base64 never does."""


_ADDRESS: Node = {
    "Address": text("line_1"),
    "PostCode": text("post_code"),
    "Town": text("city"),
    "PostCodeAndTown": _post_code_and_town,
    "Province": text("subdivision"),
    "CountryCode": _country,
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
    "AdministrativeCentres": within({"AdministrativeCentre": _centre}),
    "LegalEntity": within(
        {
            "CorporateName": text("name"),
            "TradeName": text("trading_name"),
            "RegistrationData": kept("registration"),
            **_WHERE,
        }
    ),
    "Individual": within({"Name": text("given_name"), "FirstSurname": _surname, "SecondSurname": _surname, **_WHERE}),
}
_PERIOD: Node = {"StartDate": day("start"), "EndDate": day("end")}
_DISCOUNT = _allowance(False, "DiscountAmount", "DiscountRate", "DiscountReason")
_CHARGE = _allowance(True, "ChargeAmount", "ChargeRate", "ChargeReason")
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
    "IssuerTransactionReference": _of_line("sales_order_reference", "IssuerTransactionReference"),
    "IssuerTransactionDate": kept("line.IssuerTransactionDate"),
    "ReceiverContractReference": _of_line("contract_reference", "ReceiverContractReference"),
    "ReceiverContractDate": kept("line.ReceiverContractDate"),
    "ReceiverTransactionReference": _of_line("order_reference", "ReceiverTransactionReference"),
    "ReceiverTransactionDate": kept("line.ReceiverTransactionDate"),
    "FileReference": _of_line("tender_reference", "FileReference"),
    "FileDate": kept("line.FileDate"),
    "SequenceNumber": _sequence,
    "DeliveryNotesReferences": within(
        {
            "DeliveryNote": within(
                {
                    "DeliveryNoteNumber": _of_line("despatch_advice_reference", "DeliveryNoteNumber"),
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
    "TaxesOutputs": within({"Tax": _taxes("line")}),
    "LineItemPeriod": group("period", _PERIOD),
    "TransactionDate": kept("line.TransactionDate"),
    "AdditionalLineItemInformation": text("note"),
    "SpecialTaxableEvent": _taxes("event"),
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
                    "AdditionalReasonDescription": _note("ACB"),
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
            "InvoiceDescription": _note(None),
            "ReceiverTransactionReference": text("order_reference"),
            "FileReference": text("tender_reference"),
            "ReceiverContractReference": text("contract_reference"),
        }
    ),
    "TaxesOutputs": within({"Tax": _taxes("outputs")}),
    "TaxesWithheld": within({"Tax": _taxes("withheld")}),
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
            "Subsidies": within({"Subsidy": _taxes("paid")}),
            "PaymentsOnAccount": within({"PaymentOnAccount": _taxes("paid")}),
            "ReimbursableExpenses": within({"ReimbursableExpenses": _taxes("added")}),
            "TotalFinancialExpenses": said("financial_expenses"),
            "TotalOutstandingAmount": ignored,
            "TotalPaymentsOnAccount": ignored,
            "AmountsWithheld": _taxes("paid"),
            "TotalExecutableAmount": said("amount_due"),
            "TotalReimbursableExpenses": ignored,
            "PaymentInKind": _taxes("paid"),
        }
    ),
    "Items": within({"InvoiceLine": groups("lines", _LINE)}),
    "PaymentDetails": within({"Installment": _payment}),
    "LegalLiterals": within({"LegalReference": _note("REG")}),
    "AdditionalData": within(
        {
            "RelatedInvoice": said("related_invoice"),
            "RelatedDocuments": within({"Attachment": _attachment}),
            "InvoiceAdditionalInformation": _note(None),
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
