"""What the sweeper asks and writes: batches that are done, documents that stopped moving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from pipeline.store import events, parking
from pipeline.store.database import Connection
from pipeline.store.personal import KeyRing
from pipeline.topology import BY_NAME, EXPORT_RECEIVED
from schemas.events import Event, EventType, export_stream
from schemas.messages import ExportReceived
from schemas.outcomes import Refusal

LOCK = 0x73776565706572
"""'sweeper' in ASCII."""


@dataclass(frozen=True)
class Stuck:
    """What should have moved: since when, and the message that is to be sent on again, to which topic.

    `kind` is document, export, or due: a row whose message left and has no outcome. Of a document also where it
    stands, and how often it was sent on.
    """

    kind: str
    subject_id: UUID
    topic: str
    since: datetime
    message: dict[str, Any]
    tenant: str = ""
    stage: str = ""
    round: int = 1
    times: int = 0
    export_id: UUID | None = None


async def alone(conn: Connection) -> bool:
    """True in one transaction at a time."""
    cursor = await conn.execute("SELECT pg_try_advisory_xact_lock(%s) AS got", [LOCK])
    row = await cursor.fetchone()
    return bool(row and row["got"])


async def settle_batches(conn: Connection, now: datetime, keys: KeyRing) -> int:
    """An export is settled when as many of its documents as it held have reached their end."""
    cursor = await conn.execute(
        """UPDATE export e SET state = 'settled', updated_at = %s
            WHERE e.state = 'moving' AND e.documents IS NOT NULL
              AND NOT EXISTS (SELECT 1 FROM document d
                               WHERE d.export_id = e.export_id AND d.state IN ('moving', 'waiting'))
           RETURNING export_id, tenant, documents""",
        [now],
    )
    settled = await cursor.fetchall()
    log = []
    for row in settled:
        cursor = await conn.execute(
            "SELECT state, count(*) AS n FROM document WHERE export_id = %s GROUP BY state ORDER BY state",
            [row["export_id"]],
        )
        states = {each["state"]: each["n"] for each in await cursor.fetchall()}
        log.append(
            Event(
                tenant=row["tenant"],
                stream=export_stream(row["export_id"]),
                type=EventType.BATCH_SETTLED,
                cause="sweeper",
                occurred_at=now,
                actor="role:sweeper",
                data={"documents": row["documents"], "states": states},
            )
        )
    await events.append(conn, log, recorded_at=now, keys=keys)
    return len(settled)


async def stuck(conn: Connection, before: datetime, limit: int) -> list[Stuck]:
    """What has been moving since before a moment, with its last recorded message, or the due row that sent it.

    The document's own stage may have recorded none: there it was tried, and is to be tried again.
    """
    found: list[Stuck] = []
    cursor = await conn.execute(
        """SELECT d.document_id, d.tenant, o.stage, d.round, d.updated_at, d.resent, d.export_id, o.message
             FROM document d CROSS JOIN LATERAL (
                  SELECT stage, message FROM outcome
                   WHERE subject_id = d.document_id AND round = d.round ORDER BY made_at DESC LIMIT 1) o
            WHERE d.state = 'moving' AND d.updated_at < %s AND o.message IS NOT NULL
              AND NOT EXISTS (SELECT FROM due WHERE subject_id = d.document_id)
            ORDER BY d.updated_at LIMIT %s""",
        [before, limit],
    )
    for row in await cursor.fetchall():
        target = BY_NAME[row["stage"]].target
        assert target is not None, "a document that delivery has taken is waiting, never moving"
        found.append(
            Stuck(
                "document",
                row["document_id"],
                target,
                row["updated_at"],
                row["message"],
                tenant=row["tenant"],
                stage=row["stage"],
                round=row["round"],
                times=row["resent"],
                export_id=row["export_id"],
            )
        )
    cursor = await conn.execute(
        """SELECT e.export_id, e.tenant, e.name, e.profile, e.source, e.updated_at, e.step
             FROM export e
            WHERE e.state = 'moving' AND e.documents IS NULL AND e.updated_at < %s
              AND NOT EXISTS (SELECT FROM due WHERE subject_id = e.export_id) ORDER BY e.updated_at LIMIT %s""",
        [before, limit],
    )
    for row in await cursor.fetchall():
        about = {name: row[name] for name in ("tenant", "export_id", "name", "profile", "source", "step")}
        message = ExportReceived.model_validate(about)  # a step that is recorded sends its documents on again
        found.append(Stuck("export", row["export_id"], EXPORT_RECEIVED, row["updated_at"], message.wire()))
    cursor = await conn.execute(
        """SELECT due_id, fired_at, payload FROM due WHERE fired_at < %s ORDER BY fired_at LIMIT %s""", [before, limit]
    )
    for row in await cursor.fetchall():
        found.append(Stuck("due", row["due_id"], row["payload"]["topic"], row["fired_at"], {}))
    return found


async def claim(conn: Connection, items: Sequence[Stuck], now: datetime) -> list[Stuck]:
    """Of these, what still stands where it stood, counted and with its budget anew: theirs is the message to send.

    A due row is put back instead, and the relay sends it. To be asked after the broker was: what was worked on and
    acknowledged before has moved by now, or waits for its next try.
    """
    claimed: set[UUID] = set()
    for kind, query in CLAIMS.items():
        mine = sorted((each.subject_id, each.since) for each in items if each.kind == kind)
        if mine:
            cursor = await conn.execute(query, {"now": now, "ids": [i for i, _ in mine], "since": [s for _, s in mine]})
            claimed |= {row["id"] for row in await cursor.fetchall()}
    return [each for each in items if each.subject_id in claimed]


CLAIMS: dict[str, LiteralString] = {
    "document": """
        WITH still AS MATERIALIZED (
            SELECT d.document_id FROM document d
              JOIN unnest(%(ids)s::uuid[], %(since)s::timestamptz[]) AS u(id, since) ON d.document_id = u.id
             WHERE d.updated_at = u.since AND d.state = 'moving'
               AND NOT EXISTS (SELECT FROM due WHERE subject_id = d.document_id)
             ORDER BY d.document_id FOR UPDATE OF d)
        UPDATE document SET resent = resent + 1, updated_at = %(now)s
         WHERE document_id IN (SELECT document_id FROM still) RETURNING document_id AS id""",
    "export": """
        UPDATE export e SET updated_at = %(now)s
          FROM unnest(%(ids)s::uuid[], %(since)s::timestamptz[]) AS u(id, since)
         WHERE e.export_id = u.id AND e.updated_at = u.since AND e.state = 'moving' AND e.documents IS NULL
           AND NOT EXISTS (SELECT FROM due WHERE subject_id = e.export_id) RETURNING e.export_id AS id""",
    "due": """
        UPDATE due d SET fired_at = NULL, at = %(now)s
          FROM unnest(%(ids)s::uuid[], %(since)s::timestamptz[]) AS u(id, since)
         WHERE d.due_id = u.id AND d.fired_at = u.since RETURNING d.due_id AS id""",
}


async def park_lost(conn: Connection, items: Sequence[Stuck], now: datetime, keys: KeyRing) -> None:
    """Three times sent on, three times it did not arrive: a person has to look. This transaction has claimed them."""
    log: list[Event] = []
    for each in items:
        refusal = Refusal("lost", "Sent on three times from what was recorded, and it did not arrive.")
        await parking.park(
            conn,
            each.stage,
            each.tenant,
            refusal,
            document=each.subject_id,
            export=each.export_id,
            round_=each.round,
            message=each.message,
            log=log,
            now=now,
            step=1,
        )
        await conn.execute(
            "UPDATE document SET state = 'parked', reason = 'lost', updated_at = %s WHERE document_id = %s",
            [now, each.subject_id],
        )
    await events.append(conn, log, recorded_at=now, keys=keys)
