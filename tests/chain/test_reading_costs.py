"""What reading bad files costs: little time and memory, whatever they hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import bad_exports
from bad_input_house import environment, write_profiles


def test_every_bad_file_is_refused_quickly_and_in_little_memory(tmp_path: Path) -> None:
    """Reading each takes under two seconds of CPU and 100 MB: a second each on a machine that does nothing else."""
    write_profiles(tmp_path)
    folder = tmp_path / "drop"
    folder.mkdir()
    for name, content in bad_exports.files().items():
        (folder / name).write_bytes(content)
    with open(tmp_path / "zeros.bin", "wb") as file:
        file.truncate(190 * 1024 * 1024)
    os.rename(tmp_path / "zeros.bin", folder / "zz-zeros.bin")
    (folder / "zz-one-line.csv").write_bytes(bad_exports.CSV_HEAD.encode() + b'"' + b"x" * 60_000_000)
    (folder / "zz-one-tag.xml").write_bytes(b"<Invoice " + b"x" * 60_000_000)
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("reading_costs.py")), str(folder), str(tmp_path / "profiles")],
        capture_output=True, text=True, env=environment(PYTHONPATH=str(Path(__file__).parents[2])), timeout=240,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    costs = [json.loads(line) for line in done.stdout.splitlines()]
    assert {cost["file"] for cost in costs} == {path.name for path in folder.iterdir()}
    later = {"p-nobody.json", "q-totals.json"}  # read well, and stopped behind the reading
    for cost in costs:
        good = "good" in cost["file"] or cost["file"] in later
        assert bool(cost["findings"]) is not good, cost
        assert cost["seconds"] < 2, cost
        assert cost["mib"] < 100, cost
