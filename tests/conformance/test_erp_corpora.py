"""What every file of an ERP or a bank in the corpora becomes: the table `erp_corpora.md` says it, record by record.

Where an operator would write a profile for a source it stands in `erp_corpora/`, named after the folder. GOLDEN=write,
in the environment, writes the table anew.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas.errors import Finding, PermanentError
from schemas.profiles import ExtractionProfile, load_profile
from stages.formats.reading.step import Record, read

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
HERE = Path(__file__).parent
GOLDEN = HERE / "erp_corpora.md"
FOLDERS = ("idoc", "s4-odata", "business-central", "cnab", "csv", "bad/json", "bad/text")
OTHERS = (".edi", "OrderRequest.xml")
"""Messages of other makers that lie beside the IDocs: the tables of their formats have them."""
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")

TOP = """# What becomes of the exports of ERPs and banks

Each file of the corpora's folders, read as it lies there: with the profile in `erp_corpora/` where there is one.
Made by `GOLDEN=write` and `test_erp_corpora.py`, which compares it.
"""


def profile_of(folder: str) -> ExtractionProfile | None:
    file = HERE / "erp_corpora" / f"{folder}.yaml"
    return load_profile(file.read_text("utf-8")) if file.exists() else None


def records(path: Path, profile: ExtractionProfile | None) -> Iterator[Record]:
    """Every record of a file; one that is refused as a whole is one."""
    cursor: str | None = None
    with path.open("rb") as file:
        while True:
            try:
                step = read(file, path.name, profile, cursor)
            except PermanentError as error:
                yield Record("the file", error=error)
                return
            yield from step.records
            if (cursor := step.cursor) is None:
                return


def drawn() -> str:
    parts = [TOP]
    for folder in FOLDERS:
        rows = ["| file | record | kind | number | lines | outcome | warnings |", "|---|---|---|---|---|---|---|"]
        profile = profile_of(folder)
        for path in sorted((CORPORA / folder).iterdir()):
            if not path.name.endswith(OTHERS):
                rows += [f"| {path.name} | {' | '.join(_cells(one))} |" for one in records(path, profile)]
        parts.append(f"## {folder}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _cells(record: Record) -> list[str]:
    document = record.document
    if document is not None:
        parts = next((x for x in ("lines", "entries", "items") if hasattr(document, x)), None)
        count = str(len(getattr(document, parts))) if parts else ""
        return [record.address, document.document_type, document.number, count, "read", _warned(record)]
    assert record.error is not None
    told = [_finding(f) for f in record.error.findings[:3]]
    why = " / ".join(told) or record.error.text
    return [record.address, "", record.number or "", "", "refused: " + " ".join(why.replace("|", "/").split()), ""]


def _finding(finding: Finding) -> str:
    """Without the list of all formats, which grows."""
    said = f"{finding.rule} at {finding.place}: {finding.message.partition(' What is read: ')[0]}"
    return said + (f"; found `{finding.found}`" if finding.found else "")


def _warned(record: Record) -> str:
    rules = [w.rule for w in record.warnings]
    return ", ".join(f"{rule} ({rules.count(rule)})" for rule in dict.fromkeys(rules))


def test_the_table_is_as_it_was_reviewed() -> None:
    """What each file becomes is what a person has read in erp_corpora.md."""
    table = drawn()
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.write_text(table, "utf-8")
    assert table == GOLDEN.read_text("utf-8")


@pytest.mark.parametrize("folder", ["bad/json", "bad/text", "bad/xml", "bad/pdf"])
def test_every_hostile_file_is_refused_with_a_reason(folder: str) -> None:
    """Whatever reader it comes to, a hostile file gives no document, and a finding that says why."""
    for path in sorted((CORPORA / folder).iterdir()):
        for one in records(path, None):
            assert one.document is None, path.name
            assert one.error is not None
            assert one.error.findings[0].message, path.name
