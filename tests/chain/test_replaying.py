"""Putting back all that waits: what can go on goes on, whatever else cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Shell
from event_store import PASSWORD
from registration_house import invoice, open_house

from pipeline.store.migrate import application_url


@pytest.fixture
def shell(migrated: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A record that cannot be read, and after it two invoices whose buyers nobody knows."""
    url = application_url(migrated(), PASSWORD)

    async def fill() -> None:
        async with open_house(url, tmp_path) as house:
            house.set_profile()
            for name, document in (
                ("broken", invoice("BROKEN", issue_date="yesterday")), ("one", invoice("ONE")), ("two", invoice("TWO"))
            ):  # fmt: skip
                await house.drop(document, name=f"{name}.json")
                await house.extract()

    asyncio.run(fill())
    monkeypatch.setenv("ENTREGA_DATA", str(tmp_path))
    monkeypatch.setenv("ENTREGA_DATABASE_URL", url)
    return Shell(monkeypatch)


def numbers(shell: Shell) -> list[str]:
    return [row["number"] for row in shell("parked", "list")[0]]


@pytest.mark.parametrize("words", [("--all",), ("BROKEN", "ONE", "TWO")])
def test_what_cannot_be_put_back_does_not_keep_the_others(shell: Shell, words: tuple[str, ...]) -> None:
    """The others are put back; which one was not and why is told, it stays open, and the exit status is 1."""
    assert numbers(shell) == ["BROKEN", "ONE", "TWO"]
    rows, said = shell("parked", "replay", *words, status=1)
    assert [(row["number"], row.get("round"), "problem" in row) for row in rows] == [
        ("BROKEN", None, True), ("ONE", 2, False), ("TWO", 2, False),
    ]  # fmt: skip
    assert rows[0]["problem"] == "this record never became a document: mend the export and drop it again"
    assert said == ""
    assert numbers(shell) == ["BROKEN"]


def test_people_are_told_which_one(shell: Shell, capsys: pytest.CaptureFixture[str]) -> None:
    """Without `--json` as a sentence, beside those that went on."""
    _, said = shell("parked", "replay", "--all", status=1, json=False)
    assert "BROKEN: not put back: this record never became a document" in said
    assert "ONE: put back, round 2 at extraction" in said


def test_all_of_them_is_a_success(shell: Shell) -> None:
    """Exit 0 where nothing failed; a number that nobody knows stops before anything is done."""
    _, said = shell("parked", "replay", "ONE", "NONE", status=2)
    assert "NONE" in said
    rows, _ = shell("parked", "replay", "ONE", "TWO")
    assert [row["round"] for row in rows] == [2, 2]
