"""Sealing under load, with slow transactions, two sealers, and kills: nothing is left out, nothing sealed twice."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from event_store import Log, document, event

from pipeline.store import events
from pipeline.store.checkpoint import OutsideCopy
from pipeline.store.sealer import HistoryRolledBack, Sealer


@asynccontextmanager
async def running(*sealers: Sealer) -> AsyncIterator[None]:
    """The sealers at work; at the end each makes its last round."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(sealer.run(stop)) for sealer in sealers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def write(log: Log, writer: int, transactions: int, slow: Callable[[], Awaitable[None]] | None = None) -> int:
    """Transactions of one to eight events over forty shared streams; every tenth holds its events back for a while."""
    rng, count = random.Random(writer), 0  # noqa: S311  (the same load each run)
    async with await log.connect() as conn:
        for number in range(transactions):
            async with conn.transaction():
                chosen = rng.sample(range(40), rng.randrange(1, 9))
                batch = [event(one, f"{writer}/{number}") for one in chosen]
                count += sum(await events.append(conn, batch, recorded_at=log.clock(), keys=log.keys))
                if slow is not None and number % 10 == writer % 10:
                    await slow()
    return count


async def sizes(log: Log) -> tuple[Any, ...]:
    """Events, leaves, and the size under the last checkpoint."""
    return (
        await log.ask(
            "SELECT (SELECT count(*) FROM event), (SELECT count(*) FROM log_leaf), max(tree_size) FROM checkpoint"
        )
    )[0]


async def test_a_running_transaction_holds_back_what_came_after_it(log: Log) -> None:
    """An event whose transaction is still open is not passed over: it is sealed first, once it is committed."""
    async with await log.connect() as slow:
        async with slow.transaction():
            await events.append(slow, [event(1)], recorded_at=log.clock(), keys=log.keys)
            await log.append(event(2))
            async with log.sealer() as sealer:
                assert await sealer.seal() == 0
        assert await log.seal() == 2
    assert await log.ask("SELECT tree_index, stream FROM log_leaf ORDER BY 1") == [
        (0, f"document:{document(1)}"),
        (1, f"document:{document(2)}"),
    ]


async def test_sixteen_writers_and_a_sealer(log: Log) -> None:
    """With 16 writers, some of them slow to commit, and the sealer at work all the time, every event is sealed once."""
    async with log.sealer(interval=0.01, batch=50) as sealer:

        async def slow() -> None:
            before = (await sizes(log))[2] or 0
            for _ in range(3):  # three rounds pass while the transaction is open
                await sealer.seal()
            assert ((await sizes(log))[2] or 0) >= before

        async with running(sealer):
            written = sum(await asyncio.gather(*(write(log, writer, 10, slow) for writer in range(16))))
        await log.seal(sealer)
    assert await sizes(log) == (written, written, written)
    result = await log.verify()
    assert (result.ok, result.unsealed, result.outside) == (True, 0, result.checkpoints)


async def test_two_sealers_at_once(log: Log) -> None:
    """Two sealers that work at the same time make one tree and one copy outside, in order and without gap."""
    async with log.sealer(interval=0.001, batch=7) as one, log.sealer(interval=0.001, batch=11) as other:
        async with running(one, other):
            written = sum(await asyncio.gather(*(write(log, writer, 15) for writer in range(4))))
        await log.seal(other)
        await log.seal(one)
    assert await sizes(log) == (written, written, written)
    result = await log.verify()
    assert (result.ok, result.outside) == (True, result.checkpoints)
    outside = [size for size, _, _ in OutsideCopy(log.checkpoints).read()]
    assert outside == sorted(set(outside))
    assert outside[-1] == written


async def test_a_full_disk_outside_is_caught_up(log: Log) -> None:
    """A checkpoint that was committed but could not be written outside is written later, before the next one."""
    folder = log.folder / "not there yet"
    async with log.sealer(OutsideCopy(folder / "checkpoints.jsonl")) as sealer:
        await log.append(event(1))
        with pytest.raises(FileNotFoundError):
            await log.seal(sealer)
        assert await sizes(log) == (1, 1, 1)
        folder.mkdir()
        await log.append(event(2))
        assert await log.seal(sealer) == 1
    assert [size for size, _, _ in OutsideCopy(folder / "checkpoints.jsonl").read()] == [1, 2]


async def test_an_unfinished_line_outside_is_mended(log: Log) -> None:
    """A line that was being written when the machine stopped is cut off and written again; until then it is missed."""
    await log.append(event(1))
    await log.seal()
    await log.append(event(2))
    await log.seal()
    whole = log.checkpoints.read_bytes()
    log.checkpoints.write_bytes(whole[:-100])
    assert [fault.what for fault in (await log.verify()).faults] == [
        "the copy outside is cut: it knows 1 checkpoints, and lacks 1 from 2 on"
    ]
    await log.append(event(3))
    await log.seal()
    assert log.checkpoints.read_bytes().startswith(whole)
    assert (await log.verify()).outside == 3


async def test_a_sealer_whose_connection_dies_leaves_nothing_behind(log: Log) -> None:
    """Ended by the database in the middle of a round, the sealer has sealed nothing, and the next round seals all."""
    await log.append(*(event(number) for number in range(5)))
    async with log.sealer() as sealer, await log.owner() as owner:
        async with owner.transaction():
            await owner.execute("LOCK TABLE checkpoint IN EXCLUSIVE MODE")  # the leaves are in, the checkpoint waits
            task = asyncio.create_task(log.seal(sealer))
            await _waiting(log, "INSERT INTO checkpoint%")
        with pytest.raises(psycopg.OperationalError):
            await task
        assert await sizes(log) == (5, 0, None)
        assert await log.seal(sealer) == 5
    assert (await log.verify()).ok


async def _waiting(log: Log, query: str) -> None:
    """End the backend that waits for a lock in this statement, as soon as there is one."""
    ended: list[Any] = []
    while not ended:
        ended = await log.ask(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE %s""",
            query,
        )


SEALER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from psycopg_pool import AsyncConnectionPool
from pipeline.store.checkpoint import OutsideCopy, Signer
from pipeline.store.sealer import Sealer

async def main(url, folder):
    async with AsyncConnectionPool(url, min_size=1, max_size=1, open=False) as pool:
        sealer = Sealer(pool, Signer.load(folder / "seal.pem"), OutsideCopy(folder / "checkpoints.jsonl"),
                        clock=lambda: datetime.now(UTC), batch=5)
        while True:
            if await sealer.seal():
                print("sealed", flush=True)

asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
"""


async def test_kill_minus_nine(log: Log) -> None:
    """Sealer processes killed at any moment under load: whoever comes after seals the rest, nothing twice."""
    rng, written = random.Random(9), 0  # noqa: S311
    for turn in range(3):
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", SEALER, log.url, str(log.folder), stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        load = asyncio.gather(*(write(log, 10 * turn + writer, 8) for writer in range(3)))
        for _ in range(rng.randrange(2, 6)):
            assert await process.stdout.readline() == b"sealed\n"
        process.send_signal(signal.SIGKILL)
        await process.communicate()
        written += sum(await load)
    await log.seal()
    assert await sizes(log) == (written, written, written)
    result = await log.verify()
    assert (result.ok, result.outside) == (True, result.checkpoints)


@pytest.mark.parametrize("ahead", [15, 1_000_000])
async def test_a_restored_database_is_sealed_on(log: Log, ahead: int) -> None:
    """Rows restored from another server carry its transaction numbers, near or far in this one's future: all are
    sealed once, what comes after them too, also when this server's numbers reach and pass theirs, also after a restart.
    """
    for number in range(4):
        await log.append(event(number))
    async with await log.owner() as owner:
        await owner.execute("UPDATE event SET xid = (xid::text::bigint + %s)::text::xid8", [ahead])
    async with log.sealer(batch=2) as sealer, log.sealer() as restarted:
        sealed = await sealer.seal()
        for number in range(10, 40):
            await log.append(event(number))
            sealed += await (restarted if number == 20 else sealer).seal()
        sealed += await log.seal(sealer)
    assert sealed == 34
    assert await sizes(log) == (34, 34, 34)
    assert (await log.verify()).ok


async def test_nothing_is_signed_on_top_of_a_cut_history(log: Log) -> None:
    """A database that was put back to an earlier state is not sealed on: the copy outside knows better."""
    await log.append(event(1), event(2))
    await log.seal()
    async with await log.owner() as owner:
        await owner.execute("TRUNCATE checkpoint, log_leaf")
        await owner.execute("DELETE FROM event")
    await log.append(event(3))
    with pytest.raises(HistoryRolledBack, match="2 events"):
        await log.seal()
    assert (await sizes(log))[1:] == (0, None)
