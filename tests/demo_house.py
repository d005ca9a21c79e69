"""The demo, played once for the whole run of tests: whoever asks first plays it, the others find what it left."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS = 400
"""Far more than the 90 that a person is promised: tests share the machine."""


@dataclass(frozen=True)
class Played:
    """What `entrega demo --exit --json` printed; its data folder, everything in it stopped."""

    data: Path
    code: int
    lines: list[dict[str, Any]]
    said: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [line for line in self.lines if "number" in line]

    @property
    def summary(self) -> dict[str, Any]:
        return self.lines[-1]

    def accepted(self) -> list[dict[str, Any]]:
        """What the sandbox took: the truth outside."""
        return [json.loads(line) for line in (self.data / "sandbox" / "accepted.jsonl").read_text().splitlines()]

    def artefacts(self, kind: str) -> dict[str, list[Path]]:
        """Files of one kind by document number, of the documents that have any."""
        found = {}
        for row in self.rows:
            files = sorted((self.data / "artefacts" / "demo" / str(row["document_id"]) / kind).glob("*"))
            if files:
                found[str(row["number"])] = files
        return found


def run(data: Path) -> Played:
    """Play it now, on this folder."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "demo", "--exit", "--json", "--data", str(data)],
        capture_output=True, text=True, timeout=SECONDS, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Played(data, done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr)


def first_run(folder: Path) -> Played:
    """The one run that all tests look at, below the folder of this run of tests; in whichever worker it was played."""
    data, told = folder / "demo", folder / "demo-told.json"
    with open(folder / "demo.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            played = run(data)
            told.write_text(json.dumps({"code": played.code, "lines": played.lines, "said": played.said}))
    return Played(data, **json.loads(told.read_text()))


def folder_of_tests() -> Path:
    """The folder that tests/conftest.py makes for a run and removes behind it."""
    return Path(os.environ["TESTS_OF_ENTREGA_SERVICES"])
