"""Orders and what sellers answer to them."""

from __future__ import annotations

from schemas.documents import AllowanceCharge
from schemas.orders import Order, OrderLine, OrderResponse, OrderResponseLine, OrderTotals
from stages.rendering.fonts import line
from stages.rendering.head import Fact
from stages.rendering.lines import allowance_text, list_price, signed, vat_rate
from stages.rendering.messages.contents import (
    Cell,
    Contents,
    Head,
    Table,
    amount,
    long_day,
    money,
    quantity,
    said,
    span,
)  # fmt: skip
from stages.rendering.messages.items import (
    NET_WIDE,
    PRICE_WIDE,
    QUANTITY_WIDE,
    VAT_WIDE,
    item_cells,
    item_heads,
    net_head,
    price,
)  # fmt: skip
from stages.rendering.theme import Job


def order(document: Order, job: Job) -> Contents:
    words = job.words
    terms = " ".join(part for part in (said(document.delivery_terms), said(document.delivery_terms_location)) if part)
    return Contents(
        glance=(
            (words.requested_delivery, span(document.requested_delivery, job)),
            (words.expected_total, money(document.totals.amount_due, job)),
            (words.valid_until, long_day(document.valid_until, job)),
        ),
        sides=(
            (words.ordering_buyer, document.buyer),
            (words.supplier, document.seller),
            (words.delivered_to, document.delivery),
            (words.requested_by, document.originator),
            (words.invoice_to, document.invoicee),
        ),
        facts=(
            (words.buyers_reference, said(document.buyer_reference)),
            (words.quotation, said(document.quotation_reference)),
            (words.contract, said(document.contract_reference)),
            (words.previous_order, said(document.previous_order)),
            (words.delivery_terms, terms),
            (words.terms, said(document.payment_terms)),
            (words.accounting_reference, said(document.accounting_reference)),
        ),
        tables=(
            Table(
                (
                    *item_heads(job),
                    Head(words.quantity, QUANTITY_WIDE),
                    Head(words.unit_price, PRICE_WIDE),
                    Head(words.vat, VAT_WIDE),
                    net_head(job),
                ),
                [_order_line(each, job) for each in document.lines],
            ),
            _adjustments(document.allowances_charges, job),
        ),
        sums=_sums(document.totals, job),
        notes=document.notes,
        attachments=document.attachments,
    )


def _order_line(item: OrderLine, job: Job) -> tuple[Cell, ...]:
    words = job.words
    parts = {True: words.partial_delivery, False: words.whole_delivery, None: ""}[item.partial_delivery]
    more = (
        list_price(item.gross_price, item.price_discount, job),
        words.labelled(words.requested_delivery, span(item.requested_delivery, job)),
        parts,
        words.labelled(words.accounting_reference, said(item.accounting_reference)),
        *(words.labelled(allowance_text(each, job), signed(each, job)) for each in item.allowances_charges),
    )
    return (
        *item_cells(item.identifier, item, job, *more, note=item.note),
        quantity(item.quantity, item.unit, job),
        price(item, job),
        Cell(vat_rate(item.vat_category, item.vat_rate, job)),
        amount(item.net_amount, job),
    )


def _adjustments(given: tuple[AllowanceCharge, ...], job: Job) -> Table:
    """Allowances and charges of the whole order."""
    words = job.words
    heads = (Head(words.adjustment, 0, "left"), Head(words.vat, VAT_WIDE), Head(words.amount, NET_WIDE))
    rows = [
        (
            Cell(allowance_text(each, job)),
            Cell(vat_rate(each.vat_category, each.vat_rate, job)),
            Cell(signed(each, job), figure=True),
        )
        for each in given
    ]
    return Table(heads, rows)


def _sums(totals: OrderTotals, job: Job) -> list[Fact]:
    words = job.words
    facts = (
        (words.line_total, totals.line_total),
        (words.allowance_total, -totals.allowance_total if totals.allowance_total else None),
        (words.charge_total, totals.charge_total or None),
        (words.tax_exclusive, totals.tax_exclusive),
        (words.tax_amount, totals.tax_amount),
        (words.tax_inclusive, totals.tax_inclusive),
        (words.expected_total, totals.amount_due),
    )
    return [(label, money(value, job)) for label, value in facts]


def order_response(document: OrderResponse, job: Job) -> Contents:
    words = job.words
    answer = words.answers.get(document.response_code, "")
    return Contents(
        glance=(
            (words.answer, answer),
            (words.promised_delivery, span(document.promised_delivery, job)),
            (words.expected_total, money(document.totals.amount_due, job)),
        ),
        sides=(
            (words.supplier, document.seller),
            (words.ordering_buyer, document.buyer),
            (words.delivered_to, document.delivery),
        ),
        facts=(
            (words.order, said(document.order_reference)),
            (words.answer, "" if answer else said(document.response_code)),
        ),
        tables=(
            Table(
                (
                    *item_heads(job),
                    Head(words.status, 70, "left"),
                    Head(words.quantity, QUANTITY_WIDE),
                    Head(words.back_ordered, QUANTITY_WIDE),
                    Head(words.unit_price, PRICE_WIDE),
                    net_head(job),
                ),
                [_answered_line(each, job) for each in document.lines],
            ),
        ),
        sums=_sums(document.totals, job),
        notes=document.notes,
    )


def _answered_line(item: OrderResponseLine, job: Job) -> tuple[Cell, ...]:
    words = job.words
    ordered = item.order_line_reference
    more = (
        words.order_line.format(number=line(ordered)) if ordered else "",
        words.labelled(words.promised_delivery, span(item.promised_delivery, job)),
    )
    return (
        *item_cells(item.identifier, item, job, *more, note=item.note),
        Cell(words.line_statuses.get(item.status) or line(item.status)),
        quantity(item.quantity, item.unit, job),
        quantity(item.back_ordered, item.unit, job),
        price(item, job),
        amount(item.net_amount, job),
    )
