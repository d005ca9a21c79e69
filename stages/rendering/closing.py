"""What follows the lines: VAT breakdown and totals, how to pay, notes, supporting documents."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from schemas.documents import Attachment, CreditTransfer, Note
from stages.rendering.figures import grouped
from stages.rendering.fonts import Style, clean, fit, line, measure, wrap
from stages.rendering.payment_code import payment_code
from stages.rendering.sheet import INNER, LEFT, RIGHT, Column, Flow, Modules, Row, beside, stack
from stages.rendering.theme import GAP, HAIRLINE, INK, InvoiceJob, Job
from stages.words import LANGUAGES, load_printed

TOTALS = RIGHT - 206
_TAXABLE = LEFT + 190
_TAX = LEFT + 254
_FIGURE_WIDE = 60.0
_CODE = 84.0
_DEBITS = frozenset({"48", "49", "54", "55", "59"})
"""UNTDID 4461: cards and direct debits. The seller collects; the reader pays nothing on receipt."""
_Lines = list[tuple[str, Style]]


def closing(flow: Flow, job: InvoiceJob) -> None:
    """VAT breakdown (BG-23) at the left, totals (BG-22) at the right, the amount due last and largest; then the rest.

    Notes (BG-1) stand under the breakdown where they are short enough not to lengthen the page, else at the end.
    """
    breakdown, sums, last = _breakdown(job), _sums(job), _last(job)
    right = sum(row.height for row in sums) + last.height + 7
    left = sum(row.height for row in breakdown)
    notes = note_rows(job, job.document.notes, TOTALS - LEFT - 24)
    beside = left + 10 + sum(row.height for row in notes) <= right
    if beside:
        breakdown = [*breakdown, Row((), 10), *notes]
    if left > 320:
        flow.rows(breakdown)
        flow.space(GAP)
        left = 0.0
    flow.need(max(left, right))
    start = flow.y
    if left:
        flow.rows(breakdown)
    end, flow.y = flow.y, start
    flow.rows(sums)
    flow.page.rule(flow.y + 3, INK, 1.2, left=TOTALS)
    flow.y += 7
    flow.rows([last])
    flow.y = max(flow.y, end)
    flow.space(GAP)
    payment(flow, job)
    if not beside:
        flow.rows(note_rows(job, job.document.notes, INNER - 60), 120)
        flow.space(GAP)
    supporting(flow, job, job.document.attachments)


def _breakdown(job: InvoiceJob) -> list[Row]:
    theme, words, figures = job.theme, job.words, job.figures
    if not job.document.vat_breakdown:
        return []
    heads = (
        Column(LEFT, [(words.vat_breakdown, theme.heading)]),
        Column(_TAXABLE, [(words.taxable, theme.small)], "right"),
        Column(_TAX, [(words.vat, theme.small)], "right"),
    )
    rows = [*stack(heads), Row((), 3)]
    for each in job.document.vat_breakdown:
        meaning = words.vat_categories.get(each.category, line(each.category))
        rate = f" {figures.percent(each.rate)}" if each.rate is not None else ""
        code = "" if each.category == "S" else f" ({line(each.category)})"
        width = _TAXABLE - LEFT - _FIGURE_WIDE - 8
        label = [(part, theme.body) for part in wrap(f"{meaning}{rate}{code}", theme.body, width)]
        reason = each.exemption_reason
        if reason and reason.casefold() not in _meanings(each.category):
            label += [(part, theme.small) for part in wrap(clean(reason), theme.small, width)]
        taxable, tax = figures.amount(each.taxable_amount), figures.amount(each.tax_amount)
        columns = (
            Column(LEFT, label),
            Column(_TAXABLE, [(taxable, fit(taxable, theme.body, _FIGURE_WIDE, 4))], "right"),
            Column(_TAX, [(tax, fit(tax, theme.body, _FIGURE_WIDE, 4))], "right"),
        )
        rows += stack(columns)
    return rows


@lru_cache(maxsize=32)
def _meanings(category: str) -> frozenset[str]:
    """What a VAT category is called in every language: a reason that says no more is not repeated in the seller's."""
    named = (load_printed(language).vat_categories.get(category, "") for language in LANGUAGES)
    return frozenset(each.casefold() for each in named)


def _sums(job: InvoiceJob) -> list[Row]:
    words, sums, document = job.words, job.document.totals, job.document
    adjusted = bool(sums.allowance_total or sums.charge_total)
    facts: list[tuple[str, Decimal | None]] = [
        (words.line_total, sums.line_total if adjusted else None),
        (words.allowance_total, -sums.allowance_total if sums.allowance_total else None),
        (words.charge_total, sums.charge_total or None),
        (words.tax_exclusive, sums.tax_exclusive),
        (words.tax_amount, sums.tax_amount),
        (words.tax_inclusive, sums.tax_inclusive),
        (words.paid, -sums.paid_amount if sums.paid_amount else None),
        (words.rounding, sums.rounding_amount or None),
    ]
    rows = [sum_row(label, job.figures.amount(value), job.theme.body) for label, value in facts if value is not None]
    if document.accounting_currency and sums.tax_amount_accounting is not None:
        label = words.tax_amount_accounting.format(currency=document.accounting_currency)
        value = job.figures.money(sums.tax_amount_accounting, document.accounting_currency)
        rows.append(sum_row(label, value, job.theme.body))
    return rows


def _last(job: InvoiceJob) -> Row:
    words, due = job.words, job.document.totals.amount_due
    assert due is not None
    credit = job.document.document_type == "credit-note"
    label = words.amount_credited if credit else words.amount_due if due >= 0 else words.balance_in_favour
    return sum_row(label, job.figures.money(due if credit else abs(due)), job.theme.total)


def sum_row(label: str, value: str, style: Style) -> Row:
    """One line of the sums at the right. Where they do not fit, the label gives way before the amount does."""
    named = fit(label, style, RIGHT - TOTALS - measure(value, style) - 10, 8)
    room = RIGHT - TOTALS - measure(label, named) - 10
    return stack((Column(TOTALS, [(label, named)]), Column(RIGHT, [(value, fit(value, style, room, 4))], "right")))[0]


def payment(flow: Flow, job: InvoiceJob) -> None:
    """How to pay (BG-16), with the payment code where it applies."""
    facts = _payment_facts(job)
    if not facts:
        return
    theme, code = job.theme, payment_code(job.document)
    across = 2
    width = (INNER - (_CODE + 24 if code else 0) - (across - 1) * 14) / across
    rows: list[Row] = []
    for start in range(0, len(facts), across):
        columns = []
        for at, (label, lines) in enumerate(facts[start : start + across]):
            broken = [(part, style) for text, style in lines for part in wrap(text, style, width)]
            columns.append(Column(LEFT + at * (width + 14), [(label, theme.label), *broken]))
        rows += [*([Row((), 4)] if rows else []), *beside(columns)]
    title = job.words.payment if _to_be_paid(job) else job.words.payment_details
    heading = [*stack([Column(LEFT, [(title, theme.heading)])]), Row((), 2)]
    high = 9 + max(sum(row.height for row in (*heading, *rows)), _CODE + 18 if code else 0)
    flow.need(min(high, 300))
    if not flow.untouched:
        flow.page.rule(flow.y, HAIRLINE)
        flow.space(9)
    start_page, top = flow.page, flow.y
    flow.rows(heading)
    if code:
        start_page.codes.append(Modules(RIGHT - _CODE, top + 2, _CODE, code))
        caption = line(job.words.scan_to_pay)
        start_page.write(RIGHT - _CODE / 2, top + _CODE + 8, caption, fit(caption, theme.small, _CODE, 5), "center")
    flow.rows(rows, together=0)
    if code and flow.page is start_page:
        flow.y = max(flow.y, top + _CODE + 18)
    flow.space(GAP - 6)


def _to_be_paid(job: InvoiceJob) -> bool:
    """Has the reader to do something? Not for a credit note, a balance of theirs, or what is debited anyway."""
    document, due = job.document, job.document.totals.amount_due
    debited = document.payment is not None and document.payment.means_code in _DEBITS
    return document.document_type == "invoice" and due is not None and due > 0 and not debited


def _payment_facts(job: InvoiceJob) -> list[tuple[str, _Lines]]:
    words, theme, document = job.words, job.theme, job.document
    facts: list[tuple[str, _Lines]] = []
    pay = document.payment
    if pay:
        facts += _accounts(pay.credit_transfers, job)
        debited = clean(grouped(pay.debited_account)) if pay.debited_account else ""
        card = " ".join(part for part in (pay.card_account, pay.card_holder) if part)
        facts += [
            (words.payment_reference, [(line(pay.remittance_information or ""), theme.strong)]),
            (words.mandate, [(line(pay.mandate or ""), theme.body)]),
            (words.creditor, [(line(pay.creditor_identifier or ""), theme.body)]),
            (words.debited_account, [(debited, theme.body)]),
            (words.card, [(line(card), theme.body)]),
            (words.method, [(words.payment_means.get(pay.means_code) or line(pay.means_text or ""), theme.body)]),
        ]
    facts.append((words.terms, [(clean(document.payment_terms or "").strip(), theme.body)]))
    return [fact for fact in facts if fact[1][0][0]]


def _accounts(transfers: tuple[CreditTransfer, ...], job: InvoiceJob) -> list[tuple[str, _Lines]]:
    """One account with a fact for each of its parts; of several each in a place of its own, lest they get mixed."""
    words, theme = job.words, job.theme
    facts: list[tuple[str, _Lines]] = []
    for transfer in transfers:
        shown = grouped(transfer.account)
        label = "IBAN" if shown != transfer.account else words.account
        holder, provider = line(transfer.account_name or ""), line(transfer.service_provider or "")
        account = [(clean(shown), theme.strong)]
        if len(transfers) > 1:
            facts.append((label, [*account, *((part, theme.small) for part in (holder, provider) if part)]))
        else:
            facts += [
                (label, account),
                (words.account_name, [(holder, theme.body)]),
                ("BIC", [(provider, theme.body)]),
            ]
    return facts


def note_rows(job: Job, notes: Sequence[Note], width: float) -> list[Row]:
    """Notes under their heading; no rows where there are none."""
    theme = job.theme
    texts = [text for note in notes if (text := clean(note.text).strip())]
    if not texts:
        return []
    rows = [*stack([Column(LEFT, [(job.words.notes, theme.heading)])]), Row((), 2)]
    for text in texts:
        rows += stack([Column(LEFT, [(part, theme.body) for part in wrap(text, theme.body, width)])])
        rows.append(Row((), 4))
    return rows


def supporting(flow: Flow, job: Job, attachments: Sequence[Attachment]) -> None:
    """The list of supporting documents (BG-24): they travel in the e-format, or at the address given."""
    theme = job.theme
    lines = [(job.words.attachments, theme.heading)]
    for each in attachments:
        parts = (each.reference, each.description, each.file_name, each.external_location)
        name = " – ".join(dict.fromkeys(line(part) for part in parts if part))
        lines += [(part, theme.body) for part in wrap(name, theme.body, INNER - 60)]
    if len(lines) > 1:
        flow.rows(stack([Column(LEFT, lines)]))
