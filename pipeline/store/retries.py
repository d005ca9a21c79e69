"""Retries: what failed for a reason that passes is tried again, later and later; then it is parked.

There is one row for each thing that is retried, from the first failure to the outcome. It only ever moves on to the
next try, so copies of a message, however many come and however late, make one chain of tries.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.types.json import Jsonb

from pipeline.store.batch import Item, Key
from pipeline.store.database import Connection
from pipeline.topology import StageSpec
from schemas import ids
from schemas.events import Event, EventType
from schemas.messages import DocumentMessage, ExportReceived
from schemas.outcomes import Parked, Refusal, Retry

SCHEDULE_SECONDS = (30, 120, 600, 1800, 7200, 21600, 43200)
"""The schedule of a stage's own transient errors; then the document is parked."""


def row_of(spec: StageSpec, item: Item) -> UUID:
    """The due row by which this item is retried."""
    return ids.derive("retry", spec.name, *item.key)


def give_up(items: Sequence[Item]) -> None:
    """What has been tried often enough is parked."""
    for item in items:
        if isinstance(item.result, Retry) and item.tries >= len(SCHEDULE_SECONDS):
            item.result = Parked(Refusal(item.result.reason, f"{item.result.explanation} ({item.tries} tries)"))


async def overtaken(conn: Connection, spec: StageSpec, items: Sequence[Item]) -> set[Key]:
    """Those that have an outcome by now: a copy of the message, tried elsewhere, came to it. There is nothing to retry.

    Documents are locked first: who is just committing such an outcome has locked them too, and is waited for.
    """
    if not items:
        return set()
    subjects = sorted(item.key[0] for item in items)
    await conn.execute("SELECT FROM document WHERE document_id = ANY(%s) ORDER BY document_id FOR UPDATE", [subjects])
    cursor = await conn.execute(
        "SELECT subject_id, round, step FROM outcome WHERE subject_id = ANY(%s) AND stage = %s", [subjects, spec.name]
    )
    found = {(row["subject_id"], row["round"], row["step"]) for row in await cursor.fetchall()}
    return {item.key for item in items} & found


async def plan(conn: Connection, spec: StageSpec, items: Sequence[Item], log: list[Event], now: datetime) -> None:
    """Write when these are tried again. Replay: a try that is planned, or was made, is not planned once more."""
    for item in items:
        assert isinstance(item.result, Retry)
        tries = item.tries + 1
        after = item.result.after if item.result.after is not None else float(SCHEDULE_SECONDS[item.tries])
        at = now + timedelta(seconds=after)
        cursor = await conn.execute(
            """INSERT INTO due (due_id, tenant, kind, subject_id, at, tries, payload, reason)
               VALUES (%s, %s, 'retry', %s, %s, %s, %s, %s)
               ON CONFLICT (due_id) DO UPDATE SET at = excluded.at, tries = excluded.tries, fired_at = NULL,
                      payload = excluded.payload, reason = excluded.reason
                WHERE due.tries < excluded.tries RETURNING due_id""",
            [row_of(spec, item), item.message.tenant, item.key[0], at, tries,
             Jsonb({"topic": spec.source, "message": item.wire()}), item.result.reason],
        )  # fmt: skip
        if await cursor.fetchone() and isinstance(item.message, (DocumentMessage, ExportReceived)):
            log.append(_scheduled(spec, item, item.result, tries, at, now))


def _scheduled(spec: StageSpec, item: Item, result: Retry, tries: int, at: datetime, now: datetime) -> Event:
    _, round_, step = item.key
    return Event(
        tenant=item.message.tenant,
        stream=item.stream,
        type=EventType.RETRY_SCHEDULED,
        # a message that Kafka gives again may be scheduled again, at another time: another event
        cause=f"{spec.name}/{round_}/{step}/try-{tries}/{now.isoformat()}",
        occurred_at=now,
        actor=f"stage:{spec.name}",
        data={
            "stage": spec.name,
            "reason": result.reason,
            "explanation": result.explanation,
            "try": tries,
            "at": at.isoformat(),
        },
    )
