"""Due rows: everything that waits. They survive restarts, and an auditor can see what is planned."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from pipeline.store.database import Connection
from schemas.messages import Frozen


async def publish(
    conn: Connection, due_id: UUID, tenant: str, subject: UUID, topic: str, message: Frozen, at: datetime
) -> None:
    """Plan a message for a topic; the relay produces it."""
    await conn.execute(
        "INSERT INTO due (due_id, tenant, kind, subject_id, at, payload) VALUES (%s, %s, 'publish', %s, %s, %s)",
        [due_id, tenant, subject, at, Jsonb({"topic": topic, "message": message.wire()})],
    )


async def take(conn: Connection, now: datetime, limit: int) -> list[dict[str, Any]]:
    """What is due, deleted in this transaction: nobody else takes it, and a rollback puts it back."""
    cursor = await conn.execute(
        """DELETE FROM due WHERE due_id IN (
             SELECT due_id FROM due WHERE at <= %s ORDER BY at LIMIT %s FOR UPDATE SKIP LOCKED)
           RETURNING kind, subject_id, tries, payload""",
        [now, limit],
    )
    return await cursor.fetchall()
