"""What every Facturae, FatturaPA, KSeF and NF-e file of the corpora becomes: `national_corpora.md` says it.

GOLDEN=write, in the environment, writes the table anew.
"""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest
from test_erp_corpora import _cells, records

from schemas.documents import Invoice
from stages.conversion.totals import complete
from stages.formats.reading.step import Record

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
GOLDEN = Path(__file__).parent / "national_corpora.md"
FOLDERS = ("einvoice/facturae", "einvoice/fatturapa", "ksef")
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")

TOP = """# What becomes of the national invoices

Each file of the corpora's folders, read as it lies there, and its amounts completed: what is due, and which findings
completion has. Made by `GOLDEN=write` and `test_national_corpora.py`, which compares it.
"""


def _completed(record: Record) -> list[str]:
    if not isinstance(record.document, Invoice):
        return ["", ""]
    document, findings = complete(record.document)
    told = [f"{each.severity} {each.rule} {each.found} / {each.expected}" for each in findings]
    return [f"{document.totals.amount_due or Decimal(0):f}", "; ".join(told)]


def drawn() -> str:
    parts = [TOP]
    head = "| file | record | kind | number | lines | outcome | warnings | due | totals |"
    for folder in FOLDERS:
        rows = [head, "|" + "---|" * 9]
        for path in sorted((CORPORA / folder).iterdir()):
            for one in records(path, None):
                cells = [*_cells(one), *_completed(one)]
                rows.append(f"| {path.name} | {' | '.join(cells)} |")
        parts.append(f"## {folder}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def test_the_table_is_as_it_was_reviewed() -> None:
    """What each national invoice becomes, and what is due of it, is what a person has read in national_corpora.md."""
    table = drawn()
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(table, "utf-8")
    assert table == GOLDEN.read_text("utf-8")
