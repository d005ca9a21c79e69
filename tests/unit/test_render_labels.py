"""Labels have room: in no language does one run into its neighbour or break inside a word. German words are long."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from render_documents import BRAND, invoice

from stages.rendering.closing import TOTALS
from stages.rendering.figures import Figures
from stages.rendering.fonts import Style, fit, measure, wrap
from stages.rendering.foot import foot
from stages.rendering.messages import PAGES
from stages.rendering.messages.contents import Contents
from stages.rendering.sheet import INNER, LEFT, RIGHT, TOP, Page
from stages.rendering.theme import InvoiceJob, Job, Theme
from stages.words import LANGUAGES, load_printed, locale

sys.path.insert(0, str(Path(__file__).parents[1] / "conformance"))
from message_documents import DOCUMENTS

THEME = Theme(BRAND)
FACT = (INNER - 3 * 14) / 4
SIDE = (INNER - 2 * 20) / 3
LARGE = "−1.234.567,89 €"


def contents(language: str) -> Iterator[tuple[str, Contents]]:
    for kind, document in DOCUMENTS.items():
        figures = Figures(locale(language), getattr(document, "currency", None) or "")
        yield kind, PAGES[kind](document, Job(document, THEME, load_printed(language), figures))


def whole(text: str, style: Style, width: float) -> bool:
    """Is it broken between words only?"""
    return " ".join(wrap(text, style, width)) == text


def fits_beside_an_amount(label: str) -> bool:
    """In the sums, at 10 points of 12 or larger, with an amount of millions beside it."""
    room = RIGHT - TOTALS - measure(LARGE, THEME.total) - 10
    return fit(label, THEME.total, room, 4).size >= 9.5


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_label_of_a_message_is_too_long(language: str) -> None:
    """Facts, roles, sums and column heads of every kind of message stand in the room they have."""
    for kind, each in contents(language):
        for at, (label, _) in enumerate(each.glance):
            assert measure(label, THEME.label._replace(size=8)) <= (190, 160, INNER - 386)[at] - 6, (kind, label)
        for label, _ in each.facts:
            assert measure(label, THEME.label) <= FACT + 10, (kind, label)
        for label, _ in each.sides:
            assert measure(label, THEME.heading) <= SIDE, (kind, label)
        for label, _ in each.sums[-1:]:
            assert fits_beside_an_amount(label), (kind, label)
        for table in each.tables:
            for head in table.heads:
                assert not head.width or whole(head.label, THEME.column, head.width), (kind, head.label)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_label_of_an_invoice_is_too_long(language: str) -> None:
    """References, roles, column heads, sums and payment facts stand in the room they have."""
    words = load_printed(language)
    for label in (words.amount_due, words.amount_credited, words.balance_in_favour):
        assert fits_beside_an_amount(label), label
    for label in (words.tax_exclusive, words.tax_inclusive, words.tax_amount, words.line_total, words.paid):
        assert measure(label, THEME.body) + measure(LARGE, THEME.body) + 10 <= RIGHT - TOTALS, label
    for label in ("tax_point_date", "receiving_advice", "despatch_advice", "accounting_reference", "preceding_invoice"):
        assert measure(getattr(words, label), THEME.label) <= FACT + 10, label
    for label in (words.seller, words.buyer, words.delivered_to, words.payee, words.tax_representative):
        assert measure(label, THEME.heading) <= SIDE, label
    for label in (words.mandate, words.creditor, words.debited_account, words.payment_reference, words.method):
        assert measure(label, THEME.label) <= (INNER - 122) / 2, label
    for label, width in (
        (words.quantity, 72),
        (words.unit_price, 66),
        (words.vat, 42),
        (words.net.format(currency="EUR"), 76),
    ):
        assert whole(label, THEME.column, width), label
    assert measure(words.vat_breakdown, THEME.heading) + measure(words.taxable, THEME.small) + 8 <= 190
    for forms in words.units.values():
        assert all(whole(form, THEME.small, 60) for form in forms.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_notices_stay_on_the_paper(language: str) -> None:
    """That it is a copy and that its signature is for show: whole, between the margins, above the running head."""
    brand = replace(BRAND, demo_signature=True)
    for platform in ("SdI", "KSeF", "A platform with a name that somebody made rather long"):
        job = InvoiceJob(invoice(1), Theme(brand), load_printed(language), Figures(locale(language), "EUR"), platform)
        page = Page()
        foot([page], job)
        stamp = page.shapes[0]
        assert LEFT <= stamp.x <= stamp.x + stamp.width <= RIGHT
        assert 2 <= stamp.y <= stamp.y + stamp.height <= TOP - 8
        said = " ".join(text.text for text in page.texts)
        assert job.words.demo_signature in said
        assert platform in said
