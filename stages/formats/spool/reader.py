"""Print spools: the pages of many documents, a PDF or a text, split and read by a layout profile.

In       a PDF with text in it, or a text with form feeds or pages of so many lines; `schemas/spools.py` says what a
         profile says
Out      one record for each document, `page n`, n being its first page
Refused  pages before the first document; a document of which a value cannot be read as the profile says. Nothing is
         guessed from where a text seems to stand
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from schemas.canonical import Document
from schemas.documents import Invoice
from schemas.errors import Finding
from schemas.fields import Path
from schemas.profiles import ExtractionProfile
from schemas.spools import SpoolField, SpoolMapping
from stages.formats.reading.completing import Unfit, complete, complete_as, number_of
from stages.formats.reading.head import Head
from stages.formats.reading.records import Budget, Cursor, Portion, Record, Source, refuse, refused, unreadable
from stages.formats.reading.table.cells import Fields
from stages.formats.reading.table.rows import Columns, Row
from stages.formats.spool.pages import Page, PdfPages, of_text

DOCUMENT_PAGES = 500
_SEARCHED = 20_000
"""Characters of a page that patterns look at: a pattern that tries everything must end."""


def fits(head: Head, profile: ExtractionProfile | None) -> bool:
    """A PDF, or a text with what begins a document, when a profile says how its pages are read."""
    if profile is None or profile.spool is None:
        return False
    return head.kind == "pdf" or (head.kind in ("text", "binary") and _begins(head, profile.spool))


def _begins(head: Head, layout: SpoolMapping) -> bool:
    return "\0" not in head.text and re.search(layout.begins, head.text[:_SEARCHED]) is not None


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable when nothing at all can be read."""
    if profile is None or profile.spool is None:
        raise unreadable("the export", (refuse("spool-profile", "a spool needs a layout profile", "page 1"),))
    layout, place = profile.spool, cursor or {}
    records: list[Record] = []
    pdf: PdfPages | None = None
    try:
        if source.file.read(4) == b"%PDF":
            pdf = PdfPages(source.file, check=not cursor)
            pages = pdf.pages(int(place.get("o", 0)))
        else:
            start, number = int(place.get("o", 0)), int(place.get("n", 1))
            pages = of_text(source.file, layout.encoding, layout.page_lines, start, number)
        reading = _Reading(layout, profile)
        for found, following in _documents(pages, layout, first=not cursor):
            records.append(reading.record(found))
            if following is not None and budget.spent(len(records)):
                return records, {"o": following.start, "n": following.number}
    except Unfit as unfit:
        if not records and not cursor:
            raise unreadable("the export", unfit.findings) from None
        return [*records, Record("end", error=refused("the rest of the export", unfit.findings))], None
    finally:
        if pdf is not None:
            pdf.close()
    if not records and not cursor:
        message = "no page has the text with which a document begins"
        raise unreadable("the export", (refuse("spool-begin", message, "page 1", expected=layout.begins),))
    return records, None


def _documents(pages: Iterator[Page], layout: SpoolMapping, *, first: bool) -> Iterator[tuple[list[Page], Page | None]]:
    """(the pages of a document, the page behind it)."""
    begins = re.compile(layout.begins)
    found: list[Page] = []
    for page in pages:
        if begins.search(page.text[:_SEARCHED]) and (found or not first):
            if found:
                yield found, page
            found = [page]
        else:
            found.append(page)
        first = False
    if found:
        yield found, None


class _Reading:
    """How one spool's documents are read."""

    def __init__(self, layout: SpoolMapping, profile: ExtractionProfile) -> None:
        self.layout, self.profile = layout, profile
        self.mapping = layout.as_table()
        self.begins = re.compile(layout.begins)
        self.names, self.columns = list(layout.fields), list(layout.table.columns)
        self.head_fields = Fields(layout.document, Columns(self.names, 0, "spool"), self.mapping, lines=False)
        self.line_fields = Fields(layout.line, Columns(self.columns, 0, "spool"), self.mapping, lines=True)
        table = layout.table
        self.table_begins = re.compile(table.begins)
        self.table_ends = re.compile(table.ends) if table.ends else None
        self.skip = re.compile(table.skip) if table.skip else None

    def record(self, pages: list[Page]) -> Record:
        address = f"page {pages[0].number}"
        try:
            if len(pages) > DOCUMENT_PAGES:
                message = f"a document of more than {DOCUMENT_PAGES} pages"
                raise Unfit(refuse("spool-limit", message, address))
            if not self.begins.search(pages[0].text[:_SEARCHED]):
                message = "no document begins on this page or before it"
                raise Unfit(refuse("spool-begin", message, address, pages[0].text[:60], self.layout.begins))
            return Record(address, self._document(pages))
        except Unfit as unfit:
            return Record(address, error=refused(address, unfit.findings), number=unfit.number)

    def _document(self, pages: list[Page]) -> Document:
        findings: list[Finding] = []
        first = f"page {pages[0].number}"
        head = Row([_value(field, pages) for field in self.layout.fields.values()], 1, 0, None, first)
        data = self.head_fields.values(head, findings)
        rows = self._rows(pages)
        lines = []
        for number, row in enumerate(rows, start=1):
            line: dict[str, Any] = self.line_fields.values(row, findings)
            if "identifier" in self.mapping.line_model.model_fields:
                line.setdefault("identifier", str(number))
            lines.append(line)
        if findings:
            raise Unfit(*findings[:100], number=number_of(data))
        data[self.mapping.lines_field] = lines

        def locate(path: Path) -> str:
            if len(path) > 1 and path[0] == self.mapping.lines_field and isinstance(path[1], int):
                column = self.line_fields.column_of(path[2:])
                where = rows[path[1]].place if path[1] < len(rows) else first
            else:
                column, where = self.head_fields.column_of(path), first
            return where + (f', column "{column}"' if column else "")

        if self.mapping.model is Invoice:
            return complete(data, locate, self.profile.constants, needs=("vat_category",))
        return complete_as(self.mapping.model, data, locate, self.profile.constants)

    def _rows(self, pages: list[Page]) -> list[Row]:
        """The lines of the table on all pages; what stands in no column of a row's own continues the row above."""
        table = self.layout.table
        found: list[Row] = []
        for page in pages:
            inside = False
            for line in page.lines:
                text = line.text[:_SEARCHED]
                if not inside:
                    inside = self.table_begins.search(text) is not None
                    continue
                if self.table_ends and self.table_ends.search(text):
                    inside = False
                    continue
                if self.skip and self.skip.search(text):
                    continue
                cells = [line.between(left, right) for left, right in table.columns.values()]
                if cells[self.columns.index(table.first)]:
                    where = f"page {page.number}, table row {len(found) + 1}"
                    found.append(Row(cells, len(found) + 1, 0, None, where))
                elif found and any(cells):
                    above = found[-1].cells
                    above[:] = [f"{a}\n{c}" if a and c else a or c for a, c in zip(above, cells, strict=True)]
        return found


def _value(field: SpoolField, pages: list[Page]) -> str:
    """The first place where the field is found; empty where it is not."""
    searched = {"first": pages[:1], "last": pages[-1:], "any": pages}[field.page]
    if field.pattern is None:
        assert field.zone is not None, "the profile's own check"
        page = pages[-1] if field.page == "last" else pages[0]
        return page.within(field.zone)
    for page in searched:
        text = page.within(field.zone) if field.zone else page.text
        if match := re.search(field.pattern, text[:_SEARCHED], re.MULTILINE):
            return (match[1] if match.re.groups else match[0]).strip()
    return ""
