"""A document as the PDF a person reads: laid out, painted, archived.

Nothing is computed here that a payer would pay by: totals and breakdown are those of the document.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import localcontext

from schemas.canonical import Document
from schemas.documents import Invoice
from schemas.errors import DocumentInvalid, Finding
from stages.rendering.brand import Brand
from stages.rendering.closing import closing
from stages.rendering.figures import Figures
from stages.rendering.fonts import line
from stages.rendering.foot import body_end, foot
from stages.rendering.head import first_glance, letterhead, parties, references, running_head
from stages.rendering.lines import table
from stages.rendering.messages import message, require_page
from stages.rendering.painting import paint
from stages.rendering.pdfa import Description, EmbeddedFile, archive
from stages.rendering.sheet import Flow, Page
from stages.rendering.theme import InvoiceJob, Job, Theme
from stages.words import load_printed, locale


def render(
    document: Document,
    *,
    brand: Brand,
    language: str,
    attachment: EmbeddedFile | None,
    created: datetime,
    copy_of: str | None = None,
) -> bytes:
    """The document as PDF/A-3b with the e-format inside. The same input gives the same bytes.

    An invoice has its totals completed (BG-22, BG-23 and each line's BT-131). `language` is the recipient's (BCP 47).
    `copy_of` names the authority's platform that issues the original: every page then says that it is a copy.
    `created` is an aware datetime and becomes the file's dates, in UTC.

    Raises DocumentInvalid (permanent) for totals that are missing, a language without texts and a kind without a page,
    ConfigurationError for a logo that cannot be read.
    """
    if created.tzinfo is None:
        raise ValueError("created: a datetime without a time zone")
    words, local = load_printed(language), locale(language)
    theme, figures = Theme(brand), Figures(local, getattr(document, "currency", None) or "")
    job: Job
    if isinstance(document, Invoice):
        _require_totals(document)
        job = InvoiceJob(document, theme, words, figures, copy_of)
    else:
        require_page(document)
        job = Job(document, theme, words, figures, copy_of)
    # 28 digits and as many places (schemas.documents) are more than the default context can format.
    with localcontext(prec=80):
        pages = _lay_out(job)
    title = f"{words.title(document)} {line(document.number)}"
    describe = Description(
        title=title,
        author=line(document.sender.name),
        language=str(local).replace("_", "-"),
        created=created.astimezone(UTC).replace(microsecond=0),
    )
    return archive(paint(pages), describe, attachment, brand.logo)


def _lay_out(job: Job) -> list[Page]:
    flow = Flow(body_end(job), lambda page: running_head(page, job))
    letterhead(flow, job)
    if isinstance(job, InvoiceJob):
        for block in (first_glance, parties, references, table, closing):
            block(flow, job)
    else:
        message(flow, job)
    foot(flow.pages, job)
    return flow.pages


def _require_totals(document: Invoice) -> None:
    """Refuse what conversion has not completed: a page without its sums is no invoice."""
    missing = [
        Finding(rule=rule, message="missing: totals are completed before rendering", place=place)
        for rule, place, value in (
            ("BR-14", "totals.tax_inclusive", document.totals.tax_inclusive),
            ("BR-15", "totals.amount_due", document.totals.amount_due),
            *(("BR-24", f"lines[{at}].net_amount", each.net_amount) for at, each in enumerate(document.lines)),
        )
        if value is None
    ]
    if missing:
        raise DocumentInvalid("totals are not completed", findings=tuple(missing[:50]))
