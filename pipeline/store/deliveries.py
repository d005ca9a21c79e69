"""Deliveries: opened by the delivery stage, changed by reports, page actions and time.

A report is a row of its own, kept once for each attempt and key; the state of the attempt is the join over them. A
report that matches no attempt is kept as an orphan and does nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from pipeline.store import events, settling
from pipeline.store.database import Connection, Store, as_json
from pipeline.store.reporting import happened, suppressed_event, suppression
from pipeline.store.suppressions import suppress
from schemas import ids
from schemas.deliveries import AttemptState, Report, ReportAction
from schemas.events import Event, EventType, document_stream
from schemas.outcomes import ApplyReports, OpenDelivery, PageAction
from stages.delivery import addresses
from stages.delivery.states import joined


async def open_deliveries(
    conn: Connection, openings: Sequence[tuple[Any, OpenDelivery]], log: list[Event], now: datetime
) -> None:
    """Write deliveries and their first attempts: (message, opening). One that is open already stays as it is."""
    if not openings:
        return
    rows = sorted(openings, key=lambda row: row[1].delivery_id)
    await conn.execute(
        """INSERT INTO delivery (delivery_id, tenant, document_id, contact_id, purpose, round, channels, rule, policy,
                                 profile, language, interchange, copy_of, state, created_at, updated_at)
           SELECT delivery_id, tenant, document_id, contact_id, purpose, round,
                  ARRAY(SELECT json_array_elements_text(channels)), rule, policy, profile, language, interchange,
                  copy_of, 'open', %s, %s
             FROM json_to_recordset(%s::json) AS u(delivery_id uuid, tenant text, document_id uuid, contact_id uuid,
                  purpose text, round int, channels json, rule text, policy jsonb, profile text, language text,
                  interchange jsonb, copy_of text)
           ON CONFLICT DO NOTHING""",
        [now, now, as_json([{"tenant": message.tenant, **vars(opening)} for message, opening in rows])],
    )
    await conn.execute(
        """INSERT INTO attempt (attempt_id, tenant, delivery_id, document_id, ordinal, channel, state, due_at,
                                created_at, updated_at)
           SELECT attempt_id, tenant, delivery_id, document_id, 1, channel, 'planned', due_at, %s, %s
             FROM json_to_recordset(%s::json) AS u(attempt_id uuid, tenant text, delivery_id uuid, document_id uuid,
                  channel text, due_at timestamptz)
           ON CONFLICT DO NOTHING""",
        [
            now,
            now,
            as_json(
                [
                    {
                        "attempt_id": opening.attempt_id,
                        "tenant": message.tenant,
                        "delivery_id": opening.delivery_id,
                        "document_id": opening.document_id,
                        "channel": opening.channels[0],
                        "due_at": opening.due_at,
                    }
                    for message, opening in rows
                ]
            ),
        ],
    )


async def apply_reports(conn: Connection, message: Any, effect: ApplyReports, log: list[Event], now: datetime) -> None:
    """Join the reports of an inbox row to their attempts, follow the policy, and mark the row as processed."""
    await apply_all(conn, [(message, effect)], log, now)


async def apply_all(
    conn: Connection, effects: Sequence[tuple[Any, ApplyReports]], log: list[Event], now: datetime
) -> None:
    """The same for the inbox rows of a micro-batch: (message, effect).

    Every transaction locks deliveries first, then attempts, documents and streams, each in their order: so that a
    batch of reports, a dispatcher and the relay wait for each other and never crosswise.
    """
    told: list[tuple[Any, UUID, Report, dict[str, Any] | None]] = []
    for message, effect in effects:
        found = await _attempts(conn, effect.reports)
        told += [(message, effect.inbox_id, report, found.get(i)) for i, report in enumerate(effect.reports)]
    done = [(effect.inbox_id, index, act) for _, effect in effects for index, act in enumerate(effect.actions)]
    links = await _links(conn, [action.link_id for _, _, action in done])
    await settling.lock(
        conn,
        [row["delivery_id"] for _, _, _, row in told if row]
        + [row["delivery_id"] for row in links.values() if row["delivery_id"]],
    )
    triggers: dict[UUID, str] = {}
    for message, inbox, report, row in told:
        if row is None:
            await _orphan(conn, message.tenant, inbox, report, log, now)
        elif cause := await _join(conn, inbox, report, row["attempt_id"], log, now):
            triggers[row["delivery_id"]] = cause
    for inbox, index, action in done:
        if (row := links.get(action.link_id)) is not None:
            log.append(_acted(row, action, f"{inbox}/{index}"))
    handed = [(links[a.link_id], a.at) for _, _, a in done if a.action is EventType.HANDED_OVER and a.link_id in links]
    await _hand_over(conn, handed, now)
    triggers |= {row["delivery_id"]: f"handed-over/{at.isoformat()}" for row, at in handed if row["delivery_id"]}
    await settling.follow(conn, triggers, log, now)
    for _, effect in effects:
        matched = sum(row is not None for _, inbox, _, row in told if inbox == effect.inbox_id)
        result = f"{matched} of {len(effect.reports)} reports matched, {len(effect.actions)} actions"
        await conn.execute(
            "UPDATE inbox SET processed_at = %s, result = %s WHERE inbox_id = %s", [now, result, effect.inbox_id]
        )


async def review(conn: Connection, deliveries: Sequence[UUID], log: list[Event], now: datetime) -> None:
    """Look at deliveries again: a deferral's or a silence's time may be over."""
    await settling.lock(conn, deliveries)
    await settling.follow(conn, {each: f"review/{each}/{now.isoformat()}" for each in deliveries}, log, now)


def reviewer(store: Store) -> Callable[[Connection, Sequence[UUID]], Awaitable[None]]:
    """What the relay calls for its due rows of kind `review`, once in its transaction."""

    async def look(conn: Connection, deliveries: Sequence[UUID]) -> None:
        log: list[Event] = []
        now = store.clock()
        await review(conn, deliveries, log, now)
        await events.append(conn, log, recorded_at=now, keys=store.keys)

    return look


async def _attempts(conn: Connection, reports: Sequence[Report]) -> dict[int, dict[str, Any]]:
    """Which attempt each report is of: by the id that we gave away, else by the provider's own."""
    if not reports:
        return {}
    named = [report.attempt for report in reports if report.attempt]
    numbers = [report.provider_message_id for report in reports if not report.attempt and report.provider_message_id]
    cursor = await conn.execute(
        """SELECT attempt_id, delivery_id, provider, provider_message_id FROM attempt
            WHERE attempt_id = ANY(%s) OR provider_message_id = ANY(%s)""",
        [named, numbers],
    )
    rows = await cursor.fetchall()
    by_id = {row["attempt_id"]: row for row in rows}
    by_number = {(row["provider"], row["provider_message_id"]): row for row in rows}
    found: dict[int, dict[str, Any]] = {}
    for index, report in enumerate(reports):
        row = (
            by_id.get(report.attempt)
            if report.attempt
            else by_number.get((report.provider, report.provider_message_id))
        )
        if row is not None:
            found[index] = row
    return found


async def _join(
    conn: Connection, inbox: UUID, report: Report, attempt_id: UUID, log: list[Event], now: datetime
) -> str | None:
    """Keep one report and let the attempt's state rise; the cause of what follows, None where it was known before."""
    if not await _keep(conn, inbox, report, attempt_id, now):
        return None
    cursor = await conn.execute(
        """SELECT a.*, (SELECT count(*) FROM report r WHERE r.attempt_id = a.attempt_id) AS reports
             FROM attempt a WHERE attempt_id = %s""",
        [attempt_id],
    )
    row = await cursor.fetchone()
    assert row is not None
    before = AttemptState(row["state"])
    after = joined(before, [report])
    cause = f"{attempt_id}/report-{row['reports']}"
    rises = after is not before
    log += happened(report, row, cause, rises, now)
    if rises:
        await conn.execute(
            """UPDATE attempt SET state = %s, reason = %s, code = coalesce(%s, code), status = coalesce(%s, status),
                      provider_message_id = coalesce(provider_message_id, %s), called_at = coalesce(called_at, %s),
                      leased_until = NULL, updated_at = %s
                WHERE attempt_id = %s""",
            [after.value, report.reason, report.code, report.status, report.provider_message_id, now, now, attempt_id],
        )
    if stop := suppression(report, row):
        await suppress(conn, row["tenant"], row["channel"], *stop, cause=attempt_id, now=now)
        log.append(suppressed_event(row, *stop, cause=cause, actor=f"provider:{report.provider}", now=now))
    return cause


async def _keep(conn: Connection, inbox: UUID, report: Report, attempt_id: UUID | None, now: datetime) -> bool:
    """Store a report; False where it is there already."""
    owner = attempt_id or report.provider_message_id or report.attempt
    cursor = await conn.execute(
        """INSERT INTO report (report_id, attempt_id, key, tenant, inbox_id, action, reported_at, received_at, report)
           SELECT %s, %s, %s, tenant, inbox_id, %s, %s, %s, %s FROM inbox WHERE inbox_id = %s
           ON CONFLICT DO NOTHING RETURNING report_id""",
        [
            ids.derive("report", report.provider, owner or inbox, report.key),
            attempt_id,
            report.key,
            report.action.value,
            report.reported_at,
            now,
            Jsonb(report.model_dump(mode="json")),
            inbox,
        ],
    )
    return await cursor.fetchone() is not None


async def _orphan(conn: Connection, tenant: str, inbox: UUID, report: Report, log: list[Event], now: datetime) -> None:
    """Keep a report that matches no attempt. A STOP names no attempt, and counts all the same."""
    if not await _keep(conn, inbox, report, None, now):
        return
    stream = f"account:{tenant}"
    cause = str(ids.derive("orphan", inbox, report.provider, report.key))
    if report.action is ReportAction.UNSUBSCRIBED and report.final_recipient:
        channel = addresses.channel_of(report.final_recipient)
        address = addresses.usable(channel, report.final_recipient).address or report.final_recipient
        await suppress(conn, tenant, channel.value, address, "opted-out", cause=None, now=now)
        kind, data = EventType.SUPPRESSED, {"channel": channel.value, "reason": "opted-out"}
    else:
        kind, data = EventType.REPORT_ORPHANED, {"action": report.action.value, "inbox": str(inbox)}
    log.append(
        Event(
            tenant=tenant,
            stream=stream,
            type=kind,
            cause=cause,
            occurred_at=now,
            actor=f"provider:{report.provider}",
            data={**data, "provider": report.provider, "reported_at": report.reported_at},
            personal={"recipient": report.final_recipient} if report.final_recipient else None,
        )
    )


async def _links(conn: Connection, links: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """What the links of page actions lead to."""
    if not links:
        return {}
    cursor = await conn.execute(
        """SELECT l.link_id, l.tenant, l.document_id, l.attempt_id, l.channel, a.delivery_id
             FROM link l LEFT JOIN attempt a USING (attempt_id) WHERE l.link_id = ANY(%s)""",
        [list(links)],
    )
    return {row["link_id"]: row for row in await cursor.fetchall()}


def _acted(row: dict[str, Any], action: PageAction, cause: str) -> Event:
    """What a recipient did on the page."""
    return Event(
        tenant=row["tenant"],
        stream=document_stream(row["document_id"]),
        type=action.action,
        cause=cause,
        occurred_at=action.at,
        actor="recipient",
        data={
            **action.data,
            "link": str(action.link_id),
            "attempt": str(row["attempt_id"]) if row["attempt_id"] else None,
            "channel": row["channel"],
        },
        personal=action.personal,
    )


async def _hand_over(conn: Connection, handed: Sequence[tuple[dict[str, Any], datetime]], now: datetime) -> None:
    """The recipient acted: their delivery is over, whatever its channels say. Another contact's goes on."""
    for row, at in sorted(handed, key=lambda pair: pair[0]["document_id"]):
        await conn.execute(
            "UPDATE delivery SET handed_over_at = coalesce(handed_over_at, %s) WHERE delivery_id = %s",
            [at, row["delivery_id"]],
        )
        await conn.execute(
            """UPDATE document SET handed_over_at = coalesce(handed_over_at, %s), updated_at = %s
                WHERE document_id = %s""",
            [at, now, row["document_id"]],
        )
