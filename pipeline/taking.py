"""Taking attempts that are due: lease, look again, compose, commit `calling`. Then they may be called, and must be.

Each step is a transaction of its own. What a crash leaves between them is a lease that runs out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from pipeline.sending import Sending
from pipeline.store import attempts, composing, events, interchanges, suppressions
from pipeline.store.attempts import Leased, Ready
from pipeline.store.database import Store
from pipeline.store.interchanges import Drawing
from schemas.deliveries import Channel
from schemas.errors import EntregaError
from schemas.events import Event
from stages.delivery import addresses

log = structlog.get_logger()


@dataclass
class Taking:
    """`lease`: how long after a crash the attempts that were held are taken up by another dispatcher."""

    store: Store
    sending: Sending
    lease: timedelta

    async def take(self, channel: Channel, limit: int) -> tuple[list[Ready], int]:
        """Lease, look again, compose, commit `calling`: what may be called now, and how many were looked at."""
        now = self.store.clock()
        async with self.store.statement() as conn:
            leased = await attempts.lease(conn, channel, now, now + self.lease, limit)
        if not leased:
            return [], 0
        asked = [(one.tenant, channel.value, found) for one in leased if (found := _address(one))]
        async with self.store.statement() as conn:
            stopped = await suppressions.listed(conn, asked, now)
        going: list[Leased] = []
        cancelled: list[tuple[Leased, str]] = []
        postponed: list[tuple[Leased, datetime]] = []
        listed: dict[UUID, str] = {}
        for one in leased:
            key = suppressions.key(one.tenant, channel.value, _address(one) or "")
            if key in stopped:
                listed[one.attempt_id] = stopped[key]
            verdict = self.sending.check(one, stopped.get(key), now)
            if verdict.cancel is not None:
                cancelled.append((one, verdict.cancel))
            elif verdict.until is not None:
                postponed.append((one, verdict.until))
            else:
                going.append(one)
        if cancelled or postponed:
            written: list[Event] = []
            # Not that of the lease: it locks deliveries, and whoever has locked one may be waiting for an attempt.
            async with self.store.transaction() as conn:
                await attempts.postpone(conn, postponed, "quiet-hours")
                await attempts.cancel(conn, cancelled, listed, written, now)
                await events.append(conn, written, recorded_at=now, keys=self.store.keys)
        failed: list[tuple[Leased, Exception]] = []
        ready = await self._compose(await self._numbered(going, failed, now), failed)
        if failed:
            written = []
            async with self.store.transaction() as conn:
                await composing.failed(conn, failed, written, now)
                await events.append(conn, written, recorded_at=now, keys=self.store.keys)
        return await self.begin(ready), len(leased)

    async def _numbered(
        self, going: list[Leased], failed: list[tuple[Leased, Exception]], now: datetime
    ) -> list[Leased]:  # fmt: skip
        """Draw the control numbers of interchanges that are about to be composed for the first time."""
        drawings: list[Drawing] = []
        able: list[Leased] = []
        for one in going:
            try:
                drawing = self.sending.drawing(one) if one.message is None else None
            except EntregaError as error:
                failed.append((one, error))
                continue
            able.append(one)
            drawings += [drawing] if drawing else []
        if not drawings:
            return able
        async with self.store.transaction() as conn:
            numbers = await interchanges.draw(conn, drawings, now)
        return [replace(one, control_number=numbers.get(one.delivery_id)) for one in able]

    async def _compose(self, going: Sequence[Leased], failed: list[tuple[Leased, Exception]]) -> list[Ready]:
        """The messages; those that cannot be made are added to `failed`."""
        now = self.store.clock()

        def compose() -> list[Ready]:
            made: list[Ready] = []
            with self.sending.storage.batch():  # the messages become durable in one go
                for one in going:
                    try:
                        made.append(self.sending.prepare(one, now))
                    except EntregaError as error:
                        failed.append((one, error))
                    except Exception as error:
                        log.exception("cannot-compose", attempt=str(one.attempt_id), error=type(error).__name__)
                        failed.append((one, error))
            return made

        return await asyncio.to_thread(compose) if going else []

    async def begin(self, ready: Sequence[Ready]) -> list[Ready]:
        if not ready:
            return []
        now = self.store.clock()
        written: list[Event] = []
        async with self.store.pipelined() as conn:
            allowed = await attempts.begin(conn, ready, written, now, now + self.lease)
            await events.append(conn, written, recorded_at=now, keys=self.store.keys)
        return [one for one in ready if one.leased.attempt_id in allowed]


def _address(leased: Leased) -> str | None:
    return addresses.usable(leased.channel, leased.given).address
