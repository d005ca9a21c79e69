"""What has no published rules is read back before it may leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipeline.bench.formats import invoices
from schemas.errors import DocumentInvalid
from stages.conversion.checking import Checker
from stages.conversion.making import make
from stages.formats import registry
from stages.formats.options import Options


def test_a_number_that_a_segment_cuts_off_stops_the_document() -> None:
    """X12 gives an invoice number 22 places: a longer one would reach the partner as another number."""
    (document,) = invoices(1, 2)
    check = Checker((Path("no-jars-needed"),), date(2026, 11, 27))
    made = make(document, registry.target("x12-4010"), {}, "report", check)
    assert made.rule_set == "read-back"
    long = document.model_copy(update={"invoice_number": "FT EX/2026/0000000000000000101"})
    with pytest.raises(DocumentInvalid) as caught:
        make(long, registry.target("x12-4010"), {}, "report", check)
    (finding,) = caught.value.findings
    assert (finding.rule, finding.place, finding.expected) == ("read-back", "number", "FT EX/2026/0000000000000000101")


def test_a_message_is_written_and_read_once() -> None:
    """Its losses and its check come of one writing and one reading; where losses are moved to a note, of two."""
    (document,) = invoices(1, 2)
    given = registry.target("edifact-d96a")
    written: list[bytes] = []

    def write(document: Any, options: Options) -> bytes:
        written.append(given.write(document, options))
        return written[-1]

    target = replace(given, write=write)
    check = Checker((Path("no-jars-needed"),), date(2026, 11, 27))
    made = make(document, target, {"charset": "UNOW"}, "report", check)
    assert (made.content, made.rule_set, len(written)) == (written[0], "read-back", 1)
    assert make(document, target, {"charset": "UNOW"}, "note", check).content == written[-1]
    assert len(written) == 3


def test_lost_and_altered_are_told_apart() -> None:
    """What stands nowhere is lost; what is shortened, rounded or in other signs is altered, and says how."""
    (document,) = invoices(1, 1)
    line = document.lines[0].model_copy(update={"name": "Ä" * 300, "note": "N" * 3000})
    given = document.model_copy(update={"lines": (line,), "tender_reference": "T-1"})
    check = Checker((Path("no-jars-needed"),), date(2026, 11, 27))
    made = make(given, registry.target("x12-4010"), {}, "report", check)
    found = {each.place: (each.rule, each.message) for each in made.losses}
    assert found["tender_reference"] == ("x12-4010-loss", "the message has no place for it")
    assert found["lines[0].name"] == (
        "x12-4010-altered", "said in other signs or codes, as far as the message can say it"
    )  # fmt: skip
    assert "tender_reference" in made.not_carried
    assert "lines[0].name" in made.altered
    assert set(made.not_carried) & set(made.altered) == set()
    made = make(given, registry.target("edifact-d96a"), {"charset": "UNOW"}, "report", check)
    found = {each.place: (each.rule, each.message) for each in made.losses}
    rule, message = found["lines[0].note"]
    assert (rule, message[:12]) == ("edifact-d96a-altered", "shortened to")


def test_a_discount_without_its_gross_price_is_lost() -> None:
    """X12 says neither gross price nor discount here: both are named."""
    (document,) = invoices(1, 1)
    priced = {"gross_price": document.lines[0].net_price + 1, "price_discount": Decimal(1)}
    given = document.model_copy(update={"lines": (document.lines[0].model_copy(update=priced),)})
    made = make(given, registry.target("x12-4010"), {}, "report", Checker((Path("none"),), date(2026, 11, 27)))
    assert {"lines[0].gross_price", "lines[0].price_discount"} <= set(made.not_carried)
