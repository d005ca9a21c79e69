"""The bench: that it measures something true; how fast this machine is, is no test's business."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import orjson
import pytest

from pipeline import embedded
from pipeline.bench import documents, folder, formats, run
from pipeline.bench.meter import Meter
from pipeline.bench.run import bench
from pipeline.settings import load
from pipeline.topology import STAGES
from schemas.documents import Invoice


def test_export_holds_that_many_different_invoices() -> None:
    """An export holds the asked number of canonical invoices, with the asked number of lines, all numbered apart."""
    found = [Invoice.model_validate(each) for each in orjson.loads(documents.export(7, 120, 20))]
    assert len({invoice.invoice_number for invoice in found}) == 120
    assert found[0].invoice_number == "B0000007"
    assert {len(invoice.lines) for invoice in found} == {20}
    assert len({invoice.buyer.endpoint for invoice in found}) == documents.BUYERS


def test_gln_has_the_check_digit_of_gs1() -> None:
    """The example of GS1: 629104150021 has check digit 3."""
    assert documents._gtin(629104150021) == "6291041500213"


def test_meter_counts_the_work_of_children_that_ended() -> None:
    """CPU of a grandchild that has come and gone is in its root's figure, and its memory was seen."""
    burn = "import time\ntext = 'x' * 50_000_000\nwhile time.process_time() < 0.6: pass"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}]); print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as root:
        assert root.stdin is not None
        assert root.stdout is not None
        with Meter({"root": root.pid}) as meter:
            root.stdout.readline()
            spent = meter.cpu()["root"]
            root.stdin.write(b"\n")
            root.stdin.close()
    assert 0.55 < spent < 10
    assert max(peak.rss for peak in meter.peaks.values() if peak.name == "root child") > 50_000_000


@pytest.mark.parametrize("name", formats._targets())
def test_every_target_of_invoices_is_measured(name: str) -> None:
    """Each is written, its losses told and read back, KSeF with a Polish seller's invoice; nothing is refused."""
    rows = formats._target(name, formats.invoices(1, 2))
    assert [row.what for row in rows] == [f"{verb} {name}" for verb in ("write", "losses", "read")]
    assert all(row.cpu_ms is not None for row in rows)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="skipped: no /proc")
def test_a_folder_is_converted_twice() -> None:
    """By one process and by all, each with its time, CPU and the load before it."""
    row = folder.measure(3, 2, "json", lambda _said: None).shown()
    assert (row["files"], row["cores"]) == (3, os.cpu_count())
    assert all(row[f"{name}_{key}"] > 0 for name in ("one", "all") for key in ("seconds", "cpu_seconds"))
    assert row["times_as_fast"] == round(row["one_seconds"] / row["all_seconds"], 2)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="skipped: no /proc")
def test_small_run_reports_every_stage_and_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three documents go through the whole system, and the report holds a figure for all that had a part in it."""
    monkeypatch.delenv("ENTREGA_DATA", raising=False)
    monkeypatch.setattr(run, "IDLE_SECONDS", 0.5)
    tmp_path.chmod(0o711)
    data = tmp_path / "data"
    try:
        report = bench(load(data), 3, 2, lambda _: None)
    finally:
        embedded.erase(data)
    assert (report.documents, report.lines) == (3, 2)
    assert list(report.stages_ms) == [spec.name for spec in STAGES]
    worked = {name for name, value in report.stages_ms.items() if value > 0}
    assert worked == {spec.name for spec in STAGES} - {"acknowledgement"}, "the outbox sends no reports"
    assert set(report.reference_ms) == worked
    assert set(report.processes_ms) == {"worker", "kafka", "postgres"}
    assert report.cpu_ms == pytest.approx(sum(report.processes_ms.values()), abs=0.1)
    assert report.plumbing_ms == pytest.approx(report.cpu_ms - sum(report.stages_ms.values()), abs=0.1)
    assert report.ratio > 0
    assert {"worker", "kafka", "postgres", "worker child 1"} <= {name for name, _ in report.peak_memory_mib}
    assert all(value > 1 for _, value in report.peak_memory_mib)
    assert orjson.loads(orjson.dumps(asdict(report)))["documents_per_second"] > 0
