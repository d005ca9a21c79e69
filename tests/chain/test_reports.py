"""What is told later: late bounces, deferrals, silence, complaints, the recipient's own word."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest
from delivery_house import ALWAYS, NOON, PHONE, House
from reporting_providers import Providers, sent

from pipeline.store import stops
from schemas.deliveries import Report
from schemas.deliveries import ReportAction as Said
from schemas.tenants import DeliveryPolicy


async def test_delivered(house: House, providers: Providers) -> None:
    """A report of delivery ends the document as delivered."""
    document, attempt = await sent(house, providers)
    await house.report(attempt, Said.DELIVERED, final_recipient="buyer@example.com")
    assert await house.state(document) == ("delivered", None)
    assert await house.attempts(document) == [("email", "delivered")]
    assert (await house.happened(document))[-1] == "delivered"


async def test_a_bounce_after_the_delivery(house: House, providers: Providers) -> None:
    """Delivered, then bounced: the text message goes out, the mailbox is suppressed, the history keeps both."""
    document, attempt = await sent(house, providers)
    await house.report(attempt, Said.DELIVERED)
    house.later(minutes=5)
    words = {"status": "5.1.1", "code": "550", "reason": "unknown-recipient", "diagnostic": "550 5.1.1 <ana> unknown"}
    await house.report(attempt, Said.BOUNCED, permanent=True, final_recipient="buyer@example.com", **words)
    assert await house.state(document) == ("waiting", "unknown-recipient")
    await providers.dispatcher.once()
    assert providers.taken == (1, 1)
    await house.report((await house.attempt(document, "sms"))["attempt_id"], Said.DELIVERED, provider="twilio")
    assert await house.state(document) == ("delivered", None)
    (row,) = await house.ask("SELECT * FROM suppression")
    assert (row["channel"], row["address"], row["reason"]) == ("email", "buyer@example.com", "unknown-recipient")
    (event,) = await house.ask("SELECT data, actor FROM event WHERE type = 'bounced'")
    assert event["actor"] == "provider:sendgrid"
    assert {k: event["data"][k] for k in ("bounce", "status", "code", "reason")} == {
        "bounce": "hard", "status": "5.1.1", "code": "550", "reason": "unknown-recipient",
    }  # fmt: skip
    assert "ana" not in str(await house.ask("SELECT data, cause FROM event"))
    assert "example.com" not in str(await house.ask("SELECT data, cause FROM event"))
    assert (await house.happened(document))[4:8] == ["delivered", "bounced", "suppressed", "fallback-started"]


async def test_a_dropped_email_is_no_bounce(house: House, providers: Providers) -> None:
    """The provider's own suppression list: no server was asked, so the log says refused, and the phone takes over."""
    document, attempt = await sent(house, providers)
    await house.report(attempt, Said.DROPPED, reason="suppressed", permanent=True)
    await providers.dispatcher.once()
    assert providers.taken == (1, 1)
    assert "bounced" not in await house.happened(document)
    (event,) = await house.ask("SELECT data FROM event WHERE type = 'attempt-refused'")
    assert event["data"]["dropped"] is True


async def test_a_complaint_sends_nothing(house: House, providers: Providers) -> None:
    """Who calls the e-mail spam gets no text message, and no e-mail of this supplier any more."""
    document, attempt = await sent(house, providers)
    await house.report(attempt, Said.COMPLAINED, permanent=True, reason="complained")
    house.later(days=5)
    await house.look_again()
    await providers.dispatcher.once()
    assert providers.taken == (1, 0)
    assert await house.state(document) == ("delivered", "complained")
    (second,) = await house.deliver(phone=PHONE)
    await providers.dispatcher.once()
    assert providers.taken == (1, 0)
    assert await house.state(second) == ("undeliverable", "complained")


async def test_deferred_gives_way_after_four_hours(house: House, providers: Providers) -> None:
    """A deferred e-mail has four hours from its first deferral; late delivery after the text message sends nothing."""
    document, attempt = await sent(house, providers)
    house.later(minutes=30)
    await house.report(attempt, Said.DEFERRED, status="4.2.2", reason="mailbox-full")
    house.later(hours=3, minutes=59)
    await house.report(attempt, Said.DEFERRED, status="4.2.2", reason="mailbox-full")
    await house.look_again()
    assert await house.attempts(document) == [("email", "deferred")]
    house.later(minutes=1)
    assert await house.look_again() == 1
    await providers.dispatcher.once()
    assert providers.taken == (1, 1)
    await house.report(attempt, Said.DELIVERED)
    assert await house.ask("SELECT * FROM due WHERE kind = 'review'") == []
    house.later(days=9)
    await house.look_again()
    await providers.dispatcher.once()
    assert providers.taken == (1, 1)
    assert await house.state(document) == ("delivered", None)


async def test_silence_gives_way_after_two_hours(house: House, providers: Providers) -> None:
    """Two hours without a word: the text message; two more: accepted, and unconfirmed."""
    document, _ = await sent(house, providers)
    house.later(hours=1, minutes=59)
    assert await house.look_again() == 0
    house.later(minutes=1)
    await house.look_again()
    await providers.dispatcher.once()
    assert providers.taken == (1, 1)
    house.later(hours=2)
    await house.look_again()
    assert await house.state(document) == ("accepted", "unconfirmed")
    words = await house.happened(document)
    assert words.count("expired") == 2
    assert words.index("expired") < words.index("fallback-started")


async def test_a_silent_provider_without_another_channel(house: House, providers: Providers) -> None:
    """Without a phone, silence ends as accepted and unconfirmed: the provider did take it."""
    document, _ = await sent(house, providers, phone=None)
    house.later(hours=2)
    await house.look_again()
    assert await house.state(document) == ("accepted", "unconfirmed")


async def test_delivery_calls_a_planned_text_message_off(house: House, providers: Providers) -> None:
    """An e-mail that arrives while its text message waits for the morning calls it off; a bounce brings it back."""
    policy = DeliveryPolicy(quiet_from=NOON.time(), quiet_until=NOON.replace(hour=20).time(), timezone="UTC")
    document, attempt = await sent(house, providers, policy=policy, timezone="UTC")
    house.later(hours=2)
    await house.look_again()
    assert await house.attempts(document) == [("email", "accepted"), ("sms", "planned")]
    await house.report(attempt, Said.DELIVERED)
    assert await house.attempts(document) == [("email", "delivered"), ("sms", "cancelled")]
    await house.report(attempt, Said.BOUNCED, permanent=True, reason="unknown-recipient")
    house.later(hours=7)
    await providers.dispatcher.once()
    assert await house.attempts(document) == [("email", "bounced"), ("sms", "cancelled"), ("sms", "accepted")]
    assert providers.taken == (1, 1)


async def test_the_same_report_again_is_one(house: House, providers: Providers) -> None:
    """A report that comes five times, under other ids of the provider, is one row and one event."""
    document, attempt = await sent(house, providers)
    at = house.now
    for _ in range(5):
        house.later(minutes=1)
        await house.report(attempt, Said.DELIVERED, reported_at=at, final_recipient="buyer@example.com")
    assert len(await house.ask("SELECT FROM report")) == 1
    assert (await house.happened(document)).count("delivered") == 1


async def test_any_order_of_reports_is_one_history(house: House, providers: Providers) -> None:
    """Twenty documents, the same reports in twenty orders with repeats: the same state, one text message each."""
    draws = random.Random(3)  # noqa: S311
    documents = await house.deliver(20, email="a#@example.com", phone=PHONE)
    await providers.dispatcher.once()
    for document in documents:
        attempt = (await house.attempt(document))["attempt_id"]
        words = [Said.ACCEPTED, Said.DEFERRED, Said.DELIVERED, Said.BOUNCED, Said.OPENED, Said.DEFERRED]
        reports = [
            Report(provider="sendgrid", action=word, attempt=attempt, reported_at=NOON + timedelta(seconds=index))
            for index, word in enumerate(words)
        ] * 2
        draws.shuffle(reports)
        for report in reports:
            await house.apply(report)
            await providers.dispatcher.once()
    assert providers.taken == (20, 20)
    rows = await house.ask("SELECT state, count(*) AS n FROM attempt WHERE channel = 'email' GROUP BY state")
    assert [(row["state"], row["n"]) for row in rows] == [("bounced", 20)]


@pytest.mark.parametrize(
    ("reason", "says", "again"),
    [
        ("unknown-number", "The number is not, or no longer, in use.", True),
        ("other", "None of the known reasons; see the provider's own words.", True),
        ("opted-out", "The recipient asked for no more messages.", False),
        (None, "The receiving side gave the message back and did not say why.", True),
    ],
)
async def test_undelivered_tells_why_and_what_to_do(
    house: House, providers: Providers, reason: str | None, says: str, again: bool
) -> None:
    """A sentence for each reason, what a person does about it, and the command that sends it again where that helps."""
    (document,) = await house.deliver(email=None, phone=PHONE)
    await providers.dispatcher.once()
    attempt = (await house.attempt(document, "sms"))["attempt_id"]
    await house.report(attempt, Said.BOUNCED, provider="twilio", permanent=True, reason=reason)
    async with house.store.transaction() as conn:
        (row,) = await stops.undelivered(conn)
    assert (row["state"], row["explanation"]) == ("undeliverable", says)
    assert row["advice"].endswith(".")
    assert row["command"] == (f"resend {str(document)[:8]}" if again else None)


async def test_two_contacts_settling_at_once(house: House, providers: Providers) -> None:
    """Both deliveries of a document end in the same moment, in two transactions: the document ends too."""
    for _ in range(5):
        documents = await house.deliver(2, policy=ALWAYS)
        await house.tell("UPDATE delivery SET document_id = %s WHERE document_id = %s", *documents)
        await house.tell("UPDATE attempt SET document_id = %s WHERE document_id = %s", *documents)
        await providers.dispatcher.once()
        rows = await house.ask("SELECT attempt_id FROM attempt WHERE document_id = %s", documents[0])
        await asyncio.gather(*(house.report(row["attempt_id"], Said.DELIVERED) for row in rows))
        assert await house.state(documents[0]) == ("delivered", None)
