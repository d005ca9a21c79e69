"""InvoiceDetailRequest: invoice, credit memo, debit memo."""

from __future__ import annotations

from lxml import etree

from schemas.documents import Invoice
from schemas.profiles import ExtractionProfile
from stages.formats.cxml import item
from stages.formats.cxml.credit import positive
from stages.formats.cxml.order import currency, finish
from stages.formats.cxml.parties import TAX_NUMBERS, delivery, named, party
from stages.formats.cxml.terms import pay, settle_terms
from stages.formats.cxml.walk import CxmlWalk, day, extrinsic, kept, money, note, of, part, remark, subtotal
from stages.formats.reading.completing import Unfit, complete
from stages.formats.reading.records import refuse
from stages.formats.reading.sales_tax import Tax, settle
from stages.formats.reading.xml_actions import ignored, within
from stages.formats.reading.xml_walk import Action, Data, Node

PURPOSES = {
    "standard": "380",
    "creditMemo": "381",
    "lineLevelCreditMemo": "381",
    "debitMemo": "383",
    "lineLevelDebitMemo": "383",
}
ROLES = {
    "from": "seller", "issuerOfInvoice": "seller", "supplier": "seller", "billTo": "buyer", "soldTo": "#sold_to",
    "remitTo": "payee", "billFrom": "#bill_from", "taxRepresentative": "tax_representative",
}  # fmt: skip
"""Role of a Contact -> party."""
ACCOUNTS = {
    "ibanID": "account", "bankAccountID": "account", "accountID": "account", "accountName": "account_name",
    "swiftID": "service_provider", "bicID": "service_provider",
}  # fmt: skip
"""Domain of an IdReference of the one to be paid -> its account (BG-17)."""


def _partner(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """A party; its numbers stand beside it, and those of the one to be paid are its account."""
    made, paid = None, False
    for contact in element:
        role = ROLES.get(contact.get("role") or "") if contact.tag == "Contact" else None
        if contact.tag == "Contact" and role and role not in target:
            made = target[role] = party(walk, contact)
            paid = paid or role == "payee"
        elif contact.tag != "IdReference":
            walk.unknown(contact)
    account: Data = {}
    for reference in element.iterchildren("IdReference"):
        domain, number = reference.get("domain") or "", reference.get("identifier")
        if made is not None and domain in TAX_NUMBERS:
            walk.put(made, TAX_NUMBERS[domain], number, reference)
        elif paid and domain in ACCOUNTS:
            walk.put(account, ACCOUNTS[domain], number, reference)
        else:
            walk.known(reference)
    if "account" in account:
        payment = target.setdefault("payment", {"means_code": "30"})
        walk.append(payment, "credit_transfers", account, element)
    elif account:
        walk.known(element)


def _shipping(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    for contact in element:
        if contact.tag == "Contact" and contact.get("role") == "shipTo":
            delivery(walk, target, contact)
        else:
            walk.unknown(contact)


def _tax(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """Tax: its sum, and the details with a rate each."""
    made = []
    for detail in element.iterchildren("TaxDetail"):
        amount, base = (detail.findtext(f"{tag}/Money") or "" for tag in ("TaxAmount", "TaxableAmount"))
        kind = detail.get("category") or "tax"
        walk.put(walk.data, "tax_point_date", day(detail.get("taxPointDate") or ""), detail)
        walk.known(detail, "exemptDetail", "isTriangularTransaction", "paymentDate")
        for child in detail:
            if child.tag not in ("TaxAmount", "TaxableAmount", "TaxLocation"):
                walk.known(child)
        made.append(
            Tax(
                amount.strip(), (detail.get("percentageRate") or "").strip(), base.strip(), "", kind,
                " ".join(filter(None, (detail.findtext("TaxLocation"), kind if kind != "tax" else "tax"))),
                walk.place(detail),
            )
        )  # fmt: skip
    sum_ = (element.findtext("Money") or "").strip()
    if sum_ and not made:
        made.append(Tax(sum_, text=(element.findtext("Description") or "Tax").strip(), place=walk.place(element)))
    target.setdefault("#taxes", []).extend(made)
    for each in element.iter("Money"):
        code = each.get("currency")
        if code:
            walk.currencies.setdefault(code, each)


def _extra(reason: str, *, charge: bool) -> Action:
    """An amount that is added or deducted; of nothing it is none."""

    def act(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
        amount: Data = {}
        money("amount", {"Description": ignored})(walk, amount, element)
        if amount and amount["amount"].strip("0. "):
            made = {"charge": charge, "amount": amount["amount"], "reason": element.findtext("Description") or reason}
            if element.get("percentageRate"):
                made["percentage"] = element.get("percentageRate")
            walk.append(target, "allowances_charges", made, element)

    return act


def _order(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """OrderReference: the order's number, or (Coupa) the identity of the document that it came in."""
    document = element.find("DocumentReference")
    number = (element.get("orderID") or "").strip()
    if not number and document is not None and document.get("payloadID"):
        number = str(document.get("payloadID"))
        walk.say(
            "order",
            "the order is named by its document's identity only, which is taken for its number",
            element,
            number,
        )
    elif document is not None:
        walk.known(document)
    walk.known(element, "orderDate")
    if number:
        target["#order"] = number


def _preceding(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    made: Data = {}
    of({}, {"invoiceID": "number", "invoiceDate": "@issue_date"})(walk, made, element)
    if made:
        walk.append(target, "preceding_invoices", made, element)


def _period(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    made: Data = {}
    of({}, {"startDate": "@start", "endDate": "@end"})(walk, made, element)
    walk.put_part(target, "period", made, element)


_LINE: Node = {
    **item.ITEM,
    "InvoiceDetailItemReference": of({**item.ITEM_ID, **item.ITEM}, {"lineNumber": "order_line_reference"}),
    "InvoiceDetailServiceItemReference": of({**item.ITEM_ID, **item.ITEM}, {"lineNumber": "order_line_reference"}),
    "SubtotalAmount": money("#subtotal"),
    "Tax": _tax,
    "InvoiceDetailLineSpecialHandling": _extra("Special handling", charge=True),
    "InvoiceDetailLineShipping": within({"Money": kept, "InvoiceDetailShipping": kept}),
    "InvoiceDetailDiscount": _extra("Discount", charge=False),
    **dict.fromkeys(("GrossAmount", "NetAmount", "TotalAmountWithoutTax"), subtotal),
    "Comments": remark,
    "Extrinsic": extrinsic,
}
_ATTRIBUTES = {"invoiceLineNumber": "identifier", "quantity": "quantity", "referenceDate": "="}
_BY_ORDER: Node = {
    "InvoiceDetailOrderInfo": within(
        {
            "OrderReference": _order,
            "OrderIDInfo": of({}, {"orderID": "#order", "orderDate": "="}),
            "SupplierOrderInfo": of({}, {"orderID": "sales_order_reference"}),
            "MasterAgreementIDInfo": of({}, {"agreementID": "contract_reference", "agreementDate": "="}),
        }
    ),
    "InvoiceDetailItem": part("lines", _LINE, _ATTRIBUTES),
    "InvoiceDetailServiceItem": part("lines", _LINE, _ATTRIBUTES),
}


def _orders(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """InvoiceDetailOrder: the lines of one order."""
    target.pop("#order", None)
    before = len(target.get("lines", ()))
    walk.run(_BY_ORDER, target, element)
    for line in target.get("lines", [])[before:]:
        line["#order"] = target.get("#order")


_TABLE: Node = {
    "InvoiceDetailRequestHeader": of(
        {
            "InvoiceDetailHeaderIndicator": kept,
            "InvoiceDetailLineIndicator": ignored,
            "InvoicePartner": _partner,
            "InvoiceIDInfo": _preceding,
            "InvoiceDetailShipping": _shipping,
            "PaymentTerm": pay,
            "InvoiceDetailPaymentTerm": pay,
            "Period": _period,
            "Comments": note,
            "Extrinsic": extrinsic,
        },
        {
            "invoiceID": "invoice_number", "invoiceDate": "@issue_date", "purpose": "#purpose", "operation": "#action",
            "invoiceOrigin": "=", "isInformationOnly": "#information",
        },
    ),
    "InvoiceDetailOrder": _orders,
    "InvoiceDetailSummary": within(
        {
            "SubtotalAmount": money("totals.line_total"),
            "Tax": _tax,
            "SpecialHandlingAmount": _extra("Special handling", charge=True),
            "ShippingAmount": _extra("Shipping", charge=True),
            "InvoiceDetailDiscount": _extra("Discount", charge=False),
            "GrossAmount": subtotal,
            "TotalAmountWithoutTax": money("totals.tax_exclusive"),
            "NetAmount": money("totals.tax_inclusive"),
            "DepositAmount": money("totals.paid_amount"),
            "DueAmount": money("totals.amount_due"),
        }
    ),
}  # fmt: skip


def read(walk: CxmlWalk, payload: etree._Element, profile: ExtractionProfile | None) -> Invoice:
    """Raises Unfit."""
    data, constants = walk.data, profile.constants if profile else {}
    summary = payload.find("InvoiceDetailHeaderOrder")
    if summary is not None:
        message = "an invoice that sums orders up, without lines, is not read"
        raise Unfit(
            refuse("cxml-summary", message, walk.place(summary), "InvoiceDetailHeaderOrder", "InvoiceDetailOrder")
        )
    walk.run(_TABLE, data, payload)
    number, purpose = data.get("invoice_number"), data.pop("#purpose", "standard")
    for name, allowed, message in (
        ("#action", "new", "only new invoices are read; this one takes another back"),
        ("#information", "no", "an invoice for information only is not issued again"),
    ):
        found = data.pop(name, allowed)
        if found != allowed:
            raise Unfit(refuse("cxml-action", message, walk.place(payload), found, allowed), number=number)
    if purpose not in PURPOSES:
        finding = refuse("cxml-purpose", "the purpose is not one that is read", walk.place(payload), purpose)
        raise Unfit(finding, number=number)
    data["type_code"] = PURPOSES[purpose]
    for role, spare, credential in (("seller", "#bill_from", "From"), ("buyer", "#sold_to", "To")):
        other = data.pop(spare, None)
        if other and data.get(role):
            message = f"another {role} is named; the first one is used"
            walk.unknown(walk.parents[id(other)], "repeated", message)
        if found := named(data.get(role) or other, walk.credential(credential)):
            data[role] = found
    settle_terms(walk, data, due=True)
    data.pop("#order", None)
    _lines(walk, data, payload)
    whole = data.pop("#taxes", [])
    of_lines = [line.pop("#taxes", []) for line in data.get("lines", ())]

    def say(message: str, place: str, found: str | None) -> None:
        walk.warnings.add("cxml-tax", message, place or walk.place(payload), found)

    settle(data, of_lines, whole, constants, say)
    data["currency"] = currency(walk, payload)
    if data["type_code"] == "381":
        positive(walk, data, payload)
    finish(walk, data)
    return complete(data, walk.locate, constants, ("vat_category", "unit"))


def _lines(walk: CxmlWalk, data: Data, payload: etree._Element) -> None:
    orders = []
    for line in data.get("lines", ()):
        item.settle(line)
        order, subtotal = line.pop("#order", None), line.pop("#subtotal", None)
        if order and order not in orders:
            orders.append(order)
        if subtotal and not line.get("allowances_charges"):
            line["net_amount"] = subtotal
    if len(orders) == 1:
        data["order_reference"] = orders[0]
    elif orders:
        walk.extras["order_references"] = ", ".join(orders)[:1000]
        walk.say("order", "the lines are of several orders; they are kept aside", payload, str(len(orders)))
