"""Proving the event log: everything is computed again, from the rows alone, and compared.

Found: an event edited, deleted, inserted, moved or exchanged; a stream chained anew; leaves or checkpoints changed or
removed; a history cut at its end or put back to an earlier state (this only with the copy of checkpoints outside).
Not to be found by anybody: what a superuser does to an event in the second before it is sealed, and true-looking events
that he adds at the end, as the application could. Destroyed personal details are no fault.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import psycopg

from pipeline.store.chain import NONE, event_hash
from pipeline.store.checkpoint import Verifier
from pipeline.store.faults import FAULTS, Fault, row_of, rows_of
from pipeline.store.merkle import leaf_hash
from pipeline.store.verify_tree import Outside, grown


@dataclass(frozen=True)
class Verification:
    """What was checked, and the first fault of each kind of check.

    `unsealed` events are chained but too young for a checkpoint; `outside` is how many of the `checkpoints` stand in
    the copy outside too, None when there was no copy to compare.
    """

    ok: bool
    events: int
    streams: int
    checkpoints: int
    unsealed: int
    outside: int | None
    first_bad: Fault | None
    faults: tuple[Fault, ...]
    seconds: float


async def verify(
    conn: psycopg.AsyncConnection[Any],
    *,
    stream: str | None,
    checkpoints_file: Path | None,
    public_key: Verifier,
    earlier: bool = False,
) -> Verification:
    """Verify one stream or all, and the whole sealed tree, in one snapshot of the database.

    conn: not in a transaction; any role that may read the tables. Memory does not grow with the history. `earlier`: the
    copy outside was taken some time ago, and what was sealed since need not stand in it.
    """
    started = time.perf_counter()
    outside = Outside(checkpoints_file, public_key, earlier=earlier)  # before the snapshot: it must not know more
    async with conn.transaction():
        await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        await conn.execute("SET LOCAL search_path = entrega")
        await conn.execute("SET LOCAL TIME ZONE 'UTC'")
        await conn.execute("SET LOCAL idle_in_transaction_session_timeout = '5min'")
        await conn.execute("SET LOCAL cursor_tuple_fraction = 1.0")  # all rows will be read, not the first few
        chains = await _chains(conn, stream)
        tree = await grown(conn, outside, public_key)
        faults = [*chains.faults, *await _registers(conn, stream, chains, tree.size), *tree.faults]
    return Verification(
        ok=not faults,
        events=chains.events,
        streams=chains.streams,
        checkpoints=tree.checkpoints,
        unsealed=chains.events - chains.sealed,
        outside=tree.outside,
        first_bad=faults[0] if faults else None,
        faults=tuple(faults),
        seconds=time.perf_counter() - started,
    )


@dataclass
class _Chains:
    faults: list[Fault]
    events: int = 0
    streams: int = 0
    sealed: int = 0


EVENTS = """
    SELECT e.month, e.stream, e.ver, e.event_id, e.tenant, e.type, e.cause, e.occurred_at, e.recorded_at, e.actor,
           e.data::text, e.personal_hash, e.personal_ct, e.key_id, e.prev_hash, e.hash,
           s.tenant, l.leaf_hash, l.leaf_hash IS NULL AND e.xid < %(last)s::xid8
      FROM event e
      LEFT JOIN stream s ON s.stream = e.stream AND s.month = e.month
      LEFT JOIN log_leaf l ON (l.month, l.stream, l.ver) = (e.month, e.stream, e.ver)
     WHERE {} ORDER BY e.month, e.stream, e.ver"""

# Transaction of the last sealed event, if this server gave it: whatever is older should have been sealed with it.
LAST_SEALED = """
    SELECT e.xid::text FROM log_leaf l JOIN event e USING (month, stream, ver)
     WHERE l.tree_index = (SELECT max(tree_index) FROM log_leaf) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())"""


async def _chains(conn: psycopg.AsyncConnection[Any], stream: str | None) -> _Chains:
    """Every event against its own hash, the one before it, its stream, and its leaf."""
    found = _Chains([])
    here, expected, before = "", 1, NONE
    last = await row_of(conn, LAST_SEALED)
    where = "true" if stream is None else "e.stream = %(stream)s"
    parameters = {"last": last[0] if last else "0", "stream": stream}
    async for row in rows_of(conn, "events", EVENTS.format(where), parameters):
        (month, name, ver, event_id, tenant, type_, cause, occurred_at, recorded_at, actor, data, personal_hash,
         personal_ct, key_id, prev_hash, hash_, registered, leaf, overdue) = row  # fmt: skip
        found.events += 1
        if name != here:
            here, expected, before = name, 1, NONE
            found.streams += 1
        what = ""
        if ver != expected:
            what = f"events {expected} to {ver - 1} are missing" if ver > expected else "a second event of this number"
        elif prev_hash != before:
            what = "it does not follow from the event before it"
        elif hash_ != event_hash(
            month=month,
            stream=name,
            ver=ver,
            event_id=event_id,
            tenant=tenant,
            type=type_,
            cause=cause,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            actor=actor,
            data=orjson.loads(data),
            personal_hash=personal_hash,
            personal_ct=personal_ct,
            key_id=key_id,
            prev_hash=prev_hash,
        ):
            what = "its content is not what its hash says"
        elif leaf is not None and leaf != leaf_hash(hash_):
            what = "it is not what was sealed"
        elif overdue:
            what = "it was never sealed, though later events were"
        elif registered != tenant:
            what = "its stream is not registered" if registered is None else "its stream belongs to another tenant"
        if what and len(found.faults) < FAULTS:
            found.faults.append(Fault(name, ver, what))
        expected, before = ver + 1, hash_
        found.sealed += leaf is not None
    return found


async def _registers(
    conn: psycopg.AsyncConnection[Any], stream: str | None, chains: _Chains, leaves: int
) -> list[Fault]:
    """What stands beside the events and has lost them: leaves, streams, keys."""
    faults = []
    if stream is not None:
        leaves = (await row_of(conn, "SELECT count(*) FROM log_leaf WHERE stream = %s", stream) or (0,))[0]
    checks = [
        (
            "it was sealed, and is gone",
            """SELECT l.stream, l.ver FROM log_leaf l LEFT JOIN event e USING (month, stream, ver)
                WHERE e.hash IS NULL AND (%(stream)s::text IS NULL OR l.stream = %(stream)s)
                ORDER BY l.tree_index LIMIT 1""",
            leaves != chains.sealed,
        ),
        (
            "the stream is registered, and has no events",
            """SELECT s.stream, 1 FROM stream s
                WHERE NOT EXISTS (SELECT 1 FROM event e WHERE e.month = s.month AND e.stream = s.stream)
                  AND (%(stream)s::text IS NULL OR s.stream = %(stream)s) LIMIT 1""",
            True,
        ),
        (
            "the key of its personal details is missing",
            """SELECT e.stream, e.ver FROM event e WHERE e.key_id IS NOT NULL
                  AND NOT EXISTS (SELECT 1 FROM data_key k WHERE k.key_id = e.key_id AND k.stream = e.stream)
                  AND (%(stream)s::text IS NULL OR e.stream = %(stream)s) LIMIT 1""",
            True,
        ),
    ]
    for what, query, asked in checks:
        if asked and (row := await row_of(conn, query, stream=stream)):
            faults.append(Fault(row[0], row[1], what))
    return faults
