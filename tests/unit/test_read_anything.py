"""Whatever is dropped: only permanent errors of ours leave the readers, and never late."""

from __future__ import annotations

import gzip
import json

import pytest
from csv_shop import HEADER, profile, row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reading_samples import canonical, canonical_text, everything, ubl
from test_read_archives import packed
from test_read_idoc import batch, idoc

from schemas.errors import PermanentError
from stages.formats.reading.head import Head
from stages.formats.reading.step import Record, recognise

GOOD: dict[str, bytes] = {
    "ubl": f"<b>{ubl('F-1')}{ubl('F-2', root='CreditNote')}</b>".encode(),
    "ubl utf-16": ('<?xml version="1.0" encoding="utf-16"?>' + ubl()).encode("utf-16"),
    "idoc": batch(idoc("1"), idoc("2")).encode(),
    "json": json.dumps([canonical("1"), canonical("2")]).encode(),
    "json lines": (canonical_text("1") + "\n" + canonical_text("2")).encode(),
    "csv": (HEADER + row("1") + row("1", '"a\nb"') + row("2")).encode(),
    "zip": packed(("a.xml", ubl()), ("b.json", canonical_text())),
    "gzip": gzip.compress(ubl().encode()),
}
PROFILE = profile(credit_notes="{number_prefix: C, negative_quantity: true}")
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


def survives(data: bytes) -> list[Record]:
    """Read it all, in small steps: records, or a permanent error."""
    records: list[Record] = []
    refused: PermanentError | None = None
    try:
        records = everything(data, PROFILE, limit=2)
    except PermanentError as error:
        refused = error
    assert refused is None or refused.findings[0].rule
    for record in records:
        assert record.document is not None or isinstance(record.error, PermanentError)
    assert len({r.address for r in records}) == len(records)
    return records


@pytest.mark.parametrize("kind", GOOD)
def test_the_whole_files_are_good(kind: str) -> None:
    """What is mutated below is read without a refusal when it is whole."""
    records = survives(GOOD[kind])
    assert records
    assert all(r.document for r in records)


@given(st.binary(max_size=400))
@MANY
def test_random_bytes(data: bytes) -> None:
    """Bytes of any kind are refused, or are a file that is read."""
    survives(data)


@given(st.sampled_from(sorted(GOOD)), st.data())
@MANY
def test_truncated_files(kind: str, data: st.DataObject) -> None:
    """Every good file cut anywhere."""
    whole = GOOD[kind]
    survives(whole[: data.draw(st.integers(0, len(whole)))])


@given(st.sampled_from(sorted(GOOD)), st.data())
@MANY
def test_mutated_files(kind: str, data: st.DataObject) -> None:
    """Every good file with some bytes overwritten, removed or put in."""
    whole = bytearray(GOOD[kind])
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(whole)))
        whole[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    survives(bytes(whole))


@given(st.text(max_size=60), st.sampled_from(["csv", "json", "ubl", "idoc"]))
@MANY
def test_any_text_as_a_value(text: str, kind: str) -> None:
    """Text of every script, control characters and quotes in a value: carried whole, or refused, never changed."""
    if kind == "csv":
        quoted = '"' + text.replace('"', '""') + '"'
        data = HEADER + row("1", quoted)
    elif kind == "json":
        line = {"identifier": "1", "quantity": "1", "net_price": "1", "vat_category": "S", "name": text}
        data = json.dumps(canonical(lines=[line]))
    else:
        from xml.sax.saxutils import escape

        template, old = (ubl(), "Paper") if kind == "ubl" else (batch(idoc()), "Paper")
        data = template.replace(f">{old}<", f">{escape(text)}<")
    for record in survives(data.encode("utf-8", "surrogatepass")):
        if record.document is not None and kind in ("json", "csv"):
            newlines = text if kind == "json" else text.replace("\r\n", "\n")
            assert record.document.lines[0].name in (text.strip(), newlines.strip())


def test_a_name_tells_nothing() -> None:
    """An IDoc called .csv is an IDoc, and a UBL called .json UBL."""
    assert recognise(Head(GOOD["idoc"], "day.csv"), PROFILE).name == "idoc"
    assert recognise(Head(GOOD["ubl"], "day.json"), None).name == "ubl"
    assert recognise(Head(GOOD["ubl utf-16"], "day.txt"), None).name == "ubl"
    assert recognise(Head(GOOD["json lines"], "day.xml"), None).name == "json"
    assert recognise(Head(GOOD["csv"], "day.xml"), None).name == "csv"
