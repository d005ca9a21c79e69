"""Contacts that leave the recipients file: no more documents for them, no party without a contact, and it is told."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from delivery_house import make_database, open_house
from event_store import PASSWORD

from connectors.email.outbox import OutboxEmail
from connectors.sms.outbox import OutboxSms
from pipeline import plain
from pipeline.recipients import read_recipients
from pipeline.store import directory, history, importing
from pipeline.store.database import Store
from pipeline.store.directory import PostgresDirectory
from pipeline.store.migrate import application_url
from pipeline.store.personal import KeyRing
from schemas.events import EventType

HEAD = "name,erp_id,vat,email,phone,contact\n"
ANA = "Casa Verde,100,PT501964843,a@casa.pt,+351912345678,Ana\n"
RUI = "Casa Verde,0100,PT501964843,b@casa.pt,,Rui\n"


@pytest.fixture
async def store(migrated: Callable[[], str], tmp_path: Path) -> AsyncIterator[Store]:
    store = Store(application_url(migrated(), PASSWORD), KeyRing.create(tmp_path / "ring"), size=2)
    await store.open()
    yield store
    await store.close()


async def imported(store: Store, text: str, **options: Any) -> importing.Imported:
    lines = read_recipients(io.StringIO(text))
    return await importing.import_recipients(store, "demo", lines, "operator:test", **options)


async def active(store: Store) -> dict[str | None, bool]:
    async with store.transaction() as conn:
        party = await directory.party(conn, "100")
    assert all((each["left_at"] is None) is each["active"] for each in party["contacts"])
    return {each["name"]: each["active"] for each in party["contacts"]}


async def test_a_contact_that_leaves_the_file_gets_nothing_more(store: Store) -> None:
    """The file is the truth for a party that it names: who is not in it is retired, told with name and address, and
    named in the party's event; who comes back is used again. The same file twice changes nothing."""
    await imported(store, HEAD + ANA + RUI)
    done = await imported(store, HEAD + ANA)
    assert (done.changed, done.retired) == (1, 1)
    (told,) = done.remarks
    assert (told.rule, told.severity, told.place) == ("contact-retired", "warning", "line 2, column contact")
    assert told.found == "Rui, b@casa.pt"
    assert await active(store) == {"Ana": True, "Rui": False}
    party = PostgresDirectory(store.url).find("demo", [("erp", "100")])["erp", "100"][0].party_id
    assert [each.name for each in PostgresDirectory(store.url).reachable("demo", [party])[party].contacts] == ["Ana"]
    async with store.transaction() as conn:
        event = (await history.search(conn, history.EventQuery(types=(EventType.PARTY_IMPORTED,))))[-1]
    assert event.data["retired"] == 1
    assert "b@casa.pt" not in str(event.data)
    again = await imported(store, HEAD + ANA)
    assert (again.unchanged, again.retired, again.remarks) == (1, 0, ())
    back = await imported(store, HEAD + ANA + RUI)
    assert (back.changed, back.retired, await active(store)) == (1, 0, {"Ana": True, "Rui": True})


async def test_a_party_that_the_file_does_not_name_keeps_its_contacts(store: Store) -> None:
    """A file of some parties says nothing of the others."""
    await imported(store, HEAD + ANA + RUI)
    done = await imported(store, HEAD + "Zielony,200,,z@zielony.pl,,\n")
    assert (done.new, done.retired, await active(store)) == (1, 0, {"Ana": True, "Rui": True})


async def test_the_only_contact_never_goes(store: Store) -> None:
    """Lines without an address name nobody to take their place: the contacts stay, and that is told."""
    await imported(store, HEAD + ANA)
    done = await imported(store, HEAD + "Casa Verde,100,PT501964843,,,\n")
    assert (done.retired, await active(store)) == (0, {"Ana": True})
    assert [(each.rule, each.found) for each in done.remarks] == [("contacts-kept", "Ana, a@casa.pt, +351912345678")]


async def test_a_line_that_was_left_out_retires_nobody(store: Store) -> None:
    """A contact whose line is wrong is still in the file."""
    await imported(store, HEAD + ANA + RUI)
    done = await imported(store, HEAD + ANA + RUI.replace("b@casa.pt", "nobody"))
    assert (done.left_out, done.retired, await active(store)) == (1, 0, {"Ana": True, "Rui": True})
    assert [each.rule for each in done.remarks] == ["contacts-kept"]


async def test_a_file_without_a_column_says_nothing_of_those_who_have_it(store: Store) -> None:
    """A file of telephone numbers retires nobody who has an e-mail address; one of wishes nobody at all."""
    await imported(store, HEAD + ANA + RUI)
    numbers = await imported(store, "name,erp_id,phone,contact\nCasa Verde,100,+351912345679,Eva\n")
    assert (numbers.retired, await active(store)) == (0, {"Ana": True, "Rui": True, "Eva": True})
    assert [each.rule for each in numbers.remarks] == ["contacts-kept", "contacts-kept"]
    wishes = await imported(store, "name,erp_id,segment\nCasa Verde,100,retail\n")
    assert (wishes.retired, wishes.remarks) == (0, ())


async def test_additions_retire_nobody(store: Store) -> None:
    """A file that only adds contacts is imported as such."""
    await imported(store, HEAD + ANA)
    done = await imported(store, HEAD + RUI, keep_contacts=True)
    assert (done.changed, done.retired, done.remarks) == (1, 0, ())
    assert await active(store) == {"Ana": True, "Rui": True}


async def test_a_trial_changes_nothing(store: Store) -> None:
    """A dry run tells what an import would do, who would go included, and writes nothing."""
    await imported(store, HEAD + ANA + RUI)
    done = await imported(store, HEAD + ANA + "Zielony,200,,z@zielony.pl,,\n", dry_run=True)
    assert (done.new, done.changed, done.retired) == (1, 1, 1)
    assert await active(store) == {"Ana": True, "Rui": True}
    async with store.transaction() as conn:
        assert len(await directory.parties(conn)) == 1
        assert len(await history.search(conn, history.EventQuery(types=(EventType.PARTY_IMPORTED,)))) == 1


async def test_each_line_of_a_party_is_a_contact(store: Store) -> None:
    """With names or without: no line overwrites another, and whose line goes is retired."""
    await imported(store, HEAD + ANA.replace("Ana", "") + RUI.replace("Rui", ""))
    async with store.transaction() as conn:
        party = await directory.party(conn, "100")
    assert sorted(each["email"] for each in party["contacts"]) == ["a@casa.pt", "b@casa.pt"]
    done = await imported(store, HEAD + ANA.replace("Ana", ""))
    assert (done.retired, done.remarks[0].found) == (1, "b@casa.pt")


async def test_what_was_planned_for_them_is_not_sent(postgres: Callable[[], str], tmp_path: Path) -> None:
    """A message that waits when its contact is retired is not made by any channel, and says why; what was sent before
    stays as it is."""
    async with open_house(make_database(postgres()), tmp_path) as house:
        (sent,) = await house.deliver(email="ana@casa.pt")
        dispatcher = house.dispatcher(
            {"email": OutboxEmail(tmp_path / "outbox"), "sms": OutboxSms(tmp_path / "outbox")}
        )
        assert await dispatcher.once() == 1
        (waiting,) = await house.deliver(email="rui@casa.pt", phone="+351912345678")
        await house.tell("UPDATE contact SET active = false")
        await dispatcher.once()
        await dispatcher.close()
        assert await house.attempts(waiting) == [("email", "cancelled")]
        assert await house.state(waiting) == ("undeliverable", "contact-retired")
        assert await house.state(sent) == ("captured", None)
    meaning, do = plain.reason("contact-retired")
    assert "recipients file" in meaning
    assert "entrega resend" in do
