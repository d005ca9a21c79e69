"""What waits in the stages' topics, as the broker knows it: for the sweeper, the watch over consumers, and `doctor`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pipeline.topology import StageSpec


@dataclass(frozen=True)
class Waiting:
    """What a partition holds that its stage has not acknowledged: from one offset to before another."""

    first: int
    end: int

    @property
    def messages(self) -> int:
        return self.end - self.first


class Backlog:
    """Asks the broker. It is no member of any group: a consumer that is stuck does not make this one stuck, too."""

    def __init__(self, admin: Any, consumer: Any) -> None:
        self._admin = admin
        self._consumer = consumer
        self._seen: dict[str, dict[Any, int]] = {}
        """Of a stage that had seen all: where its partitions ended. While they end there nothing else is asked."""

    async def waiting(self, reader: StageSpec) -> dict[int, Waiting]:
        """By partition; those that a stage has seen to the end are left out."""
        from aiokafka import TopicPartition

        numbers = self._consumer.partitions_for_topic(reader.source) or await self._partitions(reader.source)
        partitions = [TopicPartition(reader.source, number) for number in numbers]
        ends: dict[Any, int] = await self._consumer.end_offsets(partitions)
        if ends == self._seen.get(reader.name):
            return {}
        committed: dict[Any, Any] = await self._admin.list_consumer_group_offsets(reader.group)
        starts = await self._consumer.beginning_offsets(partitions)
        found: dict[int, Waiting] = {}
        for each in partitions:
            first = max(committed[each].offset if each in committed else 0, starts[each])
            if first < ends[each]:
                found[each.partition] = Waiting(first, ends[each])
        if not found:
            self._seen[reader.name] = ends
        return found

    async def oldest(self, reader: StageSpec) -> datetime | None:
        """When the oldest message was written that this stage has not acknowledged; None: it has seen all."""
        from aiokafka import TopicPartition

        written: list[float] = []
        for number, waiting in (await self.waiting(reader)).items():
            partition = TopicPartition(reader.source, number)
            self._consumer.assign([partition])
            self._consumer.seek(partition, waiting.first)
            message = await self._consumer.getone()
            written.append(message.timestamp / 1000)
        return datetime.fromtimestamp(min(written), UTC) if written else None

    async def members(self, reader: StageSpec) -> int:
        """How many consumers the broker takes for readers of this stage's topic."""
        (answer,) = await self._admin.describe_consumer_groups([reader.group])
        return sum(len(group[5]) for group in answer.groups)

    async def _partitions(self, topic: str) -> list[int]:
        described = await self._admin.describe_topics([topic])
        return [partition["partition"] for partition in described[0]["partitions"]]


@asynccontextmanager
async def asking(options: dict[str, Any]) -> AsyncIterator[Backlog]:
    """`options` are those of a Kafka client."""
    from aiokafka import AIOKafkaConsumer
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(**options)
    await admin.start()
    try:
        consumer = AIOKafkaConsumer(**options, enable_auto_commit=False)
        await consumer.start()
        try:
            yield Backlog(admin, consumer)
        finally:
            await consumer.stop()
    finally:
        await admin.close()


async def oldest_waiting(options: dict[str, Any], reader: StageSpec) -> datetime | None:
    """What the sweeper asks: see `Backlog.oldest`."""
    async with asking(options) as backlog:
        return await backlog.oldest(reader)
