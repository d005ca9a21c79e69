"""`entrega profile suggest` of fixed-width records: types, fields, numbers and days are found, scales are asked for."""

from __future__ import annotations

import pytest
from reading_samples import everything
from test_read_fixed import head, line, text

from schemas.documents import Invoice
from schemas.errors import ConfigurationError
from schemas.profiles import load_profile
from stages.formats.suggesting import suggest


def test_fixed_width_records() -> None:
    """Types of record, fields, days and numbers are found; the proposal reads its sample, and calls itself a guess."""
    data = text(
        *[r for n in range(1, 5) for r in (head(f"A-{n}"), line(f"A-{n}", "Paper"), line(f"A-{n}", f"Pens {n}"))]
    )
    proposed = suggest(data, "host")
    profile = load_profile(proposed.trial)
    assert profile.fixed is not None
    assert {kind: record.role for kind, record in profile.fixed.records.items()} == {
        "0": "ignore", "1": "head", "2": "line", "9": "ignore",
    }  # fmt: skip
    assert profile.fixed.width == 60
    documents = [r.document for r in everything(data, profile)]
    assert [len(d.lines) for d in documents if isinstance(d, Invoice)] == [2, 2, 2, 2]
    assert proposed.text.count("# unsure") >= 4
    assert proposed.text.count("FILL IN: how many of its digits are decimal places") == 2


def test_records_of_a_mainframe() -> None:
    """EBCDIC is told by its blanks; which of its code pages it is stays unsure."""
    data = text(*[r for n in range(1, 5) for r in (head(f"A-{n}"), line(f"A-{n}", "Pens"))]).decode("cp1252")
    packed = data.replace("\r\n", "\x85").replace("é", "e").encode("cp500")
    proposed = suggest(packed, "host")
    assert "encoding: cp500   # unsure" in proposed.text
    documents = [r.document for r in everything(packed, load_profile(proposed.trial))]
    assert [d.number for d in documents if isinstance(d, Invoice)] == ["A-1", "A-2", "A-3", "A-4"]


def test_a_number_of_letters_and_digits_stays_whole() -> None:
    """Records without a type keep their first character: the number is the leftmost field whose values stand together,
    however lines differ; digits of unknown scale are left to fill in."""
    records = ("R-1   20261102Mueller   Item A    001999", "R-1   20261102Mueller   Item B    000150",
               "R-2   20261103Next      Item C    000010")  # fmt: skip
    text = "\n".join(records) + "\n"
    proposed = suggest(text.encode(), "x")
    with pytest.raises(ConfigurationError, match=r"fixed\.fields\.f35\.scale \(how many of its digits"):
        load_profile(proposed.text)
    profile = load_profile(proposed.trial.replace('scale: "0"', "scale: 2"))
    read = [r.document for r in everything(text, profile)]
    assert [
        (d.number, str(d.issue_date), d.buyer.name, [(line.name, str(line.net_price)) for line in d.lines])
        for d in read
        if isinstance(d, Invoice)
    ] == [
        ("R-1", "2026-11-02", "Mueller", [("Item A", "19.99"), ("Item B", "1.50")]),
        ("R-2", "2026-11-03", "Next", [("Item C", "0.10")]),
    ]
