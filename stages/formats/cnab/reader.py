"""CNAB: what a Brazilian bank says of collections (boletos) in its return file, width 240 or 400.

In       text, one record a line, one file
Out      one collection report with an entry for each title; a damaged line refuses its title only, as a record of its
         own, `line n`
Refused  a remessa, the file that goes to the bank; a file that breaks off or whose record count is wrong, as the
         profile's `counts` says
Damage   a line that is longer than its width by more than blanks, or shorter although it ends in blanks: characters are
         lost within. Blanks that were cut at the end are none
Source   see `layouts.py`
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from schemas.errors import Finding, LimitExceeded
from schemas.payments import CollectionEntry, CollectionReport
from schemas.profiles import ExtractionProfile
from stages.formats.cnab import titles
from stages.formats.cnab.layouts import (
    BANKS_400,
    HEADER_240,
    HEADER_400,
    SEGMENT_T,
    SEGMENT_U,
    SEQUENCE_400,
    TRAILER_240,
    Bank400,
    Fields,
)
from stages.formats.reading.completing import Unfit, complete_as
from stages.formats.reading.head import Head
from stages.formats.reading.records import (
    DOCUMENT_BYTES,
    Budget,
    Cursor,
    Portion,
    Record,
    Source,
    Warnings,
    refuse,
    refused,
)

_START_400 = re.compile(r"0[12](?:RETORNO|REMESSA)")
_START_240 = re.compile(r"\d{3}00000.{134}[12]\d{8}")
_REFUSALS = 200
"""Damaged titles that are told one by one; what is damaged beyond is no return file."""


def fits(head: Head, _profile: ExtractionProfile | None) -> bool:
    if head.kind != "text":
        return False
    return bool(_START_400.match(head.text) or _START_240.match(head.text))


@dataclass(frozen=True)
class _Line:
    number: int
    text: str
    damage: Finding | None

    def cut(self, at: tuple[int, int]) -> str:
        return self.text[at[0] : at[1]].strip()

    def values(self, fields: Fields) -> dict[str, str]:
        return {name: self.cut(at) for name, at in fields.items()}


def read(source: Source, profile: ExtractionProfile | None, _cursor: Cursor | None, _budget: Budget) -> Portion:
    """The whole file in one step. Raises LimitExceeded for one that is larger than a document may be."""
    size = source.file.seek(0, 2)
    source.file.seek(0)
    if size > DOCUMENT_BYTES:
        finding = refuse(
            "cnab-limit", f"a return file of more than {DOCUMENT_BYTES // 1024**2} MiB", "line 1", str(size)
        )
        raise LimitExceeded("the export is larger than allowed", findings=(finding,))
    data = source.file.read().removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("iso8859-1")  # what FEBRABAN's manuals name; every byte is a character of it
    width = 400 if _START_400.match(text) else 240
    lines = list(_lines(text, width))
    try:
        report = _File400(lines, profile) if width == 400 else _File240(lines, profile)
        report.read()
        return report.records(), None
    except Unfit as unfit:
        return [Record("line 1", error=refused("line 1", unfit.findings), number=unfit.number)], None


def _lines(text: str, width: int) -> Iterator[_Line]:
    for number, line in enumerate(text.split("\n"), start=1):
        whole = line.rstrip("\r\x1a\0")
        if not whole.strip():
            continue
        short = whole.rstrip(" ")
        damage = None
        if len(short) > width or (len(whole) < width and len(short) < len(whole)):
            message = f"the line is not {width} characters wide: characters are lost, or too many, within it"
            damage = refuse("cnab-width", message, f"line {number}", str(len(whole)), str(width))
        yield _Line(number, short.ljust(width), damage)


class _File:
    """One return file: its header, its titles, its end."""

    def __init__(self, lines: list[_Line], profile: ExtractionProfile | None) -> None:
        self.lines, self.profile = lines, profile
        self.warnings = Warnings()
        self.entries: list[CollectionEntry] = []
        self.damaged: list[Record] = []
        self.extras: dict[str, str] = {}
        self.head: dict[str, Any] = {}

    def read(self) -> None:
        raise NotImplementedError

    def header(self, fields: Fields) -> dict[str, str]:
        """Raises Unfit for a remessa."""
        head = self.lines[0].values(fields)
        if head["direction"] != "2":
            message = "this is a remessa, the company's instructions to its bank, and no return file of the bank's"
            raise Unfit(refuse("cnab-remessa", message, "line 1", head["direction"], "2 (retorno)"))
        return head

    def count(self, line: _Line, what: str, said: str, found: int) -> None:
        """Raises Unfit where the profile does not accept wrong counts."""
        if said.isdigit() and int(said) == found:
            return
        message, place = f"the {what} is wrong", f"line {line.number}"
        if self.profile is None or self.profile.counts == "refuse":
            raise Unfit(refuse("cnab-count", message, place, said, str(found)), number=self.head.get("number"))
        self.warnings.add("cnab-count", f"{message}; {found} are there", place, said)

    def broken_off(self) -> None:
        """A file without its end. Raises Unfit, or warns."""
        last = self.lines[-1]
        self.count(last, "end of the file: its last record is missing", "", 1)

    def title(self, lines: list[_Line], values: dict[str, str], *, day: str, credited: str, reason: int) -> None:
        """One entry, or one refused record."""
        address = f"line {lines[0].number}"
        try:
            damage = [line.damage for line in lines if line.damage]
            if damage:
                raise Unfit(*damage)
            entry, aside = titles.entry(values, address, day, credited, reason), titles.aside(values, address)
        except Unfit as unfit:
            if len(self.damaged) >= _REFUSALS:
                message = f"more than {_REFUSALS} damaged titles"
                raise Unfit(refuse("cnab-damaged", message, address), *unfit.findings[:1]) from None
            number = values.get("document_number") or values.get("our_number") or None
            self.damaged.append(Record(address, error=refused(address, unfit.findings), number=number))
            return
        self.entries.append(entry)
        self.extras |= {f"{address}/{name}": amount for name, amount in aside.items()}

    def records(self) -> list[Record]:
        """The report, then each title that is refused."""
        if self.damaged and not self.entries:
            return self.damaged
        data = {**self.head, "entries": self.entries, "extras": dict(list(self.extras.items())[:500])}
        constants = self.profile.constants if self.profile else None
        number = self.head.get("number")
        try:
            report = complete_as(CollectionReport, data, lambda _path: "line 1", constants)
            return [Record("line 1", report, None, self.warnings.all()), *self.damaged]
        except Unfit as unfit:
            return [Record("line 1", error=refused("line 1", unfit.findings), number=number), *self.damaged]

    def describe(self, head: dict[str, str], issued: date, sequence: str) -> None:
        bank = head["bank"]
        told = sequence.lstrip("0") if sequence.isdigit() else ""
        code = titles.said(head["company_id"])
        name = titles.said(head["bank_name"])
        self.head = {
            "number": f"{bank}-{issued:%Y%m%d}" + (f"-{told}" if told else ""),
            "issue_date": issued,
            "bank": bank,
            "bank_name": name,
            "bank_party": {"name": name or f"bank {bank}", "identifiers": [{"value": bank}]},
            "company": {
                "name": titles.said(head["company"]) or f"company {code or 'without a name'}",
                "identifiers": [{"value": code}] if code else [],
            },
        }


class _File240(_File):
    def read(self) -> None:
        head = self.header(HEADER_240)
        issued = titles.day_of(head["date"], "%d%m%Y", "line 1")
        if issued is None:
            raise Unfit(refuse("cnab-date", "the file has no date", "line 1", head["date"], "DDMMYYYY"))
        self.describe(head, issued, head["sequence"])
        layout = SEGMENT_T.get(head["bank"], SEGMENT_T[""])
        waiting: _Line | None = None
        ended = False
        for line in self.lines[1:]:
            kind, segment = line.text[7], line.text[13]
            if kind == "3" and segment == "U" and waiting is not None:
                values = {**waiting.values(layout), **line.values(SEGMENT_U)}
                self.title([waiting, line], values, day="%d%m%Y", credited="%d%m%Y", reason=2)
                waiting = None
                continue
            if waiting is not None:
                self._alone(waiting, "T", "U")
                waiting = None
            if kind == "3" and segment == "T":
                waiting = line
            elif kind == "3" and segment == "U":
                self._alone(line, "U", "T")
            elif kind == "3":
                self.extras[f"line {line.number}/segment {segment}"] = line.text[14:].strip()[:1000]
            elif kind == "9":
                ended = True
                self.count(line, "number of records", line.values(TRAILER_240)["records"], len(self.lines))
        if waiting is not None:
            self._alone(waiting, "T", "U")
        if not ended:
            self.broken_off()

    def _alone(self, line: _Line, segment: str, other: str) -> None:
        message = f"a segment {segment} without the segment {other} that belongs to it"
        damage = line.damage or refuse("cnab-segment", message, f"line {line.number}")
        self.title([_Line(line.number, line.text, damage)], {}, day="", credited="", reason=2)


class _File400(_File):
    def read(self) -> None:
        head = self.header(HEADER_400)
        bank = BANKS_400.get(head["bank"])
        if bank is None:
            message = "the layout of this bank's return file is not known"
            raise Unfit(refuse("cnab-bank", message, "line 1", head["bank"], ", ".join(BANKS_400)))
        issued = titles.issued(head["date"])
        self.describe(head, issued, self.lines[0].cut(bank.sequence) if bank.sequence else "")
        ended = False
        for expected, line in enumerate(self.lines, start=1):
            self.count(line, "record's number", line.cut(SEQUENCE_400), expected)
            kind = line.text[0]
            if kind in bank.types:
                self._title(line, bank)
            elif kind in bank.known:
                self.extras[f"line {line.number}/record {kind}"] = " ".join(line.text[1:394].split())[:1000]
            elif kind == "9":
                ended = True
            elif expected > 1:
                message = "a record of a type that this bank's layout does not have"
                damage = refuse("cnab-record-type", message, f"line {line.number}", kind)
                self.title([_Line(line.number, line.text, damage)], {}, day="", credited="", reason=2)
        if not ended:
            self.broken_off()

    def _title(self, line: _Line, bank: Bank400) -> None:
        values = line.values(bank.detail)
        self.title([line], values, day="%d%m%y", credited=bank.credited, reason=bank.reason)
