"""Deliveries: opened by the delivery stage, changed by reports, page actions and time.

A report is a row of its own, kept once for each attempt and key; the state of the attempt is the join over them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.store import events, orphans, reports, settling
from pipeline.store.database import Connection, Store, as_json
from pipeline.store.reporting import happened, lifted_event, suppressed_event, suppression
from pipeline.store.reports import Match
from pipeline.store.suppressions import opt_in, suppress
from schemas.deliveries import AttemptState, Report, ReportAction
from schemas.events import Event, EventType, document_stream
from schemas.outcomes import ApplyReports, OpenDelivery, PageAction
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
        """INSERT INTO attempt (attempt_id, tenant, delivery_id, document_id, ordinal, channel, address, state, due_at,
                                created_at, updated_at)
           SELECT attempt_id, tenant, delivery_id, document_id, 1, channel, address, 'planned', due_at, %s, %s
             FROM json_to_recordset(%s::json) AS u(attempt_id uuid, tenant text, delivery_id uuid, document_id uuid,
                  channel text, address text, due_at timestamptz)
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
                        "address": opening.address,
                        "due_at": opening.due_at,
                    }
                    for message, opening in rows
                ]
            ),
        ],
    )


async def apply_all(
    conn: Connection, effects: Sequence[tuple[Any, ApplyReports]], log: list[Event], now: datetime
) -> None:
    """Join the reports of inbox rows to their attempts, follow the policy, and mark the rows as processed.

    `effects` are those of a micro-batch: (message, effect).

    Every transaction locks deliveries first, then attempts, documents and streams, each in their order: so that a
    batch of reports, a dispatcher and the relay wait for each other and never crosswise.
    """
    told: list[tuple[Any, UUID, Report, Match]] = []
    for message, effect in effects:
        found = await reports.match(conn, effect.reports)
        told += [(message, effect.inbox_id, *each) for each in zip(effect.reports, found, strict=True)]
    done = [(effect.inbox_id, index, act) for _, effect in effects for index, act in enumerate(effect.actions)]
    links = await _links(conn, [action.link_id for _, _, action in done])
    await settling.lock(
        conn,
        [match.delivery_id for _, _, _, match in told if match.delivery_id]
        + [delivery for row in links.values() for delivery in row["deliveries"]],
    )
    triggers: dict[UUID, str] = {}
    for message, inbox, report, match in told:
        if match.attempt_id is None or match.delivery_id is None:
            await orphans.keep(conn, message.tenant, inbox, report, match.fitting, log, now)
        elif cause := await _join(conn, inbox, report, match, log, now):
            triggers[match.delivery_id] = cause
    for inbox, index, action in done:
        if (row := links.get(action.link_id)) is not None:
            log.append(_acted(row, action, f"{inbox}/{index}"))
    handed = [(links[a.link_id], a.at) for _, _, a in done if a.action is EventType.HANDED_OVER and a.link_id in links]
    await _hand_over(conn, handed, now)
    triggers |= {delivery: f"handed-over/{at.isoformat()}" for row, at in handed for delivery in row["deliveries"]}
    await settling.follow(conn, triggers, log, now)
    for _, effect in effects:
        matched = sum(match.attempt_id is not None for _, inbox, _, match in told if inbox == effect.inbox_id)
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


async def _join(
    conn: Connection, inbox: UUID, report: Report, match: Match, log: list[Event], now: datetime
) -> str | None:
    """Keep one report and let the attempt's state rise; the cause of what follows, None where it was known before."""
    attempt_id = match.attempt_id
    if not await reports.keep(conn, inbox, report, attempt_id, now):
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
    log += happened(report, row, cause, rises, now, by_recipient=match.fitting is not None)
    if rises:
        await conn.execute(
            """UPDATE attempt SET state = %s, reason = %s, code = coalesce(%s, code), status = coalesce(%s, status),
                      provider_message_id = coalesce(provider_message_id, %s), called_at = coalesce(called_at, %s),
                      leased_until = NULL, updated_at = %s
                WHERE attempt_id = %s""",
            [after.value, report.reason, report.code, report.status, report.provider_message_id, now, now, attempt_id],
        )
    if (stop := suppression(report, row)) and not match.hearsay(report):
        await suppress(conn, row["tenant"], row["channel"], *stop, cause=attempt_id, now=now)
        log.append(suppressed_event(row, *stop, cause=cause, actor=f"provider:{report.provider}", now=now))
    back = report.action is ReportAction.RESUBSCRIBED and row["address"]
    if back and await opt_in(conn, row["tenant"], row["channel"], row["address"]):
        log.append(lifted_event(report, row, cause, now))
    return cause


async def _links(conn: Connection, links: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """What the links of page actions lead to, and every delivery of that document to that contact, whatever round:
    the link of an earlier one is as good as that of the newest."""
    if not links:
        return {}
    cursor = await conn.execute(
        """SELECT l.link_id, l.tenant, l.document_id, l.attempt_id, l.channel,
                  ARRAY(SELECT s.delivery_id FROM attempt a JOIN delivery d USING (delivery_id)
                          JOIN delivery s ON s.document_id = d.document_id AND s.contact_id = d.contact_id
                         WHERE a.attempt_id = l.attempt_id ORDER BY 1) AS deliveries
             FROM link l WHERE l.link_id = ANY(%s)""",
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
            "UPDATE delivery SET handed_over_at = coalesce(handed_over_at, %s) WHERE delivery_id = ANY(%s)",
            [at, row["deliveries"]],
        )
        await conn.execute(
            """UPDATE document SET handed_over_at = coalesce(handed_over_at, %s), updated_at = %s
                WHERE document_id = %s""",
            [at, now, row["document_id"]],
        )
