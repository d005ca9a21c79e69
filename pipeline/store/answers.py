"""Answers: what came of calls, and what becomes of those that nobody knows the outcome of.

A report that was faster keeps what it said, and a late answer never takes it back. An unknown outcome is resolved by a
report, by asking the provider, or by the policy: one more sending, whose event says that it may be a duplicate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pipeline.store import settling
from pipeline.store.attempts import Leased, happened
from pipeline.store.database import Connection, as_json
from pipeline.store.reporting import DEAD, suppressed_event
from pipeline.store.suppressions import suppress
from schemas.deliveries import AttemptState
from schemas.events import Event, EventType, document_stream
from stages.delivery.policy import after_refusal
from stages.delivery.states import join, open_ended


@dataclass(frozen=True)
class Outcome:
    """What came of one call. `later`: surely not taken, and may be asked again."""

    leased: Leased
    tries: int
    kind: Literal["accepted", "captured", "refused", "later", "unknown"]
    at: datetime
    provider: str
    provider_message_id: str | None = None
    reason: str | None = None
    code: str | None = None
    status: str | None = None
    words: str | None = None
    retry_after: float | None = None
    found: bool = False


async def record(conn: Connection, outcomes: Sequence[Outcome], log: list[Event], now: datetime) -> None:
    """Commit what came of calls. A report that was faster keeps what it said; a late answer never takes it back."""
    await settling.lock(conn, [outcome.leased.delivery_id for outcome in outcomes])
    cursor = await conn.execute(
        """SELECT attempt_id, state, tries, address FROM attempt
            WHERE attempt_id = ANY(%s) ORDER BY attempt_id FOR UPDATE""",
        [[outcome.leased.attempt_id for outcome in outcomes]],
    )
    rows = {row["attempt_id"]: row for row in await cursor.fetchall()}
    changes: list[dict[str, Any]] = []
    triggers: dict[UUID, str] = {}
    for outcome in outcomes:
        leased, row = outcome.leased, rows[outcome.leased.attempt_id]
        before = AttemptState(row["state"])
        after, due, why = _after(outcome, before, row["tries"])
        if outcome.kind == "unknown" and after is before:
            continue  # its lease ran out before, and that was said
        log.append(_outcome_event(outcome, after, due))
        if after is before and not outcome.provider_message_id:
            continue
        lost = int(after is AttemptState.UNKNOWN and before is not AttemptState.UNKNOWN)
        changes.append(
            {
                "id": leased.attempt_id,
                "state": after.value,
                "due": due or outcome.at,
                "reason": why,
                "code": outcome.code,
                "status": outcome.status,
                "number": outcome.provider_message_id,
                "lost": lost,
            }
        )
        row["state"] = after.value
        cause = f"{leased.attempt_id}/try-{outcome.tries}"
        triggers[leased.delivery_id] = cause
        if after is AttemptState.REFUSED and outcome.reason in DEAD and row["address"]:
            address, reason, actor = row["address"], outcome.reason, f"provider:{outcome.provider}"
            await suppress(conn, leased.tenant, leased.channel.value, address, reason, cause=leased.attempt_id, now=now)
            log.append(suppressed_event(vars(leased), address, reason, cause=cause, actor=actor, now=now))
    if changes:
        await conn.execute(
            """UPDATE attempt a SET state = u.state, due_at = u.due, reason = CASE WHEN a.state = u.state THEN a.reason
                      ELSE u.reason END, code = coalesce(u.code, a.code), status = coalesce(u.status, a.status),
                      provider_message_id = coalesce(u.number, a.provider_message_id), unknowns = unknowns + u.lost,
                      leased_until = NULL, updated_at = %s
                 FROM json_to_recordset(%s::json) AS u(id uuid, state text, due timestamptz, reason text, code text,
                      status text, number text, lost int)
                WHERE a.attempt_id = u.id""",
            [now, as_json(changes)],
        )
    await settling.follow(conn, triggers, log, now)


def _after(outcome: Outcome, before: AttemptState, tries: int) -> tuple[AttemptState, datetime | None, str | None]:
    """The state after a call's outcome, when it is due again, and why."""
    another_call = before is AttemptState.CALLING and tries != outcome.tries
    if another_call or (outcome.kind != "accepted" and outcome.kind != "captured" and tries != outcome.tries):
        return before, None, None
    if outcome.kind in ("accepted", "captured"):
        return join(before, AttemptState(outcome.kind)), None, None
    if not open_ended(before):
        return before, None, None
    if outcome.kind == "unknown":
        return AttemptState.UNKNOWN, outcome.at, outcome.reason
    if outcome.kind == "later":
        step = after_refusal(
            outcome.leased.policy, outcome.leased.attempt_id, outcome.tries, outcome.retry_after, outcome.at
        )
        if step.step == "retry":
            return AttemptState.PLANNED, step.at, outcome.reason
    return AttemptState.REFUSED, None, outcome.reason


EVENT = {
    "accepted": EventType.ACCEPTED,
    "captured": EventType.CAPTURED,
    "refused": EventType.ATTEMPT_REFUSED,
    "later": EventType.ATTEMPT_REFUSED,
    "unknown": EventType.OUTCOME_UNKNOWN,
}


def _outcome_event(outcome: Outcome, after: AttemptState, due: datetime | None) -> Event:
    data: dict[str, Any] = {
        "try": outcome.tries,
        "provider": outcome.provider,
        "provider_message_id": outcome.provider_message_id,
        "reason": outcome.reason,
        "code": outcome.code,
        "status": outcome.status,
    }
    if outcome.kind == "later":
        data["retry_at"] = due
    if outcome.found:
        data["found_by"] = "asking the provider"
    cause = f"{outcome.leased.attempt_id}/try-{outcome.tries}" + ("/found" if outcome.found else "")
    personal = {"words": outcome.words} if outcome.words else None
    data = {name: value for name, value in data.items() if value is not None}
    return happened(outcome.leased, EVENT[outcome.kind], cause, outcome.at, data, personal)


async def uncertain(conn: Connection, now: datetime) -> bool:
    """Whether a call's lease ran out, or an unknown outcome is due to be looked at."""
    cursor = await conn.execute(
        """SELECT EXISTS (SELECT FROM attempt WHERE state = 'calling' AND leased_until <= %s)
               OR EXISTS (SELECT FROM attempt WHERE state = 'unknown' AND due_at <= %s) AS found""",
        [now, now],
    )
    row = await cursor.fetchone()
    return bool(row and row["found"])


async def lapse(conn: Connection, log: list[Event], now: datetime) -> int:
    """Calls whose dispatcher is gone: nobody knows what came of them."""
    cursor = await conn.execute(
        """UPDATE attempt SET state = 'unknown', unknowns = unknowns + 1, due_at = %s, leased_until = NULL,
                  reason = 'outcome-unknown', updated_at = %s
            WHERE attempt_id IN (SELECT attempt_id FROM attempt WHERE state = 'calling' AND leased_until <= %s
                                  LIMIT 1000 FOR UPDATE SKIP LOCKED)
           RETURNING attempt_id, tenant, document_id, channel, tries""",
        [now, now, now],
    )
    rows = await cursor.fetchall()
    for row in rows:
        log.append(
            Event(
                tenant=row["tenant"],
                stream=document_stream(row["document_id"]),
                type=EventType.OUTCOME_UNKNOWN,
                cause=f"{row['attempt_id']}/try-{row['tries']}",
                occurred_at=now,
                actor="role:dispatcher",
                data={
                    "attempt": str(row["attempt_id"]),
                    "channel": row["channel"],
                    "try": row["tries"],
                    "reason": "no-outcome-recorded",
                },
            )
        )
    return len(rows)


async def renew(conn: Connection, attempts: Sequence[UUID], until: datetime) -> None:
    """Calls still under way: their dispatcher lives."""
    await conn.execute(
        "UPDATE attempt SET leased_until = %s WHERE attempt_id = ANY(%s) AND state = 'calling'", [until, list(attempts)]
    )


async def send_again(conn: Connection, leased: Leased, now: datetime) -> None:
    """After an unknown outcome that nothing resolved: planned once more; its call will say `resent`."""
    await conn.execute(
        """UPDATE attempt SET state = 'planned', due_at = %s, leased_until = NULL, updated_at = %s
            WHERE attempt_id = %s AND state = 'unknown' AND leased_until = %s""",
        [now, now, leased.attempt_id, leased.leased_until],
    )


async def give_up(conn: Connection, leased: Leased, reason: str, log: list[Event], now: datetime) -> None:
    """The outcome stays unknown, and the policy asks for another channel."""
    await settling.lock(conn, [leased.delivery_id])
    cursor = await conn.execute(
        """UPDATE attempt SET state = 'expired', reason = %s, leased_until = NULL, updated_at = %s
            WHERE attempt_id = %s AND state = 'unknown' AND leased_until = %s RETURNING attempt_id""",
        [reason, now, leased.attempt_id, leased.leased_until],
    )
    if await cursor.fetchone():
        log.append(happened(leased, EventType.EXPIRED, f"{leased.attempt_id}/unknown", now, {"reason": reason}))
        await settling.follow(conn, {leased.delivery_id: f"{leased.attempt_id}/unknown"}, log, now)
