"""Due rows: everything that waits. They survive restarts, and an auditor can see what is planned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from pipeline.store.database import Connection
from pipeline.topology import STAGES
from schemas.messages import Frozen


async def publish(
    conn: Connection, due_id: UUID, tenant: str, subject: UUID, topic: str, message: Frozen, at: datetime
) -> None:
    """Plan a message for a topic; the relay produces it."""
    await conn.execute(
        "INSERT INTO due (due_id, tenant, kind, subject_id, at, payload) VALUES (%s, %s, 'publish', %s, %s, %s)",
        [due_id, tenant, subject, at, Jsonb({"topic": topic, "message": message.wire()})],
    )


async def any_now(conn: Connection, now: datetime) -> bool:
    """Whether anything is due: asked several times a second, and mostly nothing is."""
    return await (await conn.execute("SELECT FROM due WHERE at <= %s LIMIT 1", [now])).fetchone() is not None


async def take(conn: Connection, now: datetime, limit: int) -> list[dict[str, Any]]:
    """What is due, deleted in this transaction: nobody else takes it, and a rollback puts it back."""
    cursor = await conn.execute(
        """DELETE FROM due WHERE due_id IN (
             SELECT due_id FROM due WHERE at <= %s ORDER BY at LIMIT %s FOR UPDATE SKIP LOCKED)
           RETURNING kind, subject_id, tries, payload, reason""",
        [now, limit],
    )
    return await cursor.fetchall()


async def on_their_way(conn: Connection, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    """Documents whose next try is being produced move again: should the message be lost, the sweeper sees it.

    Only where the document still waits for this very try; a row that comes late does not stir one that went on.
    """
    readers = {stage.source: stage.name for stage in STAGES}
    tries = [
        (row["subject_id"], readers.get(row["payload"]["topic"]), row["reason"])
        for row in rows
        if row["kind"] == "retry" and row["payload"].get("message", {}).get("document_id") == str(row["subject_id"])
    ]
    if tries:
        await conn.execute(
            """UPDATE document d SET state = 'moving', updated_at = %s
                 FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS u(document_id, stage, reason)
                WHERE d.document_id = u.document_id AND d.state = 'waiting' AND d.stage = u.stage
                  AND d.reason = u.reason""",
            [now, *(list(column) for column in zip(*sorted(tries), strict=True))],
        )
