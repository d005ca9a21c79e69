"""What stands in a terminal can be read in it: whatever names are, however narrow it is, whatever letters it has."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest
from reading_samples import ubl

from pipeline.cli.output import finding_line
from pipeline.cli.tables import NAME, SENTENCE, shown, table
from schemas.errors import Finding

COLUMNS = ("party_id", "name", "country", "identifiers", "mailbox", "version")
PARTY = {
    "party_id": UUID("1c7d233d-9a15-4274-aaf5-209892c88371"), "name": "Casa Verde Importação Lda", "country": "PT",
    "identifiers": "endpoint:0088 5601234500009, erp 100, vat PT501964843", "mailbox": None, "version": 3,
}  # fmt: skip


class Terminal(io.StringIO):
    """A stdout at which somebody sits."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def printed(
    monkeypatch: pytest.MonkeyPatch, width: int, columns: tuple[str, ...] = COLUMNS, **given: object
) -> list[str]:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("rich.console.Console.is_dumb_terminal", False)
    table(columns, [PARTY | given])
    lines = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines()
    return [line.rstrip() for line in lines if line.strip()]


@pytest.mark.parametrize("width", [30, 40, 60, 80, 100, 132, 200])
def test_no_line_is_wider_than_the_terminal_and_no_id_is_folded(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """The whole id where there is room, else the 8 digits that every command takes."""
    lines = printed(monkeypatch, width)
    assert max(map(len, lines)) <= width
    whole, short = str(PARTY["party_id"]), str(PARTY["party_id"])[:8]
    assert any(whole in line or short in line.split() for line in lines), lines


def test_a_narrow_terminal_has_a_block_for_each_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line a field, without those that are empty."""
    assert printed(monkeypatch, 40)[:3] == [
        "party id    1c7d233d", "name        Casa Verde Importação Lda", "country     PT",
    ]  # fmt: skip
    assert not any("mailbox" in line for line in printed(monkeypatch, 40))
    assert any("mailbox" in line for line in printed(monkeypatch, 200))


def test_a_long_name_is_cut_with_an_ellipsis(monkeypatch: pytest.MonkeyPatch) -> None:
    """4,000 letters of a buyer's name are no screen full; what we say ourselves is not cut so soon."""
    lines = printed(monkeypatch, 132, name="A" * 4000)
    assert len(lines) < 10
    assert "…" in "".join(lines)
    assert shown("A" * 4000) == "A" * (NAME - 1) + "…"
    assert len(finding_line(Finding(rule="x", message="y" * 900, found="z" * 4000))) < SENTENCE


def test_a_long_path_keeps_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two files of one deep folder can be told apart, however long the folder's name is."""
    lines = printed(monkeypatch, 250, columns=("file", "name"), file=f"/mnt/{'deep/' * 40}sample-orders05.xml")
    assert any("/mnt/" in line and "…" in line and "/sample-orders05.xml" in line for line in lines), lines


def test_a_column_without_anything_gives_its_room_to_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a path is folded, columns that are empty in all rows are left out."""
    columns, path = ("file", "number", "address", "warnings", "state"), f"exports/{'a' * 48}.xml"
    lines = printed(monkeypatch, 80, columns=columns, file=path, number="F-1", state="read")
    assert any(path in line and "F-1" in line for line in lines), lines
    assert not any("warnings" in line for line in lines)


def test_what_moves_the_cursor_or_turns_letters_round_is_shown_as_what_it_is() -> None:
    """Control characters, bidirectional ones and broken bytes; letters of any script and line breaks of ours stay."""
    assert shown("FT\u202e1\x1b[2J\r\u2066\x7f\ud800") == "FT\\u202e1\\x1b[2J\\x0d\\u2066\\x7f\\ud800"
    assert shown("Zażółć 日本 العربية\nb") == "Zażółć 日本 العربية\nb"


def test_a_stdout_that_is_not_utf8_gets_every_row(tmp_path: Path) -> None:
    """A letter that it has not stands there as its number, in the table and below it; --json is UTF-8 in any case."""
    (tmp_path / "żółw.xml").write_text(ubl("F-ś1"), "utf-8")
    for encoding, number in (("iso-8859-1", b"F-\\u015b1"), ("ascii", b"F-\\u015b1"), ("utf-8", "F-ś1".encode())):
        for more, expected in (((), number), (("--json",), "F-ś1".encode())):
            done = subprocess.run(
                [sys.executable, "-m", "pipeline", "extract", "żółw.xml", *more], cwd=tmp_path, check=False,
                env={**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "1"}, capture_output=True, timeout=60,
            )  # fmt: skip
            assert b"Traceback" not in done.stderr
            assert (done.returncode, expected in done.stdout) == (0, True), done


def test_a_files_name_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    """Its byte stands there as a number: in the table, and in --json, which is UTF-8 all the same."""
    (tmp_path / os.fsdecode(b"caf\xe9.xml")).write_text("<x/>")
    for more, told in (((), b"caf\\udce9.xml"), (("--json",), b"caf\\\\udce9.xml")):
        done = subprocess.run(
            [sys.executable, "-m", "pipeline", "extract", ".", *more], cwd=tmp_path, check=False,
            env={**os.environ, "PYTHONUTF8": "1"}, capture_output=True, timeout=60,
        )  # fmt: skip
        assert b"Traceback" not in done.stderr
        assert (done.returncode, told in done.stdout) == (1, True), done
