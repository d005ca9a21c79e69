"""A disk without a byte left, a database that was put back: everything stops before harm is done, and goes on after."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from chaos.documents import Export, exports, manifest, recipients
from chaos.judge import judge
from chaos.system import ROOT, System, command, environment, kill, sandbox, scene, until
from small_disk import disk
from test_chaos import UNSEALED, drop

from connectors.storage.folder import FolderStorage
from pipeline import embedded, halt
from pipeline.consumer import Raw
from pipeline.door import Door
from pipeline.embedded import placement
from pipeline.pool import Pool
from pipeline.runner import Runner
from pipeline.settings import Settings, load
from pipeline.store.database import Store
from pipeline.store.personal import KeyRing
from pipeline.topology import BY_NAME
from pipeline.transport import Outgoing
from schemas.outcomes import Done

pytestmark = pytest.mark.xdist_group("halt")

SEED = 5


def call(system: System, *arguments: str | Path) -> tuple[int, str]:
    """Exit status of a command, and all that it said."""
    done = subprocess.run(
        command(*arguments, "--data", system.data), capture_output=True, text=True, cwd=ROOT, env=environment(),
        timeout=180,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def services(system: System) -> dict[str, dict[str, str]]:
    return {row["service"]: row for row in system.cli("status")}


def written(folder: Path, dropped: list[Export]) -> list[Path]:
    folder.mkdir()
    for export in dropped:
        (folder / export.name).write_bytes(export.content)
    return sorted(folder.iterdir())


def ended(system: System, documents: int) -> bool:
    return system.count("SELECT count(*) FROM document WHERE state = 'delivered'") == documents


def put(system: System, cluster: Path, place: Path, aside: Path) -> None:
    """Another cluster in the place of the one that was served; services are stopped for it, workers are not."""
    embedded.stop(system.data)
    place.rename(aside)
    cluster.rename(place)
    embedded.start(system.data)


async def test_a_disk_without_a_byte_left_loses_nothing(tmp_path: Path) -> None:
    """It fills while documents are in flight, and a worker is killed besides: ingest and status name the disk, `down`
    works, `up` refuses; with room again every document reaches its recipient once.
    """
    expected = manifest(40, SEED)
    with (
        disk(400) as small,
        scene("disk", small.path) as system,
        sandbox(tmp_path / "sandbox", system.webhook, SEED, []) as providers,
    ):
        system.prepare(recipients(expected), providers)
        toml = system.data / "entrega.toml"
        toml.write_text(toml.read_text() + "minimum_free_mib = 64\n")
        files = written(tmp_path / "exports", exports(expected, SEED))
        code, said = call(system, "up")
        assert code == 0, said
        try:
            code, said = call(system, "ingest", *files)
            assert code == 0, said
            small.fill()
            worker = system.child("worker")
            assert worker is not None
            kill(worker)
            await until(lambda: system.child("worker") not in (None, worker), 60, "another worker")
            code, said = call(system, "ingest", files[0])
            assert code == 1
            assert f"the disk is nearly full: 0 MiB left at {system.data}, 64 MiB are kept free" in said
            assert f"not taken: {files[0].name}" in said
            assert "Traceback" not in said
            found = services(system)
            assert found["disk"]["is"] == "full"
            assert found["keeper"]["is"] == "running"
            assert {row["is"] for row in system.cli("doctor") if row["what"] == "disk"} == {"wrong"}
            assert call(system, "down") == (0, "Stopped.\n")
            code, said = call(system, "up")
            assert (code, "the disk is nearly full" in said) == (1, True), said
            small.clear()
            code, said = call(system, "up")
            assert code == 0, said
            await until(lambda: ended(system, 40) and providers.pending() == 0, 180, "every document delivered")
            verdict = await asyncio.to_thread(judge, system, expected, providers.accepted)
            assert not verdict.faults, verdict.faults
        finally:
            call(system, "down")


def test_a_first_up_without_room_names_the_disk_and_leaves_nothing(tmp_path: Path) -> None:
    """Exit 1, with place and setting; no service was started, and no folder made."""
    free = shutil.disk_usage(tmp_path).free >> 20
    done = subprocess.run(
        command("up", "--data", tmp_path / "data"), capture_output=True, text=True, cwd=ROOT, timeout=60,
        env=environment() | {"ENTREGA_MINIMUM_FREE_MIB": str(free * 8)},
    )  # fmt: skip
    assert done.returncode == 1
    assert f"left at {tmp_path}" in done.stderr
    assert "minimum_free_mib" in done.stderr
    assert not (tmp_path / "data").exists()


async def test_the_gate_closes_below_a_quarter_and_opens_again(tmp_path: Path) -> None:
    """Between the two marks the door alone is closed; who waits at the gate goes on when there is room, or is told to
    stop.
    """
    free = shutil.disk_usage(tmp_path).free >> 20

    def settings(part: float) -> Settings:
        return load(tmp_path, minimum_free_mib=int(free * part))

    plenty, tight, none = settings(0.5), settings(2), settings(8)
    assert halt.low(plenty) is None
    assert "the door is closed" in str(halt.low(tight))
    assert halt.full(tight) is None
    assert "nothing is taken or worked on" in str(halt.low(none))
    gate = halt.Gate(none)
    gate.look()
    waiting = asyncio.create_task(gate.passed())
    stop = asyncio.Event()
    stop.set()
    assert await gate.passed(stop) is False
    assert not waiting.done()
    gate.settings = tight
    gate.look()
    assert await waiting is True


async def test_a_file_produced_straight_to_the_topic_waits_at_the_closed_door_as_a_paused_stage(tmp_path: Path) -> None:
    """Each time it is told to wait, the stage's time at work begins anew: nobody takes it for stuck."""
    store = Store("", KeyRing.create(tmp_path / "keys"))
    closed = Door(store, FolderStorage(tmp_path / "artefacts"), "acme", tmp_path, shutil.disk_usage(tmp_path).free * 2)
    spec = BY_NAME["extraction"]
    pool = Pool(1, deadline=1)
    runner = Runner(spec, Nobody(), store, pool, nothing, closed)
    waiting = asyncio.create_task(runner.batch([Raw(None, b"a file", {}, spec.source, 0, 0)]))
    try:
        await until(lambda: runner.paused, 20, "a pause")
        first = runner.busy_since
        assert first is not None
        await until(lambda: runner.busy_since not in (None, first), 20, "another try")
        assert runner.paused
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        pool.close()
    assert (runner.paused, runner.busy_since) == (False, None)


class Nobody:
    """A stage that is never asked: the door stands before it."""

    async def handle(self, message: object) -> Done:
        raise AssertionError("it was asked")


async def nothing(outgoing: Sequence[Outgoing]) -> None:
    raise AssertionError(f"{len(outgoing)} messages were produced")


async def test_on_a_database_that_was_put_back_nothing_is_sent_again(tmp_path: Path) -> None:
    """The older database takes every document for unsent. The copy of checkpoints knows better: the worker stays, sends
    nothing and says why, the door is closed; with the newer one back it goes on by itself.
    """
    expected = manifest(12, SEED)
    with scene("history") as system, sandbox(tmp_path / "sandbox", system.webhook, SEED, []) as providers:
        system.prepare(recipients(expected), providers)
        await drop(system, exports(expected, SEED))
        cluster = (placement.outside(system.data) or system.data / "postgres") / "cluster"
        older, newer = cluster.with_name("older"), cluster.with_name("newer")
        embedded.stop(system.data)
        await asyncio.to_thread(subprocess.run, ["cp", "-a", cluster, older], check=True)
        embedded.start(system.data)
        with system.kept():
            await until(lambda: ended(system, 12) and providers.pending() == 0, 120, "every document delivered")
            await until(lambda: system.count(UNSEALED) == 0, 30, "everything sealed")
            sent, worker = len(providers.accepted), system.child("worker")
            put(system, older, cluster, aside=newer)
            await until(lambda: "history" in services(system), 60, "that the history is said to be rolled back")
            found = services(system)
            assert found["history"]["is"] == "rolled back"
            assert "checkpoints.jsonl knows a history of" in found["history"]["note"]
            (history,) = (row for row in system.cli("doctor") if row["what"] == "history")
            assert history["is"] == "wrong"
            (tmp_path / "more.xml").write_text("<more/>")
            code, said = call(system, "ingest", tmp_path / "more.xml")
            assert (code, "knows a history of" in said) == (1, True), said
            unsent = "SELECT count(*) FROM export WHERE state = 'moving'"
            assert system.count(unsent)
            put(system, newer, cluster, aside=older)
            await until(lambda: "history" not in services(system), 60, "that the history is whole")
            assert call(system, "ingest", tmp_path / "more.xml")[0] == 0
            assert system.child("worker") == worker
        assert len(providers.accepted) == sent == 12
