"""Appending to the event log on a real PostgreSQL: chains, repeats, what no event may hold."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any

import pytest
import rfc8785
from event_store import START, Log, document, event

from pipeline.store import events


async def stored(log: Log, columns: str = "stream, ver, cause") -> list[tuple[Any, ...]]:
    return await log.ask(f"SELECT {columns} FROM event ORDER BY stream, ver")  # noqa: S608


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
