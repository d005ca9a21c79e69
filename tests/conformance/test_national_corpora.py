"""What every Facturae, FatturaPA, KSeF and NF-e file of the corpora becomes: `national_corpora.md` says it.

A second table says what is due of each invoice, and what completing its amounts found.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from corpora_table import CORPORA, agreed, drawn

from schemas.documents import Invoice
from schemas.profiles import ExtractionProfile
from stages.conversion.totals import complete
from stages.formats.reading.step import read

GOLDEN = Path(__file__).parent / "national_corpora.md"
FOLDERS = ("einvoice/facturae", "einvoice/fatturapa", "ksef", "nfe")
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")


def files() -> Iterator[tuple[Path, str, ExtractionProfile | None]]:
    for folder in FOLDERS:
        for path in sorted((CORPORA / folder).iterdir()):
            yield path, "", None


def dues() -> str:
    """What is to be paid of each, and where its amounts contradict each other."""
    rows = ["| file | number | due | completing found |", "|---|---|---|---|"]
    for path, _, _ in files():
        with path.open("rb") as file:
            records = read(file, path.name, None, None).records
        for record in records:
            if isinstance(record.document, Invoice):
                document, findings = complete(record.document)
                told = "; ".join(f"{e.severity} {e.rule} {e.found} / {e.expected}" for e in findings)
                due = document.totals.amount_due or Decimal(0)
                rows.append(f"| {path.name} | {document.number} | {due:f} | {told} |")
    return "\n## What is due\n\n" + "\n".join(rows) + "\n"


def test_the_table_is_as_it_was_reviewed() -> None:
    """What each national invoice becomes, and what is due of it, is what a person has read in national_corpora.md."""
    agreed(drawn("# National invoices: what becomes of each", files()) + dues(), GOLDEN)
