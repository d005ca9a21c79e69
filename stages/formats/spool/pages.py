"""The pages of a spool as lines of words, each with its place: from a PDF in millimetres, from a text in characters.

The text of a PDF is a stranger's program for a page; pdfium reads it, and nothing of it is run. What it unpacks to, and
how much a page draws, is looked at before (`guard.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

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
_WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Word:
    """A word of a printed line, and its edges: columns of a text, points of a PDF."""

    left: float
    right: float
    text: str


@dataclass
class Line:
    """`middle` is its height on the page, from above."""

    middle: float
    words: list[Word] = field(default_factory=list)
    raw: str | None = None

    @property
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

    @property
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
                height, letters = page.get_height(), _letters(texts, index + 1)
                texts.close()
                page.close()
            except pypdfium2.PdfiumError:
                raise Unfit(refuse("spool-pdf", "the page is damaged", f"page {index + 1}")) from None
            yield Page(index + 1, index, _composed(letters, height))

    def close(self) -> None:
        self._pdf.close()


@dataclass(frozen=True)
class _Letter:
    text: str
    left: float
    right: float
    bottom: float
    top: float


def _letters(texts: Any, number: int) -> list[_Letter]:
    """The page's characters with their boxes, in points from its lower left corner."""
    from pypdfium2 import raw

    count = texts.count_chars()
    if count > PAGE_CHARACTERS:
        raise Unfit(refuse("spool-limit", f"a page of more than {PAGE_CHARACTERS} characters", f"page {number}"))
    box = raw.FS_RECTF()  # of the font, not of the ink: there is much room around a 1
    found = []
    for index in range(count):
        code = raw.FPDFText_GetUnicode(texts.raw, index)
        if code and raw.FPDFText_GetLooseCharBox(texts.raw, index, box):
            found.append(_Letter(chr(code), box.left, box.right, box.bottom, box.top))
    return found


def _composed(letters: list[_Letter], height: float) -> list[Line]:
    """Letters as words, words as lines from above to below. A blank, or a gap, ends a word."""
    words: list[tuple[float, float, Word]] = []
    current: list[_Letter] = []

    def end() -> None:
        if current:
            top, bottom = max(x.top for x in current), min(x.bottom for x in current)
            left, right = current[0].left * _MILLIMETRE, current[-1].right * _MILLIMETRE
            words.append(((top + bottom) / 2, top - bottom, Word(left, right, "".join(x.text for x in current))))
            current.clear()

    for letter in letters:
        if not letter.text.strip() or letter.text in "\ufffe\uffff\0":
            end()
            continue
        if current:
            last = current[-1]
            size = max(last.top - last.bottom, letter.top - letter.bottom, 4.0)
            apart = letter.left - last.right > _GAP * size or letter.left < last.left
            if apart or abs(letter.bottom - last.bottom) > size:
                end()
        current.append(letter)
    end()
    lines: list[tuple[float, list[Word]]] = []
    for middle, size, word in sorted(words, key=lambda w: -w[0]):
        if lines and abs(lines[-1][0] - middle) < _SAME_LINE * max(size, 4.0):
            lines[-1][1].append(word)
        else:
            lines.append((middle, [word]))
    return [Line((height - middle) * _MILLIMETRE, sorted(found, key=lambda word: word.left)) for middle, found in lines]
