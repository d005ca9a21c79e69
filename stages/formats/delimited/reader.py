"""Delimited text (CSV) by a mapping profile: `schemas/profiles.py` documents what a profile says.

In       text in the encoding that the profile declares (a byte order mark outranks it)
Out      one record for each document, `line n`, n being the line of its first row
Layouts  rows      every row is a line with its head's columns; a document is the rows with one key, next to each other
         records   a column tells heads from lines; lines follow their head
         sections  the lines stand in a second part of the file, below their own header
         files     the lines stand in another file of the same archive
Refused  a document one of whose rows is damaged, or that a damaged row may belong to: half an invoice is none. A
         document whose rows are scattered over the file
"""

from __future__ import annotations

import fnmatch
from typing import Any

from schemas.errors import Finding
from schemas.fields import Path
from schemas.profiles import CsvMapping, ExtractionProfile
from stages.formats.delimited.cells import Fields
from stages.formats.delimited.groups import Group, Grouping
from stages.formats.reading.completing import Unfit, complete, number_of
from stages.formats.reading.head import Head
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


def fits(head: Head, profile: ExtractionProfile | None) -> bool:
    """Any text, when a profile says how to read it; else lines with the same separators."""
    if head.kind != "text":
        return False
    if profile and profile.csv:
        return True
    lines = [line for line in head.text.splitlines() if line.strip()][:5]
    return len(lines) > 1 and any(all(sep in line for line in lines[1:]) for sep in ",;\t|")


def companion(name: str, profile: ExtractionProfile | None) -> bool:
    lines = profile.csv.lines if profile and profile.csv else None
    pattern = lines.file if lines else None
    return bool(pattern) and any(fnmatch.fnmatch(n, pattern or "") for n in (name, name.rsplit("/", 1)[-1]))


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable: without a profile, or when the header does not fit it."""
    if profile is None or profile.csv is None:
        raise unreadable("the export", (_profile_wanted(source),))
    records: list[Record] = []
    try:
        reading = _Reading(source, profile, profile.csv, cursor)
        for group in reading.grouping.groups():
            records.append(reading.record(group))
            if budget.spent(len(records)):
                return records, {"o": group.following, "l": group.following_line, "x": reading.grouping.scattered}
        records += [_orphan(key, line) for key, line in reading.grouping.orphans()]
    except Unfit as unfit:
        if not records and not cursor:
            raise unreadable("the export", unfit.findings) from None
        return [*records, Record("end", error=unreadable("the rest of the export", unfit.findings))], None
    if not records and not cursor:
        raise unreadable("the export", (refuse("csv-no-document", "there is no row below the header", "line 1"),))
    return records, None


def _profile_wanted(source: Source) -> Finding:
    source.file.seek(0)
    first = source.file.read(300).decode("utf-8", "replace").splitlines()[:1]
    message = (
        "a CSV does not say what its columns mean: it is read with a mapping profile, and none is set for this source. "
        "Write one in YAML with a `csv` part (schemas/profiles.py shows how) and name it when the export is dropped"
    )
    return refuse("csv-profile", message, "line 1", first[0] if first else None)


def _orphan(key: tuple[str, ...], line: int) -> Record:
    address = f"lines without a head, line {line}"
    finding = refuse("csv-orphan", "lines whose document is not in the export", f"line {line}", " ".join(key))
    return Record(address, error=unreadable(address, (finding,)))


class _Reading:
    """One step over one file: its groups of rows, and the document that each becomes."""

    def __init__(self, source: Source, profile: ExtractionProfile, mapping: CsvMapping, cursor: Cursor | None) -> None:
        self.profile, self.mapping = profile, mapping
        self.grouping = Grouping(source, mapping, cursor)
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

            document = complete(data, locate, self.profile.constants, needs=("vat_category",))
            return Record(address, document, None, warnings.all())
        except Unfit as unfit:
            return Record(address, error=refused(address, unfit.findings), number=unfit.number)

    def _locate(self, group: Group, path: Path) -> str:
        if len(path) > 1 and path[0] == "lines" and isinstance(path[1], int) and path[1] < len(group.lines):
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
            line.setdefault("identifier", str(number))
            lines.append(line)
        if findings:
            raise Unfit(*findings[:100], number=number_of(data))
        data["lines"] = lines
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
                        findings.append(refuse("csv-head-differs", message, place, here, there))

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
