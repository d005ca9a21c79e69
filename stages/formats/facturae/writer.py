"""Write the canonical invoice as Facturae 3.2.2, unsigned: a batch of one.

A credit note is a corrective invoice by differences, its amounts negative. Bytes are UTF-8 and the same for the same
document. `losses` names what stays behind or is changed.

Source: Facturae 3.2.2 (Resolution of 21 July 2017), Facturaev3_2_2.xsd with its annotations; FACe, DIR3 codes.
"""

from __future__ import annotations

from schemas.documents import Attachment, Invoice
from schemas.errors import Finding
from stages.formats.facturae.amounts import ZERO, Amounts
from stages.formats.facturae.codes import (
    DIFFERENCES,
    FORMATS,
    LANGUAGES,
    METHODS,
    PREFIX,
    REASONS,
)
from stages.formats.facturae.parties import CARRIED as CARRIED_OF_PARTY
from stages.formats.facturae.parties import party, tax_number
from stages.formats.facturae.payment import payment
from stages.formats.options import Options
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.losses import left_out
from stages.formats.writing.plain_xml import branch, leaf
from stages.formats.writing.xml_text import checked

NAMESPACE = "http://www.facturae.gob.es/formato/Versiones/Facturaev3_2_2.xml"
_LAWS_WORDS = "REG"
_CARRIED = frozenset(
    """invoice_number issue_date type_code currency accounting_currency tax_point_date due_date contract_reference
    order_reference tender_reference sales_order_reference despatch_advice_reference notes[].text
    preceding_invoices[].number preceding_invoices[].issue_date period
    payment.means_code payment.remittance_information payment.credit_transfers[].account
    payment.credit_transfers[].service_provider payment.mandate payment.debited_account
    allowances_charges[].charge allowances_charges[].amount allowances_charges[].percentage allowances_charges[].reason
    allowances_charges[].vat_category allowances_charges[].vat_rate
    totals.line_total totals.allowance_total totals.charge_total totals.tax_exclusive totals.tax_amount
    totals.tax_inclusive totals.paid_amount totals.amount_due
    vat_breakdown[].taxable_amount vat_breakdown[].tax_amount vat_breakdown[].category vat_breakdown[].rate
    vat_breakdown[].exemption_reason vat_breakdown[].exemption_reason_code withholdings
    attachments[].content_base64 attachments[].description attachments[].media_type hints.language
    lines[].identifier lines[].note lines[].quantity lines[].unit lines[].net_amount lines[].period
    lines[].allowances_charges[].charge lines[].allowances_charges[].amount lines[].allowances_charges[].percentage
    lines[].allowances_charges[].reason lines[].net_price
    lines[].base_quantity lines[].vat_category lines[].vat_rate lines[].name lines[].description
    lines[].seller_item_id""".split()
) | {f"{role}.{path}" for role in ("seller", "buyer") for path in CARRIED_OF_PARTY}  # fmt: skip
_EXTRAS = """series class document_type correction_reason correction_method
    correction_period.StartDate correction_period.EndDate oficina_contable organo_gestor
    unidad_tramitadora organo_proponente Modality""".split()


def write(document: Invoice, options: Options) -> bytes:
    """Facturae of a completed document. Raises DocumentInvalid (permanent) naming every field that is missing."""
    writer = _Writer(document, options)
    text = writer.batch()
    writer.fit.stop("Facturae 3.2.2")
    return checked(text, document)


def losses(document: Invoice, options: Options) -> tuple[Finding, ...]:
    """Every field with content that is left out or changed."""
    writer = _Writer(document, options)
    writer.batch()
    return left_out(document, _CARRIED, _EXTRAS, writer.fit)


class _Writer(Amounts):
    def __init__(self, document: Invoice, options: Options) -> None:
        super().__init__(document, Fitting("facturae"), turned=document.document_type == "credit-note")
        self.options = options
        self.corrective = self.turned or document.type_code == "384"

    def kept(self, name: str) -> str:
        return self.document.extras.get(PREFIX + name, "")

    def batch(self) -> str:
        document, fit = self.document, self.fit
        totals = document.totals
        withheld = sum((each.amount for each in document.withholdings), ZERO)
        paid = (totals.paid_amount or ZERO) - withheld
        if totals.rounding_amount:
            fit.fault("totals.rounding_amount", "Facturae has no rounding of the amount due (BT-114)", rule="rounding")
        if (document.withholdings and totals.paid_amount is None) or paid < 0 < withheld:
            fit.fault("totals.paid_amount", "less is paid than is withheld: BT-113 includes tax withheld", rule="paid")
        total = (totals.tax_inclusive or ZERO) - withheld
        due = total - paid
        series, number = self._number()
        issuer = tax_number(document.seller)
        parts = [
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            f'<fe:Facturae xmlns:fe="{NAMESPACE}" xmlns:ds="http://www.w3.org/2000/09/xmldsig#">',
            branch(
                "FileHeader",
                leaf("SchemaVersion", "3.2.2"),
                leaf("Modality", "I"),
                leaf("InvoiceIssuerType", "RE" if document.type_code == "389" else "EM"),
                branch(
                    "Batch",
                    leaf("BatchIdentifier", f"{issuer}{number}{series}"[:70]),
                    leaf("InvoicesCount", "1"),
                    self.amount("TotalInvoicesAmount", total),
                    self.amount("TotalOutstandingAmount", due),
                    self.amount("TotalExecutableAmount", due),
                    leaf("InvoiceCurrencyCode", document.currency),
                ),
            ),
            branch(
                "Parties",
                branch("SellerParty", party(fit, "seller", document.seller, {})),
                branch("BuyerParty", party(fit, "buyer", document.buyer, self._centres())),
            ),
            "<Invoices><Invoice>",
            self._header(series, number),
            self._issue(),
            branch("TaxesOutputs", *(self.output(row) for row in document.vat_breakdown)),
            branch("TaxesWithheld", *self.withheld()),
            self.totals(withheld, total, paid, due),
            branch("Items", *(self.line(index, line) for index, line in enumerate(document.lines))),
            payment(document, fit, -due if self.turned else due),
            self._literals(),
            self._additional(),
            "</Invoice></Invoices></fe:Facturae>\n",
        ]
        return "".join(parts)

    def _centres(self) -> dict[str, str]:
        names = ("oficina_contable", "organo_gestor", "unidad_tramitadora", "organo_proponente")
        return {f"0{n}": self.options.get(name) or self.kept(name) for n, name in enumerate(names, start=1)}

    def _number(self) -> tuple[str, str]:
        series, number = self.kept("series"), self.document.invoice_number
        if series and number.startswith(f"{series}/"):
            number = number.removeprefix(f"{series}/")
        return series, self.fit.whole("invoice_number", number, 20, "the number (BT-1) is missing")

    def _header(self, series: str, number: str) -> str:
        document = self.document
        kind = self.kept("class")
        if self.corrective:
            kind = kind if kind in ("OR", "CR") else "OR"
        elif kind not in ("OO", "OC", "CO", "CC"):
            kind = "OO"
        form = "AF" if document.type_code == "389" else "FA" if self.kept("document_type") == "FA" else "FC"
        return branch(
            "InvoiceHeader",
            leaf("InvoiceNumber", number),
            leaf("InvoiceSeriesCode", self.fit.text("extras.facturae.series", series, 20)),
            leaf("InvoiceDocumentType", form),
            leaf("InvoiceClass", kind),
            self._corrective() if self.corrective else "",
        )

    def _corrective(self) -> str:
        document, fit = self.document, self.fit
        before = document.preceding_invoices[0] if document.preceding_invoices else None
        for index in range(1, len(document.preceding_invoices)):
            fit.lost(f"preceding_invoices[{index}]", "Facturae corrects one invoice")
        start, end = self.kept("correction_period.StartDate"), self.kept("correction_period.EndDate")
        if not start and document.period and document.period.start and document.period.end:
            start, end = document.period.start.isoformat(), document.period.end.isoformat()
        elif not start and before and before.issue_date:
            start = end = before.issue_date.isoformat()
            fit.changed("preceding_invoices[0].issue_date", "it is written as the corrected tax period, too")
        if not start:
            told = "Facturae names the tax period of what is corrected: give the corrected invoice's date (BT-26)"
            fit.fault("preceding_invoices[0].issue_date", told)
        reason = self.options.get("correction_reason") or self.kept("correction_reason")
        if reason not in REASONS:
            told = "Facturae says why an invoice is corrected: set the option correction_reason (01-16, 80-85)"
            fit.fault("options.correction_reason", told, reason or None)
        whole = "01" if document.type_code == "384" else DIFFERENCES
        method = self.options.get("correction_method") or self.kept("correction_method") or whole
        if method not in METHODS:
            fit.fault("options.correction_method", "01, 02, 03 or 04", method)
        return branch(
            "Corrective",
            leaf("InvoiceNumber", fit.text("preceding_invoices[0].number", before.number if before else None, 20)),
            leaf("ReasonCode", reason),
            leaf("ReasonDescription", REASONS.get(reason)),
            branch("TaxPeriod", leaf("StartDate", start), leaf("EndDate", end)),
            leaf("CorrectionMethod", method),
            leaf("CorrectionMethodDescription", METHODS.get(method)),
            leaf("InvoiceIssueDate", before.issue_date if before else None),
        )

    def _issue(self) -> str:
        document, fit = self.document, self.fit
        period = document.period
        both = period is not None and period.start is not None and period.end is not None
        if period is not None and not both:
            fit.lost("period", "a period with one end only")
        language = self.options.get("language") or (document.hints.language or "es")[:2].lower()
        if language not in LANGUAGES:
            fit.changed("hints.language", "not among Facturae's languages; es is written")
            language = "es"
        return branch(
            "InvoiceIssueData",
            leaf("IssueDate", document.issue_date),
            leaf("OperationDate", document.tax_point_date),
            branch("InvoicingPeriod", leaf("StartDate", period.start), leaf("EndDate", period.end))
            if period is not None and both
            else "",
            leaf("InvoiceCurrencyCode", document.currency),
            leaf("TaxCurrencyCode", self._tax_currency()),
            leaf("LanguageName", language),
            leaf("ReceiverTransactionReference", fit.text("order_reference", document.order_reference, 20)),
            leaf("FileReference", fit.text("tender_reference", document.tender_reference, 20)),
            leaf("ReceiverContractReference", fit.text("contract_reference", document.contract_reference, 20)),
        )

    def _tax_currency(self) -> str:
        """The accounting currency, where its one amount (BT-111) belongs to one row of taxes."""
        document = self.document
        other = document.accounting_currency
        if other == "EUR" and len(document.vat_breakdown) == 1:
            return other
        if other and other != document.currency:
            self.fit.lost("accounting_currency", "Facturae gives the equivalent in euros for each tax")
        return document.currency

    def _literals(self) -> str:
        words = [
            leaf("LegalReference", self.fit.text(f"notes[{n}].text", each.text, 250))
            for n, each in enumerate(self.document.notes)
            if each.subject_code == _LAWS_WORDS
        ]
        return branch("LegalLiterals", *words)

    def _additional(self) -> str:
        document, fit = self.document, self.fit
        other = []
        for index, each in enumerate(document.notes):
            if each.subject_code != _LAWS_WORDS:
                other.append(each.text)
                if each.subject_code:
                    fit.lost(f"notes[{index}].subject_code", "a note without its subject")
        attachments = [self._attachment(n, each) for n, each in enumerate(document.attachments)]
        related = document.preceding_invoices if not self.corrective else ()
        for index, before in enumerate(related):
            if index or before.issue_date:
                fit.lost(f"preceding_invoices[{index}]", "Facturae names one related invoice, by its number")
        return branch(
            "AdditionalData",
            leaf(
                "RelatedInvoice", fit.text("preceding_invoices[0].number", related[0].number, 40) if related else None
            ),
            branch("RelatedDocuments", *attachments),
            leaf("InvoiceAdditionalInformation", fit.text("notes", "\n".join(other), 2500, lines=True)),
        )

    def _attachment(self, index: int, each: Attachment) -> str:
        place = f"attachments[{index}]"
        form = FORMATS.get(each.media_type or "")
        if not each.content_base64 or form is None:
            self.fit.lost(place, "Facturae takes embedded xml, doc, gif, rtf, pdf, xls, jpg, bmp, tiff and html")
            return ""
        if not each.description:
            self.fit.changed(f"{place}.reference", "it stands as the document's description")
        described = self.fit.text(f"{place}.description", each.description or each.reference, 2500)
        return branch(
            "Attachment",
            leaf("AttachmentCompressionAlgorithm", "NONE"),
            leaf("AttachmentFormat", form),
            leaf("AttachmentEncoding", "BASE64"),
            leaf("AttachmentDescription", described),
            leaf("AttachmentData", each.content_base64),
        )
