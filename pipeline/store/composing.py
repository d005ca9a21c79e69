"""Messages that cannot be composed: told each time, tried some times more, then parked until a person puts them back.

What stops is one delivery: that of another contact goes on. Its document is parked as long as one of its deliveries is,
and put back it goes on in its round, with an attempt of its own, once what was wrong is mended.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pipeline.store import attempts, ends, parking, settling
from pipeline.store.attempts import Leased, happened
from pipeline.store.database import Connection
from schemas import ids
from schemas.errors import ConfigurationError, EntregaError, TransientError
from schemas.events import Event, EventType
from schemas.outcomes import Refusal
from stages.delivery.policy import CANNOT_COMPOSE

AGAIN_MINUTES = (1.0, 5.0, 15.0)
"""When it is tried again after the first, second and third failure; the fourth parks it."""

STAGE = "delivery"


async def failed(
    conn: Connection, rows: Sequence[tuple[Leased, Exception]], log: list[Event], now: datetime
) -> None:  # fmt: skip
    """Leased attempts whose messages could not be made, and why. A store that does not answer counts as no try."""
    await settling.lock(conn, [leased.delivery_id for leased, _ in rows])
    held = await _held(conn, [leased for leased, _ in rows])
    stopped: list[UUID] = []
    for leased, error in sorted(rows, key=lambda row: row[0].attempt_id):
        if leased.attempt_id not in held:
            continue
        if isinstance(error, TransientError):
            later = timedelta(seconds=error.retry_after or 60)
            await attempts.postpone(conn, [(leased, now + later)], error.reason)
            continue
        tries = await _tries(conn, leased) + 1
        refusal = _refusal(error)
        at = now + timedelta(minutes=AGAIN_MINUTES[tries - 1]) if tries <= len(AGAIN_MINUTES) else None
        data = {"try": tries, "reason": refusal.reason, "explanation": refusal.explanation, "at": at}
        findings = [finding.model_dump(exclude_none=True) for finding in refusal.findings]
        log.append(
            happened(
                leased, EventType.COMPOSE_FAILED, f"{leased.attempt_id}/compose-{tries}", now,
                {name: value for name, value in data.items() if value is not None},
                {"findings": findings} if findings else None,
            )
        )  # fmt: skip
        if at is not None:
            await attempts.postpone(conn, [(leased, at)], refusal.reason)
        else:
            await _park(conn, leased, refusal, log, now)
            stopped.append(leased.delivery_id)
    await ends.write(conn, [(delivery, "open", CANNOT_COMPOSE) for delivery in stopped], now)
    await ends.derive_documents(conn, stopped, now)


async def _held(conn: Connection, rows: Sequence[Leased]) -> set[UUID]:
    """Those whose lease is still ours."""
    cursor = await conn.execute(
        """SELECT a.attempt_id FROM attempt a
             JOIN unnest(%s::uuid[], %s::timestamptz[]) AS u(id, lease) ON u.id = a.attempt_id
              AND u.lease = a.leased_until
            WHERE a.state = 'planned' ORDER BY a.attempt_id FOR UPDATE OF a""",
        [[row.attempt_id for row in rows], [row.leased_until for row in rows]],
    )
    return {row["attempt_id"] for row in await cursor.fetchall()}


async def _tries(conn: Connection, leased: Leased) -> int:
    """How often it failed before: the log knows."""
    cursor = await conn.execute(
        """SELECT count(*) AS n FROM stream s JOIN event e USING (month, stream)
            WHERE s.stream = %s AND e.type = %s AND e.data ->> 'attempt' = %s""",
        [leased.stream, EventType.COMPOSE_FAILED.value, str(leased.attempt_id)],
    )
    row = await cursor.fetchone()
    assert row is not None
    return int(row["n"])


def _refusal(error: Exception) -> Refusal:
    """An error that is not one of ours says its kind only: its text may quote the document."""
    if isinstance(error, EntregaError):
        return Refusal(CANNOT_COMPOSE, error.text, error.findings)
    return Refusal(CANNOT_COMPOSE, f"The message could not be composed ({type(error).__name__}).")


async def _park(conn: Connection, leased: Leased, refusal: Refusal, log: list[Event], now: datetime) -> None:
    await conn.execute(
        """UPDATE attempt SET state = 'cancelled', reason = %s, leased_until = NULL, updated_at = %s
            WHERE attempt_id = %s""",
        [CANNOT_COMPOSE, now, leased.attempt_id],
    )
    about = {"delivery": str(leased.delivery_id), "attempt": str(leased.attempt_id)}
    told = Refusal(refusal.reason, refusal.explanation, refusal.findings, {"channel": leased.channel.value})
    await parking.park(
        conn, STAGE, leased.tenant, told, document=leased.document_id, export=None, round_=leased.round,
        message=about, log=log, now=now, step=leased.attempt_id,
    )  # fmt: skip


# what a person does about it


def is_delivery(row: dict[str, Any]) -> bool:
    """Whether a row of `parked` is one of these."""
    return row["stage"] == STAGE and "attempt" in (row["message"] or {})


async def put_back(conn: Connection, row: dict[str, Any], now: datetime) -> int:
    """Plan its message again; returns the round. Raises ConfigurationError where it has gone on in another way."""
    delivery = await _stopped(conn, row)
    if delivery is None:
        raise ConfigurationError("its delivery has gone on, or its document was closed: discard this")
    cursor = await conn.execute(
        """SELECT channel, address, caused_by,
                  (SELECT max(ordinal) FROM attempt WHERE delivery_id = a.delivery_id) AS last
             FROM attempt a WHERE attempt_id = %s""",
        [row["message"]["attempt"]],
    )
    before = await cursor.fetchone()
    assert before is not None
    ordinal = before["last"] + 1
    await conn.execute(
        """INSERT INTO attempt (attempt_id, tenant, delivery_id, document_id, ordinal, channel, address, state, due_at,
                                caused_by, created_at, updated_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, 'planned', %s, %s, %s, %s)""",
        [ids.attempt_id(delivery["delivery_id"], before["channel"], ordinal), row["tenant"], delivery["delivery_id"],
         row["document_id"], ordinal, before["channel"], before["address"], now, before["caused_by"], now, now],
    )  # fmt: skip
    await ends.write(conn, [(delivery["delivery_id"], "open", None)], now)
    await ends.derive_documents(conn, [delivery["delivery_id"]], now)
    return int(delivery["round"])


async def close(conn: Connection, row: dict[str, Any], now: datetime) -> bool:
    """Give the delivery up; its document is closed where it has no other. False where it has gone on."""
    delivery = await _stopped(conn, row)
    if delivery is None:
        return False
    await ends.write(conn, [(delivery["delivery_id"], "cancelled", "discarded")], now)
    await ends.derive_documents(conn, [delivery["delivery_id"]], now)
    await conn.execute(
        """UPDATE document d SET state = 'discarded', reason = 'discarded', registered = false, updated_at = %s
            WHERE document_id = %s AND round = %s AND NOT EXISTS (
                SELECT FROM delivery o WHERE o.document_id = d.document_id AND o.round = d.round
                   AND o.state <> 'cancelled')""",
        [now, row["document_id"], delivery["round"]],
    )
    return True


async def _stopped(conn: Connection, row: dict[str, Any]) -> dict[str, Any] | None:
    """The delivery, locked; None where it is not stopped any more."""
    delivery = UUID(row["message"]["delivery"])
    await settling.lock(conn, [delivery])
    cursor = await conn.execute(
        """SELECT d.delivery_id, d.round FROM delivery d JOIN document o USING (document_id)
            WHERE d.delivery_id = %s AND d.state = 'open' AND d.reason = %s AND o.round = d.round
              AND o.state <> ALL(%s)""",
        [delivery, CANNOT_COMPOSE, list(settling.CLOSED)],
    )
    return await cursor.fetchone()
