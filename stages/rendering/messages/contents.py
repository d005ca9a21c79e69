"""What stands on the page of a message, already in the recipient's words, before anything is laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from schemas.documents import Attachment, Note, Period
from stages.rendering.fonts import line
from stages.rendering.head import Fact, Side
from stages.rendering.sheet import Align
from stages.rendering.theme import Job


class Head(NamedTuple):
    """A column: its label, how wide it is in points (0: all that the others leave), and which way it leans."""

    label: str
    width: float
    align: Align = "right"


class Cell(NamedTuple):
    """What stands in a column: the text, its unit, smaller texts below. A `figure` is made small, never broken."""

    text: str = ""
    unit: str = ""
    small: Sequence[str] = ()
    figure: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under heads; a column that is empty in every row is left out. `title` where there is more than one table."""

    heads: Sequence[Head]
    rows: Sequence[Sequence[Cell]]
    title: str = ""


@dataclass(frozen=True)
class Contents:
    """One message. Facts with empty values, sides that are nobody and tables without rows leave nothing on the page."""

    glance: Sequence[Fact]
    sides: Sequence[Side]
    facts: Sequence[Fact]
    tables: Sequence[Table] = ()
    sums: Sequence[Fact] = ()
    """The last one is the largest."""
    notes: Sequence[Note] = ()
    attachments: Sequence[Attachment] = ()


def said(text: str | None) -> str:
    """A text of the document on one line; "" where there is none."""
    return line(text or "")


def day(value: date | None, job: Job) -> str:
    return job.figures.day(value) if value else ""


def long_day(value: date | None, job: Job) -> str:
    return job.figures.long_day(value) if value else ""


def money(value: Decimal | None, job: Job) -> str:
    """With the currency's sign; the bare amount where the document has no currency."""
    if value is None:
        return ""
    return job.figures.money(value) if job.figures.currency else job.figures.amount(value)


def amount(value: Decimal | None, job: Job) -> Cell:
    return Cell(job.figures.amount(value) if value is not None else "", figure=True)


def quantity(value: Decimal | None, unit: str, job: Job, small: Sequence[str] = ()) -> Cell:
    """A number and its unit's name."""
    if value is None:
        return Cell("", small=small)
    return Cell(job.figures.number(value), line(job.words.unit(unit, value, job.figures.locale)), small, figure=True)


def measured(value: Decimal | None, unit: str, job: Job) -> str:
    """A weight or volume as a fact."""
    return f"{job.figures.number(value)}\u00a0{unit}" if value is not None else ""


def span(period: Period | None, job: Job) -> str:
    """From, to, or both; one day where they are the same."""
    if period is None:
        return ""
    if period.start == period.end:
        return day(period.start, job)
    return job.figures.period(period).strip()
