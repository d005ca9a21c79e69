"""Parts of billing documents that lie in several files of one archive: headers here, items there, partners elsewhere.

An archive's JSON is looked through once a step, for where the parts of each document stand; they are read again when
their header comes. Parts that a header takes are no records of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from schemas.errors import EntregaError
from stages.formats.erp_json import s4hana
from stages.formats.erp_json.row import Row
from stages.formats.erp_json.rows import ENVELOPES, row_of
from stages.formats.reading.completing import Unfit
from stages.formats.reading.json_text import split
from stages.formats.reading.records import Cursor, Neighbours, Source, refuse

ROWS = 50_000
"""The most headers and parts of an archive that are joined across its files."""
_HEAD = 64 * 1024
_MEMO = "erp_json.parts"


@dataclass
class _Place:
    kind: str
    member: str
    cursor: Cursor | None


@dataclass
class Parts:
    """`headers`: number -> what its header has expanded itself. `places`: number -> where its parts stand."""

    archive: Neighbours
    headers: dict[str, frozenset[str]] = field(default_factory=dict)
    places: dict[str, list[_Place]] = field(default_factory=dict)
    rows: int = 0

    def takes(self, part: Row) -> bool:
        """Is there a header in the archive that this part is joined to?"""
        own = self.headers.get(s4hana.number(part) or "")
        kind = s4hana.part_of(part)
        return own is not None and kind is not None and s4hana.FIELDS[kind] not in own and self.rows <= ROWS

    def join(self, header: Row) -> None:
        """Join what the other files have of a header's document. Raises Unfit for a part that contradicts another, or
        that is of an item which no file has."""
        found = self.places.get(s4hana.number(header) or "", ())
        if found and self.rows > ROWS:
            message = f"the archive has more than {ROWS} rows whose parts would have to be joined"
            raise Unfit(refuse("s4-limit", message, header.place(), s4hana.number(header)))
        own = s4hana.expanded(header)
        for place in sorted(found, key=lambda each: s4hana.ORDER.index(each.kind)):
            if s4hana.FIELDS[place.kind] not in own:
                s4hana.join(header, self._row(place), place.member)

    def _row(self, place: _Place) -> Row:
        return row_of(next(split(self.archive.open(place.member), place.cursor, ENVELOPES)))

    def look_through(self) -> None:
        for member in self.archive.names:
            for row, before in _rows(self.archive, member):
                self.rows += 1
                if self.rows > ROWS:
                    return
                number, kind = s4hana.number(row), s4hana.part_of(row)
                if number is not None and kind is not None:
                    self.places.setdefault(number, []).append(_Place(kind, member, before))
                elif number is not None:
                    self.headers[number] = self.headers.get(number, frozenset()) | s4hana.expanded(row)


def of(source: Source) -> Parts | None:
    """What the archive around a file has; None for a file that came alone."""
    archive = source.neighbours
    if archive is None or len(archive.names) < 2:
        return None
    known = archive.memo.get(_MEMO)
    if not isinstance(known, Parts):
        known = archive.memo[_MEMO] = Parts(archive)
        known.look_through()
    return known


def _rows(archive: Neighbours, member: str) -> Iterator[tuple[Row, Cursor | None]]:
    """Rows of billing documents, each with the cursor before it; what is damaged is told where it is read itself."""
    try:
        file = archive.open(member)
        file.seek(0)
        if b'"BillingDocument"' not in file.read(_HEAD):
            return
        before: Cursor | None = None
        for piece in split(file, None, ENVELOPES):
            if piece.refusal is None:
                try:
                    row = row_of(piece)
                except Unfit:
                    row = None
                if row is not None and "BillingDocument" in row:
                    yield row, before
            before = piece.after
            if before is None:
                return
    except EntregaError:
        return
