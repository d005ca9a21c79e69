"""Sending again: one more message, the same files and a link of its own, on a person's word, once for each request."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from portal_house import TENANT
from resending_desk import ANA, Desk, open_desk, ready

from connectors.email.mime import build
from connectors.sandbox import Sandbox
from pipeline.relay import Relay
from pipeline.store import deliveries, inbox, links, pages, replaying, resending
from pipeline.store.directory import PostgresDirectory
from pipeline.transport import Outgoing
from schemas.deliveries import EmailMessage
from schemas.errors import ConfigurationError
from schemas.events import EventType
from schemas.messages import Rendered
from schemas.outcomes import PageAction, Refusal
from stages.resolution import Resolution


@pytest.fixture
async def house(postgres: Callable[[], str], tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(postgres(), tmp_path) as desk:
        yield desk


async def test_one_more_mail_is_taken_and_it_is_the_one_in_the_log(house: Desk) -> None:
    """A delivered document is sent again: the provider takes one more mail, its bytes are those that the log names, the
    PDF is the same file; the first link still opens, the new one too, and the history says who asked and why."""
    document = await ready(house)
    async with Sandbox(house.settings.data / "sandbox") as sandbox:
        await house.dispatch(house.senders(sandbox))
        first = await house.token(document)
        before = await house.ask(
            "SELECT kind, sha256 FROM artefact WHERE owner_id = %s AND kind <> 'message'", document
        )
        done = await house.resend(document)
        assert (done.round, done.before, done.repeated, done.number) == (2, 0, False, "FT 2026/117")
        assert await house.state(document) == ("moving", 2, None)
        assert await house.carry_on() == 1
        await house.dispatch(house.senders(sandbox))
        assert len(sandbox.journal.entries) == 2
        old, new = sandbox.journal.entries
    rows = await house.ask(
        """SELECT a.attempt_id, a.message, a.state, d.round FROM attempt a JOIN delivery d USING (delivery_id)
            WHERE a.document_id = %s ORDER BY d.round""",
        document,
    )
    assert [(row["round"], row["state"]) for row in rows] == [(1, "accepted"), (2, "accepted")]
    assert [old.attempt, new.attempt] == [row["attempt_id"] for row in rows]
    logged = house.storage.read(rows[1]["message"]["key"])
    mail = build(EmailMessage.model_validate_json(logged), house.now)
    assert new.sha256 == hashlib.sha256(mail).hexdigest()
    digest = hashlib.sha256(logged).hexdigest()
    said = await house.ask("SELECT data FROM event WHERE type = 'calling' ORDER BY recorded_at")
    assert said[-1]["data"]["sha256"] == rows[1]["message"]["sha256"] == digest
    assert before == await house.ask(
        "SELECT kind, sha256 FROM artefact WHERE owner_id = %s AND kind <> 'message'", document
    )
    second = await house.token(document)
    assert first != second
    for token in (first, second):
        assert (await links.look_up(house.store, token)).state == "valid"
    (event,) = await house.ask("SELECT actor, data FROM event WHERE type = 'resend-requested'")
    assert (event["actor"], event["data"]["why"], event["data"]["round"]) == (ANA, "lost it", 2)
    assert await house.state(document) == ("accepted", 2, None)


async def test_an_expired_and_a_withdrawn_link_get_a_new_one(house: Desk) -> None:
    """The old ones stay closed, each for its reason; the new one opens the page."""
    document = await ready(house)
    await house.dispatch()
    first = await house.token(document)
    link = await links.look_up(house.store, first)
    assert link.link_id is not None
    await links.revoke(house.store, link.link_id, why="wrong person", actor=ANA)
    await house.resend(document, "a")
    await house.carry_on()
    await house.dispatch()
    second = await house.token(document)
    house.later(days=91)
    await house.resend(document, "b")
    await house.carry_on()
    await house.dispatch()
    third = await house.token(document)
    assert [(await links.look_up(house.store, each)).state for each in (first, second, third)] == [
        "revoked", "expired", "valid",
    ]  # fmt: skip


async def test_the_same_request_sends_once(house: Desk) -> None:
    """Pressed twice, or called again after its answer was lost, at once or later: one round, one message. Another
    request is another sending, and says how many there were; the same key for something else is refused."""
    document = await ready(house)
    await house.dispatch()
    answers = await asyncio.gather(*(house.resend(document, "form-7") for _ in range(4)))
    assert sorted(each.repeated for each in answers) == [False, True, True, True]
    assert {each.round for each in answers} == {2}
    await house.carry_on()
    await house.dispatch()
    assert (await house.resend(document, "form-7")).repeated
    assert await house.carry_on() == 0
    with pytest.raises(ConfigurationError, match="made before, for another reason"):
        await house.resend(document, "form-7", why="something else")
    again = await house.resend(document, "form-8")
    assert (again.round, again.before, again.repeated) == (3, 1, False)
    await house.carry_on()
    await house.dispatch()
    assert len(await house.ask("SELECT 1 FROM attempt WHERE state = 'captured'")) == 3


class Stop(Exception):
    """The process dies here."""


@pytest.mark.parametrize("at", ["before the commit", "after the commit", "after the relay", "after resolution"])
async def test_killed_anywhere_between(house: Desk, monkeypatch: pytest.MonkeyPatch, at: str) -> None:
    """Whatever dies between the request and the call, asking again with the same key gives one message."""
    document = await ready(house)
    async with Sandbox(house.settings.data / "sandbox") as sandbox:
        await house.dispatch(house.senders(sandbox))
        if at == "before the commit":
            with monkeypatch.context() as patched:

                async def dies(*_: Any, **__: Any) -> None:
                    raise Stop

                patched.setattr(resending.events, "append", dies)
                with pytest.raises(Stop):
                    await house.resend(document)
            assert await house.state(document) == ("accepted", 1, None)
        else:
            await house.resend(document)
        if at in ("after the relay", "after resolution"):
            sent: list[Outgoing] = []

            async def produce(messages: list[Outgoing]) -> None:
                sent.extend(messages)

            await Relay(house.store, produce, deliveries.reviewer(house.store), 300).once()  # type: ignore[arg-type]
            if at == "after resolution":
                stage = Resolution(PostgresDirectory(house.url), house.profiles, lambda: house.now)
                (value,) = (one.value for one in sent if one.topic == "entrega.document.rendered")
                message = Rendered.model_validate_json(value)
                await house.commit("resolution", message, await stage.handle(message))
            # produced, and lost on its way: what was recorded is produced again
            await house.ask("UPDATE due SET fired_at = NULL RETURNING due_id")
        await house.resend(document)
        await house.carry_on()
        await house.carry_on()
        for _ in range(2):
            await house.dispatch(house.senders(sandbox))
        assert len(sandbox.journal.entries) == 2
    assert await house.state(document) == ("accepted", 2, None)
    assert (await house.events(document)).count("resend-requested") == 1


async def test_a_dispatcher_killed_in_the_call_of_a_resend(house: Desk) -> None:
    """The provider has the message and nobody wrote it down: it is sent once more after its window, and the log says
    that a duplicate is possible; asking again with the same key adds nothing."""
    document = await ready(house, email="drop-after@example.com")
    await house.dispatch()
    async with Sandbox(house.settings.data / "sandbox") as sandbox:
        await house.resend(document)
        await house.carry_on()
        await house.dispatch(house.senders(sandbox))
        assert await house.state(document) == ("waiting", 2, "outcome-unknown")
        house.later(minutes=11)
        assert (await house.resend(document)).repeated
        await house.dispatch(house.senders(sandbox))
        first, second = sandbox.journal.entries
        assert first.sha256 == second.sha256
    assert (await house.events(document))[-4:] == ["outcome-unknown", "resent", "calling", "accepted"]


async def test_what_still_waited_is_not_sent_too(house: Desk) -> None:
    """A first message that waits for the morning is taken back when a person has it sent again, and the log says so."""
    document = await ready(house)
    await house.resend(document)
    await house.carry_on()
    await house.dispatch()
    rows = await house.ask("SELECT state, reason FROM attempt ORDER BY created_at, state")
    assert sorted((row["state"], row["reason"]) for row in rows) == [("cancelled", "new-round"), ("captured", None)]
    assert "cancelled" in await house.events(document)


async def test_confirmed_by_the_first_link_is_confirmed(house: Desk) -> None:
    """The recipient confirms by the link of the first message while the second is on its way: no text message follows,
    and the page behind the new link knows it."""
    document = await ready(house, phone="+48512345678")
    await house.dispatch()
    first = await links.look_up(house.store, await house.token(document))
    assert first.link_id is not None
    await house.resend(document)
    await house.carry_on()
    action = PageAction(EventType.HANDED_OVER, first.link_id, house.now)
    await inbox.receive_action(house.store, tenant=TENANT, action=action)
    await house.acknowledge()
    await house.dispatch()
    rows = await house.ask("SELECT state, reason FROM attempt ORDER BY state")
    assert [(row["state"], row["reason"]) for row in rows] == [("cancelled", "handed-over"), ("captured", None)]
    assert await house.state(document) == ("delivered", 2, "handed-over")
    again = await house.resend(document, "later")
    await house.carry_on()
    await house.dispatch()
    assert await house.state(document) == ("captured", again.round, None)
    async with house.store.transaction() as conn:
        newest = await links.look_up(house.store, await house.token(document))
        assert newest.link_id is not None
        behind = await pages.behind_link(conn, newest.link_id)
    assert behind is not None
    assert behind["confirmed_at"] == house.now


async def test_what_cannot_be_sent_again_says_why(house: Desk) -> None:
    """What is on its way, stopped, refused, closed or a duplicate is not sent again, and what to do is said."""
    export = await house.receive()
    records = [house.record(export, f"FT {n}", at=n) for n in range(1, 4)]
    refused = house.record(export, "FT 4", at=4, refusal=Refusal("document-invalid", "It breaks a rule."))
    await house.register(export, *records, refused)
    moving, parked, closed = (record.document_id for record in records)
    for document in (parked, closed):
        await house.park("signing", document, Refusal("certificate-unfit", "The certificate is over."))
    (row,) = await house.ask("SELECT parked_id FROM parked WHERE document_id = %s AND state = 'open'", closed)
    await replaying.discard(house.store, row["parked_id"], by=ANA, why="credited")
    again = await house.receive()
    double = house.record(again, "FT 1", at=1)
    await house.register(again, double)
    for document, said in (
        (moving, "on its way"), (parked, "parked replay"), (closed, "a person closed it"),
        (refused.document_id, "never sent: mend it"), (double.document_id, f"registered before again, {moving}"),
        (UUID(int=9), "no document"),
    ):  # fmt: skip
        with pytest.raises(ConfigurationError, match=said):
            await house.resend(document)
    assert await house.ask("SELECT 1 FROM event WHERE type = 'resend-requested'") == []
