"""The page of what stands around an invoice: orders, despatch advices, catalogues, advices of payment, answers.

Each kind has a function that says what stands on its page (`Contents`); how that looks is here, with the invoice's own
blocks. Nothing is computed: an order without totals has none on its page either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schemas.canonical import Document
from schemas.errors import DocumentInvalid, Finding
from stages.rendering.closing import TOTALS, note_rows, sum_row, supporting
from stages.rendering.head import band, fact_rows, side_by_side
from stages.rendering.messages import answers, catalogue, money, ordering, shipping
from stages.rendering.messages.contents import Contents
from stages.rendering.messages.tables import table
from stages.rendering.sheet import INNER, Flow
from stages.rendering.theme import GAP, INK, Job

PAGES: Mapping[str, Callable[[Any, Job], Contents]] = {
    "order": ordering.order,
    "order-response": ordering.order_response,
    "despatch-advice": shipping.despatch_advice,
    "receiving-advice": shipping.receiving_advice,
    "catalogue": catalogue.catalogue,
    "remittance-advice": money.remittance_advice,
    "open-items": money.open_items,
    "business-response": answers.business_response,
}
"""Canonical kind -> what stands on its page. What never leaves the house has none."""


def require_page(document: Document) -> None:
    """Raises DocumentInvalid (permanent) for a kind without a page."""
    if document.kind not in PAGES:
        finding = Finding(rule="page-kind", message="has no page", found=document.kind, place="kind")
        raise DocumentInvalid("A document of this kind has no page.", findings=(finding,))


def message(flow: Flow, job: Job) -> None:
    """All of a message below the letterhead."""
    contents = PAGES[job.document.kind](job.document, job)
    facts = [fact for fact in contents.glance if fact[1]]
    if facts:
        band(flow, job, facts[:3])
    side_by_side(flow, job, contents.sides)
    # What found no room in the band stands among the other facts.
    fact_rows(flow, job, [*facts[3:], *contents.facts])
    for each in contents.tables:
        table(flow, each, job)
    _sums(flow, job, contents)
    flow.rows(note_rows(job, contents.notes, INNER - 60), 120)
    flow.space(GAP)
    supporting(flow, job, contents.attachments)


def _sums(flow: Flow, job: Job, contents: Contents) -> None:
    sums = [fact for fact in contents.sums if fact[1]]
    if not sums:
        return
    *rows, last = sums
    above = [sum_row(label, value, job.theme.body) for label, value in rows]
    below = sum_row(*last, job.theme.total)
    flow.need(sum(row.height for row in above) + below.height + 7)
    flow.rows(above)
    flow.page.rule(flow.y + 3, INK, 1.2, left=TOTALS)
    flow.y += 7
    flow.rows([below])
    flow.space(GAP)
