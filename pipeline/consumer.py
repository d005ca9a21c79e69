"""Faust's consumer, such that nothing is lost, and that messages come many at a time.

Stock Faust commits past messages that are still being worked on (faust-streaming/faust#606), and hands on every message
by itself: from a thread, through a queue between threads, a conductor and a channel, with an acknowledgement for each.
Here a stage takes batches, one at a time, and what is committed is the end of the last one that it brought to its
outcomes: an offset cannot pass a message that is in flight.

Subscription, rebalances, the commit's timer and the services around it are Faust's. The private names that are used are
why faust-streaming and aiokafka are pinned exactly.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from mode import Service
from mode.utils.futures import maybe_async

LOOK_SECONDS = 2.0
"""How often aiokafka's fetcher comes round when nothing wakes it. What it waits for does: an answer (after 1.5 s at the
latest), an assignment, a partition that is resumed, room for more. Its own five times a second took a quarter of what
an idle worker takes.
"""
READ_AHEAD = 200
"""With so many messages waiting for the stage no more are taken from the fetcher."""


@dataclass(frozen=True, slots=True)
class Raw:
    """A message as it came: bytes, and where it stands in Kafka."""

    key: bytes | None
    value: bytes | None
    headers: Mapping[str, bytes]
    topic: str
    partition: int
    offset: int


class InLoop(driver.AIOKafkaConsumerThread):
    """aiokafka's consumer in the loop of all others instead of a thread: seven threads that hand the interpreter to
    each other cost more than what they do. A process whose loop hangs sends no heartbeats, and others take over.
    """

    wait_for_shutdown = False

    def __init__(self, consumer: Any, *, loop: asyncio.AbstractEventLoop, **options: Any) -> None:
        super().__init__(consumer, loop=loop, thread_loop=loop, **options)

    async def on_start(self) -> None:
        await super().on_start()
        self._ensure_consumer()._fetcher._fetcher_timeout = LOOK_SECONDS

    async def start(self) -> None:
        await Service.start(self)

    async def maybe_start(self) -> bool:
        return await Service.maybe_start(self)

    async def stop(self) -> None:
        await Service.stop(self)

    async def on_stop(self) -> None:
        if self._consumer is not None:
            await self._consumer.stop()

    async def call_thread(self, fun: Any, *args: Any, **options: Any) -> Any:
        return await maybe_async(fun(*args, **options))

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        await self.consumer.on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        await self.consumer.on_partitions_assigned(assigned, generation_id)

    @Service.task
    async def _thread_keepalive(self) -> None:
        """There is no thread to keep alive."""


class SafeConsumer(driver.Consumer):
    """Hands out batches, and commits the end of those that are done."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._read: deque[Raw] = deque()
        self._some, self._room = asyncio.Event(), asyncio.Event()
        self._room.set()
        self._done: dict[TP, int] = {}

    def _new_consumer_thread(self) -> InLoop:
        return InLoop(self, loop=self.loop, beacon=self.beacon)

    async def take(self, most: int, window: float) -> list[Raw]:
        """Wait for a message, then for as many as come within `window` seconds: they are in flight until they are
        `done`. None, where what had come was taken back by a rebalance.
        """
        await self._some.wait()
        if len(self._read) < most:
            await asyncio.sleep(window)
        taken = [self._read.popleft() for _ in range(min(most, len(self._read)))]
        self._look()
        return taken

    def done(self, messages: Sequence[Raw]) -> None:
        """The messages that were taken last have reached their outcomes."""
        for message in messages:
            tp = TP(message.topic, message.partition)
            self._done[tp] = max(self._done.get(tp, 0), message.offset + 1)

    async def force_commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Commit what is done, of the partitions that are ours."""
        ours = self.assignment()
        ends = {tp: end for tp, end in self._done.items() if tp in ours and self._should_commit(tp, end)}
        committed = bool(ends) and await self._commit(ends)
        if committed:
            self._committed_offset.update(ends)
        return committed

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """What was read ahead will be given to somebody, perhaps us, once more."""
        self._read.clear()
        self._look()
        self._done.clear()
        await super().on_partitions_revoked(revoked)

    async def _drain_messages(self, fetcher: Any) -> None:
        """Faust's fetcher runs this until it is cancelled."""
        consumer = self._thread._ensure_consumer()
        while not self.should_stop:
            await self._room.wait()
            with consumer._subscription.fetch_context():  # who asks for nothing is taken for dead, and not let in again
                await self.can_resume_flow.wait()
                if consumer._subscription.reassignment_in_progress:
                    await consumer._subscription.wait_for_assignment()
                    continue
                if not consumer._fetcher._records:
                    await consumer._fetcher._create_fetch_waiter()
                    continue
                # Never in the middle of a rebalance, or what is taken would be skipped. This does not wait.
                fetched = await consumer._fetcher.fetched_records(None, timeout=0, max_records=READ_AHEAD)
            self._read.extend(_raw(record) for records in fetched.values() for record in records)
            self._look()

    def _look(self) -> None:
        for event, holds in ((self._some, bool(self._read)), (self._room, len(self._read) < READ_AHEAD)):
            event.set() if holds else event.clear()

    @Service.task
    async def _commit_livelock_detector(self) -> None:
        """The worker watches its stages itself."""


def _raw(record: Any) -> Raw:
    headers = {name: value or b"" for name, value in record.headers}  # Kafka's headers may be null
    return Raw(record.key, record.value, headers, record.topic, record.partition, record.offset)
