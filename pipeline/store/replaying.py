"""What a person does with parked work: put it back in a new round, or close it and say why."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from pipeline.store import composing, events, rounds
from pipeline.store.database import Connection, Store
from pipeline.topology import BY_NAME
from schemas import ids
from schemas.errors import ConfigurationError
from schemas.events import Event, EventType

STOPPED = ("parked", "refused")
"""States of a document that waits for a person."""


async def replay(store: Store, parked_id: UUID, *, by: str, why: str) -> int:
    """Put parked work back at the stage where it stopped. Returns the round: a new one, but for a single delivery.

    Replay: the row is closed in the same transaction, so doing it twice does it once. Raises ConfigurationError.
    """
    now = store.clock()
    try:
        async with store.transaction() as conn:
            row = await _open(conn, parked_id)
            if composing.is_delivery(row):
                round_ = await composing.put_back(conn, row, now)
                data = {"why": why, "stage": row["stage"], "round": round_}
                await _tell(conn, store, row, EventType.REPLAYED, by, data, now)
            elif row["raw"] is not None and row["message"] is None:
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
        if composing.is_delivery(row):
            if not await composing.close(conn, row, now):
                return
        elif row["document_id"] is not None:
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
    found = await rounds.lock(conn, document)
    if found is None:
        raise ConfigurationError("there is no such document: discard this")
    if found["state"] not in STOPPED:  # it arrived late, was superseded, or another stop of it was replayed
        raise ConfigurationError(f"its document is {found['state']} by now: discard this")
    if row["message"] is None:
        raise ConfigurationError("this record never became a document: mend the export and drop it again")
    log: list[Event] = []
    spec = BY_NAME[row["stage"]]
    round_ = await rounds.begin(conn, found, spec, row["message"], "replayed", log, now)
    data = {"why": why, "stage": row["stage"], "round": round_}
    await _tell(conn, store, row, EventType.REPLAYED, by, data, now, log)
    return round_


async def _replay_export(
    conn: Connection, store: Store, row: dict[str, Any], by: str, why: str, now: datetime
) -> int:  # fmt: skip
    message = {**row["message"], "round": row["round"] + 1}
    await conn.execute(
        "UPDATE export SET state = 'moving', reason = NULL, updated_at = %s WHERE export_id = %s",
        [now, row["export_id"]],
    )
    payload = {"topic": BY_NAME[row["stage"]].source, "message": message}
    await rounds.publish(conn, row["tenant"], row["export_id"], payload, "replayed", now)
    data = {"why": why, "stage": row["stage"], "round": message["round"]}
    await _tell(conn, store, row, EventType.REPLAYED, by, data, now)
    return int(message["round"])


async def _replay_report(conn: Connection, row: dict[str, Any], now: datetime) -> int:
    """A provider's report that its reader could not take: read again, by newer code."""
    message = {**row["message"], "round": row["round"] + 1}
    subject = UUID(message["inbox_id"])
    payload = {"topic": BY_NAME[row["stage"]].source, "message": message}
    await rounds.publish(conn, row["tenant"], subject, payload, "replayed", now)
    return int(message["round"])


async def _replay_raw(conn: Connection, row: dict[str, Any], now: datetime) -> int:
    """Bytes that could not be decoded go back as they were: newer code may read them."""
    payload = {
        "topic": row["topic"],
        "raw": base64.b64encode(row["raw"]).decode(),
        "headers": row["detail"].get("headers", {}),
    }
    await rounds.publish(conn, row["tenant"], row["parked_id"], payload, "replayed", now)
    return 1


async def _tell(
    conn: Connection, store: Store, row: dict[str, Any], type_: EventType, by: str, data: dict[str, Any], now: datetime,
    log: Sequence[Event] = (),
) -> None:  # fmt: skip
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
    await events.append(conn, [*log, event], recorded_at=now, keys=store.keys)
