"""The typeface of every page: Open Sans in two cuts, what it can show, how wide text is and where it breaks.

PDF/A-3b wants every font embedded and no glyph missing (ISO 19005-3, 6.2.11.4 and 6.2.11.8), so text passes `clean`
before it is drawn: what the font lacks becomes U+FFFD, which a reader sees, never nothing.

Source: Open Sans (Apache-2.0) as packaged by ttf-opensans: Latin, Greek and Cyrillic; no Hebrew, Arabic, CJK, emoji.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Any, NamedTuple

REGULAR = "OpenSans"
SEMIBOLD = "OpenSans-SemiBold"
REPLACEMENT = "\ufffd"
_NBSP = "\u00a0"
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)


class Style(NamedTuple):
    """How a piece of text looks: cut, size in points, colour as `#rrggbb`, distance of baselines in points."""

    font: str
    size: float
    colour: str
    leading: float


@cache
def register() -> None:
    """Make both cuts known to ReportLab, once in a process. Takes 6 ms."""
    import ttf_opensans  # type: ignore[import-untyped]
    from reportlab import rl_config
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    # ASCII 85 makes streams a quarter larger for readers that are long gone.
    rl_config.useA85 = 0
    for name, cut in ((REGULAR, ttf_opensans.OPENSANS_REGULAR), (SEMIBOLD, ttf_opensans.OPENSANS_SEMIBOLD)):
        # asciiReadable would embed all of ASCII, used or not.
        pdfmetrics.registerFont(TTFont(name, str(cut.path), asciiReadable=False))


def _face(font: str) -> Any:
    from reportlab.pdfbase import pdfmetrics

    register()
    return pdfmetrics.getFont(font).face


class _Widths(dict[str, float]):
    """Character -> advance width in thousandths of the font size."""

    def __init__(self, font: str) -> None:
        face = _face(font)
        super().__init__((chr(code), float(width)) for code, width in face.charWidths.items())
        self.default = float(face.defaultWidth)

    def __missing__(self, character: str) -> float:
        return self.default


@cache
def _widths(font: str) -> _Widths:
    return _Widths(font)


class _Visible(dict[int, str]):
    """For `str.translate`: code point -> what is drawn for it, worked out once for each."""

    def __init__(self) -> None:
        super().__init__()
        glyphs = _face(REGULAR).charToGlyph
        also = _face(SEMIBOLD).charToGlyph
        self.has = {code for code, glyph in glyphs.items() if glyph and also.get(code)}

    def __missing__(self, code: int) -> str:
        self[code] = shown = self._shown(code)
        return shown

    def _shown(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if character == "\n":
            return "\n"
        if character == _NBSP or code in (0x202F, 0x2007):
            return _NBSP
        if category in ("Cc", "Zs", "Zl", "Zp"):
            return " "
        # Format characters have no shape of their own, and the bidirectional ones can turn an amount around.
        if category == "Cf" or code in _VARIATION_SELECTORS:
            return ""
        if code in (0x2010, 0x2011):
            return "-"
        if category in ("Co", "Cs", "Cn"):
            return REPLACEMENT
        if code in self.has:
            return character
        plain = unicodedata.normalize("NFKC", character)
        return plain if plain and all(ord(each) in self.has for each in plain) else REPLACEMENT


@cache
def _visible() -> _Visible:
    return _Visible()


def clean(text: str) -> str:
    """Text as it can be drawn: composed (NFC), no control or format characters, U+FFFD for what the font lacks.

    Line ends become newlines, other white space becomes a blank; no-break spaces stay.
    """
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return unicodedata.normalize("NFC", text).translate(_visible())


def line(text: str) -> str:
    """`clean`, on one line, blanks collapsed."""
    return " ".join(part for part in clean(text).replace("\n", " ").split(" ") if part)


def measure(text: str, style: Style) -> float:
    """Width of one line of cleaned text, in points."""
    widths = _widths(style.font)
    return sum([widths[character] for character in text]) * style.size / 1000


def wrap(text: str, style: Style, width: float) -> list[str]:
    """Break cleaned text into lines no wider than `width` points; a word wider than that is broken inside.

    Newlines in the text are kept, runs of empty lines become one. Linear in the length of the text.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        paragraph = paragraph.strip(" ")
        if not paragraph:
            if lines and lines[-1]:
                lines.append("")
        elif measure(paragraph, style) <= width:
            lines.append(paragraph)
        else:
            lines.extend(_wrap_paragraph(paragraph, _widths(style.font), width * 1000 / style.size))
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _wrap_paragraph(paragraph: str, widths: _Widths, width: float) -> list[str]:
    blank = widths[" "]
    lines: list[str] = []
    words: list[str] = []
    used = 0.0
    for word in paragraph.split(" "):
        if not word:
            continue
        wide = sum([widths[character] for character in word])
        if words and used + blank + wide > width:
            lines.append(" ".join(words))
            words, used = [], 0.0
        if wide > width:
            *whole, word = _break_word(word, widths, width)
            lines.extend(whole)
            wide = sum([widths[character] for character in word])
        used += wide + (blank if words else 0)
        words.append(word)
    if words:
        lines.append(" ".join(words))
    return lines


def _break_word(word: str, widths: _Widths, width: float) -> list[str]:
    pieces: list[str] = []
    start, used = 0, 0.0
    for at, character in enumerate(word):
        used += widths[character]
        if used > width and at > start:
            pieces.append(word[start:at])
            start, used = at, widths[character]
    pieces.append(word[start:])
    return pieces


def joined(parts: list[str], style: Style, width: float) -> list[str]:
    """Single lines put on as few lines of `width` points as they fit on, with dots between them."""
    lines: list[str] = []
    for part in parts:
        together = f"{lines[-1]} · {part}" if lines else ""
        if lines and measure(together, style) <= width:
            lines[-1] = together
        else:
            lines.append(part)
    return lines


def fit(text: str, style: Style, width: float, smallest: float) -> Style:
    """The style, its size reduced until the text fits into `width`, but never below `smallest` points."""
    wide = measure(text, style)
    if wide <= width:
        return style
    size = max(smallest, int(style.size * width / wide * 4) / 4)
    return style._replace(size=size)
