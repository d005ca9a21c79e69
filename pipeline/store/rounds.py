"""A new round of a document: opened by a recorded command only, it cancels what still waits of the earlier one.

What is under way at a provider is not taken back: its reports are kept with its own round, and nothing follows them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Json, Jsonb

from pipeline.store import settling
from pipeline.store.database import Connection
from pipeline.topology import STAGES, StageSpec
from schemas.deliveries import AttemptState, Channel
from schemas.events import Event, document_stream
from stages.delivery.policy import AttemptView

REASON = "new-round"


async def lock(conn: Connection, document: UUID) -> dict[str, Any] | None:
    """The document's row; it, its deliveries and their attempts are locked, in everybody's order."""
    cursor = await conn.execute("SELECT delivery_id FROM delivery WHERE document_id = %s", [document])
    await settling.lock(conn, [row["delivery_id"] for row in await cursor.fetchall()])
    await conn.execute(
        "SELECT attempt_id FROM attempt WHERE document_id = %s ORDER BY attempt_id FOR UPDATE", [document]
    )
    cursor = await conn.execute(
        """SELECT document_id, tenant, export_id, number, state, reason, stage, round, duplicate_of
             FROM document WHERE document_id = %s FOR UPDATE""",
        [document],
    )
    return await cursor.fetchone()


async def begin(
    conn: Connection, document: dict[str, Any], at: StageSpec, message: dict[str, Any], why: str, log: list[Event],
    now: datetime,
) -> int:  # fmt: skip
    """Put a document, which `lock` gave, before a stage, with its message in a new round; returns the round."""
    round_ = int(document["round"]) + 1
    message = {**message, "round": round_}
    before = next((stage for stage in STAGES if stage.target == at.source), None)
    await cancel(conn, document, log, now)
    await conn.execute(
        """UPDATE document SET round = %s, state = 'moving', stage = %s, reason = NULL, resent = 0, registered = true,
                  updated_at = %s WHERE document_id = %s""",
        [round_, before.name if before else at.name, now, document["document_id"]],
    )
    if before is not None:  # so that the sweeper finds what to send on, should it be lost on the way
        await conn.execute(
            """INSERT INTO outcome (subject_id, stage, round, tenant, message, made_at) VALUES (%s, %s, %s, %s, %s, %s)
               ON CONFLICT DO NOTHING""",
            [document["document_id"], before.name, round_, document["tenant"], Json(message), now],
        )
    payload = {"topic": at.source, "message": message}
    await publish(conn, document["tenant"], document["document_id"], payload, why, now)
    return round_


async def publish(
    conn: Connection, tenant: str, subject: UUID, payload: dict[str, Any], why: str, now: datetime
) -> None:
    """Plan a message, or raw bytes, for a topic: the relay produces it at once."""
    await conn.execute(
        """INSERT INTO due (due_id, tenant, kind, subject_id, at, payload, reason)
           VALUES (%s, %s, 'publish', %s, %s, %s, %s)""",
        [uuid4(), tenant, subject, now, Jsonb(payload), why],
    )


async def cancel(conn: Connection, document: dict[str, Any], log: list[Event], now: datetime) -> None:
    """What still waits of earlier rounds is not done any more, and the history says so."""
    about = document["document_id"]
    await conn.execute("DELETE FROM due WHERE subject_id = %s AND kind = 'retry'", [about])
    cursor = await conn.execute(
        """UPDATE attempt SET state = 'cancelled', reason = %s, leased_until = NULL, updated_at = %s
            WHERE document_id = %s AND state = 'planned' RETURNING attempt_id, ordinal, channel""",
        [REASON, now, about],
    )
    for row in sorted(await cursor.fetchall(), key=lambda row: row["attempt_id"]):
        view = AttemptView(row["attempt_id"], row["ordinal"], Channel(row["channel"]), AttemptState.CANCELLED)
        log.append(settling.cancelled_event(document["tenant"], document_stream(about), view, REASON, now))
    await conn.execute(
        """UPDATE delivery SET state = 'cancelled', reason = %s, updated_at = %s
            WHERE document_id = %s AND state = 'open'
              AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = delivery.delivery_id
                                 AND a.state NOT IN ('cancelled', 'planned'))""",
        [REASON, now, about],
    )
