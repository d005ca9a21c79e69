"""The keeper, with a real broker and a child that is no worker: who asks where a service was, is started anew."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
from chaos.system import passable

from pipeline import embedded
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
