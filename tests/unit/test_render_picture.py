"""The picture of the first page."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from render_documents import BRAND, invoice, pdf

from stages.rendering.picture import first_page


def test_the_picture_is_small_and_true() -> None:
    """800 pixels wide, at most 16 colours, under 50 KB; paper is white and the brand's accent is its own."""
    content = first_page(pdf(invoice(30)))
    assert len(content) < 50_000
    with Image.open(BytesIO(content)) as picture:
        assert picture.format == "PNG"
        assert picture.mode == "P"
        assert picture.size == (800, 1132)
        colours = {colour: area for area, colour in picture.convert("RGB").getcolors(100) or []}
    assert len(colours) <= 16
    assert max(colours, key=lambda colour: colours[colour]) == (255, 255, 255)
    accent = tuple(int((BRAND.accent or "")[at : at + 2], 16) for at in (1, 3, 5))
    assert accent in colours


def test_the_width_is_the_callers() -> None:
    """A narrower picture is drawn anew, not the wide one scaled."""
    with Image.open(BytesIO(first_page(pdf(invoice(1)), width=320))) as picture:
        assert picture.width == 320


def test_the_same_page_gives_the_same_picture() -> None:
    """Equal PDFs give equal bytes."""
    content = pdf(invoice(2))
    assert first_page(content) == first_page(content)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 nothing", b"<html>"])
def test_what_is_no_pdf_is_refused(content: bytes) -> None:
    """Bytes that are no PDF raise, and leave nothing open."""
    with pytest.raises(ValueError, match="not a PDF"):
        first_page(content)
