"""Pacing: how far large exports run ahead, so that what is dropped behind them is not held up.

Extraction is several times as fast as conversion and rendering. An export read through in one go would fill their
topics, and whatever comes later would stand behind all of it. So an export's next step is a due row of the kind `step`,
and the relay lets it go only while fewer than `ahead` documents are on their way to delivery. What is parked, tried
again later, or waits for a provider is not on its way and holds nothing up; and an export whose last step has gone
through entirely goes on in any case, so that none waits for ever behind a stream of small ones.

First steps never wait. The next steps take turns: tenant by tenant, and within a tenant export by export.

Replay: the row is written with the step before it and lasts until the step has its outcome, so a step is neither lost
nor taken for another; one that was produced twice is answered by what is recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pipeline.store import due, receiving
from pipeline.store.database import Connection
from pipeline.topology import EXPORT_RECEIVED
from schemas import ids
from schemas.messages import ExportReceived

LOOK = timedelta(seconds=1)
"""How often a step that has to wait is looked at: a millisecond of CPU, the database's included."""
STEPS_AHEAD = 2
"""So many steps make up what may be ahead: small enough that those of several exports mix."""
LARGEST_STEP = 500


def step_size(ahead: int) -> int:
    """Documents that a step reads at most."""
    return min(LARGEST_STEP, -(-ahead // STEPS_AHEAD))


async def plan(conn: Connection, following: ExportReceived, now: datetime) -> None:
    """Write an export's next step."""
    row = ids.derive("step", following.export_id, following.round, following.step)
    await due.publish(conn, row, following.tenant, following.export_id, EXPORT_RECEIVED, following, now, kind="step")


async def hold(conn: Connection, steps: Sequence[UUID], now: datetime, ahead: int) -> set[UUID]:
    """Of these due rows, just taken, those that have to wait: they are put off. In the transaction that took them."""
    room = ahead - await receiving.moving(conn, ahead)
    cursor = await conn.execute(
        "SELECT count(*) AS n FROM due WHERE fired_at IS NOT NULL AND kind = 'step' AND due_id <> ALL(%s)",
        [list(steps)],
    )
    [under_way] = await cursor.fetchall()
    room -= under_way["n"] * step_size(ahead)
    waiting = []
    for row in await _in_turn(conn, steps):
        if room > 0 or row["gone_through"]:
            room -= step_size(ahead)
        else:
            waiting.append(row["due_id"])
    if waiting:
        await conn.execute("UPDATE due SET fired_at = NULL, at = %s WHERE due_id = ANY(%s)", [now + LOOK, waiting])
    return set(waiting)


async def _in_turn(conn: Connection, steps: Sequence[UUID]) -> list[dict[str, Any]]:
    """Whose last step is longest ago comes first, among tenants, and among a tenant's exports."""
    cursor = await conn.execute(
        """SELECT d.due_id,
                  NOT EXISTS (SELECT FROM document o WHERE o.export_id = e.export_id AND o.export_step = e.step
                                 AND o.state = 'moving') AS gone_through
             FROM due d JOIN export e ON e.export_id = d.subject_id WHERE d.due_id = ANY(%s)
            ORDER BY row_number() OVER (PARTITION BY e.tenant ORDER BY e.updated_at),
                     max(e.updated_at) OVER (PARTITION BY e.tenant), d.due_id""",
        [list(steps)],
    )
    return await cursor.fetchall()
