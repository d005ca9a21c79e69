"""Reports that fit no attempt: kept, told in the log and shown to the operator; they change no delivery.

A STOP or START names no attempt and is no orphan: it is the word of a number's owner to the number that we send from.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.store import reports
from pipeline.store.database import Connection
from pipeline.store.suppressions import EVERYONE, OPTED_OUT, opt_in, suppress
from schemas import ids
from schemas.deliveries import Report, ReportAction
from schemas.events import Event, EventType
from stages.delivery import addresses

WISHES = (ReportAction.UNSUBSCRIBED, ReportAction.RESUBSCRIBED)

_ORPHAN = "attempt_id IS NULL AND action <> ALL(%s)"


async def keep(
    conn: Connection, tenant: str, inbox: UUID, report: Report, fitting: int | None, log: list[Event], now: datetime
) -> None:
    """Store it, and do what the address's owner wishes. `fitting`: how many attempts it could be of."""
    if not await reports.keep(conn, inbox, report, None, now):
        return
    data: dict[str, Any] = {"provider": report.provider, "reported_at": report.reported_at}
    if report.final_recipient and (kind := await _wish(conn, report, report.final_recipient, now)):
        channel = addresses.channel_of(report.final_recipient).value
        data |= {"channel": channel, "reason": OPTED_OUT, "binds": "every tenant"}
    else:
        kind = EventType.REPORT_ORPHANED
        told = {"reason": report.reason, "status": report.status, "code": report.code, "fitting": fitting}
        data |= {"action": report.action.value, "inbox": str(inbox)}
        data |= {name: value for name, value in told.items() if value is not None}
    log.append(
        Event(
            tenant=tenant,
            stream=f"account:{tenant}",
            type=kind,
            cause=str(ids.derive("orphan", inbox, report.provider, report.key)),
            occurred_at=now,
            actor=f"provider:{report.provider}",
            data=data,
            personal={"recipient": report.final_recipient} if report.final_recipient else None,
        )
    )


async def _wish(conn: Connection, report: Report, recipient: str, now: datetime) -> EventType | None:
    """No tenant is named, so it holds for all of them. None where it wishes nothing, or nothing was to be done."""
    channel = addresses.channel_of(recipient)
    address = addresses.usable(channel, recipient).address or recipient
    if report.action is ReportAction.UNSUBSCRIBED:
        await suppress(conn, EVERYONE, channel.value, address, OPTED_OUT, cause=None, now=now)
        return EventType.SUPPRESSED
    if report.action is ReportAction.RESUBSCRIBED and await opt_in(conn, None, channel.value, address):
        return EventType.SUPPRESSION_LIFTED
    return None


async def count(conn: Connection, *, tenant: str | None = None) -> int:
    """How many there are."""
    cursor = await conn.execute(
        f"SELECT count(*) AS n FROM report WHERE {_ORPHAN} AND (%s::text IS NULL OR tenant = %s)",  # noqa: S608  constant
        [[action.value for action in WISHES], tenant, tenant],
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["n"])


async def listed(conn: Connection, *, tenant: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
    """Newest first: what was said, by whom, of which recipient (personal), and the reason where it has one."""
    cursor = await conn.execute(
        f"""SELECT report_id, tenant, action, report ->> 'provider' AS provider,
                   report ->> 'final_recipient' AS recipient, report ->> 'reason' AS reason,
                   report ->> 'status' AS status, report ->> 'code' AS code, reported_at, received_at, inbox_id
              FROM report WHERE {_ORPHAN} AND (%s::text IS NULL OR tenant = %s)
             ORDER BY received_at DESC, report_id LIMIT %s""",  # noqa: S608  constant
        [[action.value for action in WISHES], tenant, tenant, limit],
    )
    return await cursor.fetchall()
