"""A migrated database with an event log, for the tests of this folder: everything real."""

from __future__ import annotations

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

    async def seal(self) -> int:
        async with self.sealer() as sealer:
            return await sealer.seal()

    async def verify(self, stream: str | None = None, *, file: Path | None = None) -> Verification:
        async with await psycopg.AsyncConnection.connect(self.owner_url) as conn:
            return await verify(
                conn, stream=stream, checkpoints_file=file or self.checkpoints, public_key=self.signer.verifier
            )

    async def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        async with await self.owner() as conn:
            return await (await conn.execute(query.encode(), values or None)).fetchall()


def make_log(owner_url: str, folder: Path) -> Log:
    migrate(owner_url, PASSWORD)
    ticks = count()
    keys, signer = KeyRing.create(folder / "keys"), Signer.create(folder / "seal.pem")
    return Log(owner_url, folder, keys, signer, lambda: next(ticks))
