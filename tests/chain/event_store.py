"""A migrated database with an event log, for the tests of this folder: everything real."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg
from psycopg_pool import AsyncConnectionPool

from pipeline.store import events
from pipeline.store.checkpoint import OutsideCopy, Signer
from pipeline.store.migrate import application_url, migrate
from pipeline.store.personal import KeyRing
from pipeline.store.sealer import Sealer
from pipeline.store.verify import Verification, verify
from schemas.events import Event, EventType

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PASSWORD = "for tests only"  # noqa: S105

HELD_BACK = """SELECT EXISTS (SELECT 1 FROM event WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())
                                                  AND xid < pg_snapshot_xmax(pg_current_snapshot()))"""


def document(number: int) -> UUID:
    return uuid5(UUID(int=0), str(number))


def event(number: int, cause: str = "conversion/1", **changes: Any) -> Event:
    """A fact about document `number`."""
    values: dict[str, Any] = {
        "tenant": "acme",
        "stream": f"document:{document(number)}",
        "type": EventType.CONVERTED,
        "cause": cause,
        "occurred_at": START,
        "actor": "stage:conversion",
        "data": {"round": 1, "format": "ubl"},
    }
    return Event(**{**values, **changes})


@dataclass
class Log:
    """One event log: its database, keys and files."""

    owner_url: str
    folder: Path
    keys: KeyRing
    signer: Signer
    ticks: Callable[[], int]

    @property
    def url(self) -> str:
        return application_url(self.owner_url, PASSWORD)

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints.jsonl"

    def clock(self) -> datetime:
        """A second later at each look."""
        return START + timedelta(seconds=self.ticks())

    async def connect(self) -> psycopg.AsyncConnection[Any]:
        return await psycopg.AsyncConnection.connect(self.url)

    async def owner(self) -> psycopg.AsyncConnection[Any]:
        """The superuser, with triggers switched off: the attacker."""
        conn = await psycopg.AsyncConnection.connect(self.owner_url, autocommit=True)
        await conn.execute("SET search_path = entrega")
        await conn.execute("SET session_replication_role = replica")
        return conn

    async def append(self, *new: Event, at: datetime | None = None) -> list[bool]:
        async with await self.connect() as conn, conn.transaction():
            return await events.append(conn, new, recorded_at=at or self.clock(), keys=self.keys)

    @asynccontextmanager
    async def sealer(self, outside: OutsideCopy | None = None, **settings: Any) -> AsyncIterator[Sealer]:
        async with AsyncConnectionPool(self.url, min_size=1, max_size=1, open=False) as pool:
            yield Sealer(pool, self.signer, outside or OutsideCopy(self.checkpoints), clock=self.clock, **settings)

    async def seal(self, sealer: Sealer | None = None) -> int:
        """Seal all that is there, in one round if one batch holds it: transactions of other tests are waited for."""
        if sealer is None:
            async with self.sealer() as own:
                return await self.seal(own)
        sealed, waiting = 0, True
        async with await self.owner() as conn:
            while waiting:
                [[waiting]] = await (await conn.execute(HELD_BACK)).fetchall()
            while (await self.ask("SELECT (SELECT count(*) FROM event) > (SELECT count(*) FROM log_leaf)"))[0][0]:
                sealed += await sealer.seal()
        return sealed

    async def verify(self, stream: str | None = None, *, file: Path | None = None, **how: Any) -> Verification:
        async with await psycopg.AsyncConnection.connect(self.owner_url) as conn:
            return await verify(
                conn, stream=stream, checkpoints_file=file or self.checkpoints, public_key=self.signer.verifier, **how
            )

    async def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        async with await self.owner() as conn:
            return await (await conn.execute(query.encode(), values or None)).fetchall()


TABLES = "event, stream, data_key, log_leaf, checkpoint"


def make_log(owner_url: str, folder: Path) -> Log:
    migrate(owner_url, PASSWORD)
    ticks = count()
    keys, signer = KeyRing.create(folder / "keys"), Signer.create(folder / "seal.pem")
    return Log(owner_url, folder, keys, signer, lambda: next(ticks))


def keep(log: Log) -> None:
    """Remember what stands in the log, to come back to it."""
    with psycopg.connect(log.owner_url, autocommit=True) as conn:
        for table in TABLES.split(", "):
            conn.execute(f"CREATE TABLE public.kept_{table} AS TABLE entrega.{table}".encode())


def restored(log: Log, folder: Path) -> Log:
    """The same database as it was when it was kept, or empty when it never was, with the files in another folder."""
    with psycopg.connect(log.owner_url) as conn:
        conn.execute("SET LOCAL session_replication_role = replica")
        conn.execute("SET LOCAL search_path = entrega, public")
        conn.execute(f"TRUNCATE {TABLES}, document CASCADE".encode())
        if conn.execute("SELECT to_regclass('public.kept_event')").fetchone() != (None,):
            for table in TABLES.split(", "):
                conn.execute(f"INSERT INTO {table} TABLE kept_{table}".encode())
    shutil.copytree(log.folder, folder)
    return Log(log.owner_url, folder, log.keys, log.signer, log.ticks)
