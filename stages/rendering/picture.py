"""A picture of the first page, for the recipient's page: seen before anything is downloaded."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_COLOURS = 16
"""Four bits a pixel: a usual page of 800 pixels takes 25 to 45 KB, a fifth of it in RGB."""
_AREA = 12
"""Pixels, of a quarter of the page's, that make a colour one of the brand's and not a letter's edge."""

_Rgb = tuple[int, int, int]


def first_page(pdf: bytes, width: int = 800) -> bytes:
    """The first page as PNG, `width` pixels wide, with a palette of 16 colours.

    Raises ValueError for bytes that are no PDF.
    """
    import pypdfium2
    from PIL import Image

    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        raise ValueError("not a PDF that can be shown") from error
    try:
        page = document[0]
        drawn = page.render(scale=width / page.get_width()).to_pil().convert("RGB")
    finally:
        document.close()
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for colour in _palette(drawn) for channel in colour])
    out = BytesIO()
    drawn.quantize(palette=palette, dither=Image.Dither.NONE).save(out, "PNG", bits=4)
    return out.getvalue()


def _palette(drawn: Image) -> list[_Rgb]:
    """Paper and bands exactly; the brand's colours exactly and half as strong; greys for ink and the edges of letters.

    Pillow's own quantizers average: paper turns grey, and a pale band, a hairline or a small accent is lost in it.
    """
    from PIL import Image

    quarter = drawn.resize((drawn.width // 2, drawn.height // 2), Image.Resampling.NEAREST)
    area = quarter.width * quarter.height
    counted: list[tuple[int, _Rgb]] = sorted(quarter.getcolors(area) or [], reverse=True)  # type: ignore[arg-type]
    grounds = [colour for share, colour in counted[:3] if share > area / 100]
    strong = [colour for share, colour in counted if share >= _AREA and max(colour) - min(colour) > 48]
    half = [((r + 255) // 2, (g + 255) // 2, (b + 255) // 2) for r, g, b in strong]
    plain = [colour for _, colour in counted if max(colour) - min(colour) <= 48]
    colours: list[_Rgb] = []
    for candidates, most, distance in ((grounds, 3, 8), (strong, 7, 60), (half, 10, 40), (plain, _COLOURS, 36)):
        for colour in candidates:
            if len(colours) < most and _apart(colour, colours, distance):
                colours.append(colour)
    return colours


def _apart(colour: _Rgb, others: list[_Rgb], distance: int) -> bool:
    return all(sum((a - b) ** 2 for a, b in zip(colour, other, strict=True)) >= distance**2 for other in others)
