"""Attempts: leased, looked at again, and about to be called. Every step is committed before the next one is made.

    planned -> calling (committed before the provider is called) -> accepted, captured, refused | planned | unknown

A dispatcher holds an attempt by a lease. A lease that ran out while a call was made means that its dispatcher is gone:
the outcome is then unknown. `tries` counts the calls and tells a late answer from that of the call under way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pipeline.store import artefacts, links, settling
from pipeline.store.database import Connection, as_json
from pipeline.store.reporting import suppressed_event
from schemas.deliveries import AttemptState, Channel, EmailMessage, InterchangeMessage, SmsMessage
from schemas.events import Event, EventType, document_stream
from schemas.messages import ArtefactRef
from schemas.tenants import DeliveryPolicy
from stages.delivery.policy import AttemptView


@dataclass(frozen=True)
class Leased:
    """An attempt that is due, held until `leased_until`, with all that is needed to make its message."""

    attempt_id: UUID
    tenant: str
    delivery_id: UUID
    document_id: UUID
    ordinal: int
    channel: Channel
    tries: int
    unknowns: int
    message: ArtefactRef | None
    address: str | None
    leased_until: datetime
    called_at: datetime | None
    policy: DeliveryPolicy
    profile: str
    language: str
    round: int
    delivery_state: str
    handed_over_at: datetime | None
    document_state: str
    document_round: int
    document_type: str
    number: str | None
    issue_date: date | None
    due_date: date | None
    currency: str | None
    amount_due: Decimal | None
    seller_name: str | None
    buyer_name: str | None
    contact_id: UUID
    name: str | None
    email: str | None
    phone: str | None
    contact_language: str | None
    timezone: str | None
    active: bool
    mailbox: str | None = None
    interchange: dict[str, Any] | None = None
    copy_of: str | None = None
    control_number: int | None = None
    """Of an interchange: drawn after the lease, before it is composed."""

    @property
    def stream(self) -> str:
        return document_stream(self.document_id)

    @property
    def view(self) -> AttemptView:
        return AttemptView(
            self.attempt_id, self.ordinal, self.channel, AttemptState.PLANNED, self.called_at, unknowns=self.unknowns
        )

    @property
    def given(self) -> str | None:
        """The address that this attempt uses: of its message where it has one, else the contact's."""
        own = {Channel.EMAIL: self.email, Channel.SMS: self.phone, Channel.EDI: self.mailbox}
        return self.address or own[self.channel]


@dataclass(frozen=True)
class Ready:
    """A leased attempt with its message in the store. `made` and `link` are set where it was composed now."""

    leased: Leased
    message: ArtefactRef
    address: str
    provider: str
    reports_delivery: bool
    link: links.NewLink | None = None
    made: EmailMessage | SmsMessage | InterchangeMessage | None = None


HOLD = """
    UPDATE attempt a SET leased_until = %(until)s
      FROM delivery d, document o, contact c
     WHERE a.attempt_id IN (SELECT attempt_id FROM taken)
       AND d.delivery_id = a.delivery_id AND o.document_id = a.document_id AND c.contact_id = d.contact_id
    RETURNING a.attempt_id, a.tenant, a.delivery_id, a.document_id, a.ordinal, a.channel, a.tries, a.unknowns,
           a.message, a.address, a.leased_until, a.called_at, a.due_at, d.policy::text, d.profile, d.language, d.round,
           d.state AS delivery_state, d.handed_over_at, o.state AS document_state, o.round AS document_round,
           o.document_type, o.number, o.issue_date, o.due_date, o.currency, o.amount_due, o.seller_name, o.buyer_name,
           c.contact_id, c.name, c.email, c.phone, c.mailbox, c.language AS contact_language, c.timezone, c.active,
           d.interchange, d.copy_of"""

# Each tenant's oldest first, then the tenants in turn: a million invoices of one let the others pass.
LEASE = f"""
    WITH RECURSIVE tenants AS (
        (SELECT tenant FROM attempt WHERE state = 'planned' AND channel = %(channel)s ORDER BY tenant LIMIT 1)
        UNION ALL
        SELECT (SELECT a.tenant FROM attempt a WHERE a.state = 'planned' AND a.channel = %(channel)s
                   AND a.tenant > t.tenant ORDER BY a.tenant LIMIT 1)
          FROM tenants t WHERE t.tenant IS NOT NULL
    ), ready AS (
        SELECT a.attempt_id FROM tenants t CROSS JOIN LATERAL (
            SELECT attempt_id, due_at, row_number() OVER (ORDER BY due_at) AS turn FROM attempt
             WHERE tenant = t.tenant AND state = 'planned' AND channel = %(channel)s AND due_at <= %(now)s
               AND (leased_until IS NULL OR leased_until <= %(now)s)
             ORDER BY due_at LIMIT %(limit)s) a
         ORDER BY a.turn, a.due_at LIMIT %(limit)s
    ), taken AS MATERIALIZED (
        SELECT attempt_id FROM attempt WHERE attempt_id IN (SELECT attempt_id FROM ready)
           AND state = 'planned' AND (leased_until IS NULL OR leased_until <= %(now)s)
           FOR UPDATE SKIP LOCKED
    ) {HOLD}"""  # noqa: S608  constants

LEASE_UNKNOWN = f"""
    WITH taken AS MATERIALIZED (
        SELECT attempt_id FROM attempt WHERE state = 'unknown' AND channel = %(channel)s AND due_at <= %(now)s
           AND (leased_until IS NULL OR leased_until <= %(now)s) ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) {HOLD}"""  # noqa: S608  constants


async def lease(
    conn: Connection, channel: Channel, now: datetime, until: datetime, limit: int, *, unknown: bool = False
) -> list[Leased]:
    """Take what is due (or, `unknown`, what is to be looked at again); who else asks does not see it until `until`."""
    cursor = await conn.execute(
        LEASE_UNKNOWN if unknown else LEASE, {"channel": channel.value, "now": now, "until": until, "limit": limit}
    )
    taken = sorted(await cursor.fetchall(), key=lambda row: (row.pop("due_at"), row["attempt_id"]))
    return [_leased(row) for row in taken]


def _leased(row: dict[str, Any]) -> Leased:
    message = ArtefactRef.model_validate(row["message"]) if row["message"] else None
    policy = settling.policy_of(row["policy"])
    return Leased(**{**row, "channel": Channel(row["channel"]), "message": message, "policy": policy})


async def postpone(conn: Connection, rows: Sequence[tuple[Leased, datetime]], reason: str | None = None) -> None:
    """Give leases back: not before the time that is given. `reason` is shown where the document waits for it."""
    if not rows:
        return
    await conn.execute(
        """UPDATE attempt SET due_at = u.at, leased_until = NULL, reason = coalesce(%s, reason)
             FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[]) AS u(id, at, lease)
            WHERE attempt_id = u.id AND leased_until = u.lease AND state IN ('planned', 'unknown')""",
        [reason, [row.attempt_id for row, _ in rows], [at for _, at in rows], [row.leased_until for row, _ in rows]],
    )
    if reason is not None:
        await conn.execute(
            """UPDATE document SET reason = %s WHERE state = 'waiting' AND document_id IN (
                 SELECT document_id FROM document WHERE document_id = ANY(%s) ORDER BY document_id FOR UPDATE)""",
            [reason, [row.document_id for row, _ in rows]],
        )


async def cancel(
    conn: Connection, rows: Sequence[tuple[Leased, str]], listed: Mapping[UUID, str], log: list[Event], now: datetime
) -> None:
    """Attempts that are not made, with the reason. `listed`: where the suppression list says so, what stands there."""
    if not rows:
        return
    await settling.lock(conn, [row.delivery_id for row, _ in rows])
    cursor = await conn.execute(
        """UPDATE attempt SET state = 'cancelled', reason = u.reason, leased_until = NULL, updated_at = %s
             FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[]) AS u(id, reason, lease)
            WHERE attempt_id = u.id AND leased_until = u.lease AND state = 'planned' RETURNING attempt_id""",
        [now, [r.attempt_id for r, _ in rows], [why for _, why in rows], [r.leased_until for r, _ in rows]],
    )
    done = {row["attempt_id"] for row in await cursor.fetchall()}
    triggers: dict[UUID, str] = {}
    for leased, reason in rows:
        if leased.attempt_id not in done:
            continue
        log.append(settling.cancelled_event(leased.tenant, leased.stream, leased.view, reason, now))
        if leased.attempt_id in listed:
            cause, why = f"{leased.attempt_id}/suppressed", listed[leased.attempt_id]
            log.append(
                suppressed_event(vars(leased), leased.given or "", why, cause=cause, actor="role:dispatcher", now=now)
            )
        triggers[leased.delivery_id] = f"{leased.attempt_id}/cancelled"
    closing = [row.delivery_id for row, why in rows if row.attempt_id in done and why in CLOSING]
    if closing:
        await conn.execute(
            "UPDATE delivery SET state = 'cancelled', updated_at = %s WHERE delivery_id = ANY(%s) AND state = 'open'",
            [now, closing],
        )
    await settling.follow(conn, triggers, log, now)


CLOSING = frozenset({*settling.CLOSED, "newer-round"})
"""Reasons for which the whole delivery is over, and no other channel is asked."""

# Conditions in the list of columns, so that they are looked up by key for each attempt: as joins, all deliveries of a
# round and all open calls were read for it.
BEGIN = """
    SELECT a.attempt_id, a.leased_until, a.state = 'planned'
           AND (SELECT d.state <> 'cancelled' AND d.handed_over_at IS NULL AND o.round = d.round AND o.state <> ALL(%s)
                  FROM delivery d JOIN document o USING (document_id) WHERE d.delivery_id = a.delivery_id)
           AND NOT EXISTS (SELECT FROM attempt other WHERE other.delivery_id = a.delivery_id
                              AND other.state IN ('calling', 'unknown')) AS may
      FROM attempt a WHERE a.attempt_id = ANY(%s) FOR UPDATE OF a"""


async def begin(conn: Connection, rows: Sequence[Ready], log: list[Event], now: datetime, until: datetime) -> set[UUID]:
    """Commit that these calls are about to be made; only those that are answered may be. What they send is fixed."""
    await settling.lock(conn, [row.leased.delivery_id for row in rows])
    leases = {row.leased.attempt_id: row.leased.leased_until for row in rows}
    cursor = await conn.execute(BEGIN, [list(settling.CLOSED), list(leases)])
    held = [row for row in await cursor.fetchall() if row["leased_until"] == leases[row["attempt_id"]]]
    going = {row["attempt_id"] for row in held if row["may"]}
    rows = [row for row in rows if row.leased.attempt_id in going]
    if not rows:
        return going
    called = [
        {
            "id": row.leased.attempt_id,
            "provider": row.provider,
            "reports": row.reports_delivery,
            "address": row.address,
            "message": dict(row.message),
        }
        for row in rows
    ]
    await conn.execute(
        """UPDATE attempt SET state = 'calling', tries = tries + 1, called_at = %s, leased_until = %s, updated_at = %s,
                  provider = u.provider, reports_delivery = u.reports, address = u.address, message = u.message
             FROM json_to_recordset(%s::json)
               AS u(id uuid, provider text, reports bool, address text, message jsonb)
            WHERE attempt_id = u.id""",
        [now, until, now, as_json(called)],
    )
    fresh = [row for row in rows if row.made is not None]
    await artefacts.insert(conn, [(row.leased.document_id, row.leased.tenant, row.message) for row in fresh], now)
    issued = [
        links.Issued(
            r.link, r.leased.tenant, r.leased.document_id, r.leased.attempt_id, r.leased.contact_id, r.leased.channel
        )
        for r in fresh
        if r.link is not None
    ]
    for row in fresh:
        data = {
            "sha256": row.message.sha256,
            "size": row.message.size,
            "link": str(row.link.link_id) if row.link else None,
        }
        if row.leased.control_number is not None:
            data["control_number"] = row.leased.control_number
        log.append(
            happened(row.leased, EventType.REQUESTED, str(row.leased.attempt_id), now, data, {"to": row.address})
        )
    await links.issue(conn, issued, log, now)
    for row in rows:
        leased, tries = row.leased, row.leased.tries + 1
        cause = f"{leased.attempt_id}/try-{tries}"
        if leased.unknowns:
            log.append(happened(leased, EventType.RESENT, cause, now, {"try": tries, "duplicate_possible": True}))
        data = {"try": tries, "provider": row.provider, "sha256": row.message.sha256}
        log.append(happened(leased, EventType.CALLING, cause, now, data))
    return going


def happened(
    leased: Leased,
    kind: EventType,
    cause: str,
    at: datetime,
    data: dict[str, Any],
    personal: dict[str, Any] | None = None,
) -> Event:
    """An event of this attempt, told by the dispatcher."""
    return Event(
        tenant=leased.tenant,
        stream=leased.stream,
        type=kind,
        cause=cause,
        occurred_at=at,
        actor="role:dispatcher",
        data={"attempt": str(leased.attempt_id), "channel": leased.channel.value, **data},
        personal=personal,
    )
