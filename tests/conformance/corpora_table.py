"""A golden table of what becomes of every file of a folder of the corpora, for tests of one format."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from schemas.errors import EntregaError
from schemas.profiles import ExtractionProfile
from stages.formats.reading.step import read

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
HEAD = "| file | profile | record | kind | number | outcome | warnings |\n| --- | --- | --- | --- | --- | --- | --- |\n"


def rows(file: Path, label: str, profile: ExtractionProfile | None) -> Iterable[Sequence[str]]:
    name = f"{file.parent.name}/{file.name}"
    try:
        step = read(io.BytesIO(file.read_bytes()), file.name, profile, None)
    except EntregaError as error:
        yield name, label, "", "", "", outcome(error), ""
        return
    for record in step.records:
        kind, number = "", record.number or ""
        if record.document is not None:
            kind, number = record.document.document_type, record.document.number
        said = outcome(record.error) if record.error else "read"
        yield name, label, record.address, kind, number, said, str(len(record.warnings)) if record.document else ""


def outcome(error: EntregaError) -> str:
    """Rules and places of all findings."""
    told = [f"{each.rule} at {each.place}" if each.place else each.rule for each in error.findings]
    return "refused: " + "; ".join(dict.fromkeys(told))


def drawn(title: str, files: Iterable[tuple[Path, str, ExtractionProfile | None]]) -> str:
    lines = [
        "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"
        for file, label, profile in files
        for row in rows(file, label, profile)
    ]
    return f"{title}\n\n{HEAD}" + "\n".join(lines) + "\n"


def agreed(table: str, golden: Path) -> None:
    """Compare; GOLDEN=write, in the environment, writes the table anew."""
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(table, "utf-8")
    assert table == golden.read_text("utf-8")
