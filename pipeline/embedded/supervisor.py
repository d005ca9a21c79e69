"""Starts, stops and looks after both services of one data directory. Synchronous; safe from several processes at once.

A second `start` finds the first's services; one of a data directory where a service crashed starts that one again.
"""

from __future__ import annotations

import atexit
import shutil
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import Literal

from pipeline import maven
from pipeline.embedded import postgres, processes, state
from pipeline.embedded.kafka import Kafka
from pipeline.embedded.postgres import Postgres
from pipeline.embedded.service import Launched, Progress, Service, log_of, wait_ready
from schemas.errors import ConfigurationError

SERVICES: tuple[Service, ...] = (Kafka(), Postgres())
READY_TIMEOUT = 60.0  # seconds; recovery after a power cut may take some of them
ATTEMPTS = 3  # a port taken in between, or the last children of a killed database still leaving


@dataclass(frozen=True)
class Running:
    """Where the services answer; None for one that was not asked for."""

    kafka: str | None = None  # bootstrap servers
    database: str | None = None  # postgresql://… of the owner, a superuser: it holds the password
    pids: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ServiceStatus:
    """One service as it is now; `memory` in bytes with its children, `tail` the end of a crashed one's log."""

    state: Literal["running", "stopped", "crashed"]
    pid: int | None = None
    port: int | None = None
    memory: int = 0
    tail: str = ""


def _silent(text: str) -> None: ...


def prepare(progress: Progress = _silent) -> None:
    """Fetch everything that starts need from elsewhere, the official rule sets included. Raises ConfigurationError."""
    maven.jars("rules", progress=progress)
    for service in SERVICES:
        service.prepare(progress)


def start(
    data: Path, *, kafka: bool = True, postgres: bool = True, detach: bool = True, progress: Progress = _silent
) -> Running:
    """Start what is asked for and does not run yet, both at once; return when they answer.

    They outlive this process, unless `detach` is False: then they are stopped when it exits.
    Raises ConfigurationError with the end of the log when one does not come up; the other keeps running.
    """
    asked = [
        service
        for service in SERVICES
        if (service.name == "kafka" and kafka) or (service.name == "postgres" and postgres)
    ]
    data = data.resolve()
    with state.locked(data), ThreadPoolExecutor(len(SERVICES)) as pool:
        writing = Lock()

        def record(name: str, entry: state.Entry) -> None:
            with writing:
                state.write(data, name, entry)

        known = state.read(data)
        started = {
            service.name: pool.submit(_ensure, service, data, known.get(service.name, state.Entry()), record, progress)
            for service in asked
        }
        if not detach:
            atexit.register(stop, data)
        entries = {name: future.result() for name, future in started.items()}
    return _running(data, entries)


def _ensure(
    service: Service,
    data: Path,
    entry: state.Entry,
    record: Callable[[str, state.Entry], None],
    progress: Progress,
) -> state.Entry:
    """The service's entry once it answers, started if need be."""
    if entry.alive and entry.process is not None:
        try:
            wait_ready(service, data, Launched(entry.process, entry.ports), READY_TIMEOUT)
        except ConfigurationError:
            if entry.process.alive():
                raise
            # it was dying as we looked
        else:
            return entry
    progress(f"{service.title}: starting")
    for attempt in range(1, ATTEMPTS + 1):
        launched = service.launch(data, entry.ports, progress)
        entry = state.Entry(wanted=True, process=launched.process, ports=launched.ports)
        record(service.name, entry)
        try:
            wait_ready(service, data, launched, READY_TIMEOUT)
        except ConfigurationError:
            if launched.process.alive() or attempt == ATTEMPTS:
                _end([(service, launched.process)], timeout=5)
                record(service.name, replace(entry, wanted=False))
                raise
            time.sleep(attempt / 2)
            continue
        break
    progress(f"{service.title}: ready")
    return entry


def _running(data: Path, entries: dict[str, state.Entry]) -> Running:
    return Running(
        kafka=f"127.0.0.1:{entries['kafka'].ports['kafka']}" if "kafka" in entries else None,
        database=postgres.url(data, entries["postgres"].ports) if "postgres" in entries else None,
        pids={name: entry.process.pid for name, entry in entries.items() if entry.process is not None},
    )


def running(data: Path) -> Running:
    """Where the services that run now answer; starts nothing."""
    data = data.resolve()
    return _running(data, {name: entry for name, entry in state.read(data).items() if entry.alive})


def stop(data: Path, timeout: float = 10) -> bool:
    """End the services in order, both at once; what is left after `timeout` seconds is killed. Harmless twice.

    Whether one of them ran.
    """
    data = data.resolve()
    if not (data / "run").is_dir():
        return False
    with state.locked(data):
        entries = state.read(data)
        ran = any(entry.alive for entry in entries.values())
        for name, entry in entries.items():
            state.write(data, name, replace(entry, wanted=False))  # first, so that nobody takes it for a crash
        _end([(s, e.process) for s in SERVICES if (e := entries.get(s.name)) and e.process is not None], timeout)
    return ran


def _end(services: list[tuple[Service, processes.Identity]], timeout: float) -> None:
    for service, process in services:
        process.signal(service.stop_signal)
    left = processes.wait_gone([process for _, process in services], timeout)
    for service, process in services:
        if process in left:
            process.signal(service.kill_signal)
    for process in processes.wait_gone(left, 2):
        process.signal(signal.SIGKILL)
    processes.wait_gone(left, 2)


def status(data: Path) -> dict[str, ServiceStatus]:
    """Each service as it is now; one that was started and is gone without `stop` has crashed."""
    data = data.resolve()
    entries = state.read(data)
    found: dict[str, ServiceStatus] = {}
    for service in SERVICES:
        entry = entries.get(service.name, state.Entry())
        port = entry.ports.get(service.name)
        if entry.alive and entry.process is not None:
            found[service.name] = ServiceStatus("running", entry.process.pid, port, processes.memory(entry.process))
        elif entry.wanted:
            tail = processes.tail(log_of(data, service.name))
            found[service.name] = ServiceStatus(
                "crashed", entry.process.pid if entry.process else None, port, tail=tail
            )
        else:
            found[service.name] = ServiceStatus("stopped", port=port)
    return found


def crashed(data: Path) -> dict[str, str]:
    """The services that were started and are gone without `stop`, with the end of their logs. Cheap: asked often."""
    data = data.resolve()
    entries = state.read(data)
    return {name: processes.tail(log_of(data, name)) for name, e in entries.items() if e.wanted and not e.alive}


def erase(data: Path) -> None:
    """Stop the services and remove everything they keep, also what lies outside the data directory."""
    stop(data)
    for service in SERVICES:
        service.erase(data.resolve())
    for folder in ("run", "log"):
        shutil.rmtree(data / folder, ignore_errors=True)
