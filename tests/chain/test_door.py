"""The door: what it refuses, what it takes once, and under which name it keeps a file."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from event_store import PASSWORD
from registration_house import SPEC, House, invoice, open_house

from pipeline.consumer import Raw
from pipeline.door import Door
from pipeline.store import parking, queries, stops
from pipeline.store.migrate import application_url
from schemas.errors import LimitExceeded, StoreUnavailable


@pytest.fixture
async def house(migrated: Callable[[], str], tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(application_url(migrated(), PASSWORD), tmp_path) as house:
        yield house


async def test_the_door_refuses_what_is_too_large_or_when_the_disk_is_full(house: House, monkeypatch: Any) -> None:
    """Nothing is stored and nothing is written then."""
    monkeypatch.setattr("pipeline.door.MAX_EXPORT_BYTES", 10)
    with pytest.raises(LimitExceeded):
        await house.drop(invoice())
    monkeypatch.undo()
    full = Door(house.store, house.door.storage, "demo", house.door.data, minimum_free_bytes=1 << 60)
    with pytest.raises(StoreUnavailable, match="disk"):
        await full.receive(b"{}", name="x.json", by="operator:test")
    closed = Door(house.store, house.door.storage, "demo", None, backlog_limit=0)
    with pytest.raises(StoreUnavailable, match="unfinished"):
        await closed.receive(b"{}", name="x.json", by="operator:test")
    async with house.store.transaction() as conn:
        assert await queries.exports(conn) == []


async def test_a_receipt_given_twice_is_taken_once(house: House) -> None:
    """A retried request with its own id is one export."""
    receipt = uuid.uuid4()
    for _ in range(2):
        await house.door.receive(json.dumps(invoice()).encode(), name="a.json", by="http:erp", export_id=receipt)
    assert len(await house.extract()) == 1
    async with house.store.transaction() as conn:
        assert len(await queries.exports(conn)) == 1


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\x.json", "a\x00b.json", "", "x" * 300, "\u202egnp.json"])
async def test_a_files_name_never_leads_anywhere(house: House, name: str) -> None:
    """What is kept is the last part, printable and short."""
    receipt = await house.door.receive(b"[]", name=name, by="operator:test")
    assert receipt.name
    assert len(receipt.name) <= 200
    assert not set(receipt.name) & set("/\\\x00\u202e")


async def test_another_export_at_the_same_place_of_a_new_cluster_is_taken(house: House) -> None:
    """The broker's disk was lost and its offsets begin anew: a raw export there is a new one, and again the same."""
    one, other = (json.dumps([invoice(number)]).encode() for number in ("2026-1", "2026-2"))
    receipts = [await house.door.receive_raw(data, {}, "entrega.export.received/0/0") for data in (one, other, one)]
    assert receipts[0].export_id == receipts[2].export_id != receipts[1].export_id
    assert len(await house.extract()) == 2
    assert {row["number"] for row in await house.documents()} == {"2026-1", "2026-2"}


async def test_another_message_at_the_same_place_of_a_new_cluster_is_parked(house: House) -> None:
    """The same for what nobody can read: two rows for two messages, one for one that Kafka gives again."""
    raws = [Raw(b"k", value, {}, SPEC.source, 0, 7) for value in (b"first", b"second", b"first")]
    for raw in raws:
        await parking.park_raw(house.store, SPEC, raw, "undecodable", "not JSON")
    async with house.store.transaction() as conn:
        assert len(await stops.stops(conn)) == 2
