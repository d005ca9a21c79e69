"""The event log on a real PostgreSQL: appending, who may change it (nobody), erasing, searching."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import rfc8785
from event_store import PASSWORD, START, Log, document, event, make_log, restored

from pipeline.store import events, history
from pipeline.store.history import EventQuery, Position
from pipeline.store.migrate import APPLICATION_ROLE, AUDITOR_ROLE, application_url, migrate
from pipeline.store.personal import destroy_keys
from schemas.events import EventType


@pytest.fixture(scope="module")
def migrated(postgres: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Log:
    return make_log(postgres(), tmp_path_factory.mktemp("log"))


@pytest.fixture
def log(migrated: Log, tmp_path: Path) -> Log:
    """An empty log."""
    return restored(migrated, tmp_path / "log")


async def stored(log: Log, columns: str = "stream, ver, cause") -> list[tuple[Any, ...]]:
    return await log.ask(f"SELECT {columns} FROM event ORDER BY stream, ver")  # noqa: S608


# appending


async def test_one_batch_chains_several_events_of_several_streams(log: Log) -> None:
    """Events of one batch stand in their streams in the order given, numbered from 1, each after the one before."""
    assert await log.append(event(1, "a"), event(2, "a"), event(1, "b"), event(1, "c")) == [True] * 4
    assert await log.append(event(2, "b"), event(1, "d")) == [True, True]
    rows = await stored(log, "stream, ver, cause, prev_hash, hash")
    chains = {
        number: [(ver, cause) for stream, ver, cause, *_ in rows if stream.endswith(str(document(number)))]
        for number in (1, 2)
    }
    assert chains == {1: [(1, "a"), (2, "b"), (3, "c"), (4, "d")], 2: [(1, "a"), (2, "b")]}
    for before, now in pairwise(rows):
        assert now[3] == (before[4] if now[0] == before[0] else bytes(32))


async def test_the_hash_is_that_of_the_specification(log: Log) -> None:
    """Whoever follows chain.py's text with another implementation of RFC 8785 gets the stored hash."""
    await log.append(
        event(7, data={"b": [1, None, True], "é": "ü\n\u2028", "\U0001f600": 1, "\ufffd": 2}, personal={"to": "x@y.z"}),
        at=datetime(2026, 11, 30, 23, 59, 59, 250, tzinfo=UTC),
    )
    [(key_id, personal_hash, ciphertext, hash_)] = await log.ask(
        "SELECT key_id, personal_hash, personal_ct, hash FROM event"
    )
    envelope: dict[str, Any] = {
        "actor": "stage:conversion",
        "cause": "conversion/1",
        "data": {"b": [1, None, True], "é": "ü\n\u2028", "\U0001f600": 1, "\ufffd": 2},
        "event_id": str(event(7).event_id),
        "key_id": str(key_id),
        "month": "2026-11-01",
        "occurred_at": "2026-11-22T09:00:00Z",
        "recorded_at": "2026-11-30T23:59:59.000250Z",
        "sealed": sha256(ciphertext).hexdigest(),
        "stream": f"document:{document(7)}",
        "tenant": "acme",
        "type": "converted",
        "v": 1,
        "ver": 1,
    }
    assert hash_ == sha256(rfc8785.dumps(envelope) + bytes(32) + personal_hash).digest()
    assert (await log.verify()).ok


async def test_the_same_event_again_is_skipped(log: Log) -> None:
    """What was written once is not written again: not in a later batch, not twice in one, not at another time."""
    first = event(1, personal={"to": "ana@example.com"})
    assert await log.append(first, first, event(2)) == [True, False, True]
    later = first.model_copy(update={"occurred_at": START + timedelta(hours=1)})
    assert await log.append(later, event(3), event(2)) == [False, True, False]
    assert len(await stored(log)) == 3


@pytest.mark.parametrize(
    "change",
    [{"data": {"round": 2}}, {"actor": "operator:eva"}, {"personal": {"to": "eva@example.com"}}, {"personal": None}],
)
async def test_the_same_id_with_other_content_is_an_alarm(log: Log, change: dict[str, Any]) -> None:
    """Same stream, type and cause, but other content: EventConflict, and nothing of the batch is written."""
    first = event(1, personal={"to": "ana@example.com"})
    await log.append(first)
    with pytest.raises(events.EventConflict):
        await log.append(event(2), first.model_copy(update=change))
    with pytest.raises(events.EventConflict):
        await log.append(event(3), event(3).model_copy(update=change | {"cause": "conversion/1", "data": {"x": 1}}))
    assert len(await stored(log)) == 1


async def test_a_stream_belongs_to_one_tenant(log: Log) -> None:
    """An event of another tenant in a known stream is refused."""
    await log.append(event(1))
    with pytest.raises(ValueError, match="one tenant"):
        await log.append(event(1, "other", tenant="zenith"))


@pytest.mark.parametrize(
    ("data", "error"), [({"amount": 1.5}, TypeError), ({"n": 2**53}, ValueError), ({"s": {1}}, TypeError)]
)
async def test_what_no_event_may_hold(log: Log, data: dict[str, Any], error: type[Exception]) -> None:
    """Floats, numbers beyond 53 bits and unknown types are refused before anything is written."""
    with pytest.raises(error):
        await log.append(event(1, data=data))
    assert await stored(log) == []


async def test_text_that_the_database_cannot_store_is_replaced(log: Log) -> None:
    """NUL and lone surrogates, in a provider's words for example, become U+FFFD and the event still verifies."""
    await log.append(event(1, data={"said": "a\0b\ud800c", "ok": "\U0001f600"}, personal={"said": "\0"}))
    assert (await log.ask("SELECT data FROM event"))[0][0] == {"said": "a\ufffdb\ufffdc", "ok": "\U0001f600"}
    assert (await log.verify()).ok


async def test_a_stream_keeps_the_month_of_its_first_event(log: Log) -> None:
    """Events of later months stand with their stream's first; a month without a partition of its own is kept too."""
    december = datetime(2026, 12, 3, tzinfo=UTC)
    await log.append(event(1), at=datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC))
    await log.append(event(1, "later"), event(2), at=december)
    await log.append(event(3), at=datetime(2031, 5, 5, tzinfo=UTC))
    rows = await log.ask(
        "SELECT month::text, ver, tableoid::regclass::text FROM event ORDER BY recorded_at, month, ver"
    )
    assert [row[:2] for row in rows] == [("2026-11-01", 1), ("2026-11-01", 2), ("2026-12-01", 1), ("2031-05-01", 1)]
    assert rows[3][2] == "event_other"
    assert (await log.verify()).ok


async def test_batches_in_opposite_order_do_not_block_each_other(log: Log) -> None:
    """Appenders that share all their streams, named in opposite orders, all get through, and the chains hold."""
    numbers = list(range(30))

    async def write(writer: int) -> None:
        async with await log.connect() as conn:
            for turn in range(10):
                order = numbers if (writer + turn) % 2 else numbers[::-1]
                async with conn.transaction():
                    batch = [event(number, f"{writer}/{turn}") for number in order]
                    await events.append(conn, batch, recorded_at=log.clock(), keys=log.keys)

    await asyncio.gather(*(write(writer) for writer in range(4)))
    result = await log.verify()
    assert (result.ok, result.events, result.streams) == (True, 1200, 30)


# who may change it

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


# personal details


async def test_personal_details_are_encrypted_and_come_back(log: Log) -> None:
    """They stand nowhere in the clear, come back when asked for with the keys, and not otherwise."""
    details = {"to": "canary@example.com", "name": "Zoë", "ports": [1, 2]}
    await log.append(event(1, personal=details), event(1, "without"))
    text = str(await log.ask("SELECT e.*, e.personal_ct::text, k.* FROM event e LEFT JOIN data_key k USING (key_id)"))
    assert "canary" not in text
    assert b"canary".hex() not in text
    async with await log.connect() as conn:
        stream = f"document:{document(1)}"
        hidden = await history.read_stream(conn, stream)
        shown = await history.read_stream(conn, stream, reveal=True, keys=log.keys)
    assert [(row.personal, row.personal_state) for row in hidden] == [(None, "kept"), (None, "none")]
    assert [(row.personal, row.personal_state) for row in shown] == [(details, "shown"), (None, "none")]


async def test_erasure_leaves_the_chain_valid(log: Log) -> None:
    """With its key destroyed a stream's details are gone for good, others' are not, and everything verifies."""
    await log.append(event(1, personal={"to": "a@example.com"}), event(2, personal={"to": "b@example.com"}))
    await log.seal()
    async with await log.connect() as conn:
        assert await destroy_keys(conn, [f"document:{document(1)}"], at=log.clock()) == 1
        assert await destroy_keys(conn, [f"document:{document(1)}"], at=log.clock()) == 0
    assert await log.append(event(1, personal={"to": "a@example.com"})) == [False]  # a late replay changes nothing
    await log.append(event(1, "again", personal={"to": "c@example.com"}))
    async with await log.connect() as conn:
        rows = await history.search(conn, EventQuery(), reveal=True, keys=log.keys)
    found = {(row.document, row.cause): (row.personal, row.personal_state) for row in rows}
    assert found == {
        (document(1), "conversion/1"): (None, "erased"),
        (document(2), "conversion/1"): ({"to": "b@example.com"}, "shown"),
        (document(1), "again"): ({"to": "c@example.com"}, "shown"),
    }
    assert (await log.verify()).ok


async def test_exchanged_ciphertexts_are_not_shown(log: Log) -> None:
    """Details moved to another event of the same stream, under the same key, do not open there."""
    await log.append(event(1, "a", personal={"to": "a"}), event(1, "b", personal={"to": "b"}))
    async with await log.owner() as conn:
        await conn.execute("UPDATE event e SET personal_ct = o.personal_ct FROM event o WHERE o.ver <> e.ver")
    async with await log.connect() as conn:
        rows = await history.search(conn, EventQuery(), reveal=True, keys=log.keys)
    assert [row.personal_state for row in rows] == ["unreadable", "unreadable"]
    assert not (await log.verify()).ok


# searching


async def test_each_filter_finds_what_it_names(log: Log) -> None:
    """Every field of the query narrows the answer to the events that carry it."""
    export = UUID(int=5)
    await log.append(event(1), event(2, tenant="zenith"), at=START)
    await log.append(
        event(1, "x", type=EventType.BOUNCED, actor="provider:twilio",
              data={"channel": "sms", "provider": "twilio", "reason": "unreachable"}),
        event(0, "door", stream=f"export:{export}", type=EventType.RECEIVED),
        at=START + timedelta(minutes=1),
    )  # fmt: skip
    expected = {
        EventQuery(): 4,
        EventQuery(tenant="zenith"): 1,
        EventQuery(document=document(1)): 2,
        EventQuery(document=document(1), types=(EventType.BOUNCED,)): 1,
        EventQuery(stream=f"export:{export}"): 1,
        EventQuery(export=export): 1,
        EventQuery(types=(EventType.BOUNCED, EventType.RECEIVED)): 2,
        EventQuery(actor="provider:twilio"): 1,
        EventQuery(since=START + timedelta(minutes=1)): 2,
        EventQuery(until=START + timedelta(minutes=1)): 2,
        EventQuery(channel="sms"): 1,
        EventQuery(provider="twilio", reason="unreachable"): 1,
        EventQuery(reason="other"): 0,
        EventQuery(number="100%"): 0,
        EventQuery(document=document(1), tenant="zenith"): 0,
        EventQuery(limit=3): 3,
    }
    async with await log.connect() as conn:
        assert {query: len(await history.search(conn, query)) for query in expected} == expected


async def test_an_export_finds_the_events_of_its_documents(log: Log) -> None:
    """The export's question and the number's lead over the document table to the documents' streams."""
    export = UUID(int=5)
    async with await log.owner() as conn:
        await conn.execute(
            """INSERT INTO document (document_id, tenant, export_id, export_step, address, document_type, number,
                                     registered, state, stage, created_at, updated_at)
               VALUES (%s, 'acme', %s, 0, '/1', '380', 'RE-2026_1', false, 'moving', 'extraction', now(), now())""",
            [document(1), export],
        )
    await log.append(event(1), event(2), event(0, stream=f"export:{export}", type=EventType.RECEIVED))
    async with await log.connect() as conn:
        of_export = await history.search(conn, EventQuery(export=export))
        of_number = await history.search(conn, EventQuery(number="RE-2026_", tenant="acme"))
        of_neither = await history.search(conn, EventQuery(number="RE-2026%"))
    assert {row.stream for row in of_export} == {f"export:{export}", f"document:{document(1)}"}
    assert [row.document for row in of_number] == [document(1)]
    assert of_neither == []


@pytest.mark.parametrize("newest_first", [False, True])
async def test_pages_are_stable_while_events_are_written(log: Log, newest_first: bool) -> None:
    """Of what was there when the first page was read, every event is seen once, in order, though more is written."""
    await log.append(*(event(number) for number in range(10)), at=START)
    for number in range(10, 25):
        await log.append(event(number), at=START + timedelta(seconds=number))
    there = {row[0] for row in await log.ask("SELECT event_id FROM event")}
    seen: list[Any] = []
    after: Position | None = None
    async with await log.connect() as conn:
        await conn.set_autocommit(True)
        while page := await history.search(conn, EventQuery(newest_first=newest_first, after=after, limit=4)):
            seen += page
            after = Position.parse(str(page[-1].position))
            if len(seen) < 40:
                await log.append(event(100 + len(seen)), at=START + timedelta(seconds=len(seen), microseconds=1))
    found = [row.event_id for row in seen if row.event_id in there]
    assert len(found) == len(set(found)) == 25
    assert len({row.event_id for row in seen}) == len(seen)
    assert [row.position for row in seen] == sorted((row.position for row in seen), reverse=newest_first)


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


async def test_the_log_reads_well_in_plain_sql(log: Log) -> None:
    """The view shows time, tenant, document, type, actor, reason, a summary of the data, and what the type means."""
    await log.append(event(1, type=EventType.PARKED, data={"stage": "conversion", "reason": "bug", "try": 2}), at=START)
    rows = await log.ask("SELECT time, tenant, document_id, type, actor, reason, summary, meaning FROM events_readable")
    assert rows == [
        (START, "acme", document(1), "parked", "stage:conversion", "bug", "stage: conversion, try: 2",
         "Work stopped; a person has to act."),
    ]  # fmt: skip
