"""The sums of a Facturae: lines, taxes, totals and the batch, which its schema does not hold together.

Over the XML, for the totals that it writes are not all in the canonical document. Rule ids are ours. A product may be
a cent off for each line that was rounded; a sum may not.

Source   Facturae 3.2.2, annotations of Facturaev3_2_2.xsd (InvoiceTotalsType, InvoiceLineType, BatchType)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Context, Decimal, localcontext

from lxml import etree

from schemas.errors import Finding
from stages.rules.findings import from_base64, place

ZERO = Decimal(0)
CENT = Decimal("0.01")
_EXACT = Context(prec=60)


def check(root: etree._Element) -> tuple[Finding, ...]:
    """Findings of a document that its schema calls valid; amounts that are no numbers count as zero."""
    with localcontext(_EXACT):
        return (
            *_batch(root),
            *(finding for invoice in root.iterfind("Invoices/Invoice") for finding in _invoice(invoice)),
            *_attached(root),
        )


def _attached(root: etree._Element) -> Iterator[Finding]:
    """To the schema an attachment's data are any text."""
    for each in root.iterfind("Invoices/Invoice/AdditionalData/RelatedDocuments/Attachment"):
        if (each.findtext("AttachmentEncoding") or "BASE64") == "BASE64":
            yield from from_base64(each, ("AttachmentData",), "facturae-base64")


def number(element: etree._Element | None) -> Decimal:
    """The amount of an element; zero where there is none."""
    try:
        value = Decimal((element.text or "").strip()) if element is not None else ZERO
    except ArithmeticError:
        return ZERO
    return value if value.is_finite() else ZERO


def _at(element: etree._Element, path: str) -> Decimal:
    return number(element.find(path))


def _sum(elements: Iterable[etree._Element]) -> Decimal:
    return sum((number(each) for each in elements), ZERO)


def _held(
    rule: str, element: etree._Element | None, expected: Decimal, formula: str, allowed: Decimal = ZERO,
    severity: str = "fatal",
) -> Iterator[Finding]:  # fmt: skip
    """A finding where the element is further from what is expected than what is allowed, half a cent at least."""
    if element is None:
        return
    found = number(element)
    if abs(found - expected) <= max(allowed, CENT / 2):
        return
    yield Finding(
        rule=rule,
        message=f"{etree.QName(element).localname} is not {formula}",
        place=place(element),
        found=f"{found:f}",
        expected=f"{expected.quantize(CENT):f}",
        severity=severity,
    )


def _batch(root: etree._Element) -> Iterator[Finding]:
    invoices = root.findall("Invoices/Invoice")
    batch = root.find("FileHeader/Batch")
    if batch is None:
        return
    yield from _held("facturae-count", batch.find("InvoicesCount"), Decimal(len(invoices)), "the number of invoices")
    for tag, total, rule in (
        ("TotalInvoicesAmount", "InvoiceTotal", "facturae-batch-total"),
        ("TotalOutstandingAmount", "TotalOutstandingAmount", "facturae-batch-outstanding"),
        ("TotalExecutableAmount", "TotalExecutableAmount", "facturae-batch-executable"),
    ):
        expected = sum((_at(each, f"InvoiceTotals/{total}") for each in invoices), ZERO)
        yield from _held(rule, batch.find(f"{tag}/TotalAmount"), expected, f"the sum of the invoices' {total}")


def _invoice(invoice: etree._Element) -> Iterator[Finding]:
    lines = invoice.findall("Items/InvoiceLine")
    for line in lines:
        yield from _line(line)
    off = CENT * max(1, len(lines))
    taxes = invoice.findall("TaxesOutputs/Tax")
    for tax in (*taxes, *invoice.iterfind("TaxesWithheld/Tax")):
        yield from _tax(tax, off)
    yield from _bases(invoice, taxes, lines, off)
    yield from _totals(invoice, lines, taxes)


def _line(line: etree._Element) -> Iterator[Finding]:
    cost = _at(line, "Quantity") * _at(line, "UnitPriceWithoutTax")
    yield from _held("facturae-line-cost", line.find("TotalCost"), cost, "Quantity x UnitPriceWithoutTax", CENT)
    gross = (
        _at(line, "TotalCost")
        - _sum(line.iterfind("DiscountsAndRebates/Discount/DiscountAmount"))
        + _sum(line.iterfind("Charges/Charge/ChargeAmount"))
    )
    yield from _held("facturae-line-gross", line.find("GrossAmount"), gross, "TotalCost - discounts + charges")
    for tax in (*line.iterfind("TaxesOutputs/Tax"), *line.iterfind("TaxesWithheld/Tax")):
        yield from _tax(tax, CENT)


def _tax(tax: etree._Element, off: Decimal) -> Iterator[Finding]:
    base = _at(tax, "TaxableBase/TotalAmount")
    for amount, rate in (("TaxAmount", "TaxRate"), ("EquivalenceSurchargeAmount", "EquivalenceSurcharge")):
        expected = base * _at(tax, rate) / 100
        yield from _held("facturae-tax", tax.find(f"{amount}/TotalAmount"), expected, f"TaxableBase x {rate} %", off)


def _bases(
    invoice: etree._Element, taxes: list[etree._Element], lines: list[etree._Element], off: Decimal
) -> Iterator[Finding]:
    """The base of each tax and rate is what its lines add up to, where nothing is given or taken on the whole."""
    if invoice.find("InvoiceTotals/GeneralDiscounts") is not None:
        return
    if invoice.find("InvoiceTotals/GeneralSurcharges") is not None:
        return
    sold: dict[tuple[str, Decimal], Decimal] = {}
    for line in lines:
        for tax in line.iterfind("TaxesOutputs/Tax"):
            key = _key(tax)
            sold[key] = sold.get(key, ZERO) + _at(tax, "TaxableBase/TotalAmount")
    stated: dict[tuple[str, Decimal], Decimal] = {}
    for tax in taxes:
        stated[_key(tax)] = stated.get(_key(tax), ZERO) + _at(tax, "TaxableBase/TotalAmount")
    for tax in taxes:
        key = _key(tax)
        if key in stated and abs(stated.pop(key) - sold.get(key, ZERO)) > off:
            element = tax.find("TaxableBase/TotalAmount")
            formula = "the sum of the lines with this tax and rate"
            yield from _held("facturae-base", element, sold.get(key, ZERO), formula)


def _key(tax: etree._Element) -> tuple[str, Decimal]:
    return (tax.findtext("TaxTypeCode") or "").strip(), _at(tax, "TaxRate").normalize()


def _totals(invoice: etree._Element, lines: list[etree._Element], taxes: list[etree._Element]) -> Iterator[Finding]:
    totals = invoice.find("InvoiceTotals")
    if totals is None:
        return
    gross = sum((_at(each, "GrossAmount") for each in lines), ZERO)
    discounts = _sum(totals.iterfind("GeneralDiscounts/Discount/DiscountAmount"))
    charges = _sum(totals.iterfind("GeneralSurcharges/Charge/ChargeAmount"))
    outputs = sum(
        (_at(each, "TaxAmount/TotalAmount") + _at(each, "EquivalenceSurchargeAmount/TotalAmount") for each in taxes),
        ZERO,
    )
    withheld = _sum(invoice.iterfind("TaxesWithheld/Tax/TaxAmount/TotalAmount"))
    before = _at(totals, "TotalGrossAmount") - discounts + charges
    total = (
        _at(totals, "TotalGrossAmountBeforeTaxes") + _at(totals, "TotalTaxOutputs") - _at(totals, "TotalTaxesWithheld")
    )
    subsidies = _sum(totals.iterfind("Subsidies/Subsidy/SubsidyAmount"))
    paid = _sum(totals.iterfind("PaymentsOnAccount/PaymentOnAccount/PaymentOnAccountAmount"))
    reimbursed = _sum(totals.iterfind("ReimbursableExpenses/ReimbursableExpenses/ReimbursableExpensesAmount"))
    due = (
        _at(totals, "TotalOutstandingAmount")
        - _at(totals, "AmountsWithheld/WithholdingAmount")
        - _at(totals, "PaymentInKind/PaymentInKindAmount")
        + reimbursed
        + _at(totals, "TotalFinancialExpenses")
    )
    for rule, tag, expected, formula in (
        ("facturae-gross-total", "TotalGrossAmount", gross, "the sum of the lines' GrossAmount"),
        ("facturae-discounts", "TotalGeneralDiscounts", discounts, "the sum of the discounts"),
        ("facturae-surcharges", "TotalGeneralSurcharges", charges, "the sum of the surcharges"),
        ("facturae-before-taxes", "TotalGrossAmountBeforeTaxes", before, "TotalGrossAmount - discounts + surcharges"),
        ("facturae-outputs", "TotalTaxOutputs", outputs, "the sum of TaxesOutputs"),
        ("facturae-withheld", "TotalTaxesWithheld", withheld, "the sum of TaxesWithheld"),
        ("facturae-total", "InvoiceTotal", total, "TotalGrossAmountBeforeTaxes + outputs - withheld"),
        (
            "facturae-outstanding",
            "TotalOutstandingAmount",
            _at(totals, "InvoiceTotal") - subsidies - paid,
            "InvoiceTotal - subsidies - payments on account",
        ),
        ("facturae-executable", "TotalExecutableAmount", due, "outstanding - retained + disbursements + expenses"),
        ("facturae-on-account", "TotalPaymentsOnAccount", paid, "the sum of the payments on account"),
    ):
        yield from _held(rule, totals.find(tag), expected, formula)
    instalments = invoice.findall("PaymentDetails/Installment/InstallmentAmount")
    if instalments and abs(_sum(instalments) - _at(totals, "TotalExecutableAmount")) > CENT / 2:
        yield from _held(
            "facturae-instalments",
            totals.find("TotalExecutableAmount"),
            _sum(instalments),
            "the sum of the instalments",
            severity="warning",
        )
