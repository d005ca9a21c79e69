"""What the sweeper asks and writes: batches that are done, documents that stopped moving."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.store import events, parking
from pipeline.store.database import Connection
from pipeline.store.personal import KeyRing
from schemas.events import Event, EventType, export_stream
from schemas.messages import ExportReceived, ReportReceived
from schemas.outcomes import Refusal

LOCK = 0x73776565706572
"""'sweeper' in ASCII."""


@dataclass(frozen=True)
class Stuck:
    """A document, export or report that should have moved: since when, how often it was sent on, and with what."""

    kind: str
    subject_id: UUID
    tenant: str
    stage: str
    round: int
    since: datetime
    times: int
    message: dict[str, Any]
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
    """What has been moving since before a moment, with its last recorded message.

    The document's own stage may have none: there it was tried, and is to be tried again.
    """
    found: list[Stuck] = []
    cursor = await conn.execute(
        """SELECT d.document_id, d.tenant, o.stage, d.round, d.updated_at, d.resent, d.export_id, o.message
             FROM document d CROSS JOIN LATERAL (
                  SELECT stage, message FROM outcome
                   WHERE subject_id = d.document_id AND round = d.round ORDER BY made_at DESC LIMIT 1) o
            WHERE d.state = 'moving' AND d.updated_at < %s AND o.message IS NOT NULL
            ORDER BY d.updated_at LIMIT %s""",
        [before, limit],
    )
    for row in await cursor.fetchall():
        found.append(
            Stuck(
                "document",
                row["document_id"],
                row["tenant"],
                row["stage"],
                row["round"],
                row["updated_at"],
                row["resent"],
                row["message"],
                row["export_id"],
            )
        )
    cursor = await conn.execute(
        """SELECT e.export_id, e.tenant, e.name, e.profile, e.source, e.updated_at, e.step, o.message
             FROM export e
             LEFT JOIN outcome o ON o.subject_id = e.export_id AND o.stage = 'extraction' AND o.step = e.step
            WHERE e.state = 'moving' AND e.documents IS NULL AND e.updated_at < %s
              AND NOT EXISTS (SELECT 1 FROM due WHERE subject_id = e.export_id) LIMIT %s""",
        [before, limit],
    )
    for row in await cursor.fetchall():
        first = {"tenant": row["tenant"], "export_id": row["export_id"], "name": row["name"], "source": row["source"]}
        message = ExportReceived.model_validate({**first, "profile": row["profile"]}).wire()
        # a step that is recorded sends its documents and the next step on again
        found.append(
            Stuck(
                "export",
                row["export_id"],
                row["tenant"],
                "extraction",
                1,
                row["updated_at"],
                0,
                {**message, "step": row["step"]} if row["message"] is None else row["message"],
            )
        )
    cursor = await conn.execute(
        """SELECT inbox_id, tenant, received_at FROM inbox i
            WHERE processed_at IS NULL AND received_at < %s
              AND NOT EXISTS (SELECT 1 FROM due WHERE subject_id = i.inbox_id)
              AND NOT EXISTS (SELECT 1 FROM outcome WHERE subject_id = i.inbox_id) LIMIT %s""",
        [before, limit],
    )
    for row in await cursor.fetchall():
        message = ReportReceived(tenant=row["tenant"], inbox_id=row["inbox_id"]).wire()
        found.append(
            Stuck("report", row["inbox_id"], row["tenant"], "acknowledgement", 1, row["received_at"], 0, message)
        )
    return found


async def sent_again(conn: Connection, items: Sequence[Stuck], now: datetime) -> None:
    """Count it, and give it its budget anew. Only what still stands where it stood."""
    await conn.execute(
        """UPDATE document SET resent = resent + 1, updated_at = %s
            WHERE document_id = ANY(%s) AND state = 'moving' AND updated_at < %s""",
        [now, [each.subject_id for each in items if each.kind == "document"], now],
    )
    await conn.execute(
        "UPDATE export SET updated_at = %s WHERE export_id = ANY(%s)",
        [now, [each.subject_id for each in items if each.kind == "export"]],
    )


async def park_lost(conn: Connection, items: Sequence[Stuck], now: datetime, keys: KeyRing) -> None:
    """Three times sent on, three times it did not arrive: a person has to look."""
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
