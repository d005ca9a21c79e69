"""What reading gives: records, steps, and what a format needs to know of its source.

A record is one business document found in an export, or the reason why it could not be read. Reading goes in steps,
so that an export of any size lets others pass: each step ends with a cursor from which the next goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from schemas.canonical import Document
from schemas.errors import EntregaError, ExportUnreadable, Finding, LimitExceeded, PermanentError

EXPORT_BYTES = 200 * 1024 * 1024
"""The largest export that is read, and the largest sum of what an archive unpacks to."""
DOCUMENT_BYTES = 20 * 1024 * 1024
"""The largest single document in an export."""
DOCUMENT_PARTS = 250_000
"""The most elements and attributes (values, in JSON) that one document may have: what keeps a tree under 100 MB."""
WARNINGS = 50
"""The most warnings kept for one document; the last one tells how many more there were."""
FOUND = 80
"""The most characters of an input value that a finding repeats."""


@dataclass(frozen=True)
class Record:
    """One business document of an export: read, or refused. Exactly one of `document` and `error` is set.

    `address` tells where in the source it stands, and is the same at each reading: `invoice[3]`, `line 120`,
    `idoc[2] 0000000000130006`; below an archive the member's name stands before it.
    """

    address: str
    document: Document | None = None
    error: EntregaError | None = None
    warnings: tuple[Finding, ...] = ()
    number: str | None = None
    """Of a refused document, where it was read that far."""

    def __post_init__(self) -> None:
        if (self.document is None) == (self.error is None):
            raise AssertionError("a record has either a document or an error")


@dataclass(frozen=True)
class Step:
    """What one call of `read` found. `cursor` None: the export is at its end; else the next call goes on from it."""

    records: tuple[Record, ...]
    cursor: str | None


Cursor = dict[str, Any]
"""A format's own place in its source: small, JSON, made and read by that format only."""


@dataclass
class Budget:
    """How much one step may do: `limit` records or `seconds`, whichever is first, and at least one record."""

    limit: int
    seconds: float
    clock: Callable[[], float]
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def spent(self, records: int) -> bool:
        return records >= self.limit or (records > 0 and self.clock() - self.began >= self.seconds)

    def rest(self, records: int) -> Budget:
        """What is left of this step for the next member of an archive."""
        left = Budget(max(1, self.limit - records), self.seconds, self.clock)
        left.began = self.began
        return left


@dataclass(frozen=True)
class Source:
    """The bytes of one file: seekable, with the name it came under and, in an archive, its neighbours. A reader gets it
    at its beginning, also where it goes on from a cursor."""

    file: BinaryIO
    name: str
    siblings: Callable[[str], BinaryIO | None] = lambda _pattern: None
    """Opens the first neighbour whose name fits a pattern (`*_lines.csv`), or None."""


Portion = tuple[list[Record], Cursor | None]
"""What a format's own `read` gives: records, and its cursor or None at the end."""


def pack(cursor: Cursor | None) -> str | None:
    return None if cursor is None else json.dumps(cursor, separators=(",", ":"), ensure_ascii=True)


def unpack(cursor: str | None) -> Cursor | None:
    """Raises ExportUnreadable when the text is no cursor of ours."""
    if cursor is None:
        return None
    try:
        value = json.loads(cursor)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ExportUnreadable("the cursor is not one that a reading step gave")
    return value


def refuse(rule: str, message: str, place: str = "", found: str | None = None, expected: str | None = None) -> Finding:
    """A fatal finding, its repeated value kept short."""
    return Finding(rule=rule, message=message, place=place, found=shorten(found), expected=expected)


def shorten(value: str | None) -> str | None:
    """At most FOUND characters, without those that cannot be printed or stored."""
    if value is None:
        return None
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value[: FOUND + 1])
    return text if len(text) <= FOUND else text[: FOUND - 1] + "…"


def unreadable(what: str, findings: Iterable[Finding]) -> ExportUnreadable:
    """`what` is an address or a file's kind, never content: rule and place of the first finding are for the log."""
    found = tuple(findings)
    return ExportUnreadable(_told(what, found), findings=found)


def _told(what: str, found: tuple[Finding, ...]) -> str:
    if not found:
        return f"{what} cannot be read"
    place = found[0].place
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    if place.startswith(what) and not place[len(what) :][:1].isalnum():
        return f"{place} cannot be read: {found[0].rule}{more}"
    return f"{what} cannot be read: {found[0].rule}{f' at {place}' if place else ''}{more}"


def refused(address: str, findings: Iterable[Finding]) -> PermanentError:
    """The error of one record: LimitExceeded where a cap was passed, else ExportUnreadable."""
    found = tuple(findings)
    if found and found[0].rule.endswith("-limit"):
        return LimitExceeded(_told(address, found), findings=found)
    return unreadable(address, found)


class Warnings:
    """Collects what was not understood, and stops growing when a document is nothing but that."""

    def __init__(self) -> None:
        self._kept: list[Finding] = []
        self._more = 0

    def add(self, rule: str, message: str, place: str = "", found: str | None = None) -> None:
        if len(self._kept) < WARNINGS:
            short = shorten(found)
            self._kept.append(Finding(rule=rule, message=message, place=place, found=short, severity="warning"))
        else:
            self._more += 1

    @property
    def full(self) -> bool:
        return len(self._kept) >= WARNINGS

    def all(self) -> tuple[Finding, ...]:
        if not self._more:
            return tuple(self._kept)
        more = Finding(rule="more-warnings", message=f"and {self._more} more", severity="warning")
        return (*self._kept, more)
