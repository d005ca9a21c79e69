"""What a later export puts in the place of an earlier one: a revision that was out, and tries that stopped.

The newest try of a number stands for it. An earlier one that holds no business key, refused or in conflict, is nobody's
work any more when it comes again: with the same key after a refusal, with the same content, or out of a file of the
same name. Two invoices of one number out of two files stay two, for a person to tell apart.

What an older release left open although its number had come again is settled by the same rule, once (`catch_up`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.store.database import Connection, as_json
from schemas.events import Event, EventType, document_stream
from schemas.messages import ExportReceived

_SAME = """NOT d.registered AND d.state IN ('parked', 'refused') AND d.export_id <> new.export_id
              AND ((d.business_key = n.business_key AND (d.state = 'refused' OR d.content_hash = n.content_hash))
                   OR (old.name = new.name
                       AND (d.seller_key IS NULL OR n.seller_key IS NULL
                            OR (d.seller_key = n.seller_key AND d.document_type = n.document_type))))"""
"""Whether document `d` of export `old` is an earlier try of `n`, which came in export `new`."""

_WHY = "a later export of this number took its place"


@dataclass(frozen=True)
class Newest:
    """What a number stands for now: `by`, the document itself or the one that it is a duplicate of. `revision` above 1
    takes the place of the one before."""

    by: UUID
    number: str
    business_key: str | None
    content_hash: str | None
    seller_key: str | None
    document_type: str
    revision: int


async def settle(
    conn: Connection, message: ExportReceived, newest: Sequence[Newest], log: list[Event], now: datetime
) -> None:
    """Close what these took the place of, with the event that says so. Replay: nothing is found any more."""
    found = {
        row["document_id"]: row for each in newest if each.revision > 1 for row in await _before(conn, message, each)
    }
    found |= {row["document_id"]: row for row in await _tries(conn, message, newest)}
    await _close(conn, found, "stage:extraction", f"extraction/{message.round}/{message.step}", log, now)


async def catch_up(conn: Connection, log: list[Event], now: datetime) -> int:
    """Close the open stops whose numbers came again before this release; returns how many. The second time: none."""
    cursor = await conn.execute(
        f"""SELECT d.document_id, d.tenant, later.by, NULL::int AS revision
              FROM parked p JOIN document d USING (document_id) JOIN export old ON old.export_id = d.export_id
             CROSS JOIN LATERAL (
                SELECT coalesce(n.duplicate_of, n.document_id) AS by
                  FROM document n JOIN export new ON new.export_id = n.export_id
                 WHERE n.tenant = d.tenant AND n.number = d.number AND n.created_at > p.parked_at AND {_SAME}
                 ORDER BY n.created_at DESC, n.document_id LIMIT 1) later
             WHERE p.state = 'open' ORDER BY p.parked_id FOR UPDATE OF p"""  # noqa: S608  constants
    )
    found = {row["document_id"]: row for row in await cursor.fetchall()}
    await _close(conn, found, "role:sweeper", "sweeper/superseded", log, now)
    return len(found)


async def _close(
    conn: Connection, found: Mapping[UUID, dict[str, Any]], by: str, cause: str, log: list[Event], now: datetime
) -> None:
    if not found:
        return
    ended = list(found)
    await conn.execute(
        """UPDATE parked SET state = 'superseded', closed_at = %s, closed_by = %s, closed_why = %s
            WHERE document_id = ANY(%s) AND state = 'open'""",
        [now, by, _WHY, ended],
    )
    await conn.execute(
        """UPDATE document SET state = 'superseded', reason = 'superseded', updated_at = %s
            WHERE document_id = ANY(%s)""",
        [now, ended],
    )
    log += [_event(row, by, cause, now) for row in found.values()]


async def _before(conn: Connection, message: ExportReceived, newest: Newest) -> list[dict[str, Any]]:
    """The revision before this one, which is related to it."""
    cursor = await conn.execute(
        """INSERT INTO relation (document_id, kind, tenant, target)
           SELECT %s, 'supersedes', tenant, document_id::text FROM document
            WHERE tenant = %s AND business_key = %s AND registered AND revision = %s
           RETURNING target::uuid AS document_id, tenant, document_id AS by, %s::int AS revision""",
        [newest.by, message.tenant, newest.business_key, newest.revision - 1, newest.revision],
    )
    return await cursor.fetchall()


async def _tries(conn: Connection, message: ExportReceived, newest: Sequence[Newest]) -> list[dict[str, Any]]:
    """Open stops of earlier exports, locked in the order in which a replay locks them."""
    cursor = await conn.execute(
        f"""SELECT d.document_id, d.tenant, n.by, NULL::int AS revision
             FROM json_to_recordset(%s::json) AS n(by uuid, number text, business_key text, content_hash text,
                                                   seller_key text, document_type text)
             JOIN document d ON d.tenant = %s AND d.number = n.number
             JOIN parked p ON p.document_id = d.document_id AND p.state = 'open'
             JOIN export old ON old.export_id = d.export_id
             JOIN export new ON new.export_id = %s
            WHERE {_SAME} ORDER BY p.parked_id FOR UPDATE OF p""",  # noqa: S608  constants
        [as_json([asdict(each) for each in newest]), message.tenant, message.export_id],
    )
    return await cursor.fetchall()


def _event(row: dict[str, Any], by: str, cause: str, now: datetime) -> Event:
    revision = {"revision": row["revision"]} if row["revision"] else {}
    return Event(
        tenant=row["tenant"],
        stream=document_stream(row["document_id"]),
        type=EventType.SUPERSEDED,
        cause=cause,
        occurred_at=now,
        actor=by,
        data={"by": str(row["by"]), **revision},
    )
