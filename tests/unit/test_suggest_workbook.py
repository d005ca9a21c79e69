"""`entrega profile suggest` of a workbook: its sheet, its typed cells, and those that do not fit."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import openpyxl
from reading_samples import everything

from schemas.documents import Invoice
from schemas.profiles import load_profile
from stages.formats.suggesting import suggest


def workbook(rows: list[list[object]], before: list[list[object]] | None = None) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = "Daten"
    if before is not None:
        for row in before:
            book.active.append(row)
        book.create_sheet("Zeilen")
    for row in rows:
        book.worksheets[-1].append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def test_a_workbook() -> None:
    """Of a workbook the sheet with the columns is found; typed days and numbers need no signs, a day that is a mere
    number is told as a cell that does not fit, and what is read of the sheet is what stands there."""
    head: list[object] = ["Rechnung", "Datum", "Kunde", "Artikel", "Menge", "Preis", "MwSt"]
    rows: list[list[object]] = [
        [f"R-{n}", date(2026, 11, n + 1), "Müller", "Teil", n, 0.125 * n, 19] for n in range(1, 6)
    ]
    rows[3][1] = 46328
    data = workbook([head, *rows], before=[["Bericht"], ["von", "heute"]])
    proposed = suggest(data, "x")
    profile = load_profile(proposed.trial)
    assert profile.xlsx is not None
    assert (proposed.part, profile.xlsx.sheet) == ("xlsx", "Zeilen")
    assert "decimal" not in proposed.text
    assert [(each.place, each.found) for each in proposed.misfits] == [('line 5, column "Datum"', "46328")]
    read = [r.document for r in everything(data, profile)]
    assert [(d.number, str(d.issue_date), str(d.lines[0].net_price)) for d in read if isinstance(d, Invoice)] == [
        (f"R-{n}", f"2026-11-0{n + 1}", format((Decimal("0.125") * n).normalize(), "f")) for n in (1, 2, 3, 5)
    ]


def test_numbers_that_a_workbook_has_as_text() -> None:
    """Decimal and thousands signs are told by the cells that are texts."""
    head: list[object] = ["Rechnung", "Datum", "Kunde", "Artikel", "Menge", "Preis", "MwSt"]
    prices = ("1.234,50", 10.5, "0,75")
    data = workbook([head, *([f"R-{n}", "02.11.2026", "M", "Teil", 1, price, 19] for n, price in enumerate(prices))])
    proposed = suggest(data, "x")
    assert proposed.misfits == ()
    read = [r.document for r in everything(data, load_profile(proposed.trial))]
    assert [str(d.lines[0].net_price) for d in read if isinstance(d, Invoice)] == ["1234.50", "10.5", "0.75"]
