"""A folder of files converted by `entrega convert`: by one process, and by all cores."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """`load` is the machine's before it, of a minute: with other users only the CPU can be compared."""

    seconds: float
    cpu_seconds: float
    load: float


@dataclass(frozen=True)
class Folder:
    """A folder of files converted by `entrega convert`, by one process and by all cores."""

    files: int
    cores: int
    one: Run
    all: Run

    @property
    def times_as_fast(self) -> float:
        return round(self.one.seconds / self.all.seconds, 2)

    def shown(self) -> dict[str, Any]:
        row: dict[str, Any] = {"files": self.files, "cores": self.cores, "times_as_fast": self.times_as_fast}
        for name, run in (("one", self.one), ("all", self.all)):
            row |= {f"{name}_{key}": value for key, value in asdict(run).items()}
        return row


def measure(files: int, lines: int, to: str, say: Callable[[str], None]) -> Folder:
    """Convert `files` UBL invoices to another format, once with --jobs 1 and once without."""
    import sys
    import tempfile

    from pipeline.bench import formats
    from stages.formats import registry

    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "in"
        source.mkdir()
        say(f"Writing {files} files")
        kinds = formats.invoices(min(files, 50), lines)
        for at in range(files):
            document = kinds[at % len(kinds)].model_copy(update={"invoice_number": f"F{at:06d}"})
            (source / f"{at:06d}.xml").write_bytes(registry.target("ubl").write(document, {}))
        command = [sys.executable, "-m", "pipeline", "convert", str(source), "--to", to, "--json", "-o"]
        say(f"Converting them to {to} by one process")
        one = _run([*command, str(Path(name) / "one"), "--jobs", "1"])
        say(f"Converting them to {to} on all cores")
        return Folder(files, os.cpu_count() or 1, one, _run([*command, str(Path(name) / "all")]))


def _run(command: Sequence[str]) -> Run:
    """Raises RuntimeError where it does not end well. CPU is looked at as it runs: workers' is nobody's afterwards."""
    import subprocess

    from pipeline.bench.meter import Meter

    load, began, cpu = os.getloadavg()[0], time.monotonic(), 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        meter = Meter({"convert": process.pid})
        while process.poll() is None:
            cpu = max(cpu, meter.cpu()["convert"])
            time.sleep(0.2)
    if process.returncode != 0:
        raise RuntimeError(f"the conversion ended with {process.returncode}")
    return Run(round(time.monotonic() - began, 1), round(cpu, 1), round(load, 1))
