"""What comes in from outside: reports that name an attempt, a provider's message or nobody; what people do on pages."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from delivery_house import NOON, PHONE, House
from reporting_providers import Providers, sent

from connectors.email.outbox import OutboxEmail
from connectors.sms.outbox import OutboxSms
from pipeline.store import inbox
from schemas.deliveries import Report
from schemas.deliveries import ReportAction as Said
from schemas.errors import ExportUnreadable
from schemas.events import EventType
from schemas.messages import ReportReceived
from schemas.outcomes import ApplyReports, PageAction
from stages.acknowledgement import Acknowledgement, Received


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
