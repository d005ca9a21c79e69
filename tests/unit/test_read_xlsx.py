"""Excel workbooks by a mapping profile: what Excel shows is what is read; formulas and errors are told."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from reading_samples import everything, refusal, rules

from schemas.documents import Invoice
from schemas.errors import EntregaError, ExportUnreadable, LimitExceeded
from schemas.profiles import load_profile
from stages.extraction import read_all
from stages.formats.reading.head import Head
from stages.formats.reading.step import Record, is_archive, read
from stages.formats.xlsx import entering

YAML = """
name: book
constants: {currency: EUR, seller: {name: S}, line: {vat_category: S}}
xlsx:
  dates: ["%d.%m.%Y"]
  key: [Number]
  header: {find: [Number, Date]}
  document: {invoice_number: Number, issue_date: Date, buyer.name: Customer}
  line: {name: Item, quantity: Qty, net_price: Price, vat_rate: VAT}
"""
PROFILE = load_profile(YAML)
HEADER = ["Number", "Date", "Customer", "Item", "Qty", "Price", "VAT"]


def book(*rows: list[Any], title: list[Any] | None = None, change: Any = None) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    for row in ([title] if title else []) + [HEADER, *rows]:
        sheet.append(row)
    for cells in sheet.iter_rows(min_row=2, min_col=7, max_col=7):
        for cell in cells:
            if isinstance(cell.value, float):
                cell.number_format = "0%"
    if change:
        change(workbook)
    target = io.BytesIO()
    workbook.save(target)
    return target.getvalue()


def test_what_excel_shows_is_read() -> None:
    """Numbers to 15 digits, typed days and days as text, per cent as shown, numbers in text fields without `.0`."""
    data = book(
        [1001, datetime(2026, 11, 2), "Anna", "Paper", 3, 19.99 * 3 / 3, 0.23],  # noqa: DTZ001 - Excel knows no zone
        [1001, "02.11.2026", "Anna", "Pens", 0.1 + 0.2, 19.989999999999998, 0.06],
        ["X-2", date(2026, 11, 3), "Bert", "Ink", 2, 1e-5, 23],
        title=["Invoices of November"],
    )
    one, two = (r.document for r in everything(data, PROFILE, limit=1))
    assert isinstance(one, Invoice)
    assert isinstance(two, Invoice)
    assert (one.invoice_number, one.issue_date, two.invoice_number) == ("1001", date(2026, 11, 2), "X-2")
    assert [(str(x.quantity), str(x.net_price), str(x.vat_rate)) for x in one.lines] == [
        ("3", "19.99", "23"), ("0.3", "19.99", "6"),
    ]  # fmt: skip
    assert two.lines[0].net_price == Decimal("0.00001")


def test_a_workbook_is_no_archive_but_may_lie_in_one() -> None:
    """XLSX is told before zip; in a zip it is a member like any other."""
    data = book([1, date(2026, 11, 2), "Anna", "Paper", 1, 1, 0.23])
    assert not is_archive(Head(data[:65536], "x.zip"), PROFILE)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("day.xlsx", data)
    (record,) = everything(packed.getvalue(), PROFILE)
    assert (record.address, record.document and record.document.number) == ("day.xlsx: line 2", "1")
    with pytest.raises(ExportUnreadable) as refused:
        everything(data)
    assert refused.value.findings[0].rule == "xlsx-profile"


def test_formulas_are_a_decision() -> None:
    """A formula refuses its document; where the profile takes stored values, one never calculated still does."""
    data = book([1, date(2026, 11, 2), "A", "Paper", 1, "=1+1", 0.23], [2, date(2026, 11, 2), "B", "Ink", 1, 2, 0.23])
    first, second = everything(data, PROFILE)
    assert (rules(first), refusal(first).place, refusal(first).found) == (["xlsx-formula"], "row 2, F2", "=1+1")
    assert second.document is not None
    cached = load_profile(YAML.replace("xlsx:", "xlsx:\n  formulas: cached"))
    first, _ = everything(data, cached)
    assert "never calculated" in refusal(first).message
    stored = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stored, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            for empty in (b"<v></v>", b"<v />", b"<v/>"):
                content = content.replace(b"<f>1+1</f>" + empty, b"<f>1+1</f><v>2</v>")
            new.writestr(name, content)
    first, _ = everything(stored.getvalue(), cached)
    assert isinstance(first.document, Invoice)
    assert first.document.lines[0].net_price == 2


def test_error_values_and_wrong_days_are_told() -> None:
    """#DIV/0! and a day of Excel's wrong calendar are refused at their cell."""
    data = book([1, date(2026, 11, 2), "A", "P", 1, "#DIV/0!", 0.23], [2, date(1900, 1, 5), "B", "I", 1, 2, 0.23])
    first, second = everything(data, PROFILE)
    assert (rules(first), refusal(first).place) == (["xlsx-error"], "row 2, F2")
    assert rules(second) == ["xlsx-date"]


def test_lines_in_another_sheet() -> None:
    """Heads on one sheet, lines on another, joined by their keys; lines without a head are told."""
    workbook = Workbook()
    heads, lines = workbook.active, workbook.create_sheet("Lines")
    assert heads is not None
    heads.title = "Heads"
    for row in (["No", "Date", "Customer"], [1, date(2026, 11, 2), "A"], [2, date(2026, 11, 2), "B"]):
        heads.append(row)
    for row in (
        ["Doc", "Item", "Qty", "Price"],
        [2, "Ink", 1, 5],
        [1, "Paper", 2, 1.5],
        [1, "Pens", 1, 1],
        [7, "?", 1, 1],
    ):
        lines.append(row)
    target = io.BytesIO()
    workbook.save(target)
    profile = load_profile("""
name: two
constants: {currency: EUR, seller: {name: S}, line: {vat_category: S, vat_rate: "23"}}
xlsx:
  sheet: Heads
  layout: sheets
  key: [No]
  lines: {sheet: Lines, key: [Doc]}
  document: {invoice_number: No, issue_date: Date, buyer.name: Customer}
  line: {name: Item, quantity: Qty, net_price: Price}
""")
    one, two, orphan = everything(target.getvalue(), profile, limit=1)
    assert isinstance(one.document, Invoice)
    assert isinstance(two.document, Invoice)
    assert [x.name for x in one.document.lines] == ["Paper", "Pens"]
    assert [x.name for x in two.document.lines] == ["Ink"]
    assert rules(orphan) == ["xlsx-orphan"]


def test_hostile_workbooks() -> None:
    """Bombs, entities and damage are refused before or while they are read, never an exception of a library."""
    data = book([1, date(2026, 11, 2), "A", "P", 1, 1, 0.23])

    def changed(name: str, content: bytes) -> bytes:
        target = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
            for each in old.namelist():
                new.writestr(each, content if each == name else old.read(each))
        return target.getvalue()

    sheet = "xl/worksheets/sheet1.xml"
    with pytest.raises(LimitExceeded):
        everything(changed(sheet, b"<worksheet>" + b" " * 30_000_000 + b"</worksheet>"), PROFILE)
    with pytest.raises(ExportUnreadable) as doctype:
        everything(changed(sheet, b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'), PROFILE)
    assert doctype.value.findings[0].rule == "xml-doctype"
    for content in (b"", b"<worksheet><sheetData><row", b"\0\1\2", b"<x/>"):
        for name in (sheet, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"):
            outcome(changed(name, content))


def outcome(data: bytes) -> None:
    """Refused as a whole with a finding, or each record is read or refused."""
    try:
        records = read(io.BytesIO(data), "x.xlsx", PROFILE, None).records
    except EntregaError as error:
        records = (Record("all", error=error),)
    assert all(r.document or (r.error and r.error.findings) for r in records)


def test_the_only_profile_for_workbooks_is_taken() -> None:
    """A tenant with one profile with an `xlsx` part need not name it for each workbook."""
    data = book([1, date(2026, 11, 2), "Anna", "Paper", 1, 1, 0.23])
    other = load_profile("name: other")
    (record,) = read_all(io.BytesIO(data), "day.xlsx", (other, PROFILE))
    assert record.document is not None


def test_empty_cells_at_the_end_are_no_damage() -> None:
    """A sheet's row ends with its last cell: what the header has behind it is empty; rows in between may be."""
    data = book(
        [1, date(2026, 11, 2), "Anna", "Paper", 1, 1, None], [], [2, date(2026, 11, 2), "Bert", "Ink", 1, 2, None]
    )
    profile = load_profile(YAML.replace("line: {vat_category: S}", "line: {vat_category: S, vat_rate: '23'}"))
    assert [r.document and r.document.number for r in everything(data, profile, limit=1)] == ["1", "2"]


def _rewritten(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name.endswith("sheet1.xml") else content)
    return target.getvalue()


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "as it is": lambda xml: xml,
    "with rows missing": lambda xml: re.sub(rb'<row r="(11[23]\d|1100)".*?</row>', b"", xml),
    "with a prefix": lambda xml: re.sub(rb"<(/?)([a-zA-Z])", rb"<\1x:\2", xml).replace(b"xmlns=", b"xmlns:x=", 1),
    "without numbers": lambda xml: re.sub(rb'<row r="\d+"', b"<row", xml),
    "with a comment that looks like a row": lambda xml: xml.replace(
        b"<sheetData>", b'<sheetData><!-- <row r="1150"> -->'
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_sheet_is_entered_at_any_row(change: str) -> None:
    """Passing over rows as bytes gives the rows that going through all of them gives."""
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    for number in range(1, 1201):
        sheet.append([f"N {number}", number, "<row r='1100'>"])
    target = io.BytesIO()
    workbook.save(target)
    data = _rewritten(target.getvalue(), CHANGES[change])

    def values(found: Any) -> list[list[Any]]:
        return [[cell.value for cell in row] for row in found]

    for first in (1001, 1100, 1200, 1201):
        entered = values(entering.rows(entering.load(io.BytesIO(data), values=False).worksheets[0], first))
        through = values(load_workbook(io.BytesIO(data), read_only=True).worksheets[0].iter_rows(min_row=first))
        assert entered == through, first
        assert bool(entered) == (first <= 1200), first
