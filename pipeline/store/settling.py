"""What follows: load deliveries with all that is known of them, ask the policy, carry out what it says.

Everything that changes a delivery ends here, in its own transaction, with the delivery's row locked: so that reports,
calls and reviews of one delivery follow each other whatever their order, and a document's state is derived once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from pipeline.store import ends, suppressions
from pipeline.store.database import Connection
from schemas import ids
from schemas.deliveries import AttemptState, Channel, DeliveryState, PolicyStep, Report
from schemas.events import Event, EventType, document_stream
from schemas.tenants import DeliveryPolicy
from stages.delivery import addresses, policy
from stages.delivery.policy import AttemptView, DeliveryView

CLOSED = ("superseded", "discarded")
"""States of a document for which nothing more is sent."""

LOCK = "SELECT delivery_id FROM delivery WHERE delivery_id = ANY(%s) ORDER BY delivery_id FOR UPDATE"

DELIVERIES = """
    SELECT d.delivery_id, d.tenant, d.document_id, d.round, d.channels, d.policy::text, d.state, d.reason,
           d.handed_over_at, c.email, c.phone, c.mailbox, c.timezone, c.active, o.state AS document_state,
           o.round AS document_round
      FROM delivery d JOIN contact c USING (contact_id) JOIN document o USING (document_id)
     WHERE d.delivery_id = ANY(%s) ORDER BY d.delivery_id"""

ATTEMPTS = """
    SELECT attempt_id, delivery_id, ordinal, channel, state, called_at, reports_delivery, unknowns, reason
      FROM attempt WHERE delivery_id = ANY(%s) ORDER BY delivery_id, ordinal"""

REPORTS = "SELECT attempt_id, report FROM report WHERE attempt_id = ANY(%s) ORDER BY attempt_id, key"


@dataclass
class Known:
    """A delivery as the policy sees it, and the row that it was made from."""

    row: dict[str, Any]
    view: DeliveryView
    policy: DeliveryPolicy

    @property
    def stream(self) -> str:
        return document_stream(self.row["document_id"])


async def lock(conn: Connection, deliveries: Iterable[UUID]) -> None:
    """In order, so that two transactions wait for each other instead of deadlocking."""
    await conn.execute(LOCK, [sorted(set(deliveries))])


async def follow(conn: Connection, triggers: Mapping[UUID, str], log: list[Event], now: datetime) -> None:
    """For each delivery, which the caller has locked: what comes next. `triggers`: delivery -> cause of the events."""
    if not triggers:
        return
    changed: list[tuple[UUID, str, str | None]] = []
    reviews: list[tuple[UUID, str, datetime, str]] = []
    over: list[UUID] = []
    for known in await _load(conn, list(triggers), now):
        delivery = known.row["delivery_id"]
        if cancelled := policy.to_cancel(known.view):
            known = await _cancel(conn, known, cancelled, log, now)
        step = policy.decide(known.view, known.policy, now)
        if step.step == "nothing":
            continue
        state = step.state or DeliveryState.OPEN
        _say(known, step, state, triggers[delivery], log, now)
        if step.step == "fallback":
            await _fall_back(conn, known, step, log, now)
        elif step.step == "wait" and step.at is not None:
            reviews.append((delivery, known.row["tenant"], step.at, step.reason))
        elif step.step == "settle" and any(attempt.reports_delivery for attempt in known.view.attempts):
            over.append(delivery)
        reason = step.reason or None
        if (state, reason) != (known.row["state"], known.row["reason"]):
            changed.append((delivery, state.value, reason))
    await ends.write(conn, changed, now)
    await ends.review_later(conn, reviews)
    await ends.review_no_more(conn, over)
    await ends.derive_documents(conn, [delivery for delivery, _, _ in changed], now)


async def _load(conn: Connection, deliveries: Sequence[UUID], now: datetime) -> list[Known]:
    at_deliveries = await conn.execute(DELIVERIES, [list(deliveries)])
    at_attempts = await conn.execute(ATTEMPTS, [list(deliveries)])
    rows, attempts = await at_deliveries.fetchall(), await at_attempts.fetchall()
    told: dict[UUID, list[Report]] = {}
    for row in await (await conn.execute(REPORTS, [[row["attempt_id"] for row in attempts]])).fetchall():
        told.setdefault(row["attempt_id"], []).append(Report.model_validate(row["report"]))
    points = [
        (row["tenant"], channel, address)
        for row in rows
        for channel in Channel
        if (address := addresses.usable(channel, row[ADDRESS[channel]]).address)
    ]
    stopped = await suppressions.listed(conn, points, now)
    by_delivery: dict[UUID, list[AttemptView]] = {}
    for row in attempts:
        by_delivery.setdefault(row["delivery_id"], []).append(_attempt(row, told.get(row["attempt_id"], [])))
    return [
        Known(
            row,
            DeliveryView(
                channels=tuple(Channel(channel) for channel in row["channels"]),
                attempts=tuple(by_delivery.get(row["delivery_id"], ())),
                handed_over=row["handed_over_at"] is not None,
                closed=row["document_state"] in CLOSED or row["document_round"] != row["round"],
                blocked=_blocked(row, stopped),
            ),
            policy_of(row["policy"]),
        )
        for row in rows
    ]


@lru_cache(maxsize=256)
def policy_of(stored: str) -> DeliveryPolicy:
    """A tenant's deliveries share the few policies that it has had."""
    return DeliveryPolicy.model_validate_json(stored)


ADDRESS = {Channel.EMAIL: "email", Channel.SMS: "phone", Channel.EDI: "mailbox"}
"""Which column of a contact a channel uses."""


def _attempt(row: dict[str, Any], reports: Sequence[Report]) -> AttemptView:
    return AttemptView(
        attempt_id=row["attempt_id"],
        ordinal=row["ordinal"],
        channel=Channel(row["channel"]),
        state=AttemptState(row["state"]),
        called_at=row["called_at"],
        reports_delivery=bool(row["reports_delivery"]),
        unknowns=row["unknowns"],
        reason=row["reason"],
        reports=tuple(reports),
    )


def _blocked(row: dict[str, Any], stopped: Mapping[suppressions.Key, str]) -> dict[Channel, str]:
    """Why a channel cannot be used for this contact."""
    blocked: dict[Channel, str] = {}
    for channel in Channel:
        found = addresses.usable(channel, row[ADDRESS[channel]])
        if not row["active"]:
            blocked[channel] = policy.CONTACT_RETIRED
        elif found.address is None:
            blocked[channel] = found.problem or "no-address"
        elif suppressions.key(row["tenant"], channel.value, found.address) in stopped:
            blocked[channel] = "suppressed"
    return blocked


async def _cancel(
    conn: Connection, known: Known, cancelled: Sequence[tuple[AttemptView, str]], log: list[Event], now: datetime
) -> Known:
    """Attempts that nobody needs any more; answers the delivery without them."""
    reasons = {attempt.attempt_id: reason for attempt, reason in cancelled}
    await conn.execute(
        """UPDATE attempt SET state = 'cancelled', reason = u.reason, updated_at = %s
             FROM unnest(%s::uuid[], %s::text[]) AS u(id, reason) WHERE attempt_id = u.id AND state = 'planned'""",
        [now, list(reasons), list(reasons.values())],
    )
    for attempt, reason in cancelled:
        log.append(cancelled_event(known.row["tenant"], known.stream, attempt, reason, now))
    attempts = tuple(
        AttemptView(**{**vars(a), "state": AttemptState.CANCELLED, "reason": reasons[a.attempt_id]})
        if a.attempt_id in reasons
        else a
        for a in known.view.attempts
    )
    return Known(known.row, DeliveryView(**{**vars(known.view), "attempts": attempts}), known.policy)


def cancelled_event(tenant: str, stream: str, attempt: AttemptView, reason: str, now: datetime) -> Event:
    return Event(
        tenant=tenant,
        stream=stream,
        type=EventType.CANCELLED,
        cause=f"{attempt.attempt_id}/cancelled",
        occurred_at=now,
        actor="role:dispatcher",
        data={"attempt": str(attempt.attempt_id), "channel": attempt.channel.value, "reason": reason},
    )


async def _fall_back(conn: Connection, known: Known, step: PolicyStep, log: list[Event], now: datetime) -> None:
    """Open the attempt by which another channel takes over."""
    assert step.channel is not None
    row = known.row
    ordinal = max((attempt.ordinal for attempt in known.view.attempts), default=0) + 1
    attempt_id = ids.attempt_id(row["delivery_id"], step.channel.value, ordinal)
    number = addresses.usable(Channel.SMS, row["phone"]).address
    zones: tuple[str | None, ...] = (row["timezone"],)
    if row["timezone"] is None and step.channel is Channel.SMS and number:
        zones = addresses.zones(number)
    due = policy.not_before(step.channel, now, known.policy, zones)
    await conn.execute(
        """INSERT INTO attempt (attempt_id, tenant, delivery_id, document_id, ordinal, channel, state, due_at,
                                caused_by, created_at, updated_at)
           VALUES (%s, %s, %s, %s, %s, %s, 'planned', %s, %s, %s, %s)""",
        [attempt_id, row["tenant"], row["delivery_id"], row["document_id"], ordinal, step.channel.value, due,
         step.cause, now, now],
    )  # fmt: skip
    log.append(
        Event(
            tenant=row["tenant"],
            stream=known.stream,
            type=EventType.FALLBACK_STARTED,
            cause=f"{attempt_id}",
            occurred_at=now,
            actor="role:dispatcher",
            data={
                "attempt": str(attempt_id),
                "channel": step.channel.value,
                "because": step.reason,
                "caused_by": str(step.cause) if step.cause else None,
                "due_at": due,
            },
        )
    )


def _say(known: Known, step: PolicyStep, state: DeliveryState, trigger: str, log: list[Event], now: datetime) -> None:
    """Events that belong to the step itself: a silence that is over, a delivery without a channel left."""
    quiet = step.reason if step.step == "fallback" else policy.SILENCE if step.reason == policy.UNCONFIRMED else None
    if quiet == policy.SILENCE:
        attempt = next(
            (a for a in reversed(known.view.attempts) if a.state is AttemptState.ACCEPTED and a.reports_delivery), None
        )
        if attempt is not None:
            log.append(
                Event(
                    tenant=known.row["tenant"],
                    stream=known.stream,
                    type=EventType.EXPIRED,
                    cause=f"{attempt.attempt_id}/silence",
                    occurred_at=now,
                    actor="role:relay",
                    data={
                        "attempt": str(attempt.attempt_id),
                        "channel": attempt.channel.value,
                        "reason": policy.SILENCE,
                        "waited_minutes": round(known.policy.silence_hours * 60),
                    },
                )
            )
    if state is DeliveryState.UNDELIVERABLE and known.row["state"] != DeliveryState.UNDELIVERABLE:
        log.append(
            Event(
                tenant=known.row["tenant"],
                stream=known.stream,
                type=EventType.UNDELIVERABLE,
                cause=f"{trigger}/undeliverable/{known.row['delivery_id']}",
                occurred_at=now,
                actor="role:dispatcher",
                data={
                    "delivery": str(known.row["delivery_id"]),
                    "reason": step.reason,
                    "tried": [f"{a.channel.value}: {a.reason or a.state.value}" for a in known.view.attempts],
                    "blocked": {channel.value: why for channel, why in known.view.blocked.items()},
                },
            )
        )
