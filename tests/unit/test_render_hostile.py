"""Text that nobody would print: it neither breaks the page, nor hangs, nor reaches the reader as something else."""

from __future__ import annotations

import re
import time
from decimal import localcontext
from io import BytesIO

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from render_documents import BUYER, D, invoice, line, pages, pdf

from schemas.documents import Address, Note, Party, Payment, Totals, VatBreakdown
from schemas.values import ONE_LINE
from stages.rendering.brand import Brand
from stages.rendering.fonts import REGULAR, REPLACEMENT, Style, clean, measure, wrap
from stages.rendering.sheet import LEFT, RIGHT

BODY = Style(REGULAR, 9, "#000000", 13)
MIXED = "a\u202egnp.exe\u202c\x00\x07\u200b עברית العربية 😀 中文 e\u0301 ąęśż\ttab"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Zażółć gęślą jaźń", "Zażółć gęślą jaźń"),
        ("Ελλάδα Киев", "Ελλάδα Киев"),
        ("e\u0301", "é"),
        ("a\u202eb\u2066c\u200d\ufeffd\u00ade", "abcde"),
        ("a\x00b\tc\x9bd", "a b c d"),
        ("1\u202f234", "1\u00a0234"),
        ("x\u2011y", "x-y"),
        ("😀中א", REPLACEMENT * 3),
        ("\ue000\udc00\U0010ffff", REPLACEMENT * 3),
        ("Ａ①", "A1"),
        ("a\r\nb\u2028c\rd", "a\nb\nc\nd"),
    ],
)
def test_what_cannot_be_shown_is_seen_to_be_missing(text: str, shown: str) -> None:
    """Characters without a glyph become U+FFFD; control and direction characters vanish; the rest stays."""
    assert clean(text) == shown


@given(st.text(max_size=300), st.floats(min_value=20, max_value=500))
@settings(max_examples=150, deadline=None)
def test_no_line_is_wider_than_its_place(text: str, width: float) -> None:
    """Whatever the text, every line of it fits, and not a letter is lost."""
    cleaned = clean(text)
    lines = wrap(cleaned, BODY, width)
    assert all(measure(each, BODY) <= width + 1e-6 for each in lines)
    assert "".join("".join(lines).split()) == "".join(cleaned.split())


def _right_ends(content: bytes) -> float:
    """The largest x at which any letter of any page ends, as PDFium sees it."""
    furthest = 0.0
    document = pypdfium2.PdfDocument(content)
    for page in document:
        text = page.get_textpage()
        furthest = max(furthest, *(text.get_rect(at)[2] for at in range(text.count_rects())))
    document.close()
    return furthest


def test_endless_words_stay_on_the_page() -> None:
    """Names, notes and numbers of thousands of letters without a blank flow over pages and never over the margin."""
    long = "W" * 5000
    party = Party(name=long, trading_name=MIXED, address=Address(line_1=long, city=MIXED, country="1A"))
    document = invoice(
        1,
        invoice_number="N" * 200,
        seller=party,
        buyer=party,
        buyer_reference=long,
        payment=Payment(means_code="ZZZ", means_text=long, remittance_information=long),
        payment_terms=long,
        notes=tuple(Note(text=f"{MIXED}\n" * 100) for _ in range(3)),
        lines=(line(0, name=long, description=long, identifier="9" * 60, unit="Z" * 60),),
    )
    content = pdf(document, brand=Brand(long, footer=long))
    texts = pages(content)
    assert sum(text.count("W") for text in texts) > 9 * 5000
    assert _right_ends(content) <= RIGHT + 1
    assert "Net EUR" in "".join(texts)


def test_the_largest_numbers_stay_in_their_columns() -> None:
    """Amounts of 20 digits and quantities of 28 are shown whole, in smaller letters if need be."""
    huge, fine = D("99999999999999999.99"), D("0.0000000000000001234567891")
    with localcontext(prec=60):
        document = invoice(
            1,
            lines=(line(0, quantity=D("1234567890123456789.123456789"), net_price=fine, net_amount=huge),),
            totals=Totals(line_total=huge, tax_exclusive=huge, tax_inclusive=huge, paid_amount=huge, amount_due=huge),
            vat_breakdown=(VatBreakdown(taxable_amount=huge, tax_amount=huge, category="S", rate=D(23)),),
        )
    content = pdf(document)
    text = "".join(pages(content))
    assert text.count("99,999,999,999,999,999.99") >= 6
    assert "0.0000000000000001234567891" in text.replace("\n", "")
    assert _right_ends(content) <= RIGHT + 1
    assert LEFT > 0


def test_right_to_left_and_emoji_are_replaced_visibly() -> None:
    """A party whose name the font cannot show is drawn with replacement signs, never as something shorter."""
    (text,) = pages(pdf(invoice(1, buyer=BUYER.model_copy(update={"name": "شركة 😀 Sp. z o.o."}))))
    assert f"{REPLACEMENT * 4} {REPLACEMENT} Sp. z o.o." in text


@given(st.text(max_size=120))
@settings(max_examples=25, deadline=None)
def test_any_name_can_be_rendered(name: str) -> None:
    """Any name gives a PDF that another maker's library opens, with the amount on it."""
    reference = "".join(sign for sign in name if re.fullmatch(ONE_LINE, sign))
    document = invoice(1, buyer=Party(name=name), order_reference=reference[:60] or None, notes=(Note(text=name),))
    content = pdf(document, brand=Brand(name if name.strip() else "x", footer=name))
    assert "€15.19" in pages(content)[0]
    opened = pypdfium2.PdfDocument(BytesIO(content))
    assert len(opened) == 1
    opened.close()


def test_five_thousand_lines_take_seconds() -> None:
    """5,000 lines take under 10 seconds of CPU and come out complete."""
    document = invoice(5000)
    started = time.process_time()
    content = pdf(document)
    assert time.process_time() - started < 10
    assert len(content) < 2_000_000
    opened = pypdfium2.PdfDocument(content)
    last = opened[len(opened) - 1].get_textpage().get_text_bounded()
    assert f"€{document.totals.amount_due:,.2f}" in last
    opened.close()
