"""Searching the event log: each filter, pages that stay stable, and plain SQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from event_store import START, Log, document, event

from pipeline.store import history
from pipeline.store.history import EventQuery, Position
from schemas.events import EventType


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


async def test_the_log_reads_well_in_plain_sql(log: Log) -> None:
    """The view shows time, tenant, document, type, actor, reason, a summary of the data, and what the type means."""
    await log.append(event(1, type=EventType.PARKED, data={"stage": "conversion", "reason": "bug", "try": 2}), at=START)
    rows = await log.ask("SELECT time, tenant, document_id, type, actor, reason, summary, meaning FROM events_readable")
    assert rows == [
        (START, "acme", document(1), "parked", "stage:conversion", "bug", "stage: conversion, try: 2",
         "Work stopped; a person has to act."),
    ]  # fmt: skip
