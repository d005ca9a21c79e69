"""What a person does with parked work: put it back in a new round, or close it and say why.

A round is opened by a recorded command only, and cancels what still waits of the earlier one.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.types.json import Jsonb

from pipeline.store import events
from pipeline.store.database import Connection, Store
from pipeline.topology import BY_NAME, STAGES
from schemas import ids
from schemas.errors import ConfigurationError
from schemas.events import Event, EventType

STOPPED = ("parked", "refused")
"""States of a document that waits for a person."""


async def replay(store: Store, parked_id: UUID, *, by: str, why: str) -> int:
    """Put parked work back at the stage where it stopped. Returns the new round.

    Replay: the row is closed in the same transaction, so doing it twice does it once. Raises ConfigurationError.
    """
    now = store.clock()
    try:
        async with store.transaction() as conn:
            row = await _open(conn, parked_id)
            if row["raw"] is not None and row["message"] is None:
                round_ = await _replay_raw(conn, row, now)
            elif row["document_id"] is not None:
                round_ = await _replay_document(conn, store, row, by, why, now)
            elif row["export_id"] is not None:
                round_ = await _replay_export(conn, store, row, by, why, now)
            else:
                round_ = await _replay_report(conn, row, now)
            await _close(conn, parked_id, "replayed", by, why, now)
            return round_
    except psycopg.errors.UniqueViolation as error:
        raise ConfigurationError("another document has been registered under this business key meanwhile") from error


async def discard(store: Store, parked_id: UUID, *, by: str, why: str) -> None:
    """Close parked work without doing it. Raises ConfigurationError when it is not open, or no reason is given."""
    if not why.strip():
        raise ConfigurationError("--reason: discarding needs one, for the record")
    now = store.clock()
    async with store.transaction() as conn:
        row = await _open(conn, parked_id)
        await _close(conn, parked_id, "discarded", by, why, now)
        if row["document_id"] is not None:
            cursor = await conn.execute(
                """UPDATE document SET state = 'discarded', reason = 'discarded', registered = false, updated_at = %s
                    WHERE document_id = %s AND state = ANY(%s)""",
                [now, row["document_id"], list(STOPPED)],
            )
            if cursor.rowcount == 0:
                return  # the document went on: it was not discarded, and its history must not say so
        if row["document_id"] is None and row["export_id"] is None:
            return  # a raw message has no stream; its row keeps who, when and why
        await _tell(conn, store, row, EventType.DISCARDED, by, {"why": why, "stage": row["stage"]}, now)


async def _open(conn: Connection, parked_id: UUID) -> dict[str, Any]:
    cursor = await conn.execute("SELECT * FROM parked WHERE parked_id = %s FOR UPDATE", [parked_id])
    row = await cursor.fetchone()
    if row is None:
        raise ConfigurationError(f"nothing is parked under {parked_id}")
    if row["state"] != "open":
        raise ConfigurationError(f"{parked_id} was {row['state']} by {row['closed_by']} before")
    return row


async def _close(conn: Connection, parked_id: UUID, state: str, by: str, why: str, now: datetime) -> None:
    await conn.execute(
        "UPDATE parked SET state = %s, closed_at = %s, closed_by = %s, closed_why = %s WHERE parked_id = %s",
        [state, now, by, why, parked_id],
    )


async def _replay_document(
    conn: Connection, store: Store, row: dict[str, Any], by: str, why: str, now: datetime
) -> int:  # fmt: skip
    document = row["document_id"]
    cursor = await conn.execute("SELECT round, state FROM document WHERE document_id = %s FOR UPDATE", [document])
    found = await cursor.fetchone()
    if found is None:
        raise ConfigurationError("there is no such document: discard this")
    if found["state"] not in STOPPED:  # it arrived late, was superseded, or another stop of it was replayed
        raise ConfigurationError(f"its document is {found['state']} by now: discard this")
    if row["message"] is None:
        raise ConfigurationError("this record never became a document: mend the export and drop it again")
    round_ = int(found["round"]) + 1
    spec = BY_NAME[row["stage"]]
    message = {**row["message"], "round": round_}
    before = next((stage for stage in STAGES if stage.target == spec.source), None)
    await conn.execute(
        """UPDATE document SET round = %s, state = 'moving', stage = %s, reason = NULL, resent = 0, registered = true,
                  updated_at = %s WHERE document_id = %s""",
        [round_, before.name if before else row["stage"], now, document],
    )
    await _cancel(conn, document, now)
    if before is not None:  # so that the sweeper finds what to send on, should it be lost on the way
        await conn.execute(
            """INSERT INTO outcome (subject_id, stage, round, tenant, message, made_at) VALUES (%s, %s, %s, %s, %s, %s)
               ON CONFLICT DO NOTHING""",
            [document, before.name, round_, row["tenant"], Jsonb(message), now],
        )
    await _publish(conn, row["tenant"], document, {"topic": spec.source, "message": message}, now)
    await _tell(
        conn, store, row, EventType.REPLAYED, by, {"why": why, "stage": row["stage"], "round": round_}, now
    )  # fmt: skip
    return round_


async def _replay_export(
    conn: Connection, store: Store, row: dict[str, Any], by: str, why: str, now: datetime
) -> int:  # fmt: skip
    message = {**row["message"], "round": row["round"] + 1}
    await conn.execute(
        "UPDATE export SET state = 'moving', reason = NULL, updated_at = %s WHERE export_id = %s",
        [now, row["export_id"]],
    )
    await _publish(
        conn, row["tenant"], row["export_id"], {"topic": BY_NAME[row["stage"]].source, "message": message}, now
    )
    data = {"why": why, "stage": row["stage"], "round": message["round"]}
    await _tell(conn, store, row, EventType.REPLAYED, by, data, now)
    return int(message["round"])


async def _replay_report(conn: Connection, row: dict[str, Any], now: datetime) -> int:
    """A provider's report that its reader could not take: read again, by newer code."""
    message = {**row["message"], "round": row["round"] + 1}
    subject = UUID(message["inbox_id"])
    await _publish(conn, row["tenant"], subject, {"topic": BY_NAME[row["stage"]].source, "message": message}, now)
    return int(message["round"])


async def _replay_raw(conn: Connection, row: dict[str, Any], now: datetime) -> int:
    """Bytes that could not be decoded go back as they were: newer code may read them."""
    payload = {
        "topic": row["topic"],
        "raw": base64.b64encode(row["raw"]).decode(),
        "headers": row["detail"].get("headers", {}),
    }
    await _publish(conn, row["tenant"], row["parked_id"], payload, now)
    return 1


async def _publish(conn: Connection, tenant: str, subject: UUID, payload: dict[str, Any], now: datetime) -> None:
    await conn.execute(
        """INSERT INTO due (due_id, tenant, kind, subject_id, at, payload, reason)
           VALUES (%s, %s, 'publish', %s, %s, %s, 'replayed')""",
        [uuid4(), tenant, subject, now, Jsonb(payload)],
    )


async def _cancel(conn: Connection, document: UUID, now: datetime) -> None:
    """What still waits of earlier rounds is not done any more."""
    await conn.execute("DELETE FROM due WHERE subject_id = %s AND kind = 'retry'", [document])
    await conn.execute(
        """UPDATE attempt SET state = 'cancelled', reason = 'new-round', updated_at = %s
            WHERE document_id = %s AND state = 'planned'""",
        [now, document],
    )
    await conn.execute(
        """UPDATE delivery SET state = 'cancelled', reason = 'new-round', updated_at = %s
            WHERE document_id = %s AND state = 'open'
              AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = delivery.delivery_id
                                 AND a.state NOT IN ('cancelled', 'planned'))""",
        [now, document],
    )


async def _tell(
    conn: Connection, store: Store, row: dict[str, Any], type_: EventType, by: str, data: dict[str, Any], now: datetime
) -> None:
    stream = (
        f"document:{row['document_id']}" if row["document_id"] else f"export:{row['export_id'] or row['parked_id']}"
    )
    event = Event(
        tenant=row["tenant"],
        stream=stream,
        type=type_,
        cause=str(ids.derive(row["parked_id"], type_)),
        occurred_at=now,
        actor=by,
        data={**data, "parked": str(row["parked_id"])},
    )
    await events.append(conn, [event], recorded_at=now, keys=store.keys)
