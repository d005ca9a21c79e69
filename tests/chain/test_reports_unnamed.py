"""Reports that name no attempt of ours: whose they are, who is bound by them, and that none is lost from sight."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from delivery_house import NOON, PASSWORD, PHONE, House, open_house

from connectors.sandbox import Rule, Sandbox, Take
from connectors.sms.twilio import TwilioSender
from connectors.sms.twilio_events import reports as read_form
from pipeline.store import orphans
from pipeline.store.migrate import application_url, migrate
from schemas.deliveries import Accepted, Report
from schemas.deliveries import ReportAction as Said

BUYER = "buyer@example.com"


@pytest.fixture
async def house(migrated: Callable[[], str], tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(application_url(migrated(), PASSWORD), tmp_path) as house:
        yield house


class Taking:
    """A provider that takes everything, reports later, and gives no id of its own away."""

    reports_delivery = True

    def __init__(self, provider: str) -> None:
        self.provider, self.taken = provider, 0

    async def send(self, message: Any) -> Accepted:
        self.taken += 1
        return Accepted(provider=self.provider)

    async def close(self) -> None:
        return None


async def dispatch(house: House, email: str = "sendgrid") -> tuple[int, int]:
    """What providers took of what is due: e-mails, text messages."""
    mail, text = Taking(email), Taking("twilio")
    await house.dispatcher({"email": mail, "sms": text}).once()
    return mail.taken, text.taken


async def wrote(house: House, **form: str) -> None:
    """A text message to our number, as Twilio posts it; the inbox belongs to the default tenant, here `house`."""
    fields = {"SmsStatus": "received", "MessageSid": f"SM{len(form)}{house.now:%H%M%S}", "From": PHONE, **form}
    await house.apply(*read_form(fields, house.now, None), tenant="house")
    house.later(minutes=1)


@pytest.mark.parametrize(
    ("stop", "start"),
    [
        ({"Body": "STOP", "OptOutType": "STOP"}, {"Body": "START", "OptOutType": "START"}),
        ({"Body": " stop "}, {"Body": "Unstop"}),
        ({"Body": "REVOKE"}, {"Body": "yes"}),
        (
            {"Body": "Parar", "OptOutType": "STOP"},
            {"Body": "Voltar", "OptOutType": "START"},
        ),  # words of Advanced Opt-Out
    ],
)
async def test_stop_binds_every_tenant_until_start(house: House, stop: dict[str, str], start: dict[str, str]) -> None:
    """All tenants send from one number: who says STOP to it hears of none of them, and START is the way back."""
    await wrote(house, **stop)
    for tenant in ("acme", "beta"):
        (document,) = await house.deliver(email=None, phone=PHONE, tenant=tenant)
        assert await dispatch(house) == (0, 0)
        assert await house.state(document) == ("undeliverable", "opted-out")
    await wrote(house, **start)
    await house.deliver(email=None, phone=PHONE, tenant="acme")
    await house.deliver(email=None, phone=PHONE, tenant="beta")
    assert await dispatch(house) == (0, 2)
    rows = await house.ask("SELECT type, data FROM event WHERE stream = 'account:house' ORDER BY ver")
    assert [row["type"] for row in rows] == ["suppressed", "suppression-lifted"]
    assert all(row["data"]["binds"] == "every tenant" and row["data"]["reason"] == "opted-out" for row in rows)
    assert PHONE not in str(rows)


async def test_only_the_word_itself_counts(house: House) -> None:
    """What Twilio would not obey binds nobody, and START of a number that never stopped is an orphan."""
    for body in ("STOP PLEASE", "please stop", "Obrigado!", "HELP", "START"):
        await wrote(house, Body=body)
    assert await house.ask("SELECT * FROM suppression") == []
    async with house.store.transaction() as conn:
        assert [row["action"] for row in await orphans.listed(conn)] == ["unmapped"] * 4  # a wish is no orphan
    rows = await house.ask("SELECT data ->> 'action' AS action FROM event WHERE type = 'report-orphaned' ORDER BY ver")
    assert [row["action"] for row in rows] == ["unmapped"] * 4 + ["resubscribed"]


async def test_what_start_does_not_mend(house: House) -> None:
    """A number that does not work is not made to work by START."""
    (document,) = await house.deliver(email=None, phone=PHONE)
    await dispatch(house)
    attempt = (await house.attempt(document, "sms"))["attempt_id"]
    await house.report(attempt, Said.BOUNCED, provider="twilio", permanent=True, reason="unknown-number")
    await wrote(house, Body="START")
    await house.deliver(email=None, phone=PHONE)
    assert await dispatch(house) == (0, 0)


async def test_what_twilio_refuses_for_a_stop_binds_every_tenant(house: House) -> None:
    """Twilio knows of a STOP that never came to us: its refusal of one tenant's message holds for the others, too."""
    await house.deliver(email=None, phone=PHONE, tenant="acme")
    async with Sandbox(house.folder / "sandbox", rules=[Rule(provider="twilio", take=Take.REFUSE, code=21610)]) as far:
        twilio = TwilioSender(far.account_sid, far.auth_token, base_url=far.http_url)
        dispatcher = house.dispatcher({"sms": twilio})
        await dispatcher.once()
        await dispatcher.close()
    (document,) = await house.deliver(email=None, phone=PHONE, tenant="beta")
    assert await dispatch(house) == (0, 0)
    assert await house.state(document) == ("undeliverable", "opted-out")


async def test_opt_outs_of_before_bind_every_tenant_after_the_migration(
    postgres: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that stood at the tenant that was first told are moved, each number once, the oldest word."""
    from alembic import command

    url, upgrade = postgres(), command.upgrade
    with monkeypatch.context() as before:
        before.setattr(command, "upgrade", lambda config, _: upgrade(config, "0005"))
        migrate(url, PASSWORD)
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET search_path = entrega")
        for tenant, address, reason, day in (
            ("demo", PHONE, "opted-out", 2), ("acme", PHONE, "opted-out", 1), ("acme", "+351910000000", "landline", 1),
        ):  # fmt: skip
            conn.execute(
                "INSERT INTO suppression (tenant, channel, address, reason, since) VALUES (%s, 'sms', %s, %s, %s)",
                [tenant, address, reason, f"2026-01-0{day}"],
            )
        migrate(url, PASSWORD)
        rows = conn.execute(
            "SELECT tenant, address, extract(day FROM since)::int FROM suppression ORDER BY 1"
        ).fetchall()
    assert rows == [("*", PHONE, 1), ("acme", "+351910000000", 1)]


async def test_owners_word_of_one_tenants_mail(house: House) -> None:
    """SendGrid's group_unsubscribe binds the tenant whose mail it was, and group_resubscribe lifts it."""
    (document,) = await house.deliver()
    await dispatch(house)
    attempt = (await house.attempt(document))["attempt_id"]
    await house.report(attempt, Said.UNSUBSCRIBED, permanent=True, reason="opted-out", final_recipient=BUYER)
    (row,) = await house.ask("SELECT tenant, channel FROM suppression")
    assert (row["tenant"], row["channel"]) == ("acme", "email")
    house.later(minutes=1)
    await house.report(attempt, Said.RESUBSCRIBED, final_recipient=BUYER)
    assert await house.ask("SELECT * FROM suppression") == []
    assert (await house.happened(document))[-2:] == ["suppressed", "suppression-lifted"]


# which attempt an unnamed report is of


async def bounce(house: House, to: str = BUYER, **more: Any) -> None:
    """A bounce in which neither our argument nor a message id came back."""
    words = {"permanent": True, "reason": "unknown-recipient", "status": "5.1.1", "final_recipient": to}
    await house.report(None, Said.BOUNCED, **{**words, **more})


async def test_the_one_attempt_that_fits_is_taken(house: House) -> None:
    """It bounced: the phone takes over, the mailbox is suppressed, and the event says how the attempt was found."""
    (document,) = await house.deliver(phone=PHONE)
    await dispatch(house)
    house.later(hours=30)
    await bounce(house, to="Buyer@Example.com")
    assert await house.attempts(document) == [("email", "bounced"), ("sms", "planned")]
    (event,) = await house.ask("SELECT data FROM event WHERE type = 'bounced'")
    assert event["data"]["matched_by"] == "recipient and time"
    assert [row["reason"] for row in await house.ask("SELECT reason FROM suppression")] == ["unknown-recipient"]
    await bounce(house)  # once more, spelt otherwise: still its own, and nobody is told twice
    async with house.store.transaction() as conn:
        assert await orphans.count(conn) == 0
    assert await dispatch(house) == (0, 1)


@pytest.mark.parametrize(
    ("given", "fitting"),
    [
        ({"to": "other@example.com"}, 0),
        ({"reported_at": NOON.replace(day=30)}, 0),  # a week later
        ({"reported_at": NOON.replace(hour=11)}, 0),  # before it was called
        ({"provider": "twilio"}, 0),
        ({"provider_message_id": "of another application"}, None),
    ],
)
async def test_what_fits_nothing_stays_an_orphan(house: House, given: dict[str, Any], fitting: int | None) -> None:
    """Another recipient, another time, another provider, or the id of a message that is none of ours."""
    (document,) = await house.deliver()
    await dispatch(house)
    house.later(hours=3)
    await bounce(house, **given)
    assert await house.attempts(document) == [("email", "accepted")]
    (event,) = await house.ask("SELECT data FROM event WHERE type = 'report-orphaned'")
    assert event["data"].get("fitting") == fitting
    assert (event["data"]["reason"], event["data"]["status"]) == ("unknown-recipient", "5.1.1")
    async with house.store.transaction() as conn:
        (row,) = await orphans.listed(conn)
        assert await orphans.count(conn) == 1
        assert await orphans.count(conn, tenant="beta") == 0
    assert (row["action"], row["reason"]) == ("bounced", "unknown-recipient")


async def test_of_two_attempts_none_is_guessed(house: House) -> None:
    """Two documents went to this mailbox, the second of another tenant: the report is of neither."""
    documents = [*await house.deliver(), *await house.deliver(tenant="beta")]
    await dispatch(house)
    house.later(hours=1)
    await bounce(house)
    assert [await house.attempts(document) for document in documents] == [[("email", "accepted")]] * 2
    (event,) = await house.ask("SELECT data FROM event WHERE type = 'report-orphaned'")
    assert event["data"]["fitting"] == 2


async def test_an_attempt_that_has_its_bounce_still_counts(house: House) -> None:
    """The first document's bounce comes a second time without its id: the second document is not made to suffer."""
    first, second = await house.deliver(2)
    await dispatch(house)
    attempt = (await house.attempt(first))["attempt_id"]
    await house.report(attempt, Said.BOUNCED, permanent=True, final_recipient=BUYER, reason="unknown-recipient")
    house.later(minutes=1)
    await bounce(house)
    assert await house.attempts(second) == [("email", "accepted")]


async def test_a_mail_that_anybody_can_write_ends_no_address(house: House) -> None:
    """A bounce mail without our marks starts the text message, and the mailbox may be used for the next document."""
    (document,) = await house.deliver(phone=PHONE)
    await dispatch(house, email="smtp")
    house.later(hours=1)
    await bounce(house, provider="bounce")
    assert await house.attempts(document) == [("email", "bounced"), ("sms", "planned")]
    assert await house.ask("SELECT * FROM suppression") == []


async def test_an_orphan_is_kept_whole(house: House) -> None:
    """With its recipient and the bytes that it came in, so that a person can look; the log names nobody."""
    await house.deliver(2)
    await dispatch(house)
    house.later(hours=1)
    await bounce(house, diagnostic="550 no such user")
    async with house.store.transaction() as conn:
        (row,) = await orphans.listed(conn)
    assert (row["recipient"], row["status"], row["provider"]) == (BUYER, "5.1.1", "sendgrid")
    assert isinstance(row["inbox_id"], UUID)
    assert BUYER not in str(await house.ask("SELECT data, cause, stream FROM event WHERE type = 'report-orphaned'"))


def test_a_report_says_what_it_names() -> None:
    """Twilio's inbound message names the number that wrote, never ours."""
    (report,) = read_form({"SmsStatus": "received", "Body": "stop", "From": PHONE, "To": "+15005550006"}, NOON, None)
    assert isinstance(report, Report)
    assert (report.action, report.final_recipient, report.reason) == ("unsubscribed", PHONE, "opted-out")
    (report,) = read_form({"SmsStatus": "delivered", "Body": "stop", "To": PHONE}, NOON, None)
    assert report.action == "delivered"
