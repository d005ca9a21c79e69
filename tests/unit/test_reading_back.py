"""What has no published rules is read back before it may leave."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.bench.formats import invoices
from schemas.errors import DocumentInvalid
from stages.conversion.checking import Checker
from stages.conversion.making import make
from stages.formats import registry


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
