"""What is told later: late bounces, deferrals, silence, complaints, the recipient's own word."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from delivery_house import ALWAYS, NOON, PHONE, House

from connectors.email.outbox import OutboxEmail
from connectors.sms.outbox import OutboxSms
from pipeline.store import inbox, stops
from schemas.deliveries import Accepted, EmailMessage, Report, SmsMessage
from schemas.deliveries import ReportAction as Said
from schemas.errors import ExportUnreadable
from schemas.events import EventType
from schemas.messages import ReportReceived
from schemas.outcomes import ApplyReports, PageAction
from schemas.tenants import DeliveryPolicy
from stages.acknowledgement import Acknowledgement, Received


class Reporting:
    """A provider that takes everything and reports later, as the real ones do; it keeps what it took."""

    reports_delivery = True

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.taken: list[EmailMessage | SmsMessage] = []

    async def send(self, message: Any) -> Accepted:
        self.taken.append(message)
        return Accepted(provider=self.provider, provider_message_id=f"{self.provider}-{len(self.taken)}")

    async def close(self) -> None:
        return None


class Providers:
    def __init__(self, house: House) -> None:
        self.email, self.sms = Reporting("sendgrid"), Reporting("twilio")
        self.dispatcher = house.dispatcher({"email": self.email, "sms": self.sms})

    @property
    def taken(self) -> tuple[int, int]:
        """E-mails and text messages that were sent."""
        return len(self.email.taken), len(self.sms.taken)


@pytest.fixture
def providers(house: House) -> Providers:
    return Providers(house)


async def sent(house: House, providers: Providers, **more: Any) -> tuple[UUID, UUID]:
    """A document whose e-mail a reporting provider took; document and attempt."""
    (document,) = await house.deliver(**{"phone": PHONE, **more})
    await providers.dispatcher.once()
    return document, (await house.attempt(document))["attempt_id"]


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


async def test_orphans_are_kept(house: House, providers: Providers) -> None:
    """A report that matches no attempt is kept, said in the log of the account, and changes nothing."""
    document, _ = await sent(house, providers)
    await house.report(uuid4(), Said.BOUNCED, permanent=True, final_recipient="buyer@example.com")
    assert await house.attempts(document) == [("email", "accepted")]
    assert await house.ask("SELECT * FROM suppression") == []
    (row,) = await house.ask("SELECT attempt_id, action FROM report")
    assert (row["attempt_id"], row["action"]) == (None, "bounced")
    (event,) = await house.ask("SELECT stream, data FROM event WHERE type = 'report-orphaned'")
    assert event["stream"] == "account:acme"


async def test_found_by_the_providers_own_id(house: House, providers: Providers) -> None:
    """A report without our id is matched by the provider's."""
    document, _ = await sent(house, providers)
    await house.report(None, Said.DELIVERED, provider_message_id="sendgrid-1")
    assert await house.state(document) == ("delivered", None)


async def test_stop_counts_without_an_attempt(house: House, providers: Providers) -> None:
    """STOP names no message, only a number: no more text messages go there."""
    report = Report(
        provider="twilio", action=Said.UNSUBSCRIBED, attempt=None, reported_at=NOON, final_recipient=PHONE,
        permanent=True, reason="opted-out",
    )  # fmt: skip
    await house.apply(report)
    (document,) = await house.deliver(email=None, phone=PHONE)
    await providers.dispatcher.once()
    assert providers.taken == (0, 0)
    assert await house.state(document) == ("undeliverable", "opted-out")
    (event,) = await house.ask("SELECT data FROM event WHERE type = 'suppressed' AND stream = 'account:acme'")
    assert event["data"]["reason"] == "opted-out"
    assert PHONE not in str(await house.ask("SELECT data, cause, stream FROM event"))


async def test_what_the_recipient_does_is_in_the_history(house: House, tmp_path: Path) -> None:
    """Viewing and downloading are told and end nothing; confirming receipt closes the case."""
    (document,) = await house.deliver()
    senders = {"email": OutboxEmail(tmp_path / "outbox"), "sms": OutboxSms(tmp_path / "outbox")}
    await house.dispatcher(senders).once()
    (link,) = await house.ask("SELECT link_id FROM link")
    for action in (EventType.DOCUMENT_VIEWED, EventType.DOCUMENT_DOWNLOADED, EventType.HANDED_OVER):
        personal = {"ip": "192.0.2.1"}
        await house.apply(actions=(PageAction(action, link["link_id"], house.now, {"file": "pdf"}, personal),))
        house.later(minutes=1)
    assert (await house.happened(document))[-3:] == ["document-viewed", "document-downloaded", "handed-over"]
    (row,) = await house.ask("SELECT handed_over_at, state FROM document")
    assert row["handed_over_at"] == NOON + timedelta(minutes=2)
    assert "192.0.2.1" not in str(await house.ask("SELECT data, cause FROM event"))


async def test_from_the_inbox_to_an_effect(house: House) -> None:
    """What is received stands in the inbox with a due row before it is answered, and the stage reads it from there."""
    action = PageAction(EventType.HANDED_OVER, uuid4(), NOON, {"name": "Ana"}, {"ip": "192.0.2.1"})
    page = await inbox.receive_action(house.store, tenant="acme", action=action)
    raw = await inbox.receive(house.store, tenant="acme", source="sendgrid", headers={"a": "b"}, body=b"\x00\xff[]")
    rows = await house.ask("SELECT kind, subject_id, payload FROM due ORDER BY at")
    assert {row["subject_id"] for row in rows} == {page, raw}
    assert rows[0]["payload"]["topic"] == "entrega.report.received"
    report = Report(provider="sendgrid", action=Said.UNMAPPED, attempt=None, reported_at=NOON)

    def parser(received: Received) -> list[Report]:
        assert (received.body, received.headers, received.received_at) == (b"\x00\xff[]", {"a": "b"}, NOON)
        return [report]

    stage = Acknowledgement(inbox.PostgresInbox(house.store), {"sendgrid": parser})
    done = await stage.handle(ReportReceived(tenant="acme", inbox_id=raw))
    assert done.effects == (ApplyReports(raw, (report,)),)
    done = await stage.handle(ReportReceived(tenant="acme", inbox_id=page))
    assert done.effects == (ApplyReports(page, (), (action,)),)
    other = await inbox.receive(house.store, tenant="acme", source="carrier pigeon", headers={}, body=b"")
    with pytest.raises(ExportUnreadable, match="carrier pigeon"):
        await stage.handle(ReportReceived(tenant="acme", inbox_id=other))


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
