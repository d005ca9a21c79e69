"""The foot of every page: the seller's legal line, page x of y; and that it is a copy, or a signature is for show.

These words stand in the top margin, where nobody overlooks it and no line of the document gives way to it.
"""

from __future__ import annotations

from stages.rendering.fonts import line, measure, wrap
from stages.rendering.sheet import HEIGHT, INNER, LEFT, RIGHT, Page, Shape
from stages.rendering.theme import HAIRLINE, INK, Job

_LINES = 3
_MARGIN = 27.0
_GAP = 9.0
_PAGE_WIDE = 90.0


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
    notices = [job.words.copy.format(platform=job.copy_of)] if job.copy_of else []
    notices += [job.words.demo_signature] if theme.brand.demo_signature else []
    notice = line(" · ".join(each.rstrip(".") for each in notices))
    bold = theme.column._replace(colour=INK)
    for at, page in enumerate(pages, start=1):
        y = top
        if notice:
            wide = measure(notice, bold) + 20
            page.shapes.append(Shape((LEFT + RIGHT - wide) / 2, 10, wide, 15, stroke=INK, radius=7.5))
            page.write((LEFT + RIGHT) / 2, 12, notice, bold, "center")
        page.rule(y, HAIRLINE)
        y += 7
        for row, part in enumerate(lines):
            page.write(LEFT, y + row * theme.small.leading, part, theme.small)
        count = job.words.page.format(page=at, pages=len(pages))
        page.write(RIGHT, y, count, theme.small, "right")
