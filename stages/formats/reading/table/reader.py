"""A table becomes documents by a mapping profile: `schemas/profiles.py` documents what a profile says.

Out      one record for each document, `line n`, n being the line (or row) of its first row
Layouts  rows      every row is a line with its head's columns; a document is the rows with one key, next to each other
         records   a column tells heads from lines; lines follow their head
         sections  the lines stand in a second part of the file, below their own header
         files     the lines stand in another file of the same archive
         sheets    the lines stand in another sheet of the workbook
Refused  a document one of whose rows is damaged, or that a damaged row may belong to: half an invoice is none. A
         document whose rows are scattered over the file
"""

from __future__ import annotations

from typing import Any

from schemas.canonical import Document
from schemas.documents import Invoice
from schemas.errors import Finding
from schemas.fields import Path
from schemas.profiles import ExtractionProfile
from schemas.tables import TableMapping
from stages.formats.reading.completing import Unfit, complete, complete_as, number_of
from stages.formats.reading.records import (
    Budget,
    Cursor,
    Portion,
    Record,
    Source,
    Warnings,
    refuse,
    refused,
    unreadable,
)
from stages.formats.reading.table.cells import Fields
from stages.formats.reading.table.groups import Group, Grouping
from stages.formats.reading.table.rows import Open


def read(
    source: Source,
    profile: ExtractionProfile,
    mapping: TableMapping,
    open_: Open[Any],
    cursor: Cursor | None,
    budget: Budget,
) -> Portion:
    """One step. Raises ExportUnreadable when the header does not fit the profile."""
    records: list[Record] = []
    try:
        reading = _Reading(source, profile, mapping, open_, cursor)
        for group in reading.grouping.groups():
            records.append(reading.record(group))
            if budget.spent(len(records)):
                return records, {"o": group.following, "l": group.following_line, "x": reading.grouping.scattered}
        records += [_orphan(mapping.word, key, line) for key, line in reading.grouping.orphans()]
    except Unfit as unfit:
        if not records and not cursor:
            raise unreadable("the export", unfit.findings) from None
        return [*records, Record("end", error=unreadable("the rest of the export", unfit.findings))], None
    if not records and not cursor:
        raise unreadable(
            "the export", (refuse(f"{mapping.word}-no-document", "there is no row below the header", "line 1"),)
        )
    return records, None


def _orphan(word: str, key: tuple[str, ...], line: int) -> Record:
    address = f"lines without a head, line {line}"
    finding = refuse(f"{word}-orphan", "lines whose document is not in the export", f"line {line}", " ".join(key))
    return Record(address, error=unreadable(address, (finding,)))


class _Reading:
    """One step over one file: its groups of rows, and the document that each becomes."""

    def __init__(
        self, source: Source, profile: ExtractionProfile, mapping: TableMapping, open_: Open[Any], cursor: Cursor | None
    ) -> None:
        self.profile, self.mapping = profile, mapping
        self.grouping = Grouping(source, mapping, open_, cursor)
        columns, line_columns = self.grouping.columns, self.grouping.line_columns
        self.head_fields = Fields(mapping.document, columns, mapping, lines=False)
        self.line_fields = Fields(mapping.line, line_columns, mapping, lines=True)
        notes = mapping.credit_notes
        self.credit_column = columns.at(notes.column) if notes.column else None

    def record(self, group: Group) -> Record:
        address = f"line {group.head.line}"
        try:
            self.grouping.check(group)
            if group.damage:
                raise Unfit(*group.damage[:100])
            data, warnings = self._data(group)

            def locate(path: Path) -> str:
                return self._locate(group, path)

            document: Document = (
                complete(data, locate, self.profile.constants, needs=("vat_category",))
                if self.mapping.model is Invoice
                else complete_as(self.mapping.model, data, locate, self.profile.constants)
            )
            return Record(address, document, None, warnings.all())
        except Unfit as unfit:
            return Record(address, error=refused(address, unfit.findings), number=unfit.number)

    def _locate(self, group: Group, path: Path) -> str:
        if (
            len(path) > 1
            and path[0] == self.mapping.lines_field
            and isinstance(path[1], int)
            and path[1] < len(group.lines)
        ):
            row, column = group.lines[path[1]], self.line_fields.column_of(path[2:])
        else:
            row, column = group.head, self.head_fields.column_of(path)
        return f"line {row.line}" + (f', column "{column}"' if column else "")

    def _data(self, group: Group) -> tuple[dict[str, Any], Warnings]:
        findings: list[Finding] = []
        data = self.head_fields.values(group.head, findings)
        if self.mapping.layout == "rows":
            self._same_head(group, data, findings)
        lines = []
        for number, row in enumerate(group.lines, start=1):
            line = self.line_fields.values(row, findings)
            if "identifier" in self.mapping.line_model.model_fields:
                line.setdefault("identifier", str(number))
            lines.append(line)
        if findings:
            raise Unfit(*findings[:100], number=number_of(data))
        data[self.mapping.lines_field] = lines
        if self.mapping.model is Invoice:
            self._credit(group, data)
        return data, Warnings()

    def _same_head(self, group: Group, data: dict[str, Any], findings: list[Finding]) -> None:
        """The head's columns must agree on every row, or one of them would be lost."""
        first = self.head_fields.raw(group.head)
        for row in group.lines[1:]:
            if self.head_fields.raw(row) != first and self.head_fields.values(row, findings) != data:
                for one in self.head_fields.fields:
                    here, there = row.cells[one.at], group.head.cells[one.at]
                    if here != there:
                        message = f"differs from line {group.head.line} of the same document"
                        place = f'line {row.line}, column "{one.column.column}"'
                        findings.append(refuse(f"{self.mapping.word}-head-differs", message, place, here, there))

    def _credit(self, group: Group, data: dict[str, Any]) -> None:
        """Credit notes have type 381 and positive quantities; what is mixed stays an invoice with negative lines."""
        rules, lines = self.mapping.credit_notes, data["lines"]
        quantities = [line["quantity"] for line in lines if line.get("quantity") is not None]
        negative = bool(quantities) and all(q < 0 for q in quantities)
        number = str(data.get("invoice_number", ""))
        cell = group.head.cells[self.credit_column].strip() if self.credit_column is not None else None
        if not (
            (rules.number_prefix and number.startswith(rules.number_prefix))
            or (rules.negative_quantity and negative)
            or (cell is not None and cell in rules.equals)
        ):
            return
        data.setdefault("type_code", "381")
        if negative:
            for line in lines:
                line["quantity"] = -line["quantity"]
                if line.get("net_amount") is not None:
                    line["net_amount"] = -line["net_amount"]
            totals = data.get("totals", {})
            for name, value in totals.items():
                totals[name] = -value
