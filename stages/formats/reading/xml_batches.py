"""XML formats whose file, or whose root element, holds several documents: cut, parsed, and told apart, in steps.

`one_each` is for formats whose root is one document; a cursor is the place of the next root in the file. `batches` is
for those whose root holds several; its cursor has also the number of the next document in the root.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

from lxml import etree

from schemas.canonical import Document
from schemas.errors import ExportUnreadable, Finding
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import Budget, Cursor, Portion, Record, refuse, refused, unreadable
from stages.formats.reading.xml import Piece, parse, split
from stages.formats.reading.xml_guard import Wanted

Made = tuple[Document, tuple[Finding, ...]]
Make = Callable[[etree._Element, Piece], Sequence[tuple[str, Callable[[], Made]]]]
"""(root, its piece) -> for each document its number for people, and what reads it. Both may raise Unfit."""


def one_each(
    file: BinaryIO,
    wanted: Wanted,
    record: Callable[[Piece], Record],
    cursor: Cursor | None,
    budget: Budget,
    title: str,
) -> Portion:
    """One step over roots that are a document each. Raises ExportUnreadable when nothing at all can be read."""
    records: list[Record] = []
    for piece in split(file, wanted, cursor):
        records.append(record(piece))
        if budget.spent(len(records)):
            return records, piece.after
    if not records and not cursor:
        raise _empty(title)
    return records, None


def batches(
    file: BinaryIO, wanted: Wanted, make: Make, cursor: Cursor | None, budget: Budget, title: str, word: str = "invoice"
) -> Portion:
    """One step. Addresses are `invoice[n]` in the first root, `batch[m] invoice[n]` in a later one.

    Raises ExportUnreadable when nothing at all can be read.
    """
    records: list[Record] = []
    at = cursor or {}
    before: Cursor | None = at.get("p")
    skip = int(at.get("i", 0))
    for piece in split(file, wanted, before):
        prefix = f"batch[{piece.ordinal}] " if piece.ordinal > 1 else ""
        try:
            if piece.refusal:
                raise Unfit(piece.refusal)
            each = make(parse(piece), piece)
        except Unfit as unfit:
            records.append(Record(f"{prefix}{word}[1]", error=refused(f"{prefix}{word}[1]", unfit.findings)))
            each = ()
        for index in range(skip, len(each)):
            number, read = each[index]
            records.append(_record(f"{prefix}{word}[{index + 1}]", number, read))
            if budget.spent(len(records)) and index + 1 < len(each):
                return records, {"p": before, "i": index + 1}
        before, skip = piece.after, 0
        if budget.spent(len(records)) and before is not None:
            return records, {"p": before, "i": 0}
    if not records and not cursor:
        raise _empty(title)
    return records, None


def _empty(title: str) -> ExportUnreadable:
    return unreadable("the export", (refuse("xml-no-document", f"no {title} stands in it", "line 1"),))


def _record(address: str, number: str, read: Callable[[], Made]) -> Record:
    try:
        document, warnings = read()
        return Record(address, document, None, warnings)
    except Unfit as unfit:
        shown = number if number and number.isprintable() else None
        return Record(address, error=refused(address, unfit.findings), number=unfit.number or shown)


def without_namespace(root: etree._Element, namespace: str) -> None:
    """Names as the tables have them; those of another namespace stay as they are, and nobody understands them."""
    for element in root.iter(f"{{{namespace}}}*"):
        element.tag = element.tag[len(namespace) + 2 :]
