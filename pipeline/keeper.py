"""The keeper: looks after everything that `entrega up` started, and starts again what dies.

It holds the embedded services, the workers and the web server of one data folder. A crash is said in its log and in
`entrega status`; a child that dies at once is started again ever more slowly, one that gives no sign of life is killed.
A service that comes back on another port is found by new children; one that died of a full disk waits for room.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog

from pipeline import embedded, halt, kept, pulse
from pipeline.embedded.processes import identify
from pipeline.kept import Kept
from pipeline.settings import Settings, load
from schemas.errors import ConfigurationError

log = structlog.get_logger()

Places = tuple[str | None, str | None]
"""Where the embedded broker and database answer."""
STEADY_SECONDS = 10.0
"""A child that lived this long is started again at once when it dies."""


@dataclass
class Child:
    """One process of ours: its command, and how it fares."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    not_before: float = 0.0
    found: Places = (None, None)
    """Where broker and database answered when it was started."""
    marks: kept.Marks = field(default_factory=dict)
    """Of the settings with which it was started."""
    ear: pulse.Ear | None = None
    silent_since: str | None = None


@dataclass
class Keeper:
    """Runs in the foreground until SIGTERM or SIGINT; `background.py` puts it into the background."""

    settings: Settings
    roles: list[str] = field(default_factory=list)
    children: list[Child] = field(default_factory=list)
    stopping: bool = False
    waits: dict[str, str] = field(default_factory=dict)
    """What cannot be done just now and is tried again, with the reason: said once."""

    def __post_init__(self) -> None:
        python = [sys.executable, "-m", "pipeline"]
        where = ["--data", str(self.settings.data)]
        from pipeline.wiring import drawn

        name = f"{drawn(self.settings, 'instance')[:12]}-worker"  # the same after a crash, another in another folder
        self.children = [
            Child("worker", [*python, "worker", *self.roles, "--instance", name, *where]),
            Child("web", [*python, "web", *where]),
        ]

    async def run(self) -> None:
        """Until it is told to stop; at once where another keeper looks after the folder."""
        with kept.alone(self.settings.data) as mine:
            if mine:
                await self._run()
            else:
                log.error("another-keeper", data=str(self.settings.data))

    async def _run(self) -> None:
        kept.end_orphans(self.settings.data)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        services = asyncio.create_task(self._look_after_services())
        try:
            while not self.stopping:
                self._look()
                await asyncio.sleep(0.2)
        finally:
            await services
            await asyncio.to_thread(self._end)

    def _look(self) -> None:
        try:
            running = embedded.running(self.settings.data)
            for child in self.children:
                self._look_after(child, (running.kafka, running.database))
            self._write()
        except OSError as error:  # a full disk takes neither logs nor our own word
            self._waits("keeper", repr(error))
        else:
            self._waits("keeper", None)

    def _waits(self, what: str, why: str | None) -> None:
        if why is None:
            self.waits.pop(what, None)
        elif self.waits.get(what) != why:
            self.waits[what] = why
            log.error("waiting", what=what, why=why)

    async def _look_after_services(self) -> None:
        """Beside the children: while a database recovers, a worker that dies is started again all the same."""
        while not self.stopping:
            await asyncio.to_thread(self._services)
            await asyncio.sleep(0.2)

    def _stop(self) -> None:
        self.stopping = True

    def _services(self) -> None:
        """A service that crashed is said and started again; its data is found."""
        crashed = embedded.crashed(self.settings.data)
        room = halt.full(self.settings)
        self._waits("services", room and "no room" if crashed else None)
        if crashed and room is None:
            for name, tail in crashed.items():
                log.error("service-crashed", service=name, tail=tail[-500:])
            with contextlib.suppress(Exception):  # said again, and tried again, at the next look
                embedded.start(
                    self.settings.data,
                    kafka=self.settings.kafka_servers is None,
                    postgres=self.settings.database_url is None,
                )

    def _look_after(self, child: Child, found: Places) -> None:
        now = time.monotonic()
        if child.process is not None and (code := child.process.poll()) is not None:
            lived = now - child.started
            child.process = None
            self._hears(child, None)
            child.deaths = 1 if lived > STEADY_SECONDS else child.deaths + 1
            child.not_before = now + min(15.0, 0.2 * 2 ** (child.deaths - 1))
            log.error("child-died", child=child.name, status=code, lived_seconds=round(lived, 1), deaths=child.deaths)
        if child.process is not None and _moved(child.found, found):
            log.error("service-moved", child=child.name)  # it would ask at the old place for ever
            child.found = found
            child.process.terminate()
        if child.process is not None and child.ear is not None:
            self._listen(child, child.process, child.ear)
        if child.process is None and now >= child.not_before:
            child.started, child.found = now, found
            child.marks = self._marks()
            child.process = self._spawn(child)

    def _listen(self, child: Child, process: subprocess.Popen[bytes], ear: pulse.Ear) -> None:
        silent = ear.listen(time.monotonic())
        if silent < pulse.QUIET_SECONDS:
            child.silent_since = None
        elif child.silent_since is None:
            since = datetime.now(UTC) - timedelta(seconds=silent)
            child.silent_since = f"{since:%Y-%m-%d %H:%M:%S} UTC"
            log.error("child-silent", child=child.name, seconds=round(silent))
        if silent > pulse.DEAD_SECONDS:
            log.error("child-killed", child=child.name, seconds=round(silent))
            process.kill()
            self._hears(child, None)

    def _hears(self, child: Child, ear: pulse.Ear | None) -> None:
        if child.ear is not None:
            child.ear.close()
        child.ear, child.silent_since = ear, None

    def _marks(self) -> kept.Marks:
        """A child reads the settings itself, when it starts: they may be others than they were at the keeper's."""
        try:
            return kept.marks(load(self.settings.data))
        except ConfigurationError:
            return {}  # it will say so itself

    def _spawn(self, child: Child) -> subprocess.Popen[bytes]:
        folder = self.settings.data / "log"
        folder.mkdir(parents=True, exist_ok=True)
        (self.settings.data / "run" / f"{child.name}.ready").unlink(missing_ok=True)
        with open(folder / f"{child.name}.log", "ab") as out:
            ear, writer = pulse.pipe()
            self._hears(child, ear)
            try:
                return subprocess.Popen(
                    child.arguments, stdout=out, stderr=out, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent,
                    pass_fds=(writer,), env={**os.environ, pulse.VARIABLE: str(writer)},
                )  # fmt: skip
            finally:
                os.close(writer)

    def _write(self) -> None:
        me = identify(os.getpid())
        assert me is not None
        run = self.settings.data / "run"
        pids = {child.name: identify(child.process.pid) for child in self.children if child.process}
        Kept(
            keeper=me,
            children={name: identity for name, identity in pids.items() if identity is not None},
            deaths={child.name: child.deaths for child in self.children},
            marks={child.name: child.marks for child in self.children},
            ready=all((run / f"{child.name}.ready").exists() for child in self.children),
            silent={child.name: child.silent_since for child in self.children if child.silent_since},
        ).write(self.settings.data)

    def _end(self) -> None:
        """Children first, all at once, then the services: nobody loses the database in mid-work."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + kept.STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        embedded.stop(self.settings.data)
        kept.forget(self.settings.data)


def _moved(before: Places, now: Places) -> bool:
    """Whether a service answers elsewhere: its port was taken while it was dead. One that is away has not moved."""
    return any(old and new and old != new for old, new in zip(before, now, strict=True))


def _die_with_parent() -> None:
    """A keeper that is killed takes its children with it: a second `up` must not meet strangers."""
    import ctypes

    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
