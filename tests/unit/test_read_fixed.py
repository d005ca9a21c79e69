"""Fixed-width records by a mapping profile: places, implied decimals, signs; heads and lines; damage by line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from reading_samples import everything, refusal, rules

from schemas.documents import Invoice
from schemas.errors import ConfigurationError
from schemas.profiles import load_profile

YAML = """
name: host
constants:
  currency: EUR
  seller: {name: Papelaria Lda}
  line: {vat_category: S, vat_rate: "23"}
fixed:
  encoding: cp1252
  width: 60
  record_type: {start: 1, length: 1}
  records:
    "0": {role: ignore}
    "1":
      role: head
      fields:
        number: {start: 2, length: 8}
        date: {start: 10, length: 8, type: date}
        due: {start: 18, length: 8, type: date}
        customer: {start: 26, length: 20}
        total: {start: 46, length: 10, type: number, scale: 2, sign: trailing}
    "2":
      role: line
      fields:
        number: {start: 2, length: 8}
        item: {start: 10, length: 20}
        quantity: {start: 30, length: 8, type: number, scale: 3}
        price: {start: 38, length: 9, type: number, scale: 4, sign: leading}
    "9": {role: ignore}
  join: [number]
  document: {invoice_number: number, issue_date: date, due_date: due, buyer.name: customer, totals.tax_inclusive: total}
  line: {name: item, quantity: quantity, net_price: price}
"""
PROFILE = load_profile(YAML)


def head(number: str, total: str = "000002460 ") -> str:
    return f"1{number:>8}20261102{'0' * 8}{'Café do Porto':20}{total:10}".ljust(60)


def line(number: str, item: str, quantity: str = "00002000", price: str = " 00050000") -> str:
    return f"2{number:>8}{item:20}{quantity}{price}".ljust(60)


def text(*records: str) -> bytes:
    return "".join(f"{r}\r\n" for r in ("0FILE".ljust(60), *records, "9".ljust(60))).encode("cp1252")


def test_heads_and_lines() -> None:
    """Values from their places: implied decimals, a trailing minus, zeros as no date; lines follow their head."""
    pens = line("A-1", "Pens", "00000500", "-00125000")
    data = text(head("A-1"), line("A-1", "Paper"), pens, head("A-2", "000001000-"), line("A-2", "Ink"))
    one, two = (r.document for r in everything(data, PROFILE, limit=1))
    assert isinstance(one, Invoice)
    assert isinstance(two, Invoice)
    assert (one.invoice_number, one.issue_date, one.due_date) == ("A-1", date(2026, 11, 2), None)
    assert (one.buyer.name, one.totals.tax_inclusive, two.totals.tax_inclusive) == (
        "Café do Porto", Decimal("24.60"), Decimal("-10.00"),
    )  # fmt: skip
    assert [(x.name, x.quantity, x.net_price) for x in one.lines] == [
        ("Paper", 2, 5), ("Pens", Decimal("0.5"), Decimal("-12.5")),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bad", "rule", "place"),
    [
        (line("A-1", "Paper")[:50], "fixed-width", "line 3"),
        (line("A-9", "Paper"), "fixed-join", "line 3"),
        (line("A-1", "Paper", "0000200x"), "fixed-number", 'line 3, column "quantity"'),
        (line("A-1", "Paper").replace("2", "7", 1), "fixed-record-type", "line 3"),
        (line("A-1", "?aper"), "fixed-encoding", "line 3"),
    ],
)
def test_damage_refuses_its_document_only(bad: str, rule: str, place: str) -> None:
    """A damaged record refuses the document it belongs to, by its line; the next document is read."""
    data = text(head("A-1"), bad, head("A-2"), line("A-2", "Ink")).replace(b"?", b"\x81")  # no character of cp1252
    first, second = everything(data, PROFILE)
    assert (rules(first)[0], refusal(first).place) == (rule, place)
    assert second.document is not None


def test_one_record_a_line() -> None:
    """Without record types every record is a line with its head's fields, told apart by the key."""
    profile = load_profile("""
name: flat
constants: {currency: EUR, seller: {name: S}, line: {vat_category: S, vat_rate: "23"}}
fixed:
  fields:
    number: {start: 1, length: 4}
    date: {start: 5, length: 8, type: date}
    buyer: {start: 13, length: 6}
    item: {start: 19, length: 6}
    quantity: {start: 25, length: 6}
    price: {start: 31, length: 8}
  key: [number]
  decimal: ","
  document: {invoice_number: number, issue_date: date, buyer.name: buyer}
  line: {name: item, quantity: quantity, net_price: price}
""")
    data = (
        "0001 20261102Anna  Paper      2    1,50\n".replace("0001 ", "0001") * 2
        + "000220261102Bert  Ink        1    9,00\n"
    )
    documents = [r.document for r in everything(data, profile)]
    assert [(d.number, len(d.lines)) for d in documents if isinstance(d, Invoice)] == [("0001", 2), ("0002", 1)]


FLAT = """
name: host
constants: {currency: EUR, seller: {name: S}, line: {vat_category: S, vat_rate: "23", quantity: "1"}}
fixed:
  encoding: ENCODING
  fields:
    number: {start: 1, length: 4}
    date: {start: 5, length: 8, type: date}
    buyer: {start: 13, length: 6}
    price: {start: 19, length: 6, type: number, scale: 2}
  key: [number]
  document: {invoice_number: number, issue_date: date, buyer.name: buyer}
  line: {name: buyer, net_price: price}
"""
RECORDS = ("R-0120261102Müller000150", "R-0120261102Müller000250", "R-0220261103Núñez 001000")


@pytest.mark.parametrize("limit", [500, 1])
@pytest.mark.parametrize(("encoding", "end"), [("cp273", b"\x15"), ("cp500", b"\x25"), ("cp037", b"\x0d\x25"),
                                               ("cp1252", b"\r\n"), ("utf-8", b"\n")])  # fmt: skip
def test_line_ends_are_those_of_the_encoding(encoding: str, end: bytes, limit: int) -> None:
    """EBCDIC has two line ends of its own, and none of ASCII's; every record is read."""
    data = b"".join(record.encode(encoding) + end for record in RECORDS)
    documents = [r.document for r in everything(data, load_profile(FLAT.replace("ENCODING", encoding)), limit=limit)]
    assert [
        (d.number, d.buyer.name, [str(x.net_price) for x in d.lines]) for d in documents if isinstance(d, Invoice)
    ] == [
        ("R-01", "Müller", ["1.50", "2.50"]),
        ("R-02", "Núñez", ["10.00"]),
    ]


@pytest.mark.parametrize("limit", [500, 1])
@pytest.mark.parametrize("encoding", ["cp500", "cp1252", "utf-8"])
def test_records_without_line_ends_are_cut_by_their_width(encoding: str, limit: int) -> None:
    """Data sets of one record length have no line ends; without `width`, what follows the first record is not lost."""
    data = "".join(RECORDS).encode(encoding)
    text = FLAT.replace("ENCODING", encoding)
    sized = load_profile(text.replace("  fields:", "  width: 24\n  fields:"))
    documents = [r.document for r in everything(data, sized, limit=limit)]
    assert [(d.number, len(d.lines)) for d in documents if isinstance(d, Invoice)] == [("R-01", 2), ("R-02", 1)]
    (refused,) = everything(data, load_profile(text))
    assert (rules(refused), refusal(refused).found) == (["fixed-surplus"], "72 characters")


def test_what_stands_behind_the_last_field_is_refused_or_ignored_by_the_profile() -> None:
    """A surplus is damage of its document, unless the profile says that it is meant."""
    text = FLAT.replace("ENCODING", "utf-8")
    data = f"{RECORDS[0]}  \n{RECORDS[2]} and more\n".encode()
    kept, refused = everything(data, load_profile(text))
    assert kept.document is not None
    assert (rules(refused), refusal(refused).place) == (["fixed-surplus"], "line 2")
    ignoring = load_profile(text.replace("  fields:", "  surplus: ignore\n  fields:"))
    assert [r.document is not None for r in everything(data, ignoring)] == [True, True]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("record_type: {start: 1, length: 1}", ""), "record_type"),
        (("join: [number]", "join: [item]"), "join"),
        (("width: 60", "width: 40"), "ends behind"),
        (("quantity: quantity", "quantity_: quantity"), "quantity_"),
        (("start: 2, length: 8}\n        date", "start: 0, length: 8}\n        date"), "start"),
    ],
)
def test_a_profile_that_cannot_work_is_refused(change: tuple[str, str], told: str) -> None:
    """What contradicts itself is told when the profile is loaded."""
    with pytest.raises(ConfigurationError, match=told):
        load_profile(YAML.replace(*change))
