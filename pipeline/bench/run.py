"""One bench run, from an empty data folder to a report."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from pipeline import embedded, preparing, wiring
from pipeline.bench import documents
from pipeline.bench.meter import Meter
from pipeline.settings import Settings
from pipeline.store import queries
from pipeline.store.database import Store
from pipeline.topology import STAGES
from pipeline.worker import METRIC_SECONDS

IDLE_SECONDS = 5.0
LOOK_SECONDS = 0.5
"""How often it is asked whether all have ended: what the database does for that counts as plumbing."""
REFERENCE_DOCUMENTS = 40
WARM_DOCUMENTS = 10
"""At least: each child must have compiled the stylesheets, and the reference's buyers must be known."""
END = "captured"


@dataclass(frozen=True)
class Report:
    """What was measured. CPU in milliseconds a document, memory in MiB, time in seconds.

    `plumbing_ms` is everything that is not a handle: broker, database, Faust, dispatcher, the calls between processes.
    `idle_ms` of it the system would have taken without a document: much where a busy machine makes the run long.
    `ratio` is the whole system's CPU over that of the reference, which busy machines change less than either.
    """

    documents: int
    lines: int
    cores: int
    ready_seconds: float
    idle_cpu_percent: float
    idle_memory_mib: float
    seconds: float
    documents_per_second: float
    cpu_ms: float
    plumbing_ms: float
    idle_ms: float
    stages_ms: dict[str, float]
    processes_ms: dict[str, float]
    reference_ms: dict[str, float]
    ratio: float
    peak_memory_mib: list[tuple[str, float]] = field(default_factory=list)
    peak_memory_all_mib: float = 0.0


class BenchFailed(Exception):
    """Documents did not reach their end: figures would say nothing."""


def bench(settings: Settings, count: int, lines: int, say: Callable[[str], None], timeout: float = 600) -> Report:
    """Run `count` documents through everything below `settings.data`, which should be new. Raises BenchFailed."""
    settings.profile_folder.mkdir(parents=True, exist_ok=True)
    (settings.profile_folder / f"{documents.TENANT}.yaml").write_text(documents.PROFILE)
    began = time.monotonic()
    preparing.prepare(settings, say)
    with _worker(settings) as worker:
        ready = time.monotonic() - began
        say("Worker ready; idle for some seconds")
        roots = {"worker": worker.pid, **embedded.running(settings.data).pids}
        with Meter(roots) as meter:
            idle = _idle(meter, settings)
            warm = max(WARM_DOCUMENTS, min(documents.BUYERS, count), count // 10)
            say(f"Warming up with {warm} documents")
            _through(settings, 0, warm, lines, timeout)
            handled = _handled(settings.data, warm)
            before = meter.cpu()
            say(f"Measuring {count} documents")
            seconds = _through(settings, warm, count, lines, timeout)
            after = meter.cpu()
            stages = {
                name: _per_document(cpu - handled.get(name, (0, 0.0))[1], count)
                for name, (_, cpu) in _handled(settings.data, warm + count).items()
            }
    say("Measuring the reference")
    reference = _reference(settings, min(count, REFERENCE_DOCUMENTS), lines)
    processes = {name: _per_document(after[name] - before[name], count) for name in roots}
    total = sum(processes.values())
    return Report(
        documents=count,
        lines=lines,
        cores=len(os.sched_getaffinity(0)),
        ready_seconds=round(ready, 1),
        idle_cpu_percent=idle[0],
        idle_memory_mib=idle[1],
        seconds=round(seconds, 2),
        documents_per_second=round(count / seconds, 1),
        cpu_ms=round(total, 2),
        plumbing_ms=round(total - sum(stages.values()), 2),
        idle_ms=round(_per_document(idle[0] / 100 * seconds, count), 2),
        stages_ms={spec.name: round(stages.get(spec.name, 0.0), 3) for spec in STAGES},
        processes_ms={name: round(value, 2) for name, value in processes.items()},
        reference_ms={name: round(value, 2) for name, value in reference.items()},
        ratio=round(total / sum(reference.values()), 2),
        peak_memory_mib=_peaks(meter),
        peak_memory_all_mib=round(meter.peak_total / 2**20, 1),
    )


def _per_document(seconds: float, count: int) -> float:
    return seconds * 1000 / count


def _peaks(meter: Meter) -> list[tuple[str, float]]:
    """Our own processes one by one; of PostgreSQL's the postmaster and its largest backend."""
    rows: dict[str, float] = {}
    numbers: dict[str, int] = {}
    for peak in sorted(meter.peaks.values(), key=lambda peak: (peak.name, -peak.rss)):
        numbers[peak.name] = number = numbers.get(peak.name, 0) + 1
        if peak.name == "postgres child":
            rows.setdefault("postgres, largest backend", round(peak.rss / 2**20, 1))
        else:
            rows[f"{peak.name} {number}" if peak.name.endswith("child") else peak.name] = round(peak.rss / 2**20, 1)
    return list(rows.items())


@contextmanager
def _worker(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with all stages and roles, as `entrega up` starts it; its log is the data folder's."""
    mark = settings.data / "run" / "worker.ready"
    mark.unlink(missing_ok=True)
    (settings.data / "log").mkdir(exist_ok=True)
    with open(_log(settings.data), "ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "worker", "--data", str(settings.data)],
            stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=Path(__file__).parents[2],
        )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not mark.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                tail = _log(settings.data).read_text("utf-8", "replace")[-2000:]
                raise BenchFailed(f"the worker did not come up:\n{tail}")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _log(data: Path) -> Path:
    return data / "log" / "worker.log"


def _idle(meter: Meter, settings: Settings) -> tuple[float, float]:
    """Per cent of one core that the idle system takes, and MiB of memory, shared pages counted once."""
    from pipeline.embedded import processes

    time.sleep(1)
    before = sum(meter.cpu().values())
    time.sleep(IDLE_SECONDS)
    used = sum(meter.cpu().values()) - before
    found = [processes.identify(pid) for pid in meter.roots.values()]
    memory = sum(processes.memory(each) for each in found if each is not None)
    return round(used / IDLE_SECONDS * 100, 1), round(memory / 2**20, 1)


def _through(settings: Settings, first: int, count: int, lines: int, timeout: float) -> float:
    """Drop one export, wait until all its documents are captured; seconds from the drop on."""
    content = documents.export(first, count, lines)

    async def go() -> float:
        store = wiring.open_store(settings, wiring.endpoints(settings), size=1, by_key=True)
        await store.open()
        try:
            began = time.monotonic()
            receipt = await wiring.door(settings, store).receive(
                content, name=f"bench-{first}.json", tenant=documents.TENANT, by="bench"
            )
            while not await _ended(store, receipt.export_id, count):
                if time.monotonic() - began > timeout:
                    raise BenchFailed(f"not all documents were captured in {timeout:.0f} seconds")
                await asyncio.sleep(LOOK_SECONDS)
            return time.monotonic() - began
        finally:
            await store.close()

    return asyncio.run(go())


async def _ended(store: Store, export: UUID, count: int) -> bool:
    async with store.transaction() as conn:
        progress = await queries.progress(conn, [export])
        if not progress.finished:
            return False
        rows = await queries.documents_of_exports(conn, [export])
    other = [row for row in rows if row["state"] != END]
    if other or len(rows) != count:
        first = other[0] if other else None
        raise BenchFailed(f"{len(rows) - len(other)} of {count} documents were captured; one of the others: {first}")
    return True


def _handled(data: Path, documents_: int) -> Mapping[str, tuple[int, float]]:
    """Messages and CPU seconds by stage, from the worker's log, once delivery has said that it saw all documents."""
    deadline = time.monotonic() + 10 * METRIC_SECONDS
    while True:
        found: dict[str, tuple[int, float]] = {}
        for line in _log(data).read_text("utf-8", "replace").splitlines():
            if '"worked"' in line:
                said = json.loads(line)
                found[said["stage"]] = (said["messages"], said["cpu_seconds"])
        if found.get("delivery", (0, 0.0))[0] >= documents_:
            return found
        if time.monotonic() > deadline:
            raise BenchFailed("the worker does not say how much it worked")
        time.sleep(0.1)


def _reference(settings: Settings, count: int, lines: int) -> dict[str, float]:
    """In a process of its own, as a stage's child is. Milliseconds a document by stage."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.bench.reference", str(settings.data), str(count), str(lines)],
        capture_output=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    if done.returncode:
        raise BenchFailed(f"the reference failed:\n{done.stderr[-2000:]}")
    return {name: _per_document(seconds, count) for name, seconds in json.loads(done.stdout).items()}
