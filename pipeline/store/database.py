"""The connection pool, and what every use of it shares: the clock, the key ring, and one meaning of "unavailable"."""

from __future__ import annotations

import select
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from pipeline.store.personal import KeyRing
from schemas.errors import StoreUnavailable

Connection = psycopg.AsyncConnection[dict[str, Any]]
Clock = Callable[[], datetime]

UNAVAILABLE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.IdleInTransactionSessionTimeout,  # an InternalError for psycopg
    psycopg.errors.ReadOnlySqlTransaction,  # another one: the server that answers is a copy, about to take over
    PoolTimeout,
)
"""What psycopg raises when the database does not answer, is shutting down, or dropped the connection."""
RECONNECT_SECONDS = 5.0
"""The pool doubles its pauses between tries for so long, and then begins anew: after an hour's outage, too, the
database is found again within seconds (psycopg's own five minutes let the pauses grow to two)."""


BY_KEY = {
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
}
"""For a worker, whose statements look up the rows of one micro-batch by their keys: each is planned once a connection,
as look-ups by index, whatever the statistics of a young table say. Planning again at every call took a sixth of the
database's time, and a plan that was made while a table was empty would read all of it later.
"""


def utc_now() -> datetime:
    return datetime.now(UTC)


def as_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows as one parameter, for `json_to_recordset`: an array for each column costs psycopg several times the CPU,
    most of it for quoting the quotes of JSON within arrays. Decimals as texts, which PostgreSQL reads exactly.
    """
    return orjson.dumps(rows, default=str).decode()


async def _check(connection: Connection) -> None:
    """Before a connection is given out: a server that has gone has closed it, and a closed one is readable.

    Only then is the server asked, for that costs a round trip.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        await AsyncConnectionPool.check_connection(connection)


class Store:
    """A pool of connections to the application's database, as role `entrega_app`.

    `by_key`: for one that only looks up and writes rows by their keys, as a worker does.
    """

    def __init__(self, url: str, keys: KeyRing, *, clock: Clock = utc_now, size: int = 8, by_key: bool = False) -> None:
        self.url = url
        self.keys = keys
        self.clock = clock
        settings = {"idle_in_transaction_session_timeout": "10000", **(BY_KEY if by_key else {})}
        self.pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            open=False,
            reconnect_timeout=RECONNECT_SECONDS,
            timeout=10,
            check=_check,
            kwargs={
                "row_factory": dict_row,
                "prepare_threshold": 0,  # few statements, many times: each is parsed once a connection
                "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
            },
        )

    async def open(self) -> None:
        await self.pool.open()

    async def close(self) -> None:
        await self.pool.close()

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[Connection]:
        """For one statement that is a transaction of its own: two round trips less."""
        async with self.transaction() as connection:
            await connection.set_autocommit(True)
            try:
                yield connection
            finally:
                with suppress(psycopg.Error):  # broken or cancelled in the middle: the pool throws it away
                    await connection.set_autocommit(False)

    @asynccontextmanager
    async def pipelined(self) -> AsyncIterator[Connection]:
        """A transaction whose statements travel together: a round trip only where rows are asked for, and at its end.

        A statement's error shows at the next of these; a cursor that is not read is not used again.
        """
        async with self.transaction() as connection, connection.pipeline():
            yield connection
            await connection.commit()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """One transaction: committed at the end of the block, rolled back by an exception."""
        try:
            async with self.pool.connection() as connection:
                yield connection
        except UNAVAILABLE as error:
            raise StoreUnavailable(f"the database does not answer: {type(error).__name__}") from error
