"""The relay: what is due is produced to its topic, or looked at again; a large export's next step waits for its turn.

A due row is marked as fired in the transaction in which the broker's word was awaited: a crash produces it twice, and
the receiving stage's claim makes that harmless.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from pipeline.runner import DUE, Produce, due_row, outgoing
from pipeline.store import due, pacing, parking
from pipeline.store.database import Connection, Store
from pipeline.transport import Outgoing, OutputRefused

log = structlog.get_logger()

BATCH = 200
Review = Callable[[Connection, Sequence[UUID]], Awaitable[None]]
"""Looks at deliveries again, inside the relay's transaction: all at once, so that they are locked in their order."""


class Relay:
    """Fires due rows; any number may run, SKIP LOCKED shares the rows out. For `ahead` see `pacing`."""

    def __init__(self, store: Store, produce: Produce, review: Review, ahead: int) -> None:
        self.store = store
        self.produce = produce
        self.review = review
        self.ahead = ahead

    async def once(self) -> int:
        """Fire what is due now; returns how many rows."""
        now = self.store.clock()
        async with self.store.statement() as conn:
            if not await due.any_now(conn, now):
                return 0
        async with self.store.transaction() as conn:
            rows = await due.take(conn, now, BATCH)
            if steps := [row["due_id"] for row in rows if row["kind"] == "step"]:
                held = await pacing.hold(conn, steps, now, self.ahead)
                rows = [row for row in rows if row["due_id"] not in held]
            try:
                await self.produce([_message(row, now) for row in rows if "topic" in row["payload"]])
            except OutputRefused as refused:  # one that can never leave must not hold up all others
                await parking.park_unsent(conn, refused.messages, now, self.store.keys)
                await due.done(conn, [row for each in refused.messages if (row := due_row(each.headers))])
            if reviews := [row["subject_id"] for row in rows if row["kind"] == "review"]:
                await self.review(conn, reviews)
        return len(rows)


def _message(row: dict[str, Any], now: datetime) -> Outgoing:
    """What a due row says on the wire: a message of ours, or bytes that nobody could decode, as they were."""
    payload = row["payload"]
    if "raw" in payload:
        headers = {name: value.encode() for name, value in payload.get("headers", {}).items()}
        headers[DUE] = str(row["due_id"]).encode()
        return Outgoing(payload["topic"], str(row["subject_id"]).encode(), base64.b64decode(payload["raw"]), headers)
    return outgoing(payload["topic"], payload["message"], now, row["tries"], row=row["due_id"])
