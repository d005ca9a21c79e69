"""`entrega validate`: what it says of right and wrong files, by either engine, and with which exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from stages.formats import registry
from tests.unit.test_native_findings import invoice


def entrega(*words: str | Path) -> tuple[int, list[dict[str, object]], str]:
    """(exit status, JSON rows, stderr) of the command as a person calls it."""
    command = [sys.executable, "-m", "pipeline", "validate", *map(str, words)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, rows, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two right documents, one a cent off, and an export in canonical JSON that its rules refuse."""
    folder = tmp_path_factory.mktemp("files")
    right = invoice()
    wrong = right.model_copy(update={"totals": right.totals.model_copy(update={"amount_due": Decimal("122.99")})})
    for name, document, target in (
        ("a.xml", right, "peppol"), ("b.xml", wrong, "peppol"), ("c.xml", right, "cii"),
        ("d.json", right.model_copy(update={"buyer_reference": None, "due_date": date(2026, 12, 1)}), "json"),
    ):  # fmt: skip
        (folder / name).write_bytes(registry.target(target).write(document, {}))
    return folder


@pytest.mark.parametrize(("engine", "place"), [("official", "/Invoice/cac:Legal"), ("native", "totals.amount_due")])
def test_each_file_is_held_against_what_it_says_it_follows(folder: Path, engine: str, place: str) -> None:
    """A folder's files in order, each with its rule set and version; the wrong one is told with its place; exit 1.
    An export is judged as what it would become."""
    status, rows, _ = entrega(folder, "--engine", engine, "--json", "--on", "2026-11-27")
    assert status == 1
    assert [(Path(str(row["file"])).name, row["state"], row.get("fatal")) for row in rows] == [
        ("a.xml", "valid", 0), ("b.xml", "invalid", 1), ("c.xml", "valid", 0), ("d.json", "invalid", 1),
    ]  # fmt: skip
    mark = " (native)" if engine == "native" else ""
    norm = f"en16931-1.3.16{mark}"
    assert [row["rules"] for row in rows[:3]] == [f"peppol-2026.5 / {norm}", f"peppol-2026.5 / {norm}", norm]
    found = [(finding["rule"], finding["place"]) for finding in rows[1]["findings"]]  # type: ignore[attr-defined]
    assert [rule for rule, _ in found] == ["BR-CO-16"]
    assert found[0][1].startswith(place)
    assert [finding["rule"] for finding in rows[3]["findings"]] == ["PEPPOL-EN16931-R003"]  # type: ignore[attr-defined]


def test_a_file_that_says_more_than_is_read_of_it_is_the_official_engines(folder: Path) -> None:
    """A line break at the end of a text is not in the document that is read, so the native engine does not judge."""
    cii = (folder / "c.xml").read_bytes()
    (folder / "c.xml").write_bytes(cii.replace(b"</ram:Name>", b"\n</ram:Name>", 1))
    status, rows, _ = entrega(folder / "c.xml", "--engine", "native", "--json", "--on", "2026-11-27")
    assert (status, rows[0]["rules"]) == (0, "en16931-1.3.16")
    (folder / "c.xml").write_bytes(cii)
    status, rows, _ = entrega(folder / "c.xml", "--engine", "native", "--json", "--on", "2026-11-27")
    assert (status, rows[0]["rules"]) == (0, "en16931-1.3.16 (native)")


def test_other_rules_and_another_day_can_be_asked_for(folder: Path) -> None:
    """--rules outranks what the file says, --on chooses the release of a day; people read findings on stderr."""
    status, rows, _ = entrega(folder / "a.xml", "--rules", "xrechnung", "--json")
    assert (status, rows[0]["state"], str(rows[0]["rules"])[:15]) == (1, "invalid", "xrechnung-3.0.2")
    status, rows, _ = entrega(folder / "a.xml", "--on", "2026-03-01", "--json")
    assert (status, rows[0]["rules"]) == (0, "peppol-2025.11")
    status, _, told = entrega(folder / "b.xml")
    assert status == 1
    assert "BR-CO-16" in told
    assert "122.99" in told


def test_no_file_is_held_against_rules_that_did_not_hold_yet(folder: Path) -> None:
    """On a day before a file's pinned rules hold it is refused, with the day from which they do; others are judged.
    Rules named on the command make that a wrong call."""
    status, rows, _ = entrega(folder, "--on", "2026-02-22", "--json")
    assert status == 1
    assert [row["state"] for row in rows] == ["refused", "refused", "valid", "refused"]
    told = "no pinned release of peppol holds on 2026-02-22: the first, peppol-2025.11, holds from 2026-02-23"
    assert [row["explanation"] for row in rows if row["state"] == "refused"] == [told] * 3
    status, rows, said = entrega(folder, "--rules", "peppol", "--on", "2026-02-22")
    assert (status, rows) == (2, [])
    assert told in said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--rules", "nothing"), "--rules: there is no 'nothing'; there are: en16931"),
        (("--engine", "steam"), "--engine: there is no 'steam'; there are: official, native"),
        (("--on", "yesterday"), "is not a day"),
    ],
)
def test_wrong_words_are_told(folder: Path, words: tuple[str, str], told: str) -> None:
    """Called wrongly, it exits 2 and says what there is."""
    status, _, said = entrega(folder / "a.xml", *words)
    assert status == 2
    assert told in said
