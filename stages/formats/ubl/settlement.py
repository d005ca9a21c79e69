"""Payment means (BG-16, BG-17) and VAT totals (BG-23, BT-110, BT-111), which UBL cuts otherwise than the model.

Source: CEN/TS 16931-3-2: one PaymentMeans for each account, the means' text, card and mandate in the first only
(UBL-SR-46, UBL-SR-54, UBL-SR-55); one TaxTotal for each currency
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from schemas.documents import Invoice, Payment
from stages.formats.binding.elements import Element, Name, Write, amount, fixed, number, stated, text
from stages.formats.binding.groups import content, node, parts, wrap
from stages.formats.reading.xml_actions import day
from stages.formats.reading.xml_invoice import InvoiceWalk
from stages.formats.reading.xml_walk import Action, Data, Walk
from stages.formats.writing.xml_text import attribute, money

_CODE = text("cbc:PaymentMeansCode", "means_code")
_REFERENCE = text("cbc:PaymentID", "remittance_information")
_CARD = wrap(
    "cac:CardAccount",
    text("cbc:PrimaryAccountNumberID", "card_account"),
    stated("cbc:NetworkID", "NA"),  # UBL wants the card's network, which EN 16931 does not know
    text("cbc:HolderName", "card_holder"),
    needs="card_account",
)
_ACCOUNT = parts(
    "cac:PayeeFinancialAccount",
    "credit_transfers",
    text("cbc:ID", "account"),
    text("cbc:Name", "account_name"),
    text("cac:FinancialInstitutionBranch/cbc:ID", "service_provider"),
)
_MANDATE = wrap(
    "cac:PaymentMandate",
    text("cbc:ID", "mandate"),
    text("cac:PayerFinancialAccount/cbc:ID", "debited_account"),
)


def _means(walk: Walk, target: Data, element: etree._Element) -> None:
    walk.put(target, "means_code", element.text, element)
    walk.put(target, "means_text", element.get("name"), element)


@dataclass(frozen=True)
class PaymentMeans(Element):
    """BG-16. `due`: a credit note's BT-9 stands here, which an invoice has in a place of its own."""

    path: str = "cac:PaymentMeans"
    due: bool = False

    def action(self, name: Name) -> Action:
        below = node((_REFERENCE, _CARD, _ACCOUNT, _MANDATE), name)
        below[name("cbc:PaymentMeansCode")] = _means
        due_date = day("due_date")
        below[name("cbc:PaymentDueDate")] = lambda walk, _target, element: due_date(walk, walk.data, element)

        code = name("cbc:PaymentMeansCode")

        def act(walk: InvoiceWalk, target: Data, element: etree._Element) -> None:
            """Several PaymentMeans are one payment with several accounts, unless they differ."""
            payment = target.setdefault("payment", {})
            if not walk.another_payment(payment, element.findtext(code), element):
                walk.parents.setdefault(id(payment), element)
                walk.run(below, payment, element)

        return act

    def writer(self, level: int) -> Write:
        reference, card, mandate = (each.writer(level) for each in (_REFERENCE, _CARD, _MANDATE))
        account, tag, code = content(_ACCOUNT.children, level), self.tag, _CODE.writer(level)

        def named(payment: Payment) -> str:
            words = attribute("name", payment.means_text)
            return code(payment, "").replace("<cbc:PaymentMeansCode", f"<cbc:PaymentMeansCode{words}", 1)

        def write(document: Invoice, _currency: str) -> str:
            payment = document.payment
            if payment is None:
                return ""
            due = document.due_date if self.due else None
            date = f"<cbc:PaymentDueDate>{due.isoformat()}</cbc:PaymentDueDate>" if due else ""
            quoted = reference(payment, "")
            to = [account(each, "") for each in payment.credit_transfers]
            to = [f"<{_ACCOUNT.tag}>{each}</{_ACCOUNT.tag}>" if each else "" for each in to] or [""]
            means = [named(payment) + date + quoted + card(payment, "") + to[0] + mandate(payment, "")]
            means += [code(payment, "") + quoted + each for each in to[1:]]
            return "".join([f"<{tag}>{each}</{tag}>" for each in means if each])

        return write

    def fields(self, level: int) -> Iterator[str]:
        yield from ("payment.means_code", "payment.means_text")
        for each in (_REFERENCE, _CARD, _ACCOUNT, _MANDATE):
            yield from (f"payment.{field}" for field in each.fields(level))
        if self.due:
            yield "due_date"


_SUBTOTAL = parts(
    "cac:TaxSubtotal",
    "vat_breakdown",
    amount("cbc:TaxableAmount", "taxable_amount", currency=True),
    amount("cbc:TaxAmount", "tax_amount", currency=True),
    wrap(
        "cac:TaxCategory",
        text("cbc:ID", "category"),
        number("cbc:Percent", "rate"),
        text("cbc:TaxExemptionReasonCode", "exemption_reason_code"),
        text("cbc:TaxExemptionReason", "exemption_reason"),
        fixed("cac:TaxScheme/cbc:ID", "VAT"),
        needs="category",
    ),
)


@dataclass(frozen=True)
class TaxTotals(Element):
    """BT-110 with BG-23, and BT-111 in an element of its own."""

    path: str = "cac:TaxTotal"

    def action(self, name: Name) -> Action:
        below = node((_SUBTOTAL,), name)

        def total(walk: InvoiceWalk, _target: Data, element: etree._Element) -> None:
            walk.tax_total(element)

        below[name("cbc:TaxAmount")] = total
        return lambda walk, target, element: walk.run(below, target, element)

    def writer(self, level: int) -> Write:
        rows, tag = _SUBTOTAL.writer(level), self.tag

        def write(document: Invoice, currency: str) -> str:
            totals = document.totals
            tax, other = totals.tax_amount, totals.tax_amount_accounting
            said = "" if tax is None else f"<cbc:TaxAmount{currency}>{money(tax)}</cbc:TaxAmount>"
            said += rows(document, currency)
            whole = f"<{tag}>{said}</{tag}>" if said else ""
            if other is None or not document.accounting_currency:
                return whole
            accounting = attribute("currencyID", document.accounting_currency)
            return f"{whole}<{tag}><cbc:TaxAmount{accounting}>{money(other)}</cbc:TaxAmount></{tag}>"

        return write

    def fields(self, level: int) -> Iterator[str]:
        yield from ("totals.tax_amount", "totals.tax_amount_accounting")
        yield from _SUBTOTAL.fields(level)
