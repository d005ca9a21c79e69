"""The sweeper: the end-to-end guarantee. What should move and does not is sent on again, from what was recorded.

A document is moving, waiting or at its end. One that has been moving for longer than its budget, although the next
stage has nothing left that is as old, was lost between broker and stage: its recorded message is produced again, three
times at most, then it is parked as `lost`. So even a lost Kafka cluster costs nothing but time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog

from pipeline import topics
from pipeline.runner import Produce, outgoing
from pipeline.settings import Settings
from pipeline.store import sweeping
from pipeline.store.database import Store
from pipeline.topology import EXPORT_RECEIVED, REPORT_RECEIVED, STAGES, StageSpec

log = structlog.get_logger()

BUDGET = timedelta(seconds=60)
"""How long a document may be between two stages before anybody looks."""
LOOK_SECONDS = 30.0
"""How long the broker may take to say what waits."""
LIMIT = 500
"""Messages sent on in one round: a lost cluster is healed without flooding the next one."""
TIMES = 3


class Sweeper:
    """One round at a time over the whole system; an advisory lock keeps it to one."""

    def __init__(self, store: Store, produce: Produce, settings: Settings, servers: str) -> None:
        self.store = store
        self.produce = produce
        self.options = topics.client_settings(settings, servers)

    async def once(self) -> int:
        """Settle finished batches; send on what is stuck. Returns how much was done."""
        now = self.store.clock()
        async with self.store.transaction() as conn:
            if not await sweeping.alone(conn):
                return 0
            done = await sweeping.settle_batches(conn, now, self.store.keys)
            stuck = await sweeping.stuck(conn, now - BUDGET, LIMIT)
        return done + (await self._send_on(stuck, now) if stuck else 0)

    async def _send_on(self, stuck: Sequence[sweeping.Stuck], now: datetime) -> int:
        by_topic: dict[str, list[sweeping.Stuck]] = {}
        for each in stuck:
            by_topic.setdefault(_topic(each), []).append(each)
        done = 0
        for topic, items in by_topic.items():
            reader = next(stage for stage in STAGES if stage.source == topic)
            async with asyncio.timeout(LOOK_SECONDS):
                horizon = await self._oldest_waiting(reader)
            # a message is produced some time after its outcome was committed: it may itself be the oldest that waits
            late = [each for each in items if horizon is None or each.since + BUDGET < horizon]
            lost = [each for each in late if each.times >= TIMES]
            again = [each for each in late if each.times < TIMES]
            if again:
                log.warning("sent-on-again", topic=topic, messages=len(again))
                await self.produce([outgoing(topic, each.message, now) for each in again])
            async with self.store.transaction() as conn:
                await sweeping.sent_again(conn, again, now)
                await sweeping.park_lost(conn, lost, now, self.store.keys)
            done += len(late)
        return done

    async def _oldest_waiting(self, reader: StageSpec) -> datetime | None:
        """When the oldest message was written that this stage has not acknowledged; None: it has seen all."""
        from datetime import UTC

        from aiokafka import AIOKafkaConsumer, TopicPartition
        from aiokafka.admin import AIOKafkaAdminClient

        admin = AIOKafkaAdminClient(**self.options)
        consumer = AIOKafkaConsumer(**self.options, enable_auto_commit=False)
        await admin.start()
        try:
            await consumer.start()
            try:
                committed: dict[Any, Any] = await admin.list_consumer_group_offsets(reader.group)
                numbers = consumer.partitions_for_topic(reader.source) or await _partitions(admin, reader.source)
                partitions = [TopicPartition(reader.source, number) for number in numbers]
                ends = await consumer.end_offsets(partitions)
                starts = await consumer.beginning_offsets(partitions)
                oldest: list[float] = []
                for partition in partitions:
                    offset = max(committed[partition].offset if partition in committed else 0, starts[partition])
                    if offset >= ends[partition]:
                        continue
                    consumer.assign([partition])
                    consumer.seek(partition, offset)
                    message = await consumer.getone()
                    oldest.append(message.timestamp / 1000)
                return datetime.fromtimestamp(min(oldest), UTC) if oldest else None
            finally:
                await consumer.stop()
        finally:
            await admin.close()


async def _partitions(admin: Any, topic: str) -> list[int]:
    described = await admin.describe_topics([topic])
    return [partition["partition"] for partition in described[0]["partitions"]]


def _topic(stuck: sweeping.Stuck) -> str:
    if stuck.kind == "export":
        return EXPORT_RECEIVED
    if stuck.kind == "report":
        return REPORT_RECEIVED
    target = next(stage.target for stage in STAGES if stage.name == stuck.stage)
    assert target is not None, "a document that delivery has taken is waiting, never moving"
    return target
