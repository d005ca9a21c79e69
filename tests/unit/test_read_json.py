"""Canonical JSON: one object, a list or lines of objects; digits as they were written, or refused."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from full_documents import full
from reading_samples import canonical, canonical_text, everything, refusal, rules, step

from schemas.canonical import MODELS, to_json
from schemas.errors import EntregaError, ExportUnreadable
from schemas.orders import Order
from schemas.profiles import load_profile
from stages.formats.registry import targets

SHAPES = {
    "one after the other": "\n".join(canonical_text(f"J-{n}") for n in range(1, 8)),
    "a list": json.dumps([canonical(f"J-{n}") for n in range(1, 8)], indent=2),
    "a list on one line": json.dumps([canonical(f"J-{n}") for n in range(1, 8)]),
    "over several lines": "\n\n".join(json.dumps(canonical(f"J-{n}"), indent=1) for n in range(1, 8)),
    "with a byte order mark": "\ufeff" + json.dumps([canonical(f"J-{n}") for n in range(1, 8)], ensure_ascii=False),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_can_be_entered_anywhere(shape: str) -> None:
    """Objects read one by one are those read at once."""
    data = SHAPES[shape]
    one_by_one = everything(data, limit=1)
    assert [r.document.invoice_number for r in one_by_one if r.document] == [f"J-{n}" for n in range(1, 8)]
    assert [r.address for r in one_by_one] == [f"document[{n}]" for n in range(1, 8)]
    assert one_by_one == everything(data)


@pytest.mark.parametrize("price", ["0.00000001", "-0.0000001000", "0.00", "12.50", "0.0000000", "1000000000000000000"])
def test_numbers_of_any_size_come_back_as_they_were_written(price: str) -> None:
    """What is written has no exponent, which is refused where it stands (`1E-8`), and keeps every digit."""
    data = canonical()
    data["lines"][0]["net_price"] = price
    (record,) = everything(json.dumps(data))
    assert record.document is not None
    written = to_json(record.document)
    assert json.loads(written)["lines"][0]["net_price"] == price
    (again,) = everything(written)
    assert again.document == record.document


def test_a_single_object_ends_the_export() -> None:
    """One document, no cursor, its amounts exactly as written."""
    one = step(canonical_text(totals={"amount_due": "24.20"}))
    assert one.cursor is None
    assert one.records[0].document is not None
    assert str(one.records[0].document.totals.amount_due) == "24.20"
    assert one.records[0].document.lines[0].quantity == Decimal(2)


def test_a_float_is_refused_with_path_and_line() -> None:
    """13.75 as a JSON number is refused as it was written, with where it stands; integers are exact and pass."""
    text = json.dumps(canonical(), indent=1).replace('"10.00"', "13.750").replace('"2"', "2")
    record = everything(text)[0]
    assert rules(record) == ["json-float"]
    finding = refusal(record)
    assert (finding.found, finding.expected) == ("13.750", '"13.750"')
    assert finding.place == f"line {text[: text.index('13.750')].count(chr(10)) + 1}, lines[0].net_price"
    passed = everything(json.dumps(canonical(), indent=1).replace('"2"', "2"))[0].document
    assert passed is not None
    assert passed.lines[0].quantity == 2


@pytest.mark.parametrize(
    ("text", "rule", "found"),
    [
        (canonical_text().replace('"currency"', '"currency": "USD", "currency"'), "json-duplicate-key", "currency"),
        (canonical_text(net="1"), "field-unknown", None),
        (canonical_text(issue_date="2.11.2026"), "field-date", "2.11.2026"),
        (canonical_text(issue_date=86400), "field-date", "86400"),
        (canonical_text(issue_date="86400"), "field-date", "86400"),
        (canonical_text(currency="EUX"), "field-code", "EUX"),
        (canonical_text(totals={"amount_due": "1_000"}), "field-number", "1_000"),
        (canonical_text(totals={"amount_due": "1e3"}), "field-number", "1e3"),
        (canonical_text(totals={"amount_due": True}), "field-number", "True"),
        (canonical_text(totals={"amount_due": "NaN"}), "field-number", "NaN"),
        (canonical_text().replace('"10.00"', "NaN"), "json-number", "NaN"),
        (canonical_text().replace('"10.00"', "1" * 50), "json-number", "1" * 50),
        (canonical_text(lines=[]), "field-missing", None),
        (canonical_text(lines="none"), "field-group", "none"),
        (canonical_text(lines=5), "field-group", "5"),
        (canonical_text(invoice_number=7), "field-text", "7"),
        (canonical_text(invoice_number=""), "field-missing", None),
        (canonical_text(kind="remittance"), "json-kind", "remittance"),
        (canonical_text(buyer_reference="a\x00b"), "field-character", "U+0000"),
        (canonical_text(buyer_reference="?").replace("?", r"\ud800"), "field-character", "U+D800"),
        (canonical_text(invoice_number="H2\r\nBcc: x"), "field-character", "U+000D"),
        (canonical_text(invoice_number="H\u202e2"), "field-character", "U+202E"),
        (canonical_text(order_reference="4\u20665"), "field-character", "U+2066"),
        (canonical_text(buyer_reference="x" * 5001), "field-length", "x" * 79 + "…"),
        (canonical_text().replace('"2"', '"2",'), "json-syntax", None),
        ('{"invoice_number": "1", "currency": "EUR", x}', "json-syntax", None),
    ],
)
def test_each_fault_has_a_rule(text: str, rule: str, found: str | None) -> None:
    """Nothing is coerced: each fault is refused with rule and found value, and the next document is read."""
    records = everything(text + "\n" + canonical_text("J-2"))
    assert rules(records[0])[0] == rule
    assert refusal(records[0]).found == found
    assert records[1].document is not None
    assert records[1].document.invoice_number == "J-2"


def test_a_file_that_breaks_off_gives_what_is_whole() -> None:
    """A list cut inside its third object gives two documents and a finding with the line where the third begins."""
    text = json.dumps([canonical(f"J-{n}") for n in range(1, 4)], indent=1)
    records = everything(text[: text.rindex("net_price")])
    assert [r.document.invoice_number if r.document else rules(r)[0] for r in records] == ["J-1", "J-2", "json-syntax"]
    assert refusal(records[2]).place == f"line {text[: text.index('J-3')].count(chr(10))}"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[" + canonical_text() + canonical_text() + "]", "json-syntax"),
        ("[" + canonical_text() + ",]", "json-syntax"),
        ("[" + canonical_text() + ", 7]", "json-syntax"),
        ("[" + canonical_text() + "] x", "json-syntax"),
        (canonical_text() + "\n]", "json-syntax"),
        ("[" + canonical_text(), "json-syntax"),
    ],
)
def test_damage_behind_a_document(text: str, rule: str) -> None:
    """What follows a good document and is no JSON is one refused record; the document stays read."""
    records = everything(text)
    assert records[0].document is not None
    assert rules(records[1]) == [rule]


def test_nesting_and_bytes_are_bounded() -> None:
    """Deep nesting, wrong encodings and other JSON are refused as a whole."""
    with pytest.raises(ExportUnreadable) as deep:
        everything('{"invoice_number":' + "[" * 100_000)
    assert deep.value.findings[0].rule == "json-depth"
    record = everything(canonical_text(buyer={"name": "Café"}).encode("latin-1"))[0]
    assert (rules(record), refusal(record).found) == (["json-encoding"], "byte 0xE9")
    with pytest.raises(EntregaError):
        everything(canonical_text().encode("utf-16"))
    with pytest.raises(ExportUnreadable) as other:
        everything('{"a": 1}')
    assert other.value.findings[0].rule == "format-unknown"


@pytest.mark.parametrize("kind", MODELS)
def test_every_kind_comes_back_whole(kind: str) -> None:
    """A document of any kind with every field filled is the same after it was written as JSON and read."""
    document = MODELS[kind].model_validate(full(MODELS[kind]))
    target = targets()["json"]
    assert document.document_type in target.kinds
    (record,) = everything(target.write(document, {}))
    assert record.document == document


def test_constants_that_a_kind_has_no_field_for_are_left_out() -> None:
    """A profile written for invoices serves orders of the same source: what an order has no field for is not forced."""
    profile = load_profile("name: x\nconstants: {due_date: '2026-12-01', seller: {name: S}, line: {vat_rate: '21'}}")
    order = {"kind": "order", "number": "4", "issue_date": "2026-11-02", "buyer": {"name": "B"},
             "lines": [{"identifier": "1", "quantity": "2"}]}  # fmt: skip
    (record,) = everything(json.dumps(order), profile)
    assert isinstance(record.document, Order)
    assert (record.document.seller.name, record.document.lines[0].vat_rate) == ("S", 21)


def test_one_control_character_refuses_one_object() -> None:
    """JSON has none inside of a text; the object that has one is told with its place, the others are read."""
    broken = canonical_text("J-2").replace('"J-2"', '"J-\x012"')
    records = everything("\n".join((canonical_text("J-1"), broken, canonical_text("J-3"))))
    assert [record.document is None for record in records] == [False, True, False]
    assert (refusal(records[1]).rule, refusal(records[1]).place[:6]) == ("json-syntax", "line 2")
