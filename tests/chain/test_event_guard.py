"""Who may change the event log (nobody), and who may only read it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest
from event_store import PASSWORD, Log, event

from pipeline.store import history
from pipeline.store.history import EventQuery
from pipeline.store.migrate import APPLICATION_ROLE, AUDITOR_ROLE, application_url, migrate
from schemas.events import EventType

STATEMENTS = {
    "update": "UPDATE event SET actor = 'x'",
    "delete": "DELETE FROM event",
    "truncate": "TRUNCATE event",
    "merge": "MERGE INTO event e USING stream s ON e.stream = s.stream WHEN MATCHED THEN DELETE",
    "upsert": "INSERT INTO checkpoint TABLE checkpoint ON CONFLICT (tree_size) DO UPDATE SET root = excluded.root",
    "update a partition": "UPDATE event_2026_11 SET actor = 'x'",
    "select for update": "SELECT 1 FROM event FOR UPDATE",
    "drop": "DROP TABLE event",
    "detach": "ALTER TABLE event DETACH PARTITION event_other",
    "disable the trigger": "ALTER TABLE event DISABLE TRIGGER ALL",
    "drop the trigger": "DROP TRIGGER append_only ON event",
    "rule": "CREATE RULE r AS ON INSERT TO event DO INSTEAD NOTHING",
    "triggers off": "SET session_replication_role = replica",
    "forged transaction": "INSERT INTO event (month, stream, ver, xid) VALUES ('2026-11-01', 's', 1, '3')",
    "delete leaves": "DELETE FROM log_leaf",
    "update checkpoints": "UPDATE checkpoint SET made_at = now()",
    "move a stream": "UPDATE stream SET month = '2020-01-01'",
    "delete keys": "DELETE FROM data_key",
    "take over": "ALTER TABLE event OWNER TO entrega_app",
}


async def test_the_application_may_only_add(log: Log) -> None:
    """As the application's role every statement that changes, removes or forges history is refused."""
    await log.append(event(1, personal={"to": "x"}))
    await log.seal()
    allowed = []
    for role in (APPLICATION_ROLE, AUDITOR_ROLE):
        for name, statement in STATEMENTS.items():
            async with await psycopg.AsyncConnection.connect(log.owner_url) as conn:
                await conn.execute("SET search_path = entrega")
                await conn.execute(f"SET SESSION AUTHORIZATION {role}".encode())
                try:
                    await conn.execute(statement.encode())
                    allowed.append((role, name))
                except psycopg.errors.InsufficientPrivilege:
                    await conn.rollback()
    assert allowed == []
    assert (await log.verify()).ok


@pytest.mark.parametrize("table", ["event", "event_2026_11", "event_other", "stream", "log_leaf", "checkpoint"])
async def test_the_owner_is_refused_by_trigger(log: Log, table: str) -> None:
    """Even the owner's UPDATE, DELETE and TRUNCATE are refused, also where a partition is named, also on no rows."""
    async with await psycopg.AsyncConnection.connect(log.owner_url, autocommit=True) as conn:
        await conn.execute("SET search_path = entrega")
        column = {"log_leaf": "leaf_hash", "checkpoint": "root"}.get(table, "stream")
        statements = [f"UPDATE {table} SET {column} = {column}", f"DELETE FROM {table}", f"TRUNCATE {table}"]  # noqa: S608
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                await conn.execute(statement.encode())


async def test_migrations_may_run_at_the_same_time(postgres: Callable[[], str]) -> None:
    """Several processes that start on an empty database all find it migrated, and the application can log in."""
    url = postgres()
    await asyncio.gather(*(asyncio.to_thread(migrate, url, PASSWORD) for _ in range(4)))
    async with await psycopg.AsyncConnection.connect(application_url(url, PASSWORD)) as conn:
        assert await (await conn.execute("SELECT count(*) FROM event_meaning")).fetchone() == (len(EventType),)


async def test_the_auditor_reads_and_verifies_without_keys(log: Log) -> None:
    """The auditor's role may search and verify everything, and cannot read the wrapped keys."""
    await log.append(event(1, personal={"to": "x"}))
    async with await psycopg.AsyncConnection.connect(log.owner_url, autocommit=True) as conn:
        await conn.execute("SET SESSION AUTHORIZATION entrega_auditor")
        await conn.execute("SET search_path = entrega")
        assert [row.personal_state for row in await history.search(conn, EventQuery(export=UUID(int=1)))] == []
        assert [row.personal_state for row in await history.search(conn, EventQuery())] == ["kept"]
        from pipeline.store.verify import verify

        assert (await verify(conn, stream=None, checkpoints_file=None, public_key=log.signer.verifier)).ok
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await conn.execute("SELECT wrapped FROM data_key")
