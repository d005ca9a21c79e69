"""The sweeper: the end-to-end guarantee. What should move and does not is sent on again, from what was recorded.

A document is moving, waiting or at its end. One that has been moving for longer than its budget, although the next
stage has nothing left that is as old, was lost between broker and stage: its recorded message is produced again, three
times at most, then it is parked as `lost`. So even a lost Kafka cluster costs nothing but time.

The order is what makes it safe: first what looks stuck, then the broker's word, then a second look, which locks. What
a stage was working on at the first look it has finished before the broker says that nothing waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from pipeline.runner import Produce, outgoing
from pipeline.store import events, superseding, sweeping
from pipeline.store.database import Store
from pipeline.topology import STAGES, StageSpec
from schemas.events import Event

log = structlog.get_logger()

BUDGET = timedelta(seconds=60)
"""How long a document may be between two stages before anybody looks."""
LOOK_SECONDS = 30.0
"""How long the broker may take to say what waits."""
LIMIT = 500
"""Messages sent on in one round: a lost cluster is healed without flooding the next one."""
TIMES = 3

Oldest = Callable[[StageSpec], Awaitable[datetime | None]]
"""When the oldest message was written that a stage has not acknowledged; None: it has seen all."""


class Sweeper:
    """One round at a time over the whole system; an advisory lock keeps it to one."""

    def __init__(self, store: Store, produce: Produce, oldest: Oldest) -> None:
        self.store = store
        self.produce = produce
        self.oldest = oldest
        self.caught_up = False

    async def once(self) -> int:
        """Settle finished batches, and at first what older releases left open; send on what is stuck. Returns how
        much was done."""
        now = self.store.clock()
        async with self.store.transaction() as conn:
            if not await sweeping.alone(conn):
                return 0
            if not self.caught_up:
                written: list[Event] = []
                await superseding.catch_up(conn, written, now)
                await events.append(conn, written, recorded_at=now, keys=self.store.keys)
            done = await sweeping.settle_batches(conn, now, self.store.keys)
            stuck = await sweeping.stuck(conn, now - BUDGET, LIMIT)
        self.caught_up = True
        for topic in {each.topic for each in stuck}:
            done += await self._send_on(topic, [each for each in stuck if each.topic == topic])
        return done

    async def _send_on(self, topic: str, items: Sequence[sweeping.Stuck]) -> int:
        reader = next(stage for stage in STAGES if stage.source == topic)
        async with asyncio.timeout(LOOK_SECONDS):
            horizon = await self.oldest(reader)
        # a message is produced some time after its outcome was committed: it may itself be the oldest that waits
        late = [each for each in items if horizon is None or each.since + BUDGET < horizon]
        if not late:
            return 0
        now = self.store.clock()
        async with self.store.transaction() as conn:
            claimed = await sweeping.claim(conn, late, now)
            lost = [each for each in claimed if each.times >= TIMES]
            again = [each for each in claimed if each.times < TIMES]
            if again:
                log.warning("sent-on-again", topic=topic, messages=len(again))
                await self.produce([outgoing(topic, each.message, now) for each in again if each.kind != "due"])
            await sweeping.park_lost(conn, lost, now, self.store.keys)
        return len(claimed)
