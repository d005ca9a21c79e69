"""Every reader under coverage-guided fuzzing: a bounded run here, a longer one in `make fuzz` (FUZZ_SECONDS each)."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import demo
from schemas.documents import Invoice
from stages.formats import registry
from stages.formats.format import Letter

pytest.importorskip("atheris", reason="skipped: no atheris for this Python")

HERE = Path(__file__).parent
SECONDS = int(os.environ.get("FUZZ_SECONDS", "0"))
RUNS = 600
"""Inputs for each reader in a bounded run; about two seconds of them."""
READERS = [each.name for each in registry.formats() if each.read is not None]
OPTIONS = {"fatturapa": {"regime_fiscale": "RF01", "codice_destinatario": "XXXXXXX"}}


@pytest.fixture(scope="session")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What our own writers make of one document, and the demo's exports: whole files to begin with."""
    from pipeline.bench.formats import invoices
    from schemas.errors import DocumentInvalid

    folder = tmp_path_factory.mktemp("seeds")
    document: Invoice = invoices(1, 2)[0]
    for target in registry.targets().values():
        try:
            content = target.write(document, OPTIONS.get(target.name, {}))
        except DocumentInvalid:
            continue
        if target.wrap is not None:
            content = target.wrap([content], Letter("ZZ:A1", "ZZ:B1", 1, datetime(2026, 1, 5, tzinfo=UTC)))
        (folder / target.name).write_bytes(content)
    for path in demo.EXPORTS:
        (folder / path.name).write_bytes(path.read_bytes()[:60_000])
    (folder / "table").write_bytes(b"No;Day;Pos;Item;Qty;Price\n1;05.01.2026;1;Paper;2,5;13,75\n")
    return folder


@pytest.mark.parametrize("name", READERS)
def test_no_bytes_break_a_reader(name: str, seeds: Path, tmp_path: Path) -> None:
    """Mutated files give records or reasons: no other exception, no reaching out, nothing slower than five seconds."""
    found = tmp_path / "corpus"
    found.mkdir()
    bounds = [f"-max_total_time={SECONDS}"] if SECONDS else [f"-runs={RUNS}"]
    seed = zlib.crc32(name.encode()) if not SECONDS else 0  # the same inputs each time, but for long runs
    command = [
        sys.executable, str(HERE / "reading.py"), name, *bounds, f"-seed={seed}", "-max_len=65536", "-timeout=5",
        "-rss_limit_mb=1536", f"-artifact_prefix={tmp_path}/", "-verbosity=0", str(found), str(seeds),
    ]  # fmt: skip
    root = HERE.parents[1]
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=SECONDS + 300, cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)}, check=False,
    )  # fmt: skip
    crashes = {path.name: path.read_bytes()[:2000] for path in tmp_path.glob("crash-*")}
    assert done.returncode == 0, f"{done.stderr[-4000:]}\n{crashes}"
