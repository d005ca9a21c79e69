"""How documents stand in a CSV: rows, record types, sections, two files, no header, other kinds than invoices."""

from __future__ import annotations

import io
import zipfile
from decimal import Decimal

import pytest
from csv_shop import HEADER, profile, row
from reading_samples import everything, refusal, rules

from schemas.errors import ExportUnreadable
from schemas.payments import OpenItems
from schemas.profiles import load_profile


def test_preamble_header_search_and_rows_to_skip() -> None:
    """A title, a blank line and a total row around the table are passed over; line numbers are the file's."""
    data = "Export der Rechnungen\nerstellt;am;2.11.\n\n" + HEADER + row("1") + "Summe;;;;;13,75;\n"
    found = profile(header="{find: [Number, Qty]}", skip_rows='"Summe.*"', skip_lines="1")
    records = everything(data, found)
    assert [r.address for r in records] == ["line 5"]
    assert records[0].document is not None


def test_a_header_that_does_not_fit() -> None:
    """A missing column refuses the export with the column's name and those that are there."""
    with pytest.raises(ExportUnreadable) as refused:
        everything("Nummer;Date\n1;2\n", profile())
    finding = refused.value.findings[0]
    assert (finding.rule, finding.expected, finding.found) == ("csv-header", "Number", "Nummer, Date")
    with pytest.raises(ExportUnreadable) as nothing:
        everything(HEADER, profile())
    assert nothing.value.findings[0].rule == "csv-no-document"


def test_without_a_profile_it_says_that_one_is_needed() -> None:
    """A CSV is recognised, and refused with what is missing."""
    with pytest.raises(ExportUnreadable) as refused:
        everything(HEADER + row())
    assert refused.value.findings[0].rule == "csv-profile"
    assert "profile suggest" in refused.value.findings[0].message


RECORDS = (
    "{column: 1, head: [H], line: [L], ignore: [F], head_columns: [Type, Number, Date, Customer], "
    "line_columns: [Type, Item, Qty, Price, VAT]}"
)


def test_record_types() -> None:
    """H rows begin documents, L rows are their lines, F rows are skipped; an unknown type refuses its document."""
    types = profile(layout="records", records=RECORDS, key="[]")
    data = (
        "F;x\nH;1;02.11.2026;Meier\nL;Papier;2;13,75;19\nL;Stift;1;1,00;7\nH;2;02.11.2026;Huber\nX;?\nL;Stift;1;1,00;7\n"
        "H;3;02.11.2026;Huber\nL;Stift;1;1,00;7\n"
    )
    records = everything(data, types, limit=1)
    assert [r.address for r in records] == ["line 2", "line 5", "line 8"]
    assert [rules(r)[0] if r.error else r.document and len(r.document.lines) for r in records] == [
        2,
        "csv-record-type",
        1,
    ]


def test_two_sections() -> None:
    """Heads, then lines in any order below their own header, joined by key; lines without a head are refused."""
    sections = profile(
        layout="sections",
        lines="{key: [Of], header: {find: [Of, Item]}}",
        header="{find: [Number, Date, Customer]}",
    )
    data = (
        "Number;Date;Customer\n1;02.11.2026;Meier\n2;02.11.2026;Huber\n3;02.11.2026;Kurz\n\n"
        "Of;Item;Qty;Price;VAT\n2;Stift;1;1,00;7\n1;Papier;2;13,75;19\n2;Heft;3;2,00;7\n9;Heft;3;2,00;7\n"
    )
    for limit in (500, 1):
        records = everything(data, sections, limit=limit)
        assert [r.address for r in records] == ["line 2", "line 3", "line 4", "lines without a head, line 10"]
        first, second, third, orphan = records
        assert first.document is not None
        assert second.document is not None
        assert [x.name for x in first.document.lines] == ["Papier"]
        assert [x.name for x in second.document.lines] == ["Stift", "Heft"]
        assert rules(third) == ["field-missing"]
        assert (rules(orphan), refusal(orphan).found) == (["csv-orphan"], "9")


def test_head_and_line_files_of_one_archive() -> None:
    """The lines' file is found by its pattern and is no export of its own; without it, the heads are refused."""
    files = profile(layout="files", lines='{key: [Of], file: "*_lines.csv"}')
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("day_heads.csv", "Number;Date;Customer\n1;02.11.2026;Meier\n2;02.11.2026;Huber\n")
        archive.writestr("day_lines.csv", "Of;Item;Qty;Price;VAT\n2;Stift;1;1,00;7\n1;Papier;2;13,75;19\n")
    records = everything(packed.getvalue(), files, limit=1)
    assert [r.address for r in records] == ["day_heads.csv: line 2", "day_heads.csv: line 3"]
    assert [r.document.lines[0].name if r.document else rules(r) for r in records] == ["Papier", "Stift"]
    with pytest.raises(ExportUnreadable) as alone:
        everything("Number;Date;Customer\n1;02.11.2026;Meier\n", files)
    assert alone.value.findings[0].rule == "csv-lines-file"


def test_a_line_without_a_key_puts_every_document_in_doubt() -> None:
    """Lines that stand apart from their heads are joined by key alone: one without it may be anyone's."""
    sections = profile(
        layout="sections", lines="{key: [Of], header: {find: [Of, Item]}}", header="{find: [Number, Date, Customer]}"
    )
    data = "Number;Date;Customer\n1;02.11.2026;Meier\nOf;Item;Qty;Price;VAT\n1;Stift;1;1,00;7\n;Papier;2;13,75;19\n"
    (only,) = everything(data, sections)
    assert (rules(only), refusal(only).place) == (["csv-key"], 'line 5, column "Of"')


def test_a_file_without_header_and_cells_that_are_quoted() -> None:
    """Columns named by the profile; separators, line breaks and doubled quotes inside quotes; rows spanning lines."""
    named = profile(columns="[Number, Date, Customer, Item, Qty, Price, VAT]")
    data = '1;02.11.2026;Meier;"Heft; ""A5""\nliniert";1;1,00;7\n2;02.11.2026;Meier;Stift;x;1,00;7\n'
    records = everything(data, named, limit=1)
    assert records[0].document is not None
    assert records[0].document.lines[0].name == 'Heft; "A5"\nliniert'
    assert refusal(records[1]).place == 'line 3, column "Qty"'


def test_an_ageing_report_is_open_items() -> None:
    """A CSV may be another kind than invoices: each customer of an ageing report is an account with its items."""
    profile = load_profile("""
name: ageing
constants: {currency: EUR, issue_date: "2026-11-30", seller: {name: Papelaria Lda}}
csv:
  kind: open-items
  separator: ";"
  decimal: ","
  dates: ["%d.%m.%Y"]
  key: [Customer]
  document: {number: Customer, buyer.erp_id: Customer, buyer.name: Name, buckets.over_90: Over}
  line: {document_number: Invoice, due_date: Due, balance: Open}
""")
    text = """Customer;Name;Over;Invoice;Due;Open
7;Anna;12,50;A-1;01.08.2026;12,50
7;Anna;12,50;A-2;01.11.2026;-1,00
8;Bert;;B-1;;3
"""
    anna, bert = (r.document for r in everything(text, profile))
    assert isinstance(anna, OpenItems)
    assert isinstance(bert, OpenItems)
    assert (anna.number, anna.buyer.name, anna.buckets) == ("7", "Anna", {"over_90": Decimal("12.50")})
    assert [(i.document_number, i.balance) for i in anna.items] == [
        ("A-1", Decimal("12.50")),
        ("A-2", Decimal("-1.00")),
    ]
    assert bert.items[0].due_date is None


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-16-be"])
def test_lines_may_end_as_on_old_macs(codec: str) -> None:
    """A lone CR ends a row where it ends the first one; a line feed in a quoted cell stays in it."""
    text = "\ufeff" + HEADER + row("1", '"Papier\nweiß"') + row("1", "Stift") + row("2")
    text = text.replace("\n", "\r").replace("Papier\rweiß", "Papier\nweiß")
    records = everything(text.encode(codec), profile(), limit=1)
    documents = [record.document for record in records]
    assert [record.address for record in records] == ["line 2", "line 4"]
    assert [[line.name for line in each.lines] for each in documents if each] == [["Papier\nweiß", "Stift"], ["Papier"]]
