"""What is done to the system, and when: by progress, never by the clock."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from chaos.system import System, kill, until

KINDS = {
    "worker": "worker kill -9",
    "broker": "broker kill -9",
    "database": "database immediate stop",
    "stop": "worker SIGTERM",
}
RETURN_SECONDS = 60.0


@dataclass
class Fault:
    """One fault: after how much progress; seconds until the killed one ran again, until work moved on, and, where it
    was asked to stop, until it had, with its exit status.
    """

    kind: str
    at: int
    happened: float = 0.0
    back: float = 0.0
    moved: float = 0.0
    ended: float = 0.0
    status: int | None = None
    orphans: tuple[str, ...] = ()


def plan(total: int, workers: int, brokers: int, databases: int, seed: int) -> list[Fault]:
    """Spread evenly over `total` steps of progress, in an order drawn once; the last tenth is left in peace.

    One worker is asked to stop, besides.
    """
    kinds = ["worker"] * workers + ["broker"] * brokers + ["database"] * databases + ["stop"]
    random.Random(seed).shuffle(kinds)  # noqa: S311
    return [Fault(kind, int(total * 0.9 * (n + 0.5) / len(kinds))) for n, kind in enumerate(kinds)]


def progress(system: System) -> int:
    """Outcomes of stages and accepted attempts so far; -1 while the database is away."""
    found = system.count(
        "SELECT (SELECT count(*) FROM outcome WHERE stage <> 'acknowledgement') + (SELECT count(*) FROM report)"
    )
    return -1 if found is None else found


async def inflict(system: System, faults: Sequence[Fault], patience: float) -> None:
    """One fault after the other, each when so much has been done and the one before is over."""
    for fault in faults:
        await until(lambda at=fault.at: progress(system) >= at, patience, f"{fault.at} steps before {fault.kind}")
        before = await asyncio.to_thread(progress, system)
        await strike(system, fault)
        await until(lambda b=before: progress(system) > b, patience, f"progress after {KINDS[fault.kind]}")
        fault.moved = time.monotonic() - fault.happened


async def strike(system: System, fault: Fault) -> None:
    """Do it, and wait until what was ended runs again."""
    fault.happened = time.monotonic()
    if fault.kind in ("worker", "stop"):
        await until(lambda: system.child("worker") is not None, RETURN_SECONDS, "a worker to kill")
        pid = system.child("worker")
        assert pid is not None
        children = kill(pid, signal.SIGTERM if fault.kind == "stop" else signal.SIGKILL)
        if fault.kind == "stop":
            await until(lambda: not psutil.pid_exists(pid), RETURN_SECONDS, "the worker's end")
            fault.ended = time.monotonic() - fault.happened
        await until(lambda: system.child("worker") not in (None, pid), RETURN_SECONDS, "another worker")
        fault.back = time.monotonic() - fault.happened
        if fault.kind == "stop":
            fault.status = system.last_status("worker")
        _, left = await asyncio.to_thread(psutil.wait_procs, children, 10)
        fault.orphans = tuple(" ".join(each.cmdline()[-4:]) for each in left if each.is_running())
    else:
        name = "kafka" if fault.kind == "broker" else "postgres"
        await until(lambda: system.service(name) is not None, RETURN_SECONDS, f"{name} to kill")
        pid = system.service(name)
        assert pid is not None
        # SIGQUIT is what `pg_ctl stop -m immediate` sends
        kill(pid, signal.SIGKILL if fault.kind == "broker" else signal.SIGQUIT)
        await until(lambda: system.service(name) not in (None, pid), RETURN_SECONDS, f"{name} again")
        fault.back = time.monotonic() - fault.happened
