"""A message that cannot be composed: told, tried again, parked for a person, and put back; nobody else waits for it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from delivery_house import PASSWORD, PHONE, House, open_house

from connectors.email.outbox import OutboxEmail
from connectors.sms.outbox import OutboxSms
from pipeline.dispatcher import Dispatcher
from pipeline.store import queries, replaying, stops
from pipeline.store.migrate import application_url
from pipeline.story import tell
from schemas.deliveries import ReportAction as Said
from schemas.errors import ConfigurationError, StoreUnavailable
from schemas.tenants import DeliveryPolicy

WAITS = (1, 5, 15)
"""Minutes between the tries."""


@pytest.fixture
async def house(migrated: Callable[[], str], tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(application_url(migrated(), PASSWORD), tmp_path) as house:
        yield house


def dispatcher(house: House) -> Dispatcher:
    return house.dispatcher({"email": OutboxEmail(house.folder / "out"), "sms": OutboxSms(house.folder / "out")})


async def exhausted(house: House) -> None:
    """All tries of what is due, in their time."""
    for minutes in (0, *WAITS):
        house.later(minutes=minutes)
        await dispatcher(house).once()


async def stopped(house: House) -> dict[str, Any]:
    async with house.store.transaction() as conn:
        (row,) = await stops.stops(conn)
    return row


async def of_two(house: House) -> UUID:
    """A document for two contacts, the second of whom lives on Mars."""
    documents = [*await house.deliver(email="a@example.com"), *await house.deliver(timezone="Mars/Base")]
    await house.tell("UPDATE delivery SET document_id = %s WHERE document_id = %s", *documents)
    await house.tell("UPDATE attempt SET document_id = %s WHERE document_id = %s", *documents)
    return documents[0]


async def mend(house: House) -> None:
    await house.tell("UPDATE contact SET timezone = 'Europe/Lisbon' WHERE timezone = %s", "Mars/Base")


async def test_it_is_told_tried_again_and_parked(house: House) -> None:
    """Four tries in 21 minutes, each an event; then it waits for a person, who is told what is wrong and where."""
    (document,) = await house.deliver(timezone="Mars/Base")
    await dispatcher(house).once()
    assert await house.state(document) == ("waiting", "cannot-compose")
    assert (await house.attempt(document))["state"] == "planned"
    await exhausted(house)
    assert await house.happened(document) == ["compose-failed"] * 4 + ["parked"]
    tries = await house.ask("SELECT data FROM event WHERE type = 'compose-failed' ORDER BY ver")
    assert [row["data"]["try"] for row in tries] == [1, 2, 3, 4]
    assert [bool(row["data"].get("at")) for row in tries] == [True, True, True, False]
    assert await house.state(document) == ("parked", "cannot-compose")
    row = await stopped(house)
    assert (row["reason"], row["stage"], row["command"]) == (
        "cannot-compose", "delivery", f"parked replay {str(row['parked_id'])[:8]}",
    )  # fmt: skip
    (finding,) = row["findings"]
    assert (finding["rule"], finding["found"]) == ("timezone-unknown", "Mars/Base")
    assert "no such time zone" in row["explanation"]
    assert "directory" in row["advice"]
    async with house.store.transaction() as conn:
        (missing,) = await stops.undelivered(conn)
        story = await tell(conn, str(document), house.store.keys)
        assert await queries.planned(conn, document) == []
    assert (missing["explanation"], missing["command"]) == (row["explanation"], row["command"])
    assert [step.title for step in story.steps][-2:] == [
        "E-mail could not be composed",
        "Stopped at delivery: needs a person",
    ]
    assert story.steps[0].findings[0]["found"] == "Mars/Base"
    house.later(hours=24)
    assert await dispatcher(house).once() == 0


async def test_put_back_it_goes_on_in_its_round(house: House) -> None:
    """After the directory was mended: one message, in the same round; a second replay is refused."""
    (document,) = await house.deliver(timezone="Mars/Base")
    await exhausted(house)
    row = await stopped(house)
    await mend(house)
    assert await replaying.replay(house.store, row["parked_id"], by="operator:ana", why="mended") == 1
    assert await house.state(document) == ("waiting", None)
    await dispatcher(house).once()
    assert await house.state(document) == ("captured", None)
    assert await house.attempts(document) == [("email", "cancelled"), ("email", "captured")]
    assert (await house.happened(document))[4:] == [
        "parked",
        "replayed",
        "requested",
        "link-issued",
        "calling",
        "captured",
    ]
    assert len(list((house.folder / "out").glob("*.eml"))) == 1
    with pytest.raises(ConfigurationError, match="replayed by operator:ana"):
        await replaying.replay(house.store, row["parked_id"], by="operator:ana", why="again")


async def test_put_back_too_early_it_stops_again(house: House) -> None:
    """Nothing was mended: the same tries, and a stop of its own that can be put back."""
    (document,) = await house.deliver(timezone="Mars/Base")
    await exhausted(house)
    first = await stopped(house)
    await replaying.replay(house.store, first["parked_id"], by="operator:ana", why="hope")
    await exhausted(house)
    second = await stopped(house)
    assert second["parked_id"] != first["parked_id"]
    assert await house.state(document) == ("parked", "cannot-compose")
    await mend(house)
    await replaying.replay(house.store, second["parked_id"], by="operator:ana", why="mended")
    await dispatcher(house).once()
    assert await house.state(document) == ("captured", None)


async def test_another_contact_gets_it_and_gets_it_once(house: House) -> None:
    """Two contacts, one of whom nobody can write to: the other has the message, before and after the replay."""
    document = await of_two(house)
    await exhausted(house)
    assert await house.state(document) == ("parked", "cannot-compose")
    assert sorted(state for _, state in await house.attempts(document)) == ["cancelled", "captured"]
    await mend(house)
    row = await stopped(house)
    await replaying.replay(house.store, row["parked_id"], by="operator:ana", why="mended")
    await dispatcher(house).once()
    assert await house.state(document) == ("captured", None)
    assert len(list((house.folder / "out").glob("*.eml"))) == 2


async def test_discarded_it_is_closed(house: House) -> None:
    """Its document is discarded; where another contact has it, the document says so."""
    (alone,) = await house.deliver(timezone="Mars/Base")
    await exhausted(house)
    row = await stopped(house)
    await replaying.discard(house.store, row["parked_id"], by="operator:ana", why="told by phone")
    assert await house.state(alone) == ("discarded", "discarded")
    document = await of_two(house)
    await exhausted(house)
    row = await stopped(house)
    await replaying.discard(house.store, row["parked_id"], by="operator:ana", why="told by phone")
    assert await house.state(document) == ("captured", None)
    assert (await house.happened(document))[-1] == "discarded"


async def test_a_text_message_that_cannot_take_over(house: House) -> None:
    """The e-mail bounced, the text message stops: what is heard of the e-mail later opens nothing, and counts."""
    (document,) = await house.deliver(phone=PHONE)
    await dispatcher(house).once()
    attempt = (await house.attempt(document))["attempt_id"]
    await house.report(attempt, Said.BOUNCED, permanent=True, reason="mailbox-full")
    await house.tell("UPDATE delivery SET profile = %s", "acme@000000000000")
    await exhausted(house)
    assert await house.attempts(document) == [("email", "bounced"), ("sms", "cancelled")]
    await house.report(attempt, Said.DEFERRED)
    assert len(await house.attempts(document)) == 2
    assert await house.state(document) == ("parked", "cannot-compose")
    await house.report(attempt, Said.COMPLAINED)
    assert (await house.state(document))[0] == "delivered"
    row = await stopped(house)
    with pytest.raises(ConfigurationError, match="has gone on"):
        await replaying.replay(house.store, row["parked_id"], by="operator:ana", why="late")
    await replaying.discard(house.store, row["parked_id"], by="operator:ana", why="late")
    assert (await house.state(document))[0] == "delivered"


@pytest.mark.parametrize("zone", ["Mars/Base", "Europe", "../../etc/passwd", "x" * 300])
async def test_nobody_else_waits_for_it(house: House, zone: str) -> None:
    """Quiet hours are looked at before: a zone that is none, or a folder of zones, holds no other recipient up."""
    quiet = DeliveryPolicy(quiet_channels=("email", "sms"))
    documents = [*await house.deliver(timezone=zone, policy=quiet), *await house.deliver(policy=quiet)]
    await dispatcher(house).once()
    assert [await house.state(each) for each in documents] == [("waiting", "cannot-compose"), ("captured", None)]


async def test_a_store_that_does_not_answer_is_no_try(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour without the object store parks nothing: it is tried again for as long as it takes."""
    (document,) = await house.deliver()
    away = dispatcher(house)

    def put(*_: Any) -> None:
        raise StoreUnavailable("the object store does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(type(away.sending), "prepare", put)
        for _ in range(30):
            await away.once()
            house.later(minutes=2)
    assert await house.state(document) == ("waiting", "store-unavailable")
    assert await house.happened(document) == []
    await dispatcher(house).once()
    assert await house.state(document) == ("captured", None)


async def test_an_error_of_ours_says_its_kind_only(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text may quote the document, and stands in no event and no row."""
    (document,) = await house.deliver()
    ours = dispatcher(house)

    def fails(*_: Any) -> None:
        raise LookupError("Ana Costa, 1234.50")

    monkeypatch.setattr(type(ours.sending), "prepare", fails)
    for minutes in (0, *WAITS):
        house.later(minutes=minutes)
        await ours.once()
    row = await stopped(house)
    assert row["explanation"] == "The message could not be composed (LookupError)."
    assert "Ana" not in str(await house.ask("SELECT data FROM event")) + str(row)
    assert isinstance(document, UUID)


async def test_a_profile_that_is_gone_parks_its_interchange(house: House) -> None:
    """The control number is drawn by the profile: without it the interchange stops, and no number is drawn."""
    interchange = {"envelope": "x12", "format": "x12-4010", "options": {}, "document": {}}
    (document,) = await house.deliver(email=None, mailbox="14:5412345000013", interchange=interchange)
    await house.tell("UPDATE delivery SET profile = %s", "acme@000000000000")
    edi = house.dispatcher({"edi": OutboxEmail(house.folder / "out")})
    for minutes in (0, *WAITS):
        house.later(minutes=minutes)
        await edi.once()
    assert await house.state(document) == ("parked", "cannot-compose")
    assert await house.ask("SELECT * FROM interchange") == []
