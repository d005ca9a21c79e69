"""From display lists to a PDF, by ReportLab's canvas.

ReportLab makes fonts, pages and the file. What stands on a page is written as PDF operators: a payment code
has some 600 rectangles, a page 200 texts, and formatting each through the canvas took most of the time.
"""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from typing import Any

from stages.rendering.brand import channels
from stages.rendering.fonts import REGULAR, SEMIBOLD, register
from stages.rendering.sheet import HEIGHT, WIDTH, Modules, Page, Shape

LOGO = "Logo"
_ROUND = 0.5523
"""Where a Bezier curve's handles stand so that it is as good as a quarter of a circle."""


def paint(pages: list[Page]) -> bytes:
    """All pages as PDF; fonts embedded and subset, colours DeviceRGB, no dates of today in it.

    The logo is drawn by the name `LOGO`, to which the archive gives its image.
    """
    from reportlab.pdfgen.canvas import Canvas

    register()
    out = BytesIO()
    # The initial font would be Helvetica, which is not embedded. Streams are compressed once, when the archive is made.
    canvas: Any = Canvas(
        out, pagesize=(WIDTH, HEIGHT), pageCompression=0, invariant=1, initialFontName=REGULAR, initialFontSize=9
    )
    for page in pages:
        for shape in page.shapes:
            canvas.addLiteral(_shape(shape))
        for code in page.codes:
            canvas.addLiteral(_modules(code))
        for logo in page.logos:
            place = f"{logo.width:.2f} 0 0 {logo.height:.2f} {logo.x:.2f} {HEIGHT - logo.y - logo.height:.2f}"
            canvas.addLiteral(f"q {place} cm /{LOGO} Do Q")
        _texts(canvas, page)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _texts(canvas: Any, page: Page) -> None:
    """All texts of a page in one text object.

    ReportLab's own text object formats numbers and escapes strings in Python, which took half of the time of a page:
    so only the fonts' public methods are used, which choose a subset and its codes, and the operators are written here.
    """
    from reportlab.pdfbase.pdfmetrics import getFont

    document = canvas._doc
    fonts = {name: getFont(name) for name in (REGULAR, SEMIBOLD)}
    code = ["BT"]
    set_font, set_colour = "", ""
    for x, y, text, style in page.texts:
        font = fonts[style.font]
        if set_colour != style.colour:
            set_colour = style.colour
            code.append(_colour(set_colour, "rg"))
        code.append(f"1 0 0 1 {x:.2f} {HEIGHT - y:.2f} Tm")
        for subset, codes in font.splitString(text, document):
            wanted = f"{font.getSubsetInternalName(subset, document)} {style.size:g} Tf"
            if wanted != set_font:
                set_font = wanted
                code.append(wanted)
            code.append(f"<{codes.hex()}> Tj")
    code.append("ET")
    canvas.addLiteral("\n".join(code))


@lru_cache(maxsize=256)
def _colour(colour: str, operator: str) -> str:
    return " ".join(f"{channel:.4g}" for channel in channels(colour)) + f" {operator}"


def _shape(shape: Shape) -> str:
    x, y, width, height, fill, stroke, weight, radius = shape
    bottom = HEIGHT - y - height
    if height == 0 and stroke:
        at = f"{x:.2f} {bottom:.2f} m {x + width:.2f} {bottom:.2f} l S"
        return f"{_colour(stroke, 'RG')} {weight:.2f} w {at}"
    path = _rounded(x, bottom, width, height, radius) if radius else f"{x:.2f} {bottom:.2f} {width:.2f} {height:.2f} re"
    setting = [_colour(fill, "rg")] if fill else []
    if stroke:
        setting += [_colour(stroke, "RG"), f"{weight:.2f} w"]
    return " ".join([*setting, path, "B" if fill and stroke else "f" if fill else "S"])


def _rounded(x: float, y: float, width: float, height: float, radius: float) -> str:
    handle = radius * (1 - _ROUND)
    right, top = x + width, y + height
    curve = "{:.2f} {:.2f} {:.2f} {:.2f} {:.2f} {:.2f} c".format
    return " ".join(
        (
            f"{x + radius:.2f} {y:.2f} m {right - radius:.2f} {y:.2f} l",
            curve(right - handle, y, right, y + handle, right, y + radius),
            f"{right:.2f} {top - radius:.2f} l",
            curve(right, top - handle, right - handle, top, right - radius, top),
            f"{x + radius:.2f} {top:.2f} l",
            curve(x + handle, top, x, top - handle, x, top - radius),
            f"{x:.2f} {y + radius:.2f} l",
            curve(x, y + handle, x + handle, y, x + radius, y),
            "h",
        )
    )


def _modules(code: Modules) -> str:
    """One path for all dark modules: filled in one go, neighbours show no seams. Black: scanners want the contrast."""
    count = len(code.rows)
    scale = code.side / count
    path = []
    for at, row in enumerate(code.rows):
        column = 0
        while column < count:
            if row[column]:
                start = column
                while column < count and row[column]:
                    column += 1
                path.append(f"{start} {count - 1 - at} {column - start} 1 re")
            column += 1
    bottom = HEIGHT - code.y - code.side
    return f"q 0 0 0 rg {scale:.4f} 0 0 {scale:.4f} {code.x:.2f} {bottom:.2f} cm {' '.join(path)} f Q"
