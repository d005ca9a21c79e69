"""The keeper, with children that are no workers: who asks where a service was, or hangs, is started anew."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest
from chaos.system import passable

from pipeline import background, embedded, kept, pulse
from pipeline.cli.processes import running
from pipeline.embedded.processes import identify
from pipeline.keeper import Child, Keeper
from pipeline.settings import load


async def test_a_service_that_comes_back_elsewhere_is_found(tmp_path: Path) -> None:
    """The broker is killed and its port taken: it comes back on another one, and the child is started once more."""
    data = passable(tmp_path) / "data"
    before = embedded.start(data, postgres=False)
    (data / "secrets").mkdir(mode=0o700)
    keeper = Keeper(load(data, database_url="postgresql://nobody@127.0.0.1:1/none"))
    keeper.children = [child := Child("worker", [sys.executable, "-c", "import time; time.sleep(600)"])]
    keeping = asyncio.create_task(keeper.run())
    try:
        await until(lambda: child.process is not None)
        first = child.process
        assert first is not None
        assert before.kafka is not None
        kill(before.pids["kafka"])
        taker = take(int(before.kafka.rpartition(":")[2]))
        await until(lambda: embedded.running(data).kafka not in (None, before.kafka))
        await until(lambda: child.process not in (None, first))
        taker.close()
        assert first.poll() is not None
        second = child.process
        assert child.found[0] == embedded.running(data).kafka
        assert second is not None
        assert second.poll() is None
    finally:
        keeper.stopping = True
        await keeping
        embedded.erase(data)


async def test_a_child_that_is_stopped_is_seen_and_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGSTOP: status says since when there is no sign of life; continued in time it goes on, else it is killed."""
    monkeypatch.setattr(pulse, "QUIET_SECONDS", 3.0)
    monkeypatch.setattr(pulse, "DEAD_SECONDS", 6.0)
    settings = load(tmp_path, kafka_servers="127.0.0.1:1", database_url="postgresql://nobody@127.0.0.1:1/none")
    settings.secrets.mkdir()
    keeper = Keeper(settings)
    beats = "import asyncio; from pipeline import pulse; asyncio.run(pulse.beat())"
    keeper.children = [child := Child("worker", [sys.executable, "-c", beats])]
    keeping = asyncio.create_task(keeper.run())

    def row() -> dict[str, Any]:
        return next(row for row in running(settings) if row["service"] == "worker")

    try:
        await until(lambda: child.ear is not None and child.ear.heard)
        first = child.process
        assert first is not None
        first.send_signal(signal.SIGSTOP)
        await until(lambda: row()["is"] == "hung")
        assert "no sign of life since" in row()["note"]
        first.send_signal(signal.SIGCONT)
        await until(lambda: row()["is"] == "running")
        assert child.process is first
        first.send_signal(signal.SIGSTOP)
        await until(lambda: child.process not in (None, first))
        assert first.returncode == -signal.SIGKILL
    finally:
        keeper.stopping = True
        await keeping


def test_who_slept_together_with_its_child_does_not_take_it_for_dead() -> None:
    """A laptop was closed, a virtual machine paused: however far the clock went on, one look counts one second."""
    ear, writer = pulse.pipe()
    assert [ear.listen(now) for now in (100.0, 100.5, 7300.0)] == [0, 0.5, 1.5]
    os.write(writer, b".")
    assert ear.listen(7300.2) == 0
    os.close(writer)
    ear.close()


def test_the_keeper_of_another_release_is_known(tmp_path: Path) -> None:
    """Its file is of another form: its command says who it is. `down` ends it, and lets a stranger of that pid be."""
    (tmp_path / "run").mkdir()
    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    with subprocess.Popen([*sleep, "keep", "--data", str(tmp_path)]) as keeper, subprocess.Popen(sleep) as stranger:
        try:
            for process in (stranger, keeper):
                identity = identify(process.pid)
                assert identity is not None
                word = {"keeper": asdict(identity), "children": {"worker": 1}, "deaths": {}, "ready": True}
                (tmp_path / "run" / "keeper.json").write_text(json.dumps(word))
                found = kept.kept(tmp_path)
                assert (found is None) == (process is stranger)
            assert found == kept.Kept(identity, stranger=True)
            assert kept.changed(load(tmp_path), kept.Kept(identity, stranger=True)) == []
            assert background.down(tmp_path)
            assert keeper.wait(10) == -signal.SIGTERM
            assert stranger.poll() is None
        finally:
            keeper.kill()
            stranger.kill()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(90):
        while not condition():
            await asyncio.sleep(0.05)


def kill(pid: int) -> None:
    process = psutil.Process(pid)
    process.kill()


def take(port: int) -> socket.socket:
    """Listen there as soon as the dead one's sockets are gone: before the keeper looks for the next time."""
    while True:
        taken = socket.socket()
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", port))
        except OSError:
            taken.close()
            continue
        taken.listen()
        return taken
