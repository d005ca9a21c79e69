"""Payments and what is still open: documents with their amounts."""

from __future__ import annotations

from schemas.codes import CREDIT_NOTE_TYPES
from schemas.payments import OpenItem, OpenItems, RemittanceAdvice, RemittanceLine
from stages.rendering.figures import grouped
from stages.rendering.fonts import clean, line
from stages.rendering.messages.contents import Cell, Contents, Head, Table, amount, day, long_day, money, said
from stages.rendering.messages.items import NET_WIDE
from stages.rendering.theme import Job

_DAY_WIDE = 66.0


def remittance_advice(document: RemittanceAdvice, job: Job) -> Contents:
    words = job.words
    means = document.payment_means or ""
    return Contents(
        glance=(
            (words.total_paid, money(document.total_paid, job)),
            (words.payment_date, long_day(document.payment_date, job)),
        ),
        sides=((words.payer, document.payer), (words.paid_to, document.payee)),
        facts=(
            (words.payment_reference, said(document.payment_reference)),
            (words.method, words.payment_means.get(means) or line(means)),
            (words.payer_account, _account(document.payer_account)),
            (words.payee_account, _account(document.payee_account)),
        ),
        tables=(
            Table(
                (
                    Head(words.document, 0, "left"),
                    Head(words.document_date, _DAY_WIDE, "left"),
                    *(
                        Head(label, NET_WIDE)
                        for label in (words.amount, words.cash_discount, words.adjustment, words.amount_paid)
                    ),
                ),
                [_settled(each, job) for each in document.lines],
            ),
        ),
        sums=((words.total_paid, money(document.total_paid, job)),),
        notes=document.notes,
    )


def _account(number: str | None) -> str:
    """Broken between its groups where it must be broken, never inside one."""
    return clean(grouped(number or "")).replace("\u00a0", " ")


def _settled(each: RemittanceLine, job: Job) -> tuple[Cell, ...]:
    reason = job.words.labelled(job.words.reason, said(each.adjustment_reason))
    small = (kind_of_document(each.document_type, job), reason)
    return (
        Cell(line(each.document_number), small=small),
        Cell(day(each.document_date, job)),
        *(amount(value, job) for value in (each.amount_due, each.discount, each.adjustment, each.amount_paid)),
    )


def kind_of_document(code: str | None, job: Job) -> str:
    """UNTDID 1001 in words; the code itself where it is neither an invoice nor a credit note."""
    titles = job.words.titles
    if code in CREDIT_NOTE_TYPES:
        return titles["credit_note"]
    return titles["invoice"] if code == "380" else said(code)


def open_items(document: OpenItems, job: Job) -> Contents:
    words = job.words
    buckets = [Head(line(name), 0) for name in document.buckets]
    return Contents(
        glance=(
            (words.total_open, money(document.total, job)),
            (words.as_of, long_day(document.issue_date, job)),
        ),
        sides=((words.seller, document.seller), (words.customer, document.buyer)),
        facts=(),
        tables=(
            Table(
                (
                    Head(words.document, 0, "left"),
                    Head(words.document_date, _DAY_WIDE, "left"),
                    Head(words.due_date, _DAY_WIDE, "left"),
                    Head(words.days_overdue, 54),
                    Head(words.amount, NET_WIDE),
                    Head(words.balance, NET_WIDE),
                ),
                [_open(each, job) for each in document.items],
            ),
            Table(
                buckets, [[amount(each, job) for each in document.buckets.values()]] if buckets else [], words.ageing
            ),
        ),
        sums=((words.total_open, money(document.total, job)),),
    )


def _open(each: OpenItem, job: Job) -> tuple[Cell, ...]:
    return (
        Cell(line(each.document_number)),
        Cell(day(each.document_date, job)),
        Cell(day(each.due_date, job)),
        Cell(str(each.days_overdue) if each.days_overdue is not None else "", figure=True),
        amount(each.amount, job),
        amount(each.balance, job),
    )
