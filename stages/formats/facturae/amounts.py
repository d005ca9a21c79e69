"""The amounts of a Facturae: taxes, totals, lines. A credit note's are negative.

Source: Facturae 3.2.2, TaxesType, InvoiceTotalsType, InvoiceLineType and their annotations
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from schemas.documents import AllowanceCharge, Invoice, Line, VatBreakdown
from stages.formats.facturae.codes import EVENTS, TAX_CODES, TAX_NAMES, UNIT_CODES, UNITS
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.plain_xml import branch, leaf, places
from stages.formats.writing.xml_text import plain

ZERO = Decimal(0)
_ONE_REASON = ("AE", "K", "G", "O")
"""Categories whose VATEX code follows from the category."""


class Amounts:
    """`turned`: amounts change their signs."""

    def __init__(self, document: Invoice, fit: Fitting, *, turned: bool) -> None:
        self.document, self.fit, self.turned = document, fit, turned

    def money(self, value: Decimal | None) -> str:
        value = value or ZERO
        return places(-value if self.turned else value, 2, 8)

    def amount(self, tag: str, value: Decimal | None, equivalent: Decimal | None = None) -> str:
        return branch(
            tag,
            leaf("TotalAmount", self.money(value)),
            leaf("EquivalentInEuros", None if equivalent is None else self.money(equivalent)),
        )

    def output(self, row: VatBreakdown) -> str:
        document = self.document
        code = row.exemption_reason_code
        if code and row.category not in _ONE_REASON:
            place = f"vat_breakdown[{document.vat_breakdown.index(row)}].exemption_reason_code"
            self.fit.changed(place, "Facturae gives the reason in words")
        equivalent = None
        if document.accounting_currency == "EUR" and len(document.vat_breakdown) == 1:
            equivalent = document.totals.tax_amount_accounting
        return branch(
            "Tax",
            leaf("TaxTypeCode", TAX_CODES.get(row.category, "01")),
            leaf("TaxRate", places(row.rate or ZERO, 2, 8)),
            self.amount("TaxableBase", row.taxable_amount),
            self.amount("TaxAmount", row.tax_amount, equivalent),
        )

    def withheld(self) -> list[str]:
        parts: list[str] = []
        codes = {name: code for code, name in TAX_NAMES.items()}
        for index, each in enumerate(self.document.withholdings):
            if each.rate is None or each.base_amount is None:
                told = "Facturae writes what is withheld with its rate and base"
                self.fit.fault(f"withholdings[{index}].{'rate' if each.rate is None else 'base_amount'}", told)
                continue
            code = codes.get(each.scheme, each.scheme if len(each.scheme) == 2 and each.scheme.isdigit() else "05")
            if code == "05" != each.scheme:
                self.fit.changed(f"withholdings[{index}].scheme", "written as another tax (05)")
            parts.append(
                branch(
                    "Tax",
                    leaf("TaxTypeCode", code),
                    leaf("TaxRate", places(each.rate, 2, 8)),
                    self.amount("TaxableBase", each.base_amount),
                    self.amount("TaxAmount", each.amount),
                )
            )
        return parts

    def _levels(self, tag: str, item: str, levels: list[tuple[str, AllowanceCharge]]) -> str:
        parts = []
        for place, each in levels:
            reason = self.fit.reason(place, each.reason, "Cargo" if each.charge else "Descuento")
            parts.append(
                branch(
                    item,
                    leaf(f"{item}Reason", self.fit.text(f"{place}.reason", reason, 2500)),
                    leaf(f"{item}Rate", None if each.percentage is None else places(each.percentage, 2, 8)),
                    leaf(f"{item}Amount", self.money(each.amount)),
                )
            )
        return branch(tag, *parts)

    def totals(self, withheld: Decimal, total: Decimal, paid: Decimal, due: Decimal) -> str:
        document, totals = self.document, self.document.totals
        levels = [(f"allowances_charges[{n}]", each) for n, each in enumerate(document.allowances_charges)]
        if len(document.vat_breakdown) > 1:
            for place, _ in levels:
                self.fit.lost(f"{place}.vat_category", "Facturae's bases alone tell whose tax it is")
        discounts, charges = ([each for each in levels if each[1].charge is kind] for kind in (False, True))
        account = ""
        if paid:
            self.fit.changed("totals.paid_amount", "Facturae dates what is paid: the invoice's own date is written")
            account = branch(
                "PaymentsOnAccount",
                branch(
                    "PaymentOnAccount",
                    leaf("PaymentOnAccountDate", document.issue_date),
                    leaf("PaymentOnAccountAmount", self.money(paid)),
                ),
            )
        return branch(
            "InvoiceTotals",
            leaf("TotalGrossAmount", self.money(totals.line_total)),
            self._levels("GeneralDiscounts", "Discount", discounts),
            self._levels("GeneralSurcharges", "Charge", charges),
            leaf("TotalGeneralDiscounts", self.money(totals.allowance_total) if discounts else None),
            leaf("TotalGeneralSurcharges", self.money(totals.charge_total) if charges else None),
            leaf("TotalGrossAmountBeforeTaxes", self.money(totals.tax_exclusive)),
            leaf("TotalTaxOutputs", self.money(totals.tax_amount)),
            leaf("TotalTaxesWithheld", self.money(withheld)),
            leaf("InvoiceTotal", self.money(total)),
            account,
            leaf("TotalOutstandingAmount", self.money(due)),
            leaf("TotalPaymentsOnAccount", self.money(paid) if paid else None),
            leaf("TotalExecutableAmount", self.money(due)),
        )

    def line(self, index: int, line: Line) -> str:
        document, fit, place = self.document, self.fit, f"lines[{index}]"
        net = line.net_amount or ZERO
        extra = sum((each.amount if each.charge else -each.amount for each in line.allowances_charges), ZERO)
        price = line.net_price
        if line.base_quantity is not None and line.base_quantity != 1:
            price = price / line.base_quantity
            for name in ("net_price", "base_quantity"):
                fit.changed(f"{place}.{name}", "the price is written for one unit")
        unit = UNIT_CODES.get(line.unit)
        if UNITS.get(unit or "") != line.unit:
            fit.changed(f"{place}.unit", f"written as Facturae's unit {unit or '05 (other)'}")
        if line.description:
            fit.changed(f"{place}.description", "stands with the line's note")
            fit.changed(f"{place}.note", "stands with the item's description")
        levels = [(f"{place}.allowances_charges[{n}]", each) for n, each in enumerate(line.allowances_charges)]
        whole = line.identifier.isascii() and line.identifier.isdigit()
        if not whole and line.identifier != str(index + 1):
            fit.changed(f"{place}.identifier", "a line's number is a number; its place is written")
        period = line.period
        more = "\n".join(each for each in (line.description, line.note) if each)
        quantity = -line.quantity if self.turned else line.quantity
        return branch(
            "InvoiceLine",
            self._issuer_reference(index),
            leaf("SequenceNumber", line.identifier if whole else str(index + 1)),
            self._delivery_note(index),
            leaf("ItemDescription", fit.text(f"{place}.name", line.name, 2500, lines=True)),
            leaf("Quantity", plain(quantity)),
            leaf("UnitOfMeasure", unit or "05"),
            leaf("UnitPriceWithoutTax", fit.number(f"{place}.net_price", price, 2, 8)),
            leaf("TotalCost", self.money(net - extra)),
            self._levels("DiscountsAndRebates", "Discount", [each for each in levels if not each[1].charge]),
            self._levels("Charges", "Charge", [each for each in levels if each[1].charge]),
            leaf("GrossAmount", self.money(net)),
            branch("TaxesOutputs", self._line_tax(line, net)),
            branch("LineItemPeriod", leaf("StartDate", period.start), leaf("EndDate", period.end))
            if period and period.start and period.end
            else "",
            leaf("AdditionalLineItemInformation", fit.text(f"{place}.note", more, 2500, lines=True)),
            self._event(line.vat_category, document.vat_breakdown),
            leaf("ArticleCode", fit.text(f"{place}.seller_item_id", line.seller_item_id, 20)),
        )

    def _issuer_reference(self, index: int) -> str:
        value = self.fit.text("sales_order_reference", self.document.sales_order_reference if not index else None, 20)
        return leaf("IssuerTransactionReference", value)

    def _delivery_note(self, index: int) -> str:
        note = self.document.despatch_advice_reference if not index else None
        number = leaf("DeliveryNoteNumber", self.fit.text("despatch_advice_reference", note, 30))
        return branch("DeliveryNotesReferences", branch("DeliveryNote", number))

    def _line_tax(self, line: Line, net: Decimal) -> str:
        rate = line.vat_rate or ZERO
        tax = (net * rate / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return branch(
            "Tax",
            leaf("TaxTypeCode", TAX_CODES.get(line.vat_category, "01")),
            leaf("TaxRate", places(rate, 2, 8)),
            self.amount("TaxableBase", net),
            self.amount("TaxAmount", tax),
        )

    def _event(self, category: str, rows: tuple[VatBreakdown, ...]) -> str:
        """Why a line has no tax, in the law's words, with those of the document behind them."""
        if category not in EVENTS:
            return ""
        code, words = EVENTS[category]
        given = next((row.exemption_reason for row in rows if row.category == category), None)
        if given and given != words:
            words = given if category in ("E", "O") or words in given else f"{words}: {given}"
        reason = self.fit.text("vat_breakdown", words, 2500)
        return branch(
            "SpecialTaxableEvent", leaf("SpecialTaxableEventCode", code), leaf("SpecialTaxableEventReason", reason)
        )
