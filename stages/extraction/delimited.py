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
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.errors import Finding, LimitExceeded
from schemas.fields import Path
from schemas.profiles import CsvMapping, ExtractionProfile
from stages.extraction.completing import Unfit, complete
from stages.extraction.delimited_cells import Fields
from stages.extraction.delimited_joins import Joined
from stages.extraction.delimited_rows import Columns, Row, Rows, find_header
from stages.extraction.recognise import Head
from stages.extraction.records import Budget, Cursor, Portion, Record, Source, Warnings, refuse, unreadable

DOCUMENT_ROWS = 20_000
_SCATTERED = 200


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


@dataclass
class Group:
    """The rows of one document: its head, and the rows of its lines (which may be the same)."""

    head: Row
    key: tuple[str, ...] = ()
    lines: list[Row] = field(default_factory=list)
    damage: list[Finding] = field(default_factory=list)
    following: int = 0
    following_line: int = 0
    """Where the next group begins: offset and line."""

    def add(self, row: Row) -> None:
        if len(self.lines) < DOCUMENT_ROWS:
            self.lines.append(row)
        elif len(self.lines) == DOCUMENT_ROWS:
            self.lines.append(row)
            self.damage.append(refuse("csv-limit", f"a document of more than {DOCUMENT_ROWS} rows", f"line {row.line}"))


def read(source: Source, profile: ExtractionProfile | None, cursor: Cursor | None, budget: Budget) -> Portion:
    """One step. Raises ExportUnreadable: without a profile, or when the header does not fit it."""
    if profile is None or profile.csv is None:
        raise unreadable("the export", (_profile_wanted(source),))
    records: list[Record] = []
    try:
        reading = _Reading(source, profile, profile.csv, cursor)
        for group in reading.groups():
            records.append(reading.record(group))
            if budget.spent(len(records)):
                return records, {"o": group.following, "l": group.following_line, "x": reading.scattered}
        records += reading.orphans()
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


class _Reading:
    """One step over one file: header, groups and their documents."""

    def __init__(self, source: Source, profile: ExtractionProfile, mapping: CsvMapping, cursor: Cursor | None) -> None:
        self.source, self.profile, self.mapping = source, profile, mapping
        self.joined: Joined | None = None
        first = Rows(source.file, mapping)
        for _ in range(mapping.skip_lines):
            first.skip_line()
        types = mapping.records
        if types:
            self.columns = Columns(list(types.head_columns), 0)
            self.line_columns = Columns(list(types.line_columns), 0)
        elif mapping.columns:
            self.columns = self.line_columns = Columns(list(mapping.columns), 0)
        elif mapping.header:
            self.columns = self.line_columns = find_header(first, mapping.header)
        else:
            row = next(first, None)
            if row is None or row.damage:
                damage = row.damage if row and row.damage else refuse("csv-header", "there is no header", "line 1")
                raise Unfit(damage)
            self.columns = self.line_columns = Columns([c.strip() for c in row.cells], row.line)
        self.key = [self.columns.at(name) for name in mapping.key]
        start = (first.offset, first.line)
        if mapping.lines:
            self.joined = Joined(source, mapping, self.key, start)
            self.line_columns = self.joined.columns
        self.head_fields = Fields(mapping.document, self.columns, mapping, lines=False)
        self.line_fields = Fields(mapping.line, self.line_columns, mapping, lines=True)
        notes = mapping.credit_notes
        self.credit_column = self.columns.at(notes.column) if notes.column else None
        self.scattered: list[list[str]] = list((cursor or {}).get("x", []))
        if not cursor and mapping.layout == "rows":
            self.scattered = self._scattered(start)
        self.start = (int(cursor["o"]), int(cursor["l"])) if cursor else start

    def _rows(self, start: tuple[int, int]) -> Iterator[Row]:
        skip = self.mapping.skip_rows
        pattern = re.compile(skip) if skip else None
        for row in Rows(self.source.file, self.mapping, *start):
            if self.joined and self.joined.begins(row):
                return
            if pattern and row.cells and pattern.fullmatch(row.cells[0].strip()):
                continue
            yield row

    def _key(self, row: Row) -> tuple[str, ...]:
        return tuple(row.cells[at].strip() if at < len(row.cells) else "" for at in self.key)

    def _scattered(self, start: tuple[int, int]) -> list[list[str]]:
        """Keys whose rows do not stand together. One pass before the first step: afterwards it would be too late."""
        seen: set[tuple[str, ...]] = set()
        scattered: dict[tuple[str, ...], None] = {}
        last: tuple[str, ...] | None = None
        for row in self._rows(start):
            if row.damage and not row.cells:
                continue
            key = self._key(row)
            if key != last:
                if key in seen:
                    scattered[key] = None
                    if len(scattered) > _SCATTERED:
                        message = (
                            f"more than {_SCATTERED} documents have rows in several places; sort the export by its key"
                        )
                        raise Unfit(refuse("csv-scattered", message, f"line {row.line}", " ".join(key)))
                seen.add(key)
                last = key
        return [list(key) for key in scattered]

    def groups(self) -> Iterator[Group]:
        """The documents' rows, from the cursor on."""
        current: Group | None = None
        beside: list[Finding] = []
        end = self.start
        for row in self._rows(self.start):
            if row.damage and not row.cells:
                # whose row this was cannot be told: the document before it and the one behind it are both in doubt
                beside.append(row.damage)
                if current:
                    current.damage.append(row.damage)
                continue
            head = self._begins(current, row)
            if head and current:
                current.following, current.following_line = row.start, row.line
                yield current
                current = None
            if current is None:
                current = Group(row, self._key(row), [], beside)
                beside = []
                if not head:
                    message = "a line stands before any head"
                    current.damage.append(refuse("csv-record-type", message, f"line {row.line}", row.cells[0]))
            elif beside:
                current.damage += [f for f in beside if f not in current.damage]
                beside = []
            self._add(current, row, head=head)
            end = (row.start, row.line)
        if current:
            current.following, current.following_line = self.source.file.seek(0, 2), end[1] + 1
            yield current
        elif beside:
            raise Unfit(*beside)

    def _begins(self, current: Group | None, row: Row) -> bool:
        """Does this row begin another document?"""
        types = self.mapping.records
        if types:
            at = types.column - 1
            return at < len(row.cells) and row.cells[at].strip() in types.head
        return bool(self.joined) or current is None or self._key(row) != current.key

    def _add(self, group: Group, row: Row, *, head: bool) -> None:
        types = self.mapping.records
        if row.damage:
            group.damage.append(row.damage)
        if types:
            kind = row.cells[types.column - 1].strip() if types.column <= len(row.cells) else ""
            if head:
                columns = self.columns
            elif kind in types.line:
                columns = self.line_columns
                group.add(row)
            elif kind in types.ignore:
                return
            else:
                message = "the profile does not know this record type"
                group.damage.append(refuse("csv-record-type", message, f"line {row.line}", kind))
                return
        else:
            columns = self.columns
            if not self.joined:
                group.add(row)
        if wrong := columns.fit(row):
            group.damage.append(wrong)

    def record(self, group: Group) -> Record:
        address = f"line {group.head.line}"
        try:
            if self.joined:
                group.lines, damage = self.joined.lines(group.key)
                group.damage += damage
            if list(group.key) in self.scattered:
                message = "the rows of this document do not stand together; sort the export by its key"
                group.damage.append(refuse("csv-scattered", message, address, " ".join(group.key)))
            if group.key and not all(group.key):
                name = self.mapping.key[group.key.index("")]
                group.damage.append(
                    refuse("csv-key", "the cell that tells the document is empty", f'{address}, column "{name}"')
                )
            if group.damage:
                raise Unfit(*group.damage[:100])
            data, warnings = self._data(group)

            def locate(path: Path) -> str:
                return self._locate(group, path)

            document = complete(data, locate, self.profile.constants, needs=("vat_category",))
            return Record(address, document, None, warnings.all())
        except Unfit as unfit:
            if unfit.findings[0].rule == "csv-limit":
                return Record(address, error=LimitExceeded("a document passes a cap", findings=unfit.findings))
            return Record(address, error=unreadable(address, unfit.findings))

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
            raise Unfit(*findings[:100])
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

    def orphans(self) -> list[Record]:
        """Lines that belong to no head: reported when the heads are at their end."""
        if not self.joined:
            return []
        heads = {self._key(row) for row in self._rows(self._heads())}
        return [
            Record(
                f"lines without a head, line {line}",
                error=unreadable(
                    f"line {line}",
                    (refuse("csv-orphan", "lines whose document is not in the export", f"line {line}", " ".join(key)),),
                ),
            )
            for key, line in self.joined.firsts()
            if key not in heads
        ]

    def _heads(self) -> tuple[int, int]:
        """Where the heads begin."""
        rows = Rows(self.source.file, self.mapping)
        while rows.line <= max(self.columns.line, self.mapping.skip_lines):
            rows.skip_line()
        return rows.offset, rows.line
