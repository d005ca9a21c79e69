"""A worker process: any of the stages and roles, until told to stop.

Every stage is a Faust app of its own, so a consumer group of its own; a process hosts as many as it is asked to. What a
stage or role cannot survive ends the process with exit status 1: whoever started it starts it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import structlog

from pipeline import preparing, pulse, reach, topology, transport, wiring
from pipeline.consumer import Raw
from pipeline.halt import Gate
from pipeline.pool import Pool
from pipeline.reading import STALLED_SECONDS, Reading, Silent
from pipeline.runner import INFRASTRUCTURE, Runner
from pipeline.settings import Settings
from pipeline.store.database import UNAVAILABLE, Store
from pipeline.topics import client_settings, make_topics, tls_context
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from pipeline.dispatcher import Dispatcher

log = structlog.get_logger()

STOP_SECONDS = 8.0
"""After SIGTERM a stage that has not ended by then is left behind: what it held is run again by whoever takes it."""
IDLE_SECONDS = {"relay": 0.5, "sealer": 1.0, "sweeper": 2.0}
"""How often a role looks for work when it found none."""
METRIC_SECONDS = 2.0
"""How often a stage that has worked says how much, and what CPU its own code took."""


@dataclass
class Worker:
    """The stages and roles of one process."""

    settings: Settings
    names: Sequence[str]
    store: Store
    found: wiring.Endpoints
    pool: Pool
    instance: str | None = None
    apps: list[Any] = field(default_factory=list)
    runners: list[Runner] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)
    dispatcher: Dispatcher | None = None

    def __post_init__(self) -> None:
        self.gate = Gate(self.settings, unproven="sealer" in self.names)

    async def start(self) -> None:
        """Start everything; returns when the stages consume."""
        await make_topics(self.settings, self.found.kafka)
        for name in self.names:
            if name in topology.BY_NAME:
                self._add_stage(name)
        await asyncio.gather(*(app.start() for app in self.apps))
        stop = self.stopping
        self.tasks.append(asyncio.create_task(self.gate.run(stop), name="gate"))
        for name in self.names:
            if name in topology.ROLES:
                self.tasks.append(asyncio.create_task(role(name, self, stop), name=name))
        if self.runners:
            options = client_settings(self.settings, self.found.kafka)
            stages = list(zip(self.runners, self.apps, strict=True))
            reading = Reading(options, stages, lambda: self.gate.closed)
            self.tasks.append(asyncio.create_task(reading.run(stop), name="watch"))

    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    def _add_stage(self, name: str) -> None:
        spec = topology.BY_NAME[name]
        broker = transport.Broker(self.found.kafka, credentials(self.settings))
        folder = self.settings.data / "run"
        folder.mkdir(parents=True, exist_ok=True)
        app = transport.make_app(spec.group, broker, folder=folder, instance=self.instance)
        runner = Runner(
            spec,
            wiring.stage(name, self.settings, self.found, self.store),
            self.store,
            self.pool,
            partial(transport.produce, app),
            wiring.door(self.settings, self.store),
        )
        transport.attach(app, spec.source, self._batch(runner))
        self.apps.append(app)
        self.runners.append(runner)

    def _batch(self, runner: Runner) -> Callable[[Sequence[Raw]], Awaitable[None]]:
        """What a stage does with a micro-batch; a dispatcher beside it learns that attempts were planned."""
        plans = runner.spec.target is None

        async def batch(raws: Sequence[Raw]) -> None:
            await self.gate.passed()
            await runner.batch(raws)
            if plans and self.dispatcher is not None:
                self.dispatcher.wake()

        return batch

    async def watch(self) -> None:
        """Returns when told to stop; raises when a stage or role has died, or makes no progress."""
        metrics = self._metrics()
        while not self.stopping.is_set():
            for app in self.apps:
                if app.crashed or app.should_stop:
                    raise RuntimeError(f"stage {app.conf.id} ended: {app.crash_reason!r}")
            for task in self.tasks:
                if task.done():
                    error = task.exception()
                    raise (
                        error if isinstance(error, Silent) else RuntimeError(f"role {task.get_name()} ended: {error!r}")
                    )
            now = time.monotonic()
            for runner in self.runners:
                since = runner.busy_since
                if since is not None and now - since > STALLED_SECONDS:
                    raise RuntimeError(f"stage {runner.spec.name} makes no progress since {now - since:.0f} s")
            self.pool.reap()
            next(metrics)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), 0.5)

    def _metrics(self) -> Iterator[None]:
        """At a step, if it is time: a line for each stage that has worked since the last one, with its totals."""
        said: dict[str, int] = {}
        last = time.monotonic()
        while True:
            yield
            if time.monotonic() - last < METRIC_SECONDS:
                continue
            last = time.monotonic()
            for runner in self.runners:
                name = runner.spec.name
                if said.get(name, 0) != runner.handled:
                    said[name] = runner.handled
                    log.info("worked", stage=name, messages=said[name], cpu_seconds=round(runner.handle_seconds, 6))

    async def stop(self) -> None:
        """Stop consuming, let roles finish their round, end the children."""
        pulse.at_rest()
        self.stopping.set()
        for task in self.tasks:
            if task.get_name() == "watch":  # it may be waiting for a broker's answer, and has nothing to finish
                task.cancel()
        endings: list[Awaitable[Any]] = [app.stop() for app in self.apps]
        if self.tasks:
            endings.append(asyncio.wait(self.tasks, timeout=STOP_SECONDS - 1))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*endings, return_exceptions=True), STOP_SECONDS)
        await asyncio.to_thread(self.pool.close)


def credentials(settings: Settings) -> Any:
    """TLS and SASL as Faust takes them."""
    from faust.auth import SASLCredentials, SSLCredentials

    if settings.kafka_security == "plaintext":
        return None
    context = tls_context(settings) if settings.kafka_security.endswith("ssl") else None
    if settings.kafka_security == "ssl":
        return SSLCredentials(context)
    password = settings.kafka_password.get_secret_value() if settings.kafka_password else None
    return SASLCredentials(
        username=settings.kafka_username,
        password=password,
        ssl_context=context,
        mechanism=settings.kafka_sasl_mechanism,
    )


async def role(name: str, worker: Worker, stop: asyncio.Event) -> None:
    """Run one role until `stop`; a database or broker that is away is waited for."""
    if name == "dispatcher":
        await _dispatch(worker, stop)
        return
    from pipeline import roles

    make: Callable[[Settings, str, Store], Any] = getattr(roles, name)
    async with make(worker.settings, worker.found.kafka, worker.store) as once:
        while not stop.is_set():
            try:
                # who seals finds out whether the history is whole
                if name != "sealer" and not await worker.gate.passed(stop):
                    return
                done = await once()
                if name == "sealer":
                    worker.gate.prove(True)
            except (*INFRASTRUCTURE, *UNAVAILABLE) as error:
                log.warning("waiting", role=name, error=repr(error)[:300])
                done = 0
                if name == "sealer":  # the database that comes back may be another one
                    worker.gate.prove(False)
                await _pause(stop, 1.0)
            if not done:
                await _pause(stop, IDLE_SECONDS[name])


async def _dispatch(worker: Worker, stop: asyncio.Event) -> None:
    """The dispatcher has loops of its own: a slow provider delays nobody else."""
    dispatcher = worker.dispatcher = wiring.dispatcher(worker.settings, worker.store, worker.gate)
    try:
        await dispatcher.run(stop)
    finally:
        await dispatcher.close()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def run(
    settings: Settings, names: Sequence[str], ready: Callable[[], None] = lambda: None, instance: str | None = None
) -> None:
    """Run until SIGTERM or SIGINT. `ready` is called when everything runs. Raises ConfigurationError at the start.

    `instance` is a name that no other worker of the cluster has, and that this one has again when it is started again.
    """
    unknown = [name for name in names if name not in topology.BY_NAME and name not in topology.ROLES]
    if unknown:
        known = ", ".join([*topology.BY_NAME, *topology.ROLES])
        raise ConfigurationError(f"{unknown[0]} is neither a stage nor a role; there are {known}")
    names = list(names) or [*topology.BY_NAME, *topology.ROLES]
    preparing.check(settings)
    beating = asyncio.create_task(pulse.beat())
    await reach.for_work(settings)
    found = wiring.endpoints(settings)
    store = wiring.open_store(settings, found, size=4, by_key=True)
    pool = Pool(settings.workers, deadline=settings.document_deadline_seconds)
    worker = Worker(settings, names, store, found, pool, instance)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stopping.set)
    await store.open()
    try:
        await worker.start()
        collect_seldom()
        ready()
        log.info("ready", pid=os.getpid(), roles=names)
        await worker.watch()
    finally:
        beating.cancel()
        await worker.stop()
        await store.close()


def collect_seldom() -> None:
    """What is loaded by now stays for good, and what messages leave behind hardly ever refers to itself: looking for
    such cycles every 700 objects took a twelfth of this process's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def leave(status: int) -> NoReturn:
    """End the process now that everything is stopped and said.

    Python would wait for threads that wait for a provider (half a minute, where it hangs). What they are waiting for is
    recorded as unknown by then.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
