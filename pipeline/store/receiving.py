"""What the door writes: an export, its event, and the message that starts its journey, in one transaction."""

from __future__ import annotations

from datetime import datetime

from psycopg.types.json import Jsonb

from pipeline.store import artefacts, due, events
from pipeline.store.database import Connection
from pipeline.store.personal import KeyRing
from schemas import ids
from schemas.events import Event
from schemas.messages import ExportReceived


async def receive(
    conn: Connection, message: ExportReceived, event: Event, *, topic: str, by: str, now: datetime, keys: KeyRing
) -> bool:
    """False when this receipt stands there already: then nothing is written."""
    export, tenant, ref = message.export_id, message.tenant, message.source
    cursor = await conn.execute(
        """INSERT INTO export (export_id, tenant, name, profile, source, received_at, received_by, state, updated_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, 'moving', %s) ON CONFLICT DO NOTHING RETURNING export_id""",
        [export, tenant, message.name, message.profile, Jsonb(ref.wire()), now, by, now],
    )
    if await cursor.fetchone() is None:
        return False
    await artefacts.insert(conn, [(export, tenant, ref)], now)
    await due.publish(conn, ids.derive("publish", export), tenant, export, topic, message, now)
    await events.append(conn, [event], recorded_at=now, keys=keys)
    return True


async def moving(conn: Connection, limit: int) -> int:
    """How many documents are unfinished, counted no further than `limit`."""
    cursor = await conn.execute(
        "SELECT count(*) AS n FROM (SELECT 1 FROM document WHERE state = 'moving' LIMIT %s) AS unfinished", [limit]
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["n"])
