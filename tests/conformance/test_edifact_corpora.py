"""EDIFACT of other makers: what becomes of each file, as a person has read it in `edifact_corpora.md`.

GOLDEN=write, in the environment, writes the table anew.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.documents import Invoice
from schemas.errors import PermanentError
from schemas.orders import Order
from schemas.profiles import load_profile
from stages.formats.reading.records import Record
from stages.formats.reading.step import read

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
GOLDEN = Path(__file__).parent / "edifact_corpora.md"
ACCEPT = load_profile("name: lenient\ncounts: accept\nconstants: {line: {vat_category: O}, currency: EUR}\n")
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")


def files() -> list[Path]:
    return [*sorted((CORPORA / "edifact").iterdir()), *sorted((CORPORA / "idoc").glob("*.edi"))]


def drawn() -> str:
    rows = [
        "# What becomes of other makers' EDIFACT",
        "",
        "Once without a profile, once with one that accepts wrong counts, and has a currency and VAT outside of scope",
        "for messages that say neither. edifact-kept counts the kinds of segments that have no place, or none for a",
        "part. Made by `GOLDEN=write` and `test_edifact_corpora.py`, which compares it.",
        "",
        "| file | record | kind | number | without a profile | with counts accepted |",
        "|---|---|---|---|---|---|",
    ]
    for path in files():
        if "x12" in path.name or "tradacoms__" in path.name:
            continue
        plain, lenient = outcomes(path, None), outcomes(path, ACCEPT)
        for index in range(max(len(plain), len(lenient))):
            first = plain[index] if index < len(plain) else ("", "", "", "refused with its interchange")
            second = lenient[index] if index < len(lenient) else ("", "", "", "")
            told = second if index >= len(plain) or (not first[1] and second[1]) else first
            rows.append(f"| {path.name} | {told[0]} | {told[1]} | {told[2]} | {first[3]} | {second[3]} |")
    return "\n".join(rows) + "\n"


def outcomes(path: Path, profile: object) -> list[tuple[str, str, str, str]]:
    try:
        with path.open("rb") as file:
            found = read(file, path.name, profile, None).records  # type: ignore[arg-type]
    except PermanentError as error:
        return [("the file", "", "", f"refused: {error.findings[0].rule}")]
    return [outcome(each) for each in found]


def outcome(record: Record) -> tuple[str, str, str, str]:
    if record.document is None:
        assert record.error is not None
        rules = list(dict.fromkeys(each.rule for each in record.error.findings))
        said = f"refused: {', '.join(rules)} at {record.error.findings[0].place}"
        return record.address, "", record.number or "", said
    counted = Counter(each.rule for each in record.warnings)
    warned = ", ".join(f"{rule} ({times})" for rule, times in counted.items())
    return record.address, record.document.kind, record.document.number, "read" + (f", {warned}" if warned else "")


def test_the_table_is_as_it_was_reviewed() -> None:
    """Every file is read, or refused with the reason that the table gives, with and without wrong counts accepted."""
    table = drawn()
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(table, "utf-8")
    assert table == GOLDEN.read_text("utf-8")


def one(name: str, profile: object = None) -> Record:
    with (CORPORA / "edifact" / name).open("rb") as file:
        (record,) = read(file, name, profile, None).records  # type: ignore[arg-type]
    return record


def test_a_real_invoice_keeps_what_it_says() -> None:
    """The Romanian EANCOM invoice: parties, VAT numbers, currency, due date, each line's quantity, price and rate."""
    invoice = one("D96A_INVOIC.txt").document
    assert isinstance(invoice, Invoice)
    assert (invoice.number, invoice.currency, str(invoice.due_date)) == ("97301593", "RON", "2019-05-25")
    assert (invoice.seller.name, invoice.seller.vat_identifier) == ("NOVASERVIS FERRO GROUP SRL", "RO25860825")
    assert [(each.value, each.scheme) for each in invoice.buyer.identifiers] == [("5940475841003", "0088")]
    assert invoice.delivery is not None
    assert invoice.order_reference == "4507612118"
    first = invoice.lines[0]
    assert first.standard_item_id is not None
    assert (first.standard_item_id.value, first.quantity, first.unit) == ("5902194908573", Decimal("6.000"), "BUC")
    assert {line.vat_category for line in invoice.lines} == {"S"}
    assert {line.vat_rate for line in invoice.lines} == {Decimal(19)}


def test_a_name_over_several_components_is_whole() -> None:
    """A name that is cut after 35 letters goes on without a blank: `REPUBLI:KA` is a republic."""
    order = one("D93A_ORDERS.txt").document
    assert isinstance(order, Order)
    assert order.buyer.name == "OBI 029 PLZEN II. OBI CESKA REPUBLIKA S.R.O"
    assert order.lines[0].name == "BATERIE UMYVADLOVAS VYPUSTI TITANIANEW"


def test_a_wrapped_file_is_the_same_as_the_plain_one() -> None:
    """Line breaks at a width, and other service characters, change nothing."""
    plain = one("invoic_d97b.edi", ACCEPT).document
    wrapped = one("wrapped_invoic_d97b.edi", ACCEPT).document
    other = one("invoic_d97b_una.edi", ACCEPT).document
    wrapped_other = one("wrapped_invoic_d97b_una.edi", ACCEPT).document
    assert plain is not None
    assert plain == wrapped
    assert other is not None
    assert other == wrapped_other


def test_a_file_is_read_in_steps_as_at_once() -> None:
    """Three interchanges in one file, a record at a time: the same records as in one go."""
    data = b"".join((CORPORA / "edifact" / name).read_bytes() for name in ("D96A_INVOIC.txt", "D93A_ORDERS.txt"))
    data += b"\r\n" + (CORPORA / "edifact" / "D96A_INVOIC.txt").read_bytes()
    whole = read(io.BytesIO(data), "x", None, None).records
    assert [each.address.split("[")[0] for each in whole] == ["INVOIC", "ORDERS", "INVOIC"]
    stepped: list[Record] = []
    cursor = None
    for _ in range(10):
        step = read(io.BytesIO(data), "x", None, cursor, limit=1)
        stepped += step.records
        cursor = step.cursor
        if cursor is None:
            break
    assert stepped == list(whole)
