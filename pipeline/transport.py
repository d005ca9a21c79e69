"""Faust as an at-least-once transport that loses nothing.

Stock Faust commits past messages that are still being worked on, and acknowledges the message an agent died on
(robinhood/faust#657, faust-streaming/faust#606; shown on the real broker by tests/chain/test_transport.py). Three
things change here: an offset never passes an in-flight message (`consumer.py`), the producer is idempotent, and nobody
decodes but us.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faust
import mode
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from faust.transport.drivers import aiokafka as driver
from faust.types.auth import CredentialsT
from mode import Service
from yarl import URL

from pipeline.consumer import READ_AHEAD, Raw, SafeConsumer

MAX_BATCH = 64
"""Messages in one micro-batch: enough to share a transaction's cost, few enough for the next stage to start soon."""
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


class SafeProducer(driver.Producer):
    """Idempotent: aiokafka then never expires a batch, so an awaited send waits out an outage instead of failing."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {**super()._settings_extra(), "acks": "all", "enable_idempotence": True}

    async def on_start(self) -> None:
        """One that could not start, for the broker is away, is not kept: whatever it is given it never sends."""
        try:
            await super().on_start()
        except BaseException:
            await self.on_stop()
            raise

    @property
    def started(self) -> bool:
        return self._producer is not None


class Monitor(faust.Monitor):
    """Nobody reads Faust's own figures: they are not drawn every second."""

    @Service.task
    async def _sampler(self) -> None: ...


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
        broker_session_timeout=15.0,
        broker_rebalance_timeout=30.0,
        broker_heartbeat_interval=3.0,  # a rebalance waits so long for those that do not know of it yet
        broker_request_timeout=90.0,
        broker_max_poll_records=READ_AHEAD,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=instance,
        producer_acks=-1,
        producer_linger=0.005,  # seconds, whatever the name suggests
        producer_max_batch_size=MAX_MESSAGE_BYTES,  # a portion for one partition; 16 KiB made requests of four messages
        producer_max_request_size=MAX_MESSAGE_BYTES,
        Monitor=Monitor,
        web_enabled=False,  # port 6066 would show the app without asking who looks
        agent_supervisor=mode.CrashingSupervisor,  # what a stage raises ends the process, which is started again
        loghandlers=[],
    )
    app.transport = SafeTransport([url], app) if len(urls) == 1 else SafeTransport(urls, app)
    app.producer_transport = app.transport
    return app


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
        """The stream is what subscribes to the topic; the messages come from the consumer, many at a time."""
        consumer: Any = app.consumer
        window = WITHIN_SECONDS
        while True:
            messages = await consumer.take(MAX_BATCH, window)
            await batch(messages)
            consumer.done(messages)
            window = BUSY_SECONDS if len(messages) >= MANY else WITHIN_SECONDS


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
    if not producer.started:
        await producer.restart()

    async def send(each: Outgoing) -> Awaitable[Any]:
        client = producer._ensure_producer()
        answer: Awaitable[Any] = await client.send(each.topic, each.value, each.key, headers=list(each.headers.items()))
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
