"""Due rows: everything that waits. They survive restarts, and an auditor can see what is planned.

A row that holds a message stays when the relay has produced it (`fired_at`), until whoever reads that has an outcome
and says so (`done`): the message carries the row's id. So a try under way is known to be one, whatever it is a try of.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from pipeline.store.database import Connection
from schemas.messages import Frozen


async def publish(
    conn: Connection,
    due_id: UUID,
    tenant: str,
    subject: UUID,
    topic: str,
    message: Frozen,
    at: datetime,
    kind: str = "publish",
) -> None:
    """Plan a message for a topic; the relay produces it."""
    await conn.execute(
        "INSERT INTO due (due_id, tenant, kind, subject_id, at, payload) VALUES (%s, %s, %s, %s, %s, %s)",
        [due_id, tenant, kind, subject, at, Jsonb({"topic": topic, "message": message.wire()})],
    )


async def any_now(conn: Connection, now: datetime) -> bool:
    """Whether anything is due: asked several times a second, and mostly nothing is."""
    cursor = await conn.execute("SELECT FROM due WHERE at <= %s AND fired_at IS NULL LIMIT 1", [now])
    return await cursor.fetchone() is not None


async def take(conn: Connection, now: datetime, limit: int) -> list[dict[str, Any]]:
    """What is due: nobody else takes it, and a rollback puts it back. Reviews are done in this very transaction."""
    cursor = await conn.execute(
        """WITH ripe AS MATERIALIZED (
             SELECT due_id, kind FROM due WHERE at <= %(now)s AND fired_at IS NULL
              ORDER BY at LIMIT %(limit)s FOR UPDATE SKIP LOCKED),
           looked AS (
             DELETE FROM due d USING ripe WHERE d.due_id = ripe.due_id AND ripe.kind = 'review'
             RETURNING d.due_id, d.kind, d.subject_id, d.tries, d.payload),
           fired AS (
             UPDATE due d SET fired_at = %(now)s FROM ripe WHERE d.due_id = ripe.due_id AND ripe.kind <> 'review'
             RETURNING d.due_id, d.kind, d.subject_id, d.tries, d.payload)
           SELECT * FROM looked UNION ALL SELECT * FROM fired""",
        {"now": now, "limit": limit},
    )
    return await cursor.fetchall()


async def done(conn: Connection, rows: Collection[UUID]) -> None:
    """What these rows sent has its outcome. One that waits for another try stays. Replay: they are gone already."""
    if rows:
        await conn.execute(
            """DELETE FROM due WHERE due_id IN (
                 SELECT due_id FROM due WHERE due_id = ANY(%s) AND fired_at IS NOT NULL ORDER BY due_id FOR UPDATE)""",
            [list(rows)],
        )
