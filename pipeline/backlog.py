"""What waits in the stages' topics, as the broker knows it: for the sweeper, and for those who look after it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pipeline.topology import StageSpec


async def oldest_waiting(options: dict[str, Any], reader: StageSpec) -> datetime | None:
    """When the oldest message was written that this stage has not acknowledged; None: it has seen all.

    `options` are those of a Kafka client.
    """
    from aiokafka import AIOKafkaConsumer, TopicPartition
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(**options)
    consumer = AIOKafkaConsumer(**options, enable_auto_commit=False)
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
