"""bench: what a document costs here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli.options import JsonOption


def register(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    documents: Annotated[int, typer.Option(min=1, max=100_000, help="How many go through.")] = 1000,
    lines: Annotated[int, typer.Option(min=1, max=1000, help="Lines of each.")] = 20,
    formats: Annotated[
        bool, typer.Option("--formats", help="Only formats, rules, signatures and PDFs, with no service.")
    ] = False,
    files: Annotated[int, typer.Option(min=0, help="With --formats: files of a folder to convert; 0: none.")] = 0,
    data: Annotated[Path | None, typer.Option("--data", help="A folder to keep; default a temporary one.")] = None,
    json: JsonOption = False,
) -> None:
    """What a document costs here.

    Runs documents through everything, in a data folder of its own. Takes minutes, and is no test.
    """
    import shutil
    import tempfile
    from dataclasses import asdict

    if formats:
        _formats(min(documents, 200), lines, files, json)
        return

    from pipeline import embedded
    from pipeline.bench.run import BenchFailed, Report
    from pipeline.bench.run import bench as measure
    from pipeline.cli.output import complain, json_line, say
    from pipeline.settings import load

    folder = data or Path(tempfile.mkdtemp(prefix="entrega-bench-"))
    try:
        report: Report = measure(load(folder), documents, lines, say)
    except BenchFailed as error:
        complain(str(error))
        raise typer.Exit(1) from error
    finally:
        if data is None:
            embedded.erase(folder)
            shutil.rmtree(folder, ignore_errors=True)
        else:
            embedded.stop(folder)
    if json:
        json_line(asdict(report))
    else:
        show(report)


def _formats(documents: int, lines: int, files: int, json: bool) -> None:
    from pipeline.bench import folder, formats
    from pipeline.cli.output import rows, say

    found = formats.measure(documents, lines, say)
    rows(("what", "cpu_ms", "bytes", "note"), [each.shown() for each in found], as_json=json)
    if files:
        row = folder.measure(files, lines, "peppol", say).shown()
        rows(tuple(row), [row], as_json=json, title="A folder, UBL to Peppol with the official rules")


def show(report: Any) -> None:
    """Three tables for people."""
    from pipeline.cli.tables import table

    whole = [
        ("documents through everything", f"{report.documents} of {report.lines} lines on {report.cores} cores"),
        ("documents a second", f"{report.documents_per_second} ({report.seconds} s from drop to all captured)"),
        ("CPU ms a document, in all", f"{report.cpu_ms}; {report.ratio} times the reference"),
        ("of which plumbing", f"{report.plumbing_ms}: all but the stages' own code"),
        ("of which idle", f"{report.idle_ms}: what the time alone would have taken"),
        ("ready after", f"{report.ready_seconds} s"),
        ("idle", f"{report.idle_cpu_percent} % of a core, {report.idle_memory_mib} MiB"),
        ("peak memory in all", f"{report.peak_memory_all_mib} MiB"),
    ]
    table(("what", "figure"), [{"what": what, "figure": figure} for what, figure in whole])
    stages = [
        {"stage": name, "cpu_ms": value, "reference_ms": report.reference_ms.get(name)}
        for name, value in report.stages_ms.items()
    ]
    table(("stage", "cpu_ms", "reference_ms"), stages, title="Stages, CPU ms a document")
    peaks: dict[str, float] = {}
    for name, value in report.peak_memory_mib:
        peaks[name] = value
    rows = [
        {"process": name, "cpu_ms": report.processes_ms.get(name), "peak_mib": value} for name, value in peaks.items()
    ]
    table(("process", "cpu_ms", "peak_mib"), rows, title="Processes, children's CPU counted with their parent's")
