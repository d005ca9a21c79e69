"""The inbox: what others tell us is committed as it came, before they are answered; read and understood later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

import orjson
from psycopg.types.json import Jsonb

from connectors.payloads import storable
from pipeline import topology
from pipeline.store.database import Connection, Store
from schemas import ids
from schemas.errors import ArtefactDamaged
from schemas.messages import ReportReceived
from schemas.outcomes import PageAction
from stages.acknowledgement import PAGE, Received


async def receive(
    store: Store, *, tenant: str, source: str, headers: Mapping[str, str], body: bytes, now: datetime | None = None
) -> UUID:
    """Commit a report, a bounce mail or a page action, and that it is to be relayed to acknowledgement.

    `source` names its reader: sendgrid, twilio, bounce, page. What is given here stands when this returns: only then
    may the sender be answered. Raises StoreUnavailable (transient): answer 503, the sender comes again.
    """
    inbox_id, now = uuid4(), now or store.clock()
    async with store.transaction() as conn:
        await _insert(conn, inbox_id, tenant, source, headers, body, now)
    return inbox_id


async def receive_action(store: Store, *, tenant: str, action: PageAction) -> UUID:
    """The same for what a recipient did on the page."""
    body = orjson.dumps(
        {
            "action": action.action.value,
            "link_id": str(action.link_id),
            "at": action.at.isoformat(),
            "data": action.data,
            "personal": action.personal,
        }
    )
    return await receive(store, tenant=tenant, source=PAGE, headers={}, body=body)


async def _insert(
    conn: Connection, inbox_id: UUID, tenant: str, source: str, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    await conn.execute(
        """INSERT INTO inbox (inbox_id, tenant, source, received_at, headers, body)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        [inbox_id, tenant, source, now, Jsonb(storable(dict(headers))), body],
    )
    message = ReportReceived(tenant=tenant, inbox_id=inbox_id)
    await conn.execute(
        """INSERT INTO due (due_id, tenant, kind, subject_id, at, payload) VALUES (%s, %s, 'inbox', %s, %s, %s)""",
        [
            ids.derive("inbox", inbox_id),
            tenant,
            inbox_id,
            now,
            Jsonb({"topic": topology.REPORT_RECEIVED, "message": message.wire()}),
        ],
    )


class PostgresInbox:
    """The port by which acknowledgement reads what came."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def read(self, inbox_id: UUID) -> Received:
        """Raises ArtefactDamaged (permanent) where there is no such row."""
        async with self.store.transaction() as conn:
            cursor = await conn.execute(
                "SELECT source, headers, body, received_at FROM inbox WHERE inbox_id = %s", [inbox_id]
            )
            row = await cursor.fetchone()
        if row is None:
            raise ArtefactDamaged("the inbox has no such row", inbox=str(inbox_id))
        return Received(
            source=row["source"], headers=row["headers"], body=bytes(row["body"]), received_at=row["received_at"]
        )
