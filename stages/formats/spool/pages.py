"""The pages of a spool as lines of words, each with its place: from a PDF in millimetres, from a text in characters.

The text of a PDF is a stranger's program for a page; pdfium reads it, and nothing of it is run. What it unpacks to, and
how much a page draws, is looked at before (`guard.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, NamedTuple

from schemas.spools import Zone
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse
from stages.formats.spool import guard

PAGES = 20_000
PAGE_CHARACTERS = 100_000
PAGE_BYTES = 1024 * 1024
_MILLIMETRE = 25.4 / 72
_SAME_LINE = 0.5
"""Words whose middles differ by less than this part of their height stand on one line."""
_GAP = 0.25
"""Characters that are farther apart than this part of their height are of two words."""
_NO_LETTERS = "\ufffe\uffff\0"
_WORD = re.compile(r"\S+")


class Word(NamedTuple):
    left: float
    right: float
    text: str


@dataclass
class Line:
    """`middle` is its height on the page, from above."""

    middle: float
    words: list[Word] = field(default_factory=list)
    raw: str | None = None

    @cached_property
    def text(self) -> str:
        return self.raw if self.raw is not None else " ".join(word.text for word in self.words)

    def between(self, left: float, right: float) -> str:
        """The words whose middle is there."""
        return " ".join(w.text for w in self.words if left <= (w.left + w.right) / 2 < right)


@dataclass(frozen=True)
class Page:
    """`start` is where reading can begin again with this page."""

    number: int
    start: int
    lines: list[Line]

    @cached_property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    def within(self, zone: Zone) -> str:
        found = (line.between(zone.left, zone.right) for line in self.lines if zone.top <= line.middle < zone.bottom)
        return "\n".join(text for text in found if text)


def of_text(file: BinaryIO, encoding: str, page_lines: int | None, start: int, number: int) -> Iterator[Page]:
    """Pages of a text, by form feeds or by lines. Raises Unfit."""
    file.seek(start)
    held = b""
    offset = start
    while True:
        end = _end(held, page_lines)
        while end is None and len(held) <= PAGE_BYTES:
            chunk = file.read(64 * 1024)
            if not chunk:
                break
            held += chunk
            end = _end(held, page_lines)
        if end is None and len(held) > PAGE_BYTES:
            message = f"a page of more than {PAGE_BYTES} bytes: neither form feeds nor page_lines end it"
            raise Unfit(refuse("spool-limit", message, f"page {number}"))
        data, held = (held, b"") if end is None else (held[:end], held[end:])
        if not data:
            return
        if data.strip(b"\f\r\n \x1a\0"):
            yield Page(number, offset, _lines(data, encoding, number))
            number += 1
        offset += len(data)


def _end(data: bytes, page_lines: int | None) -> int | None:
    """Where the first page ends."""
    feed = data.find(b"\f")
    if page_lines is not None:
        at = 0
        for _ in range(page_lines):
            at = data.find(b"\n", at) + 1
            if not at:
                break
        if at and (feed < 0 or at <= feed):
            return at
    return None if feed < 0 else feed + 1


def _lines(data: bytes, encoding: str, number: int) -> list[Line]:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        message = f"the text is not {encoding.upper()}; the profile's spool.encoding says which it is"
        byte = f"byte 0x{data[error.start]:02X}"
        raise Unfit(refuse("spool-encoding", message, f"page {number}", byte)) from None
    found = []
    for row, raw in enumerate(text.strip("\f\x1a").splitlines(), start=1):
        words = [Word(m.start() + 1, m.end(), m[0]) for m in _WORD.finditer(raw)]
        if words:
            found.append(Line(row, words, raw.rstrip()))
    return found


class PdfPages:
    """The pages of a PDF. Raises Unfit for one that is encrypted, damaged or unpacks to more than is read."""

    def __init__(self, file: BinaryIO, *, check: bool) -> None:
        import pypdfium2

        file.seek(0)
        data = file.read()
        if check:
            guard.check(data)
        try:
            self._pdf = pypdfium2.PdfDocument(data)
            self.count = len(self._pdf)
        except pypdfium2.PdfiumError:
            raise guard.damaged() from None
        if self.count > PAGES:
            raise Unfit(refuse("spool-limit", f"a spool of more than {PAGES} pages", "the PDF", str(self.count)))

    def pages(self, start: int) -> Iterator[Page]:
        import pypdfium2

        for index in range(start, self.count):
            try:
                page = self._pdf[index]
                texts = page.get_textpage()
                height, words = page.get_height(), _words(texts, index + 1)
                texts.close()
                page.close()
            except pypdfium2.PdfiumError:
                raise Unfit(refuse("spool-pdf", "the page is damaged", f"page {index + 1}")) from None
            yield Page(index + 1, index, _lined(words, height))

    def close(self) -> None:
        self._pdf.close()


_Placed = tuple[float, float, Word]
"""A word with the middle of its height, in points from below, and that height."""


def _words(texts: Any, number: int) -> list[_Placed]:
    """The page's words. A blank, a gap, or a letter that stands higher or lower ends one.

    Boxes are those of the font, not of the ink: there is much room around a 1. This is called for every letter of a
    spool, so nothing is made for a letter but its place in a word.
    """
    from pypdfium2 import raw

    count = texts.count_chars()
    if count > PAGE_CHARACTERS:
        raise Unfit(refuse("spool-limit", f"a page of more than {PAGE_CHARACTERS} characters", f"page {number}"))
    page, unicode_of, box_of = texts.raw, raw.FPDFText_GetUnicode, raw.FPDFText_GetLooseCharBox
    box = raw.FS_RECTF()
    words: list[_Placed] = []
    letters: list[str] = []
    begin = above = below = 0.0  # of the word
    left = right = top = bottom = 0.0  # of its last letter
    for index in range(count):
        code = unicode_of(page, index)
        if not code or not box_of(page, index, box):
            continue
        letter = chr(code)
        if letter.isspace() or letter in _NO_LETTERS:
            if letters:
                words.append(_placed(letters, begin, right, above, below))
                letters = []
            continue
        its_left, its_top, its_bottom = box.left, box.top, box.bottom
        if letters:
            size = max(top - bottom, its_top - its_bottom, 4.0)
            if its_left - right > _GAP * size or its_left < left or abs(its_bottom - bottom) > size:
                words.append(_placed(letters, begin, right, above, below))
                letters = []
        left, right, top, bottom = its_left, box.right, its_top, its_bottom
        if letters:
            above, below = max(above, top), min(below, bottom)
        else:
            begin, above, below = left, top, bottom
        letters.append(letter)
    if letters:
        words.append(_placed(letters, begin, right, above, below))
    return words


def _placed(letters: list[str], left: float, right: float, top: float, bottom: float) -> _Placed:
    return (top + bottom) / 2, top - bottom, Word(left * _MILLIMETRE, right * _MILLIMETRE, "".join(letters))


def _lined(words: list[_Placed], height: float) -> list[Line]:
    """Words as lines, from above to below."""
    lines: list[tuple[float, list[Word]]] = []
    for middle, size, word in sorted(words, key=lambda placed: -placed[0]):
        if lines and abs(lines[-1][0] - middle) < _SAME_LINE * max(size, 4.0):
            lines[-1][1].append(word)
        else:
            lines.append((middle, [word]))
    return [Line((height - middle) * _MILLIMETRE, sorted(found, key=lambda word: word.left)) for middle, found in lines]
