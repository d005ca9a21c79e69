"""Calls of which nobody knows what came: asked about, sent once more after their window where policy lets it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from delivery_house import NOON, PHONE, SHORT, House, until
from delivery_senders import smtp, twilio

from connectors.sandbox import Rule, Sandbox, Take
from pipeline.store import queries
from schemas.deliveries import ReportAction
from schemas.tenants import DeliveryPolicy


async def test_taken_but_not_answered_is_resent_once_and_said(house: House) -> None:
    """A connection that breaks after the body: unknown, sent once more after the window, which is told as planned, and
    the event says so."""
    (document,) = await house.deliver(email="drop-after@example.com")
    async with Sandbox(house.folder / "sandbox") as sandbox:
        dispatcher = house.dispatcher({"email": smtp(sandbox)})
        await dispatcher.once()
        assert await house.attempts(document) == [("email", "unknown")]
        assert await house.state(document) == ("waiting", "outcome-unknown")
        house.later(minutes=9)
        await dispatcher.once()
        assert len(sandbox.journal.entries) == 1
        async with house.store.transaction() as conn:
            (plan,) = await queries.planned(conn, document)
        assert tuple(plan.values()) == ("outcome of email", NOON + timedelta(minutes=10), "outcome-unknown")
        house.later(minutes=1)
        await dispatcher.once()
        assert len(sandbox.journal.entries) == 2
        first, second = sandbox.journal.entries
        assert first.sha256 == second.sha256
        await dispatcher.close()
    assert await house.state(document) == ("accepted", None)
    words = await house.happened(document)
    assert words == ["requested", "link-issued", "calling", "outcome-unknown", "resent", "calling", "accepted"]


async def test_unknown_twice_gives_the_channel_up(house: House) -> None:
    """Unknown again after the second sending: never a third one; the phone takes over."""
    (document,) = await house.deliver(phone=PHONE)
    async with Sandbox(house.folder / "sandbox", rules=[Rule(provider="smtp", take=Take.DROP)]) as sandbox:
        dispatcher = house.dispatcher({"email": smtp(sandbox), "sms": twilio(sandbox)})
        for _ in range(5):
            await dispatcher.once()
            house.later(minutes=10)
        assert [entry.provider for entry in sandbox.journal.entries] == ["twilio"]
        await dispatcher.close()
    assert (await house.attempt(document))["tries"] == 2
    assert (await house.attempts(document))[0] == ("email", "expired")
    words = await house.happened(document)
    assert words.count("outcome-unknown") == 2
    assert words.count("resent") == 1


async def test_policy_may_forbid_a_second_sending(house: House) -> None:
    """Where the supplier wants no duplicate at all, an unknown outcome is not sent again."""
    policy = DeliveryPolicy(quiet_channels=(), resend_unknown=False)
    (document,) = await house.deliver(email="drop-after@example.com", policy=policy)
    async with Sandbox(house.folder / "sandbox") as sandbox:
        dispatcher = house.dispatcher({"email": smtp(sandbox)})
        for _ in range(4):
            await dispatcher.once()
            house.later(minutes=10)
        assert len(sandbox.journal.entries) == 1
        await dispatcher.close()
    assert await house.state(document) == ("undeliverable", "outcome-unknown")


async def test_a_report_resolves_an_unknown_outcome(house: House) -> None:
    """A webhook that names the attempt tells that the provider has it: nothing is sent again."""
    (document,) = await house.deliver(email="drop-after@example.com")
    async with Sandbox(house.folder / "sandbox") as sandbox:
        dispatcher = house.dispatcher({"email": smtp(sandbox)})
        await dispatcher.once()
        attempt = await house.attempt(document)
        await house.report(attempt["attempt_id"], ReportAction.DELIVERED)
        house.later(hours=1)
        await dispatcher.once()
        assert len(sandbox.journal.entries) == 1
        await dispatcher.close()
    assert await house.state(document) == ("delivered", None)


@pytest.mark.parametrize("number", ["+15005550014", "+15005550016"])
async def test_asking_resolves_an_unknown_text_message(house: House, number: str) -> None:
    """Twilio failed after it took the text message: its own list is asked, and nothing is sent twice."""
    house.real = True
    (document,) = await house.deliver(email=None, phone=number)
    async with Sandbox(house.folder / "sandbox") as sandbox:
        dispatcher = house.dispatcher({"sms": twilio(sandbox)})
        await dispatcher.once()
        assert await house.attempts(document) == [("sms", "unknown")]
        await dispatcher.once()
        (entry,) = sandbox.journal.entries
        await dispatcher.close()
    attempt = await house.attempt(document, "sms")
    assert (attempt["state"], attempt["provider_message_id"]) == ("accepted", entry.provider_id)
    assert (await house.happened(document))[-2:] == ["outcome-unknown", "accepted"]


async def test_a_text_message_that_was_never_taken_is_sent(house: House) -> None:
    """Twilio broke off and has nothing: after the window the text message is sent, and there is one."""
    house.real = True
    (document,) = await house.deliver(email=None, phone="+15005550015", policy=SHORT)
    async with Sandbox(house.folder / "sandbox") as sandbox:
        dispatcher = house.dispatcher({"sms": twilio(sandbox)})
        await dispatcher.once()
        assert sandbox.journal.entries == []

        async def taken() -> bool:
            await dispatcher.once()
            return (await house.attempt(document, "sms"))["state"] == "accepted"

        await until(taken)
        assert len(sandbox.journal.entries) == 1
        await dispatcher.close()
