"""The foot of every page: the seller's legal line, page x of y; and that it is a copy, or a signature is for show.

These words stand in the top margin, where nobody overlooks it and no line of the document gives way to it.
"""

from __future__ import annotations

from stages.rendering.fonts import Style, fit, line, measure, wrap
from stages.rendering.sheet import HEIGHT, INNER, LEFT, RIGHT, Page, Shape
from stages.rendering.theme import HAIRLINE, INK, Job

_LINES = 3
_MARGIN = 27.0
_GAP = 9.0
_PAGE_WIDE = 90.0
_NOTICE_WIDE = INNER - 20


def _lines(job: Job) -> list[str]:
    return wrap(line(job.theme.brand.footer or ""), job.theme.small, INNER - _PAGE_WIDE)[:_LINES]


def body_end(job: Job) -> float:
    """Where the text of a page has to end."""
    text = max(1, len(_lines(job))) * job.theme.small.leading
    return HEIGHT - _MARGIN - text - 7 - _GAP


def foot(pages: list[Page], job: Job) -> None:
    """Write the foot of all pages, now that they can be counted."""
    theme, lines = job.theme, _lines(job)
    top = body_end(job) + _GAP
    notices = _notices(job)
    for at, page in enumerate(pages, start=1):
        y = top
        _stamp(page, notices)
        page.rule(y, HAIRLINE)
        y += 7
        for row, part in enumerate(lines):
            page.write(LEFT, y + row * theme.small.leading, part, theme.small)
        count = job.words.page.format(page=at, pages=len(pages))
        page.write(RIGHT, y, count, theme.small, "right")


def _notices(job: Job) -> list[tuple[str, Style]]:
    """On one line where they fit beside each other, else one below the other: each is whole, if smaller."""
    said = [job.words.copy.format(platform=job.copy_of).rstrip(".")] if job.copy_of else []
    said += [job.words.demo_signature] if job.theme.brand.demo_signature else []
    style = job.theme.column._replace(colour=INK)
    beside = line(" · ".join(said))
    lines = [beside] if measure(beside, style) <= _NOTICE_WIDE else [line(each) for each in said]
    return [(each, fit(each, style, _NOTICE_WIDE, 4)) for each in lines if each]


def _stamp(page: Page, notices: list[tuple[str, Style]]) -> None:
    if not notices:
        return
    wide = max(measure(*each) for each in notices) + 20
    high = 4 + sum(style.leading for _, style in notices)
    y = 17.5 - high / 2
    page.shapes.append(Shape((LEFT + RIGHT - wide) / 2, y, wide, high, stroke=INK, radius=7.5))
    y += 2
    for text, style in notices:
        page.write((LEFT + RIGHT) / 2, y, text, style, "center")
        y += style.leading
