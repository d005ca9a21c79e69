"""Sealing: every second all new events become leaves of one Merkle tree, and its new state is signed.

Which events are new is a question of transactions, not of times or counters: one that is still running may commit an
event with an earlier time later (a sealer that reads past its last position lost 359 of 30,551 so). Only events whose
transaction is older than every running one are taken, in the order of transactions. (Running on the server, that is:
a long transaction in any of its databases holds sealing back. Nothing is lost by it, only later.)

One sealer works at a time, in the whole installation: each round holds an advisory lock until it commits. A round that
is killed leaves nothing behind. The database commits first, the copy outside is written after: who stops in between
finds the copy behind, and catches up; a copy that is ahead of the database means that history was cut.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import tuple_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from pipeline.store.checkpoint import OutsideCopy, Signer
from pipeline.store.merkle import Frontier
from schemas.errors import PermanentError

logger = logging.getLogger(__name__)

LOCK = 0x7365616C6572
"""Key of the advisory lock; 'sealer' in ASCII."""

BEGINNING = ("0", "", 0)
"""Before every (transaction, stream, ver)."""

TAKE = """
    WITH taken AS (
        SELECT e.month, e.stream, e.ver, e.xid, sha256('\\x00'::bytea || e.hash) AS leaf FROM event e
         WHERE (e.xid, e.stream, e.ver) > (%(xid)s::xid8, %(stream)s, %(ver)s) AND {settled}
           AND NOT EXISTS (SELECT 1 FROM log_leaf l WHERE (l.month, l.stream, l.ver) = (e.month, e.stream, e.ver))
         ORDER BY e.xid, e.stream, e.ver LIMIT %(limit)s),
    placed AS MATERIALIZED (
        SELECT %(size)s + row_number() OVER (ORDER BY xid, stream, ver) - 1 AS tree_index, * FROM taken),
    kept AS (
        INSERT INTO log_leaf (tree_index, month, stream, ver, leaf_hash)
        SELECT tree_index, month, stream, ver, leaf FROM placed)
    SELECT leaf, xid::text, stream, ver FROM placed ORDER BY tree_index"""
TAKE_NEW = TAKE.format(settled="e.xid < %(horizon)s::xid8")
# A database restored from a dump holds transaction numbers of another server; those in this one's future are settled.
TAKE_ALL = TAKE.format(settled="(e.xid < %(horizon)s::xid8 OR e.xid >= pg_snapshot_xmax(pg_current_snapshot()))")
# There may be many to look at: all leaves are read once instead of looking each one up, as `by_key` has it elsewhere.
MANY = "SELECT set_config('enable_hashjoin', 'on', true), set_config('enable_seqscan', 'on', true)"

LAST_XID = """SELECT e.xid::text FROM log_leaf l JOIN event e USING (month, stream, ver)
               WHERE l.tree_index = %s AND e.xid < %s::xid8"""


class HistoryRolledBack(PermanentError):
    """The copy outside knows a later, or another, state than the database: nothing more is signed on top of it."""

    reason = "history-rolled-back"


class Sealer:
    """Seals until told to stop.

    pool: of connections as `entrega_app`; clock: aware UTC; batch: the most events under one checkpoint; interval:
    seconds between rounds.
    """

    def __init__(
        self,
        pool: AsyncConnectionPool[Any],
        signer: Signer,
        outside: OutsideCopy,
        *,
        clock: Callable[[], datetime],
        batch: int = 1000,
        interval: float = 1.0,
    ) -> None:
        self._pool = pool
        self._signer = signer
        self._outside = outside
        self._clock = clock
        self._batch = batch
        self._interval = interval
        self._months_made = ""
        self._round_at_a_time = asyncio.Lock()
        self._forget()

    def _forget(self) -> None:
        """Trust nothing but the database and the file in the next round."""
        self._tree: Frontier | None = None
        self._after = BEGINNING
        self._first_horizon = ""
        self._seen_all = False

    async def run(self, stop: asyncio.Event) -> None:
        """Seal every `interval` seconds, at once again while batches are full; a last round after `stop`.

        A database that does not answer, or a full disk, is waited for. Raises HistoryRolledBack.
        """
        while True:
            stopping = stop.is_set()
            try:
                sealed = await self.seal()
            except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout, OSError) as error:
                logger.error("sealing waits: %s", type(error).__name__)
                sealed = 0
            if sealed >= self._batch:
                continue
            if stopping:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._interval)

    async def seal(self) -> int:
        """One round: how many events were sealed; 0 also when another sealer is at it."""
        async with self._round_at_a_time:
            try:
                async with self._pool.connection() as conn:
                    made = await self._round(conn.cursor(binary=True, row_factory=tuple_row))
                if made:
                    await asyncio.to_thread(self._outside.add, [made[1:]])
                return made[0] if made else 0
            except BaseException:
                # Committed or not, written outside or not: nobody knows.
                self._forget()
                raise

    async def _round(self, cursor: psycopg.AsyncCursor[Any]) -> tuple[int, int, bytes, datetime, str] | None:
        """Events sealed, and the checkpoint: size, root, time, note. None when there was nothing to do."""
        horizon, locked = await _one(
            cursor, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pg_try_advisory_xact_lock(%s)", LOCK
        )
        if not locked or (self._seen_all and self._after == (horizon, "", 0)):
            return None
        await self._make_months(cursor)
        tree = await self._where(cursor, horizon)
        before = tree.size
        if not self._seen_all:
            await cursor.execute(MANY)
        xid, stream, ver = self._after
        await cursor.execute(
            TAKE_NEW if self._seen_all else TAKE_ALL,
            {"xid": xid, "stream": stream, "ver": ver, "horizon": horizon, "limit": self._batch, "size": before},
        )
        leaves = await cursor.fetchall()
        for leaf, *_ in leaves:
            tree.append(leaf)
        if len(leaves) < self._batch:
            # What began while a restored history was being caught up with stands before its last, foreign, number.
            self._after = (horizon if self._seen_all else self._first_horizon, "", 0)
            self._seen_all = True
        else:
            self._after = tuple(leaves[-1][1:])
        if not leaves:
            return None
        root, made_at = tree.root(), self._clock()
        note, signature = self._signer.note(tree.size, root, made_at)
        await cursor.execute(
            """INSERT INTO checkpoint (tree_size, prev_size, root, frontier, made_at, key_id, signature, note)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s)""",
            [tree.size, before, root, tree.to_bytes(), made_at, self._signer.verifier.key_id, signature, note],
        )
        return len(leaves), tree.size, root, made_at, note

    async def _where(self, cursor: psycopg.AsyncCursor[Any], horizon: str) -> Frontier:
        """The tree as it stands; in the first round also where to begin to look for what it lacks."""
        await cursor.execute("SELECT tree_size, root, frontier FROM checkpoint ORDER BY tree_size DESC LIMIT 1")
        size, root, frontier = await cursor.fetchone() or (0, b"", b"")
        if self._tree is not None and self._tree.size == size:
            return self._tree
        # The first round, or another sealer worked since.
        self._tree = Frontier.from_bytes(size, frontier)
        if size and self._tree.root() != root:
            raise HistoryRolledBack("the last checkpoint contradicts itself; run entrega verify")
        await self._catch_up(cursor, size)
        if not self._first_horizon:
            self._first_horizon = horizon
            # Whatever is older than the last leaf was sealed before it; a number of another server says nothing.
            await cursor.execute(LAST_XID, [size - 1, horizon])
            if last := await cursor.fetchone():
                self._after = (last[0], "", 0)
        return self._tree

    async def _catch_up(self, cursor: psycopg.AsyncCursor[Any], size: int) -> None:
        """Bring the copy outside up to the database; refuse to go on when it knows more, or something else."""
        last = await asyncio.to_thread(self._outside.last)
        known, known_root = last or (0, "")
        if known:
            await cursor.execute("SELECT encode(root, 'hex') FROM checkpoint WHERE tree_size = %s", [known])
            if known > size or await cursor.fetchone() != (known_root,):
                raise HistoryRolledBack(
                    f"{self._outside.path.name} knows a history of {known} events that the database does not hold"
                )
        await cursor.execute(
            "SELECT tree_size, root, made_at, note FROM checkpoint WHERE tree_size > %s ORDER BY tree_size", [known]
        )
        while rows := await cursor.fetchmany(1000):
            await asyncio.to_thread(self._outside.add, rows)

    async def _make_months(self, cursor: psycopg.AsyncCursor[Any]) -> None:
        """Make the partitions of the coming months, once a day."""
        today = self._clock().date().isoformat()
        if self._months_made != today:
            await cursor.execute("SELECT make_event_months(%s::date, 3)", [today])
            self._months_made = today


async def _one(cursor: psycopg.AsyncCursor[Any], query: Any, *parameters: Any) -> tuple[Any, ...]:
    await cursor.execute(query, parameters)
    row: tuple[Any, ...] | None = await cursor.fetchone()
    if row is None:
        raise psycopg.OperationalError("the database gave no answer")
    return row
