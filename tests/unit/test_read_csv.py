"""CSV by profile: four layouts, strict numbers and dates, and no half invoices."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from reading_samples import everything, refusal, rules, step

from schemas.errors import ExportUnreadable
from schemas.payments import OpenItems
from schemas.profiles import ExtractionProfile, load_profile

HEADER = "Number;Date;Customer;Item;Qty;Price;VAT\n"


def profile(**changes: str) -> ExtractionProfile:
    """A German shop: semicolons, decimal comma, header repeated on every row; `changes` are further lines of `csv`."""
    more = "".join(f"  {key}: {value}\n" for key, value in changes.items() if key != "constants")
    settings = {"layout": "rows", "key": "[Number]", "decimal": '","', "thousands": '"."', "dates": '["%d.%m.%Y"]'}
    plain = "".join(f"  {key}: {value}\n" for key, value in settings.items() if key not in changes)
    return load_profile(
        f"""
name: shop
constants: {changes.get("constants", "{currency: EUR, seller: {name: Laden GmbH}, line: {vat_category: S}}")}
csv:
  separator: ";"
{plain}{more}"""
        + (
            ""
            if "document" in changes
            else """  document:
    invoice_number: Number
    issue_date: Date
    buyer.name: {column: Customer, template: "Firma {}"}
"""
        )
        + (
            ""
            if "line" in changes
            else """  line:
    name: Item
    quantity: Qty
    net_price: Price
    vat_rate: {column: VAT, default: "19"}
"""
        )
    )


def row(number: str = "1", item: str = "Papier", quantity: str = "2", price: str = "13,75", vat: str = "19") -> str:
    return f"{number};02.11.2026;Meier;{item};{quantity};{price};{vat}\n"


def test_rows_with_one_key_are_one_document() -> None:
    """Header fields from the first row, lines numbered, comma decimals and thousands read exactly, defaults filled."""
    data = HEADER + row("1") + row("1", "Stift", "1.000", "1.234,50", "") + row("2")
    records = everything(data, profile(), limit=1)
    assert [r.address for r in records] == ["line 2", "line 4"]
    read = records[0].document
    assert read is not None
    assert (read.invoice_number, read.issue_date, read.buyer.name) == ("1", date(2026, 11, 2), "Firma Meier")
    assert [(x.identifier, x.name, x.quantity, x.net_price, x.vat_rate) for x in read.lines] == [
        ("1", "Papier", Decimal(2), Decimal("13.75"), Decimal(19)),
        ("2", "Stift", Decimal(1000), Decimal("1234.50"), Decimal(19)),
    ]
    assert records == everything(data, profile())


@pytest.mark.parametrize(
    ("decimal", "thousands", "value"),
    [
        (".", "", "13,75"),
        (",", "", "13.75"),
        (",", ".", "1.23,4"),
        (",", ".", "12.34"),
        (".", ",", "1,23"),
        (".", "", "1e3"),
        (".", "", "1_000"),
        (".", "", "EUR 5"),
        (".", "", "5-"),
        (".", "", "--5"),
        (".", "", "٣"),
        (".", "", "1" * 50),
        (".", "", "nan"),
    ],
)
def test_what_is_no_number_is_refused(decimal: str, thousands: str, value: str) -> None:
    """Never coerced: refused with line, column, rule and value, and the next document is read."""
    rules_of = profile(decimal=f'"{decimal}"', thousands=f'"{thousands}"')
    records = everything(HEADER + row("1", price=value) + row("2", price="5"), rules_of)
    finding = refusal(records[0])
    assert (finding.rule, finding.place) == ("csv-number", 'line 2, column "Price"')
    assert finding.found == (value if len(value) <= 80 else value[:79] + "…")
    assert records[1].document is not None
    assert records[1].document.lines[0].net_price == 5


def test_every_fault_of_a_document_is_told_at_once() -> None:
    """A bad date, a bad number and an unmapped country in one document are three findings."""
    mapped = profile(
        document="{invoice_number: Number, issue_date: Date, buyer.name: Customer, "
        "buyer.address.country: {column: Item, map: {D: DE}}}"
    )
    record = everything(HEADER + "1;31.02.2026;Meier;X;zwei;1;19\n", mapped)[0]
    assert rules(record) == ["csv-date", "csv-map", "csv-number"]
    assert [f.place for f in record.error.findings] == [  # type: ignore[union-attr]
        'line 2, column "Date"',
        'line 2, column "Item"',
        'line 2, column "Qty"',
    ]


def test_a_date_that_differs_inside_a_document_is_refused() -> None:
    """Two dates for one invoice: one of them would be lost."""
    data = HEADER + row("1") + row("1").replace("02.11", "03.11") + row("2")
    records = everything(data, profile())
    assert rules(records[0]) == ["csv-head-differs"]
    assert (refusal(records[0]).place, refusal(records[0]).found) == ('line 3, column "Date"', "03.11.2026")
    assert records[1].document is not None


def test_scattered_rows_refuse_both_parts() -> None:
    """Rows of one invoice in two places are refused in each, also when a step ends between them."""
    data = HEADER + row("1") + row("2") + row("1") + row("3")
    records = everything(data, profile(), limit=1)
    assert [rules(r) if r.error else r.document and r.document.invoice_number for r in records] == [
        ["csv-scattered"],
        "2",
        ["csv-scattered"],
        "3",
    ]


def test_wrong_encoding_is_told_with_line_and_byte() -> None:
    """Windows-1252 in a file declared as UTF-8 refuses the document it touches; declared rightly, it is read."""
    data = (HEADER + row("1", "Büro") + row("2")).encode("windows-1252")
    records = everything(data, profile())
    assert rules(records[0]) == ["csv-encoding"]
    assert (refusal(records[0]).place, refusal(records[0]).found) == ("line 2, byte 21", "byte 0xFC")
    assert records[1].document is not None
    right = everything(data, profile(encoding="windows-1252"))[0].document
    assert right is not None
    assert right.lines[0].name == "Büro"


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_byte_order_mark_outranks_the_profile(codec: str) -> None:
    """A UTF-16 file of Excel is read with a profile that says UTF-8; without a mark the profile must say it."""
    declared = "utf-8" if codec in ("utf-8-sig", "utf-16") else codec
    data = (HEADER + row("Ċ1", "Zażółć") + row("2")).encode(codec)
    records = everything(data, profile(encoding=declared), limit=1)
    assert [r.document.invoice_number if r.document else rules(r) for r in records] == ["Ċ1", "2"]
    assert records[0].document is not None
    assert records[0].document.lines[0].name == "Zażółć"


def test_a_damaged_row_puts_its_neighbours_in_doubt() -> None:
    """A row that cannot be unquoted may belong to the document before or behind it: both are refused, no other."""
    data = HEADER + row("1") + row("2") + '2;02.11.2026;"Meier;x" y;1;1;19;\n' + row("3") + row("4")
    records = everything(data, profile())
    assert [rules(r)[0] if r.error else r.document and r.document.invoice_number for r in records] == [
        "1",
        "csv-syntax",
        "csv-syntax",
        "4",
    ]
    assert refusal(records[1]).place == "line 4"


@pytest.mark.parametrize("limit", [500, 1])
def test_a_row_without_a_key_puts_its_neighbours_in_doubt(limit: int) -> None:
    """A line that does not say whose it is may be anyone's beside it: neither goes out a line short."""
    data = HEADER + row("1") + row("2") + row("") + row("3") + row("4")
    records = everything(data, profile(), limit=limit)
    assert [rules(r)[0] if r.error else r.document and r.document.invoice_number for r in records] == [
        "1",
        "csv-key",
        "csv-key",
        "4",
    ]
    assert refusal(records[1]).place == 'line 4, column "Number"'


def test_a_row_that_is_cut_off_refuses_its_document() -> None:
    """Fewer or more cells than the header: nothing tells which ones are missing."""
    records = everything(HEADER + row("1") + row("2").rstrip("\n")[:-8], profile())
    assert records[0].document is not None
    assert rules(records[1]) == ["csv-columns"]
    assert (refusal(records[1]).found, refusal(records[1]).expected) == ("6", "7")


def test_credit_notes_turn_positive() -> None:
    """By prefix or by negative quantities: type 381 with positive quantities; mixed lines stay an invoice."""
    by_both = profile(credit_notes="{number_prefix: C, negative_quantity: true}")
    data = (
        HEADER + row("C1", quantity="-2") + row("2", quantity="-1") + row("3", quantity="-1") + row("3", quantity="5")
    )
    read = [r.document for r in everything(data, by_both)]
    assert [(d.type_code, [x.quantity for x in d.lines]) for d in read if d] == [
        ("381", [Decimal(2)]),
        ("381", [Decimal(1)]),
        ("380", [Decimal(-1), Decimal(5)]),
    ]


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


def test_a_vat_category_is_never_guessed() -> None:
    """Neither mapped nor constant: refused, although the canonical document has a default."""
    record = everything(HEADER + row(), profile(constants="{currency: EUR, seller: {name: Laden GmbH}}"))[0]
    assert rules(record) == ["field-missing"]
    assert refusal(record).message == "vat_category (BT-151) is missing"


def test_steps_end_with_time() -> None:
    """With a clock that has run out, a step still reads one document, and its cursor goes on behind it."""
    times = iter(range(0, 1000, 10))
    data = (HEADER + row("1") + row("2")).encode()
    from stages.formats.reading.step import read

    one = read(io.BytesIO(data), "x.csv", profile(), None, seconds=5.0, clock=lambda: float(next(times)))
    assert [r.address for r in one.records] == ["line 2"]
    assert one.cursor is not None
    rest = step(data, profile(), one.cursor)
    assert ([r.address for r in rest.records], rest.cursor) == (["line 3"], None)


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


def test_one_control_character_refuses_one_document() -> None:
    """It is told with line and column; the other documents are read."""
    records = everything(HEADER + row("1") + row("2", "Pa\x01pier") + row("3"), profile())
    assert [record.document is None for record in records] == [False, True, False]
    finding = refusal(records[1])
    assert (finding.rule, finding.place, finding.found) == ("field-character", 'line 3, column "Item"', "U+0001")
    with pytest.raises(ExportUnreadable):
        everything(bytes(range(32)) * 40, profile())


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("Pa\rpier", "a carriage return stands in a cell without quotes"),
        ('"Pa"pier', "behind a closing quote stands neither a separator nor the end of the line"),
        ('"Papier', "a quoted cell does not end before the file does"),
        ("x" * 140_000, "a cell of more than 131072 characters"),
    ],
)
def test_a_damaged_row_is_told_in_our_own_words(cell: str, told: str) -> None:
    """What Python's reader says of it (universal-newline mode) helps nobody."""
    with pytest.raises(ExportUnreadable) as refused:
        everything(HEADER + row("1", cell), profile())
    assert [finding.message for finding in refused.value.findings] == [f"the row is damaged: {told}"]
