"""One number, several documents: which is taken, which waits for a person, and what settles the others."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from event_store import PASSWORD
from registration_house import House, invoice, open_house, unreadable

from pipeline.store import history, queries, replaying, stops
from pipeline.store.migrate import application_url
from pipeline.sweeper import Sweeper
from schemas.errors import ConfigurationError


@pytest.fixture
async def house(migrated: Callable[[], str], tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(application_url(migrated(), PASSWORD), tmp_path) as house:
        yield house


async def test_other_content_under_the_same_number_is_parked(house: House) -> None:
    """Nobody is sent two different invoices of one number by accident."""
    await house.drop(invoice())
    await house.drop(invoice(buyer_reference="changed"))
    assert len(await house.extract()) == 1
    assert [row["reason"] for row in await house.documents(state="parked")] == ["content-conflict"]


async def test_nobody_is_told_to_replay_what_meets_the_same_conflict(house: House) -> None:
    """Nor where its buyer, too, is not known yet: the document that was first holds the number."""
    await house.drop(invoice())
    await house.extract()
    house.set_profile()
    await house.drop(invoice(buyer={"name": "Nova", "vat_identifier": "PT509442013"}))
    await house.extract()
    [stop] = await house.open_stops()
    assert (stop["reason"], stop["command"]) == ("content-conflict", None)


async def test_a_correction_supersedes_where_the_profile_says_so(house: House) -> None:
    """The old revision is closed with an event, the new one goes on."""
    house.set_profile(learn_parties=True, on_conflict="supersede")
    await house.drop(invoice())
    await house.extract()
    await house.drop(invoice(buyer_reference="changed"))
    assert len(await house.extract()) == 1
    old, new = await house.documents()
    assert (old["state"], new["state"], new["revision"]) == ("superseded", "moving", 2)
    assert "superseded" in await house.events(old["document_id"])


async def test_what_is_discarded_is_closed_with_a_reason_and_frees_its_number(house: House) -> None:
    """The mended invoice can be dropped again."""
    house.set_profile()
    await house.drop(invoice())
    await house.extract()
    async with house.store.transaction() as conn:
        [parked] = await stops.stops(conn)
    with pytest.raises(ConfigurationError):
        await replaying.discard(house.store, parked["parked_id"], by="operator:ana", why=" ")
    await replaying.discard(house.store, parked["parked_id"], by="operator:ana", why="wrong customer")
    house.set_profile(learn_parties=True)
    await house.drop(invoice())
    assert len(await house.extract()) == 1
    assert sorted(row["state"] for row in await house.documents()) == ["discarded", "moving"]


async def test_a_number_names_the_document_that_was_taken_after_one_was_closed(house: House) -> None:
    """By its own id the closed one is still found."""
    house.set_profile()
    await house.drop(invoice())
    await house.extract()
    async with house.store.transaction() as conn:
        [parked] = await stops.stops(conn)
    await replaying.discard(house.store, parked["parked_id"], by="operator:ana", why="wrong price")
    house.set_profile(learn_parties=True)
    await house.drop(invoice(due_date="2026-03-31"))
    await house.extract()
    [closed, taken] = sorted(await house.documents(), key=lambda row: str(row["state"]))
    async with house.store.transaction() as conn:
        assert (await queries.find(conn, "2026-1"))["document_id"] == taken["document_id"]
        assert (await queries.find(conn, str(closed["document_id"])))["state"] == "discarded"


async def test_what_was_refused_is_settled_once_its_number_is_taken(house: House) -> None:
    """Its history says by which document; the reader's refusal, before the number had a key, is settled too."""
    await house.drop(unreadable(), unreadable("2026-2"))
    await house.extract()
    assert len(await house.open_stops()) == 2
    await house.drop(invoice(), invoice("2026-2"))
    assert len(await house.extract()) == 2
    assert await house.open_stops() == []
    [refused, taken] = await house.documents(number="2026-1")
    assert (refused["state"], taken["state"]) == ("superseded", "moving")
    async with house.store.transaction() as conn:
        assert await stops.undelivered(conn) == []
        for number in ("2026-1", "2026-2"):
            assert (await queries.find(conn, number))["state"] == "moving"
        event = (await history.search(conn, history.EventQuery(document=refused["document_id"])))[-1]
        [closed, _] = await stops.stops(conn, state="superseded")
    assert (event.type, event.data["by"]) == ("superseded", str(taken["document_id"]))
    assert closed["closed_by"] == "stage:extraction"


async def test_what_an_older_release_left_open_is_settled(house: House) -> None:
    """Tries that were refused before their number was taken, and are still open, are settled by the sweeper's first
    round, by the rule of every drop: another invoice of the number stays. A second round finds nothing."""
    await house.drop(unreadable())
    await house.drop(unreadable("2026-2"))
    await house.extract()
    await house.drop(invoice(), name="other.json")  # no key was read of the first, and the file is another
    await house.drop(invoice("2026-2"))
    await house.extract()
    [other] = await house.open_stops()
    assert other["number"] == "2026-1"
    async with house.store.transaction() as conn:  # as a release before migration 0008 left it
        await conn.execute("UPDATE parked SET state = 'open', closed_at = NULL, closed_by = NULL, closed_why = NULL")
        await conn.execute("UPDATE document SET state = 'refused' WHERE state = 'superseded'")
    assert len(await house.open_stops()) == 2

    async def nothing(_: object) -> None:
        return None

    sweeper = Sweeper(house.store, nothing, nothing)
    await sweeper.once()
    assert await house.open_stops() == [other]
    [refused, taken] = await house.documents(number="2026-2")
    assert (refused["state"], taken["state"]) == ("superseded", "moving")
    async with house.store.transaction() as conn:
        event = (await history.search(conn, history.EventQuery(document=refused["document_id"])))[-1]
    assert (event.actor, event.data["by"]) == ("role:sweeper", str(taken["document_id"]))
    await Sweeper(house.store, nothing, nothing).once()
    assert await house.open_stops() == [other]


async def test_of_several_refused_tries_of_a_number_the_newest_waits(house: House) -> None:
    """Three drops of a file that is not mended are one row to look at."""
    for _ in range(3):
        await house.drop(unreadable())
        await house.extract()
    [stop] = await house.open_stops()
    assert stop["document_id"] == (await house.documents(number="2026-1"))[-1]["document_id"]


async def test_a_conflict_is_settled_when_its_file_comes_again(house: House) -> None:
    """With other content the newer conflict waits; with what is out, none does. Within one file both wait."""
    await house.drop(invoice())
    for reference in ("one", "other"):
        await house.drop(invoice(buyer_reference=reference))
    await house.extract()
    [conflict] = await house.documents(state="parked")
    assert [row["document_id"] for row in await house.open_stops()] == [conflict["document_id"]]
    await house.drop(invoice())
    await house.extract()
    assert await house.open_stops() == []
    await house.drop(invoice(), invoice(buyer_reference="one"), invoice(buyer_reference="other"))
    await house.extract()
    assert [row["reason"] for row in await house.open_stops()] == ["content-conflict"] * 2


async def test_two_invoices_of_one_number_out_of_two_files_stay_with_a_person(house: House) -> None:
    """The first file again says nothing about the second."""
    await house.drop(invoice())
    await house.drop(invoice(buyer_reference="another"), name="other.json")
    await house.drop(invoice())
    await house.extract()
    assert [row["export"] for row in await house.open_stops()] == ["other.json"]


async def test_a_refused_correction_leaves_what_is_out_as_it_is(house: House) -> None:
    """Only a revision that was taken supersedes one; then the refused one is settled."""
    house.set_profile(learn_parties=True, on_conflict="supersede")
    await house.drop(invoice())
    await house.extract()
    await house.drop(unreadable())
    await house.extract()
    assert [row["state"] for row in await house.documents()] == ["moving", "refused"]
    await house.drop(invoice(buyer_reference="mended"))
    await house.extract()
    assert [row["state"] for row in await house.documents()] == ["superseded", "superseded", "moving"]
