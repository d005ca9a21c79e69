"""Payment means (BG-16, BG-17) and VAT breakdown (BG-23), which CII cuts otherwise than the model.

Source: CEN/TS 16931-3-3: one SpecifiedTradeSettlementPaymentMeans for each account; BT-7 and BT-8 stand in a row of the
VAT breakdown, in one only (CII-SR-461, CII-SR-462), BT-8 by UNTDID 2475 instead of 2005
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from schemas.documents import CreditTransfer, Invoice
from stages.formats.binding.elements import Element, Name, Write, amount, fixed, number, text
from stages.formats.binding.groups import content, node, wrap
from stages.formats.cii.dates import stamp
from stages.formats.cii.profile import EN16931
from stages.formats.reading.xml_invoice import InvoiceWalk
from stages.formats.reading.xml_walk import Action, Data, Walk
from stages.formats.writing.xml_text import escaped

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}\Z", re.ASCII)
_CODE = text("ram:TypeCode", "means_code")
_PAYER: tuple[Element, ...] = (
    _CODE,
    text("ram:Information", "means_text", EN16931),
    wrap(
        "ram:ApplicableTradeSettlementFinancialCard",
        text("ram:ID", "card_account"),
        text("ram:CardholderName", "card_holder"),
        level=EN16931,
        needs="card_account",
    ),
    text("ram:PayerPartyDebtorFinancialAccount/ram:IBANID", "debited_account"),
)
_CREDITOR, _BANK = "ram:PayeePartyCreditorFinancialAccount", "ram:PayeeSpecifiedCreditorFinancialInstitution"
_ACCOUNT: tuple[Element, ...] = (
    wrap(
        _CREDITOR,
        text("ram:IBANID", "account"),
        text("ram:AccountName", "account_name", EN16931),
        text("ram:ProprietaryID", "account"),
    ),
    text(f"{_BANK}/ram:BICID", "service_provider", EN16931),
)


@dataclass(frozen=True)
class PaymentMeans(Element):
    """BG-16: the means' text, the card and the debited account stand in the first element only, as in UBL."""

    path: str = "ram:SpecifiedTradeSettlementPaymentMeans"

    def action(self, name: Name) -> Action:
        payer, account = node(_PAYER, name), node(_ACCOUNT, name)
        code = name("ram:TypeCode")

        def act(walk: InvoiceWalk, target: Data, element: etree._Element) -> None:
            payment: Data = target.setdefault("payment", {})
            if walk.another_payment(payment, element.findtext(code), element):
                return
            walk.parents.setdefault(id(payment), element)
            transfer: Data = {}
            for child in element:
                tag = str(child.tag)
                take = account.get(tag) or payer.get(tag)
                if take is None:
                    walk.unknown(child)
                else:
                    take(walk, transfer if tag in account else payment, child)
            if transfer:
                walk.append(payment, "credit_transfers", transfer, element)

        return act

    def writer(self, level: int) -> Write:
        first, code = content(_PAYER, level), _CODE.writer(level)

        def write(document: Invoice, currency: str) -> str:
            payment = document.payment
            if payment is None:
                return ""
            accounts = [_account(each, level) for each in payment.credit_transfers] or [""]
            means = [first(payment, currency) + accounts[0]]
            means += [code(payment, currency) + each for each in accounts[1:]]
            return "".join([f"<{self.tag}>{each}</{self.tag}>" for each in means])

        return write

    def fields(self, level: int) -> Iterator[str]:
        for each in _PAYER:
            if each.level <= level:
                yield from (f"payment.{field}" for field in each.fields(level))
        for each in _ACCOUNT:
            if each.level <= level:
                yield from (f"payment.credit_transfers[].{field}" for field in each.fields(level))


def _account(value: CreditTransfer, level: int) -> str:
    """BG-17. What is no IBAN is called proprietary."""
    iban, own = (value.account, "") if _IBAN.match(value.account.replace(" ", "")) else ("", value.account)
    holder = value.account_name if level >= EN16931 else None
    inside = _element("IBANID", iban) + _element("AccountName", holder) + _element("ProprietaryID", own)
    bank = _element("BICID", value.service_provider) if level >= EN16931 else ""
    return f"<{_CREDITOR}>{inside}</{_CREDITOR}>" + (f"<{_BANK}>{bank}</{_BANK}>" if bank else "")


def _element(tag: str, value: str | None) -> str:
    return f"<ram:{tag}>{escaped(value)}</ram:{tag}>" if value else ""


_TAX: tuple[Element, ...] = (
    amount("ram:CalculatedAmount", "tax_amount"),
    fixed("ram:TypeCode", "VAT"),
    text("ram:ExemptionReason", "exemption_reason"),
    amount("ram:BasisAmount", "taxable_amount"),
    text("ram:CategoryCode", "category"),
    text("ram:ExemptionReasonCode", "exemption_reason_code"),
)
_RATE = number("ram:RateApplicablePercent", "rate")
_POINT_DATE = stamp("ram:TaxPointDate", "tax_point_date", "udt:DateString", EN16931)
_POINT_CODE = "ram:DueDateTypeCode"
_TO_2005 = {"5": "3", "29": "35", "72": "432"}
_TO_2475 = {code: other for other, code in _TO_2005.items()}


@dataclass(frozen=True)
class Taxes(Element):
    """BG-23, with BT-7 and BT-8 of the document in its first row."""

    path: str = "ram:ApplicableTradeTax"

    def action(self, name: Name) -> Action:
        row = node((*_TAX, _RATE), name)
        point = _POINT_DATE.action(name)

        def point_code(walk: Walk, _target: Data, element: etree._Element) -> None:
            said = (element.text or "").strip()
            walk.put(walk.data, "tax_point_code", _TO_2005.get(said, said), element)

        row[name("ram:TaxPointDate")] = lambda walk, _target, element: point(walk, walk.data, element)
        row[name(_POINT_CODE)] = point_code

        def act(walk: Walk, target: Data, element: etree._Element) -> None:
            below: Data = {}
            walk.run(row, below, element)
            walk.append(target, "vat_breakdown", below, element)

        return act

    def writer(self, level: int) -> Write:
        head, rate, point = content(_TAX, level), _RATE.writer(level), _POINT_DATE.writer(level)
        dated = level >= _POINT_DATE.level

        def write(document: Invoice, currency: str) -> str:
            code = document.tax_point_code
            points = point(document, currency) if dated else ""
            points += _element("DueDateTypeCode", _TO_2475.get(code, code) if code else None)
            rows = []
            for each in document.vat_breakdown:
                rows.append(f"<{self.tag}>{head(each, currency)}{points}{rate(each, currency)}</{self.tag}>")
                points = ""
            return "".join(rows)

        return write

    def fields(self, level: int) -> Iterator[str]:
        for each in (*_TAX, _RATE):
            yield from (f"vat_breakdown[].{field}" for field in each.fields(level))
        yield "tax_point_code"
        if level >= _POINT_DATE.level:
            yield "tax_point_date"
