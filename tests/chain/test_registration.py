"""Registering documents on the real database: duplicates, two exports at once, replays, dead letters, batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from event_store import PASSWORD
from registration_house import SPEC, House, invoice, open_house, unreadable

from pipeline.store import due, history, queries, replaying, stops, sweeping, work
from pipeline.store.batch import Item
from pipeline.store.database import utc_now
from pipeline.store.migrate import application_url
from schemas.errors import ConfigurationError
from schemas.events import EventType
from schemas.messages import ExportReceived


@pytest.fixture
async def house(migrated: Callable[[], str], tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(application_url(migrated(), PASSWORD), tmp_path) as house:
        yield house


async def test_a_document_is_registered_planned_and_sent_on_once(house: House) -> None:
    """Its events say so, and its buyer was learnt."""
    await house.drop(invoice())
    produced = await house.extract()
    [document] = await house.documents()
    assert [message["document_id"] for message in produced] == [str(document["document_id"])]
    assert (document["state"], document["stage"], document["buyer"]) == ("moving", "extraction", "Casa Verde")
    assert await house.events(document["document_id"]) == ["extracted", "planned"]


async def test_the_recognised_buyer_stands_at_its_document(house: House) -> None:
    """The party of the directory: of what is learnt, of its duplicate, and of what was parked and planned later; and
    no party where none was recognised."""
    await house.drop(invoice(), invoice())
    await house.extract()
    learnt, duplicate = await house.documents()
    async with house.store.transaction() as conn:
        [party] = await (await conn.execute("SELECT party_id, name FROM party")).fetchall()
    assert party["name"] == "Casa Verde"
    assert learnt["party_id"] == duplicate["party_id"] == party["party_id"]
    house.set_profile()
    await house.drop(invoice("2026-2", buyer={"name": "Nova", "vat_identifier": "PT509442013"}))
    await house.extract()
    [parked] = await house.documents(number="2026-2")
    assert (parked["state"], parked["party_id"]) == ("parked", None)
    house.set_profile(learn_parties=True)
    async with house.store.transaction() as conn:
        [stopped] = await stops.stops(conn)
    await replaying.replay(house.store, stopped["parked_id"], by="operator:ana", why="may be learnt")
    await house.extract()
    [planned] = await house.documents(number="2026-2")
    async with house.store.transaction() as conn:
        [nova] = await (await conn.execute("SELECT party_id FROM party WHERE name = 'Nova'")).fetchall()
    assert planned["party_id"] == nova["party_id"]


async def test_the_same_content_again_is_a_duplicate_and_names_its_receipt(house: House) -> None:
    """Dropped twice, sent on once."""
    first = await house.drop(invoice())
    await house.extract()
    await house.drop(invoice())
    assert await house.extract() == []
    original, duplicate = await house.documents()
    assert (duplicate["state"], duplicate["duplicate_of"]) == ("duplicate", original["document_id"])
    async with house.store.transaction() as conn:
        [event] = await history.search(conn, history.EventQuery(document=duplicate["document_id"]))
    assert (event.type, event.data["receipt"]) == ("duplicate", str(first))


async def test_one_export_that_holds_a_document_twice_registers_it_once(house: House) -> None:
    """Duplicates are told within a file too."""
    await house.drop(invoice(), invoice(), invoice("2026-2"))
    assert len(await house.extract()) == 2
    assert sorted(row["state"] for row in await house.documents()) == ["duplicate", "moving", "moving"]


async def test_two_exports_at_the_same_moment_register_an_invoice_once(house: House) -> None:
    """Eight exports with the same invoice, committed side by side: one new, seven duplicates."""
    for _ in range(8):
        await house.drop(invoice())
    async with house.store.transaction() as conn:
        rows = await due.take(conn, utc_now(), 100)
    items = [Item(ExportReceived.model_validate(row["payload"]["message"]), b"") for row in rows]
    for item in items:
        item.result = await house.stage.handle(item.message)
    produced = await asyncio.gather(*(work.commit(house.store, SPEC, [item]) for item in items))
    assert sorted(len(messages) for messages in produced) == [0] * 7 + [1]
    assert sorted(row["state"] for row in await house.documents()) == ["duplicate"] * 7 + ["moving"]


async def test_a_bad_record_is_refused_and_the_rest_of_its_file_goes_on(house: House) -> None:
    """A float amount in the second of three: place, rule and found value are kept for the operator."""
    await house.drop(invoice(), unreadable("2026-2"), invoice("2026-3"))
    assert len(await house.extract()) == 2
    async with house.store.transaction() as conn:
        [parked] = await stops.stops(conn)
        row = await stops.stop(conn, str(parked["parked_id"]))
    finding = row["findings"][0]
    assert (parked["reason"], finding["found"]) == ("export-unreadable", "10.5")
    assert "net_price" in finding["place"]


async def test_a_step_that_is_done_again_sends_on_what_was_recorded(house: House) -> None:
    """A kill between commit and produce: the replay computes nothing and sends the same message."""
    export = await house.drop(invoice())
    async with house.store.transaction() as conn:
        [row] = await due.take(conn, utc_now(), 100)
    item = Item(ExportReceived.model_validate(row["payload"]["message"]), b"")
    item.result = await house.stage.handle(item.message)
    first = await work.commit(house.store, SPEC, [item])
    assert await work.recorded(house.store, SPEC, [(export, 1, 0)]) == {(export, 1, 0): first}
    item.result = await house.stage.handle(item.message)
    assert await work.commit(house.store, SPEC, [item]) == first
    assert len(await house.documents()) == 1


async def test_an_unknown_buyer_waits_and_goes_on_after_the_import(house: House) -> None:
    """Parked with its reason, replayed in a new round, planned, and both stand in the history."""
    house.set_profile()
    await house.drop(invoice())
    assert await house.extract() == []
    [document] = await house.documents()
    house.set_profile(learn_parties=True)
    async with house.store.transaction() as conn:
        [parked] = await stops.stops(conn)
    assert await replaying.replay(house.store, parked["parked_id"], by="operator:ana", why="imported") == 2
    [message] = await house.extract()
    assert (message["round"], message["document_id"]) == (2, str(document["document_id"]))
    assert await house.events(document["document_id"]) == ["extracted", "parked", "replayed", "planned"]
    with pytest.raises(ConfigurationError, match="replayed by operator:ana"):
        await replaying.replay(house.store, parked["parked_id"], by="operator:ana", why="again")


async def test_documents_are_searched_by_the_beginning_of_their_ids(house: House) -> None:
    """The 8 digits that a narrow terminal shows; fewer, and what is no id, are searched in numbers and names alone."""
    await house.drop(invoice(), invoice("2026-2"))
    await house.extract()
    for row in await house.documents():
        beginning = str(row["document_id"])[:8]
        async with house.store.transaction() as conn:
            assert await queries.documents(conn, beginning) == await queries.documents(conn, beginning.upper()) == [row]
            assert await queries.documents(conn, beginning[:7]) == await queries.documents(conn, "%" * 8) == []


async def test_an_export_that_nobody_can_read_is_refused_and_can_be_replayed(house: House) -> None:
    """Random bytes: no document, one dead letter, the batch is finished."""
    receipt = await house.door.receive(bytes(range(256)) * 4, name="noise.bin", by="operator:test")
    assert await house.extract() == []
    async with house.store.transaction() as conn:
        assert (await queries.progress(conn, [receipt.export_id])).finished
        [parked] = await stops.stops(conn)
    assert (parked["reason"], parked["export"]) == ("export-unreadable", "noise.bin")
    assert await replaying.replay(house.store, parked["parked_id"], by="operator:ana", why="new reader") == 2


async def test_a_batch_is_settled_when_all_its_documents_are(house: House) -> None:
    """With the count of each end in the event."""
    house.set_profile()
    export = await house.drop(invoice(), invoice("2026-2"))
    await house.extract()
    async with house.store.transaction() as conn:
        assert await sweeping.settle_batches(conn, utc_now(), house.store.keys) == 1
        assert await sweeping.settle_batches(conn, utc_now(), house.store.keys) == 0
        query = history.EventQuery(export=export, types=(EventType.BATCH_SETTLED,))
        [event] = await history.search(conn, query)
    assert event.data == {"documents": 2, "states": {"parked": 2}}


@pytest.mark.parametrize("state", ["superseded", "delivered", "discarded"])
async def test_parked_work_whose_document_has_gone_on_is_closed_and_not_done_again(house: House, state: str) -> None:
    """A document was parked, and has another state by now: nobody sends it a second time, or says it was discarded."""
    house.set_profile()
    await house.drop(invoice())
    await house.extract()
    async with house.store.transaction() as conn:
        (parked,) = await stops.stops(conn)
        await conn.execute("UPDATE document SET state = %s WHERE document_id = %s", [state, parked["document_id"]])
    with pytest.raises(ConfigurationError, match=f"its document is {state} by now"):
        await replaying.replay(house.store, parked["parked_id"], by="operator:test", why="again")
    await replaying.discard(house.store, parked["parked_id"], by="operator:test", why="it went on")
    async with house.store.transaction() as conn:
        assert await stops.stops(conn) == []
    assert "discarded" not in await house.events(parked["document_id"])
    (row,) = [each for each in await house.documents() if each["document_id"] == parked["document_id"]]
    assert row["state"] == state


async def test_a_step_that_was_committed_and_not_sent_on_does_not_end_its_export(house: House) -> None:
    """A kill between commit and produce in mid-export: the next step is planned, and every document comes once."""
    house.stage = replace(house.stage, limit=2)
    await house.drop(*(invoice(f"2026-{number}") for number in range(5)))
    async with house.store.transaction() as conn:
        [row] = await due.take(conn, utc_now(), 100)
    item = Item(ExportReceived.model_validate(row["payload"]["message"]), b"")
    item.result = await house.stage.handle(item.message)
    await work.commit(house.store, SPEC, [item])
    [again] = (await work.recorded(house.store, SPEC, [item.key])).values()
    sent_on = again + await house.extract()
    assert sorted(message["document_id"] for message in sent_on) == sorted(
        str(row["document_id"]) for row in await house.documents()
    )
    assert sorted(row["number"] for row in await house.documents()) == [f"2026-{number}" for number in range(5)]
