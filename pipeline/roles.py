"""The work beside the stages that goes in rounds: relay, sealer, sweeper. Each gives the coroutine that does one.

Relay, sealer and sweeper may run in any number of processes: rows are shared out by SKIP LOCKED, or one at a time is
kept by an advisory lock.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from pipeline import backlog, topics
from pipeline.settings import Settings
from pipeline.store.database import Store
from pipeline.transport import MAX_MESSAGE_BYTES, Outgoing, send_surely

Once = Callable[[], Awaitable[int]]


@asynccontextmanager
async def producer(settings: Settings, kafka: str) -> AsyncIterator[Callable[[Sequence[Outgoing]], Awaitable[None]]]:
    """A producer outside Faust, with the same guarantees: idempotent, every send awaited."""
    from aiokafka import AIOKafkaProducer

    client: Any = None

    async def stop() -> None:
        nonlocal client
        before, client = client, None
        if before is not None:
            await before.stop()

    async def restart() -> None:
        nonlocal client
        await stop()
        fresh = AIOKafkaProducer(
            **topics.client_settings(settings, kafka),
            acks="all",
            enable_idempotence=True,
            linger_ms=5,
            max_request_size=MAX_MESSAGE_BYTES,
        )
        try:
            await fresh.start()
        except BaseException:
            await fresh.stop()
            raise
        client = fresh

    async def send(each: Outgoing) -> Awaitable[Any]:
        answer: Awaitable[Any] = await client.send(each.topic, each.value, each.key, headers=list(each.headers.items()))
        return answer

    async def produce(outgoing: Sequence[Outgoing]) -> None:
        if client is None:
            await restart()
        await send_surely(send, restart, outgoing)

    try:
        yield produce
    finally:
        await stop()


@asynccontextmanager
async def relay(settings: Settings, kafka: str, store: Store) -> AsyncIterator[Once]:
    """Sends on what is due: retries, messages, next steps of large exports."""
    from pipeline.relay import Relay
    from pipeline.store import deliveries

    async with producer(settings, kafka) as produce:
        yield Relay(store, produce, deliveries.reviewer(store), settings.documents_ahead).once


@asynccontextmanager
async def sealer(settings: Settings, kafka: str, store: Store) -> AsyncIterator[Once]:
    """Seals the log; where the copy outside knows more than the database, all work is halted until it does not."""
    from pipeline import halt
    from pipeline.store.checkpoint import OutsideCopy, Signer
    from pipeline.store.sealer import HistoryRolledBack, Sealer

    signer = Signer.load(settings.secrets / "checkpoint-key")
    built = Sealer(store.pool, signer, OutsideCopy(settings.checkpoints), clock=store.clock)

    async def once() -> int:
        try:
            sealed = await built.seal()
        except HistoryRolledBack as error:
            halt.roll_back(settings.data, error.text)
            return 0
        halt.whole(settings.data)
        return sealed

    yield once


@asynccontextmanager
async def sweeper(settings: Settings, kafka: str, store: Store) -> AsyncIterator[Once]:
    """Sends on what stopped moving, and settles batches whose documents have ended."""
    from pipeline.sweeper import Sweeper

    async with producer(settings, kafka) as produce:
        built = Sweeper(store, produce, partial(backlog.oldest_waiting, topics.client_settings(settings, kafka)))
        yield built.once
