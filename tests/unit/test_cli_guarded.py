"""One file never ends the work on the others, whatever happens to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.files import each, report
from schemas.errors import ConfigurationError


def work(file: Path) -> list[dict[str, Any]]:
    """Reads a file, and has a fault where its content is `secret`."""
    text = file.read_text()
    if text == "secret":
        raise ValueError(f"what is {text}?")
    if text == "settings":
        raise ConfigurationError("no such profile")
    return [{"file": str(file), "state": "read"}]


def files(tmp_path: Path, *texts: str) -> list[Path]:
    found = []
    for number, text in enumerate(texts):
        found.append(tmp_path / f"{number}.txt")
        found[-1].write_text(text)
    return found


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_fault_of_ours_is_one_files_refusal(tmp_path: Path, jobs: int, capfd: pytest.CaptureFixture[str]) -> None:
    """The file is refused as `bug`, with the place in our code and without the error's words; the others are read, and
    the exit status is 1."""
    rows = list(each(files(tmp_path, "a", "secret", "b"), work, doing="", quiet=True, jobs=jobs))
    assert [row["state"] for row in rows] == ["read", "refused", "read"]
    fault = rows[1]
    (finding,) = fault["findings"]
    assert (fault["reason"], finding["rule"], finding["message"]) == ("bug", "bug", "ValueError in work")
    assert finding["place"].startswith("tests/unit/test_cli_guarded.py, line ")
    assert fault["explanation"] == f"a fault of ours, ValueError at {finding['place']}; please report it"
    assert report(rows, (), as_json=False) == 1
    told = capfd.readouterr().err
    assert f"1.txt: {fault['explanation']} [bug]" in told
    assert 'test_cli_guarded.py", line' in told
    assert "what is secret?" not in told + str(rows)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    """What vanished, or may not be read, is that file's refusal."""
    (row,) = each([tmp_path / "gone.txt"], work, doing="", quiet=True)
    assert (row["state"], row["reason"]) == ("refused", "export-unreadable")
    assert row["explanation"] == "it cannot be read: No such file or directory"


def test_a_wrong_setting_ends_the_work(tmp_path: Path) -> None:
    """It is wrong for every file, so nothing goes on."""
    with pytest.raises(ConfigurationError):
        list(each(files(tmp_path, "a", "settings"), work, doing="", quiet=True, jobs=1))
