"""Faust as an at-least-once transport that loses nothing.

Stock Faust commits past messages that are still being worked on, and acknowledges the message an agent died on
(robinhood/faust#657, faust-streaming/faust#606; shown on the real broker by tests/chain/test_transport.py). Three
things change here: an offset never passes an in-flight message, the producer is idempotent, and nobody decodes but us.
The private names that are overridden are why faust-streaming and aiokafka are pinned exactly.
"""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faust
import mode
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.auth import CredentialsT
from mode.services import WaitResults
from yarl import URL

if TYPE_CHECKING:
    from faust.events import Event as FaustEvent

MAX_BATCH = 64
"""Messages in one micro-batch: enough to share a transaction's cost, few enough for the next stage to start soon."""
MAX_FETCHED = 200
"""Messages that are read ahead."""
WITHIN_SECONDS = 0.02
"""How long a micro-batch waits to fill, after one that was small: a document alone is not held up."""
MANY = 4
BUSY_SECONDS = 0.05
"""How long it waits after one of MANY messages and more: they come in a stream, and cost less together."""
MAX_MESSAGE_BYTES = 1_048_576


@dataclass(frozen=True)
class Broker:
    """How to reach Kafka: bootstrap servers `host:port,host:port` and, where asked for, TLS and SASL."""

    servers: str
    credentials: CredentialsT | None = None


class SafeConsumer(driver.Consumer):
    """Commits only up to the oldest message that is not yet acknowledged."""

    def _new_offset(self, tp: TP) -> int | None:
        in_flight = [m.offset for m in list(self._unacked_messages) if m.tp == tp and not m.acked]
        if not in_flight:
            return super()._new_offset(tp)
        low, acked = min(in_flight), self._acked[tp]
        held = [offset for offset in acked if offset > low]
        acked[:] = [offset for offset in acked if offset < low]
        offset = super()._new_offset(tp) if acked else None
        self._acked[tp].extend(held)
        return offset

    async def wait_first(self, *coros: Any, timeout: Any = None) -> WaitResults:
        """Faust hands every message on through this, in a race with being stopped: four tasks a message, three of them
        cancelled. A message that need not wait is handed on in one step; the race is run for those that must.
        """
        if timeout is None and len(coros) == 2 and asyncio.iscoroutine(coros[0]):
            handing, suspension = coros
            try:
                waits = handing.send(None)
            except StopIteration as done:
                suspension.close()
                return WaitResults([handing], [done.value], self.should_stop)
            except BaseException:
                suspension.close()
                raise
            coros = _begun(handing, waits), suspension
        results: WaitResults = await super().wait_first(*coros, timeout=timeout)
        return results


async def _begun(coroutine: Coroutine[Any, Any, Any], waits: Any) -> Any:
    """Go on with a coroutine that has begun, and waits for something."""
    return await _steps(coroutine, waits)


@types.coroutine
def _steps(coroutine: Coroutine[Any, Any, Any], waits: Any) -> Generator[Any, Any, Any]:
    while True:
        try:
            answer = yield waits
        except BaseException as error:
            step = partial(coroutine.throw, error)
        else:
            step = partial(coroutine.send, answer)
        try:
            waits = step()
        except StopIteration as done:
            return done.value


class SafeProducer(driver.Producer):
    """Idempotent: aiokafka then never expires a batch, so an awaited send waits out an outage instead of failing."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {**super()._settings_extra(), "acks": "all", "enable_idempotence": True}


class SafeTransport(driver.Transport):
    Consumer = SafeConsumer
    Producer = SafeProducer


def make_app(group: str, broker: Broker, *, folder: Path, instance: str | None = None) -> faust.App:
    """A Faust app (one consumer group) on the safe transport.

    `instance` makes it a static member (KIP-345): one that was killed takes its place again as soon as it is back.
    Without, the group waits for the dead one's session to end (15 s) before it shares anything out; with, nobody else
    takes its place before that, and two of the same name shut each other out. `folder` gets what Faust would put into
    the current directory: an empty folder, for we have no tables.
    """
    url = URL(f"kafka://{broker.servers.split(',')[0]}")
    urls = [URL(f"kafka://{server.strip()}") for server in broker.servers.split(",")]
    app = faust.App(
        group,
        datadir=folder / f"faust-{group}",
        broker=urls,
        broker_credentials=broker.credentials,
        key_serializer="raw",
        value_serializer="raw",
        processing_guarantee="at_least_once",  # exactly_once gave 178 duplicates in 6 kills
        stream_wait_empty=False,  # a hung handler must not hold up SIGTERM
        table_standby_replicas=0,
        topic_allow_declare=False,  # topics are made before, by pipeline/topics.py
        topic_disable_leader=True,
        broker_commit_interval=1.0,
        broker_commit_every=500,
        broker_session_timeout=15.0,
        broker_rebalance_timeout=30.0,
        broker_heartbeat_interval=3.0,
        broker_request_timeout=90.0,
        broker_max_poll_records=MAX_FETCHED,
        stream_buffer_maxsize=MAX_FETCHED,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=instance,
        producer_acks=-1,
        producer_linger=0.005,  # seconds, whatever the name suggests
        producer_max_request_size=MAX_MESSAGE_BYTES,
        web_enabled=False,  # port 6066 would show the app without asking who looks
        agent_supervisor=mode.CrashingSupervisor,  # what a stage raises ends the process, which is started again
        loghandlers=[],
    )
    app.transport = SafeTransport([url], app) if len(urls) == 1 else SafeTransport(urls, app)
    app.producer_transport = app.transport
    return app


@dataclass(frozen=True)
class Raw:
    """A message as it came: bytes, and where it stands in Kafka."""

    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]
    topic: str
    partition: int
    offset: int


@dataclass(frozen=True)
class Outgoing:
    """A message to produce."""

    topic: str
    key: bytes
    value: bytes
    headers: Mapping[str, bytes]


def attach(app: faust.App, topic: str, batch: Callable[[Sequence[Raw]], Awaitable[None]]) -> None:
    """Make the app's one agent: micro-batches of `topic` go to `batch`, and are acknowledged when it returns.

    `batch` returns only when every message has reached an outcome; the one thing it may raise is CancelledError, or
    what shall stop the stage.
    """
    source = app.topic(topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    @app.agent(source, name=f"{app.conf.id}.agent")
    async def agent(stream: Any) -> None:
        window = WITHIN_SECONDS
        while True:
            events = await _take(app, stream.channel.queue, window)
            await batch([_raw(event) for event in events])
            for event in events:
                event.ack()
            window = BUSY_SECONDS if len(events) >= MANY else WITHIN_SECONDS


async def _take(app: Any, queue: Any, window: float) -> list[FaustEvent]:
    """Wait for a message, then for as many as come within `window` seconds. They are in flight from here on.

    Reads the queue that Faust fills for the stream: its own iterator goes once around the loop for each message, and
    its `noack_take` looks fifty times a second whether something came: 1.5 % of a core for an idle stage.
    """
    events: list[FaustEvent] = []
    while not events:
        first = await queue.get()
        if queue.qsize() < MAX_BATCH:
            await asyncio.sleep(window)
        arrived = [first]
        while len(arrived) < MAX_BATCH and not queue.empty():
            arrived.append(queue.get_nowait())
        events = [event for event in arrived if _ours(app, event.message)]
        for event in events:
            event.message.tracked = True
            app.consumer.unacked.add(event.message)
    return events


def _ours(app: Any, message: Any) -> bool:
    """Whether its partition is still ours: what came before a rebalance is given to somebody, perhaps us, once more."""
    return bool(app.flow_control.is_active() and message.generation_id == app.consumer_generation_id)


def _raw(event: FaustEvent) -> Raw:
    message = event.message
    return Raw(
        key=message.key,
        value=message.value,
        headers={str(name): value for name, value in dict(message.headers or {}).items()},
        topic=message.topic,
        partition=message.partition,
        offset=message.offset,
    )


class OutputRefused(Exception):
    """The broker will never take these messages: they are too large for it. All others were taken."""

    def __init__(self, messages: Sequence[Outgoing]) -> None:
        super().__init__(f"{len(messages)} messages are larger than the broker allows")
        self.messages = list(messages)


Send = Callable[[Outgoing], Awaitable[Awaitable[Any]]]
"""Hands one message to a producer; what it gives back is the broker's word."""


async def produce(app: faust.App, outgoing: Sequence[Outgoing]) -> None:
    """Send all by the app's producer. Raises OutputRefused, and KafkaError where the broker cannot take any now."""
    producer: Any = app.producer

    async def send(each: Outgoing) -> Awaitable[Any]:
        answer: Awaitable[Any] = await producer.send(each.topic, each.key, each.value, None, None, dict(each.headers))
        return answer

    await send_surely(send, producer.restart, outgoing)


async def send_surely(send: Send, restart: Callable[[], Awaitable[Any]], outgoing: Sequence[Outgoing]) -> None:
    """Send all, and await the broker's word for each: an unawaited send is lost in silence when refused.

    A refusal leaves a hole in an idempotent producer's sequence numbers, and the broker then refuses all that follow:
    so the producer is started anew. What travelled with a message that is too large was refused with it: each is sent
    once more, alone, before it is judged.
    """
    failed = await _send_all(send, outgoing)
    if not failed:
        return
    await restart()
    refused: list[Outgoing] = []
    for each, _ in failed:
        for _, error in await _send_all(send, [each]):
            await restart()
            if not isinstance(error, MessageSizeTooLargeError):
                raise error
            refused.append(each)
    if refused:
        raise OutputRefused(refused)


async def _send_all(send: Send, outgoing: Sequence[Outgoing]) -> list[tuple[Outgoing, BaseException]]:
    """Those that were not taken, each with the reason."""
    answers: list[Awaitable[Any]] = []
    for each in outgoing:
        try:
            answers.append(await send(each))
        except KafkaError as error:  # it did not even leave: larger than the client's own limit
            answers.append(_failed(error))
    said = await asyncio.gather(*answers, return_exceptions=True)
    return [(each, word) for each, word in zip(outgoing, said, strict=True) if isinstance(word, BaseException)]


async def _failed(error: Exception) -> None:
    raise error
