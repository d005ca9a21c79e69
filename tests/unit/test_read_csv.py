"""CSV by profile: strict numbers and dates, encodings, damaged rows, and no half invoices."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pytest
from csv_shop import HEADER, profile, row
from reading_samples import everything, refusal, rules, step

from schemas.errors import ExportUnreadable


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
