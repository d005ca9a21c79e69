"""The dispatcher on a real database, judged by what the outbox and the sandbox's servers took."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from delivery_house import ALWAYS, NOON, PHONE, House
from delivery_senders import outbox, providers, taken

from connectors.sandbox import Rule, Take
from connectors.storage import get
from pipeline.store import deliveries
from schemas.events import EventType
from schemas.messages import ArtefactRef
from schemas.outcomes import PageAction
from schemas.tenants import DeliveryPolicy


async def test_captured_by_the_outbox(house: House, tmp_path: Path) -> None:
    """An attempt that is due is composed, kept in the outbox, and ends its delivery and document as captured."""
    (document,) = await house.deliver()
    assert await house.dispatcher(outbox(tmp_path)).once() == 1
    assert await house.state(document) == ("captured", None)
    assert await house.attempts(document) == [("email", "captured")]
    assert await house.happened(document) == ["requested", "link-issued", "calling", "captured"]
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1


async def test_accepted_by_smtp(house: House) -> None:
    """A server that took the message and reports nothing more ends the document as accepted."""
    (document,) = await house.deliver()
    async with providers(house) as (sandbox, dispatcher):
        await dispatcher.once()
        assert taken(sandbox) == [("smtp", "buyer@example.com")]
    assert await house.state(document) == ("accepted", None)


async def test_a_provider_that_reports_is_waited_for(house: House) -> None:
    """Where the provider reports deliveries the document waits, and a look is planned for when silence is over."""
    (document,) = await house.deliver()
    async with providers(house, api=True) as (sandbox, dispatcher):
        await dispatcher.once()
        assert taken(sandbox) == [("sendgrid", "buyer@example.com")]
    assert await house.state(document) == ("waiting", "awaiting-report")
    assert await house.attempts(document) == [("email", "accepted")]
    (due,) = await house.ask("SELECT kind, at FROM due")
    assert (due["kind"], due["at"]) == ("review", NOON + timedelta(hours=2))


async def test_nobody_is_called_twice(house: House) -> None:
    """What is settled is not due any more."""
    await house.deliver(3)
    async with providers(house) as (sandbox, dispatcher):
        assert await dispatcher.once() == 3
        assert await dispatcher.once() == 0
        assert len(taken(sandbox)) == 3


async def test_a_refused_email_becomes_a_text_message(house: House) -> None:
    """A provider that will never take the e-mail starts the text message at once, and the log says why."""
    (document,) = await house.deliver(email="refuse@example.com", phone=PHONE)
    async with providers(house) as (sandbox, dispatcher):
        await dispatcher.once()
        assert taken(sandbox) == [("twilio", PHONE)]
        (entry,) = sandbox.journal.entries
        assert entry.text.startswith("Acme Lda: Fatura 2026/1, 1 234,50 EUR. https://docs.example.com/d/")
    assert await house.attempts(document) == [("email", "refused"), ("sms", "accepted")]
    words = await house.happened(document)
    assert words[:4] == ["requested", "link-issued", "calling", "attempt-refused"]
    assert words[4:6] == ["suppressed", "fallback-started"]
    (event,) = await house.ask("SELECT data FROM event WHERE type = 'fallback-started'")
    email, sms = await house.attempt(document), await house.attempt(document, "sms")
    assert event["data"] == {
        "attempt": str(sms["attempt_id"]),
        "channel": "sms",
        "because": "unknown-recipient",
        "caused_by": str(email["attempt_id"]),
        "due_at": event["data"]["due_at"],
    }
    assert datetime.fromisoformat(event["data"]["due_at"]) == NOON
    assert sms["caused_by"] == email["attempt_id"]


async def test_a_refused_mailbox_is_not_used_again(house: House) -> None:
    """A mailbox that a server does not know is suppressed: the next document goes straight to the phone."""
    await house.deliver(email="refuse@example.com", phone=PHONE)
    async with providers(house) as (sandbox, dispatcher):
        await dispatcher.once()
        (second,) = await house.deliver(email="Refuse@Example.com", phone=PHONE)
        await dispatcher.once()
        assert taken(sandbox) == [("twilio", PHONE), ("twilio", PHONE)]
    assert await house.attempts(second) == [("email", "cancelled"), ("sms", "accepted")]
    assert await house.happened(second) == [
        "cancelled", "suppressed", "fallback-started", "requested", "link-issued", "calling", "accepted",
    ]  # fmt: skip


async def test_nothing_left_to_try(house: House) -> None:
    """Without another channel a refused document is undeliverable, and says for which reason."""
    (document,) = await house.deliver(email="refuse@example.com")
    async with providers(house) as (sandbox, dispatcher):
        await dispatcher.once()
        assert taken(sandbox) == []
    assert await house.state(document) == ("undeliverable", "unknown-recipient")
    assert (await house.happened(document))[-1] == "undeliverable"


@pytest.mark.parametrize("phone", ["+351212345678", "12345", "not a number"])
async def test_bad_numbers_are_never_called(house: House, phone: str) -> None:
    """A landline or no number at all is not called; the e-mail's failure is then the end."""
    (document,) = await house.deliver(email="refuse@example.com", phone=phone)
    async with providers(house) as (sandbox, dispatcher):
        await dispatcher.once()
        assert taken(sandbox) == []
    assert (await house.state(document))[0] == "undeliverable"


async def test_tried_again_by_the_schedule_with_the_same_bytes(house: House) -> None:
    """A server that asks for patience gets the very same message later, after the supplier's schedule."""
    (document,) = await house.deliver(email="throttle@example.com")
    states = []
    async with providers(house) as (sandbox, dispatcher):
        for minutes in (0, 2, 6):
            house.later(minutes=minutes)
            await dispatcher.once()
            states.append(await house.state(document))
        assert taken(sandbox) == [("smtp", "throttle@example.com")]
        (entry,) = sandbox.journal.entries
    assert states == [("waiting", "throttled"), ("waiting", "throttled"), ("accepted", None)]
    attempt = await house.attempt(document)
    assert (attempt["state"], attempt["tries"]) == ("accepted", 3)
    ref = ArtefactRef.model_validate(attempt["message"])
    stored = json.loads(get(house.storage, ref))
    assert entry.subject == stored["subject"]
    assert entry.text.replace("\r\n", "\n").strip() == stored["text"].strip()
    words = await house.happened(document)
    assert words.count("requested") == words.count("link-issued") == 1
    digests = await house.ask(
        "SELECT DISTINCT data->>'sha256' AS sha256 FROM event WHERE type IN ('requested', 'calling')"
    )
    assert [row["sha256"] for row in digests] == [ref.sha256]


async def test_new_code_sends_the_bytes_that_were_logged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was composed and logged is what is sent, also by code whose texts have changed since."""
    from stages.words.pt import notice

    (document,) = await house.deliver(email="throttle@example.com")
    async with providers(house) as (sandbox, dispatcher):
        await dispatcher.once()
        monkeypatch.setattr(notice, "WORDS", replace(notice.WORDS, subject="Outra coisa"))
        for minutes in (2, 6):
            house.later(minutes=minutes)
            await house.dispatcher(dict(dispatcher.sending.senders)).once()
        assert [entry.subject for entry in sandbox.journal.entries] == ["Fatura 2026/1 de Acme Lda"]
    assert await house.state(document) == ("accepted", None)


async def test_retries_end_in_the_other_channel(house: House) -> None:
    """A server that never has time ends after the last try of the schedule, and the phone takes over."""
    (document,) = await house.deliver(phone=PHONE, policy=DeliveryPolicy(quiet_channels=(), retry_minutes=(1, 1)))
    async with providers(house, Rule(provider="smtp", take=Take.THROTTLE)) as (sandbox, dispatcher):
        for _ in range(3):
            await dispatcher.once()
            house.later(minutes=2)
        assert taken(sandbox) == [("twilio", PHONE)]
    assert (await house.attempt(document))["tries"] == 3
    assert await house.attempts(document) == [("email", "refused"), ("sms", "accepted")]


async def test_quiet_hours_move_a_text_message(house: House) -> None:
    """A text message that is due at night is sent when it is day wherever the number may be: the Azores come last."""
    house.now = datetime.fromisoformat("2026-11-23T23:00:00+00:00")
    (document,) = await house.deliver(email=None, phone=PHONE, policy=DeliveryPolicy(timezone="America/New_York"))
    async with providers(house) as (sandbox, dispatcher):
        await dispatcher.once()
        assert taken(sandbox) == []
        assert (await house.attempt(document, "sms"))["due_at"].isoformat() == "2026-11-24T09:00:00+00:00"
        assert await house.state(document) == ("waiting", "quiet-hours")
        house.later(hours=9, minutes=59)
        assert await dispatcher.once() == 0
        house.later(minutes=1)
        await dispatcher.once()
        assert taken(sandbox) == [("twilio", PHONE)]


@pytest.mark.parametrize("state", ["superseded", "discarded"])
async def test_a_closed_document_is_not_sent(house: House, tmp_path: Path, state: str) -> None:
    """A document that was superseded or discarded meanwhile goes to nobody, and keeps its state."""
    (document,) = await house.deliver(phone=PHONE)
    await house.tell("UPDATE document SET state = %s WHERE document_id = %s", state, document)
    await house.dispatcher(outbox(tmp_path)).once()
    assert await house.state(document) == (state, None)
    assert await house.happened(document) == ["cancelled"]
    assert not (tmp_path / "outbox").exists()
    (delivery,) = await house.ask("SELECT state FROM delivery")
    assert delivery["state"] == "cancelled"


async def test_a_newer_round_calls_the_earlier_one_off(house: House, tmp_path: Path) -> None:
    """What waits of an earlier round is not sent."""
    (document,) = await house.deliver()
    await house.tell("UPDATE document SET round = 2 WHERE document_id = %s", document)
    await house.dispatcher(outbox(tmp_path)).once()
    assert (await house.attempt(document))["reason"] == "newer-round"
    assert not (tmp_path / "outbox").exists()


async def test_confirmed_receipt_calls_the_other_channel_off(house: House, tmp_path: Path) -> None:
    """Who has confirmed receipt on the page gets no text message for an e-mail that bounces later."""
    policy = DeliveryPolicy(quiet_channels=("sms",), quiet_from=NOON.time(), quiet_until=NOON.replace(hour=20).time())
    (document,) = await house.deliver(phone=PHONE, email="refuse@example.com", policy=policy, timezone="UTC")
    async with providers(house) as (sandbox, dispatcher):
        await dispatcher.once()
        assert await house.attempts(document) == [("email", "refused"), ("sms", "planned")]
        (link,) = await house.ask("SELECT link_id FROM link")
        await house.apply(actions=(PageAction(EventType.HANDED_OVER, link["link_id"], house.now),))
        house.later(hours=9)
        await dispatcher.once()
        assert taken(sandbox) == []
    assert await house.attempts(document) == [("email", "refused"), ("sms", "cancelled")]
    assert await house.state(document) == ("delivered", "handed-over")
    assert (await house.happened(document))[-2:] == ["handed-over", "cancelled"]


async def test_fair_by_tenant(house: House, tmp_path: Path) -> None:
    """A tenant with a thousand documents lets another one's single document pass."""
    await house.deliver(200, email="a#@example.com", tenant="acme")
    house.later(minutes=1)
    (document,) = await house.deliver(tenant="small")
    dispatcher = house.dispatcher(outbox(tmp_path))
    ready, looked = await dispatcher.taking.take(next(iter(dispatcher.buckets)), 10)
    assert looked == 10
    assert document in [one.leased.document_id for one in ready]


async def test_every_recipient_in_their_language(house: House, tmp_path: Path) -> None:
    """The contact's language decides, else the plan's."""
    (first,) = await house.deliver(language="pl")
    (second,) = await house.deliver()
    await house.dispatcher(outbox(tmp_path)).once()
    for document, subject in ((first, "Faktura 2026/1 od Acme Lda"), (second, "Fatura 2026/2 de Acme Lda")):
        ref = ArtefactRef.model_validate((await house.attempt(document))["message"])
        assert json.loads(get(house.storage, ref))["subject"] == subject


async def test_several_contacts_are_one_end(house: House, tmp_path: Path) -> None:
    """A document with two contacts has reached its end when both have, and the better end is its own."""
    (document,) = await house.deliver(email="refuse@example.com")
    (other,) = await house.deliver()
    await house.tell("UPDATE delivery SET document_id = %s WHERE document_id = %s", document, other)
    await house.tell("UPDATE attempt SET document_id = %s WHERE document_id = %s", document, other)
    async with providers(house) as (_, dispatcher):
        await dispatcher.once()
    assert await house.state(document) == ("accepted", None)


async def test_opening_twice_is_opening_once(house: House) -> None:
    """A delivery that is open already stays as it is."""
    (document,) = await house.deliver()
    (row,) = await house.ask("SELECT * FROM delivery")
    attempt = await house.attempt(document)
    from schemas.messages import ReportReceived
    from schemas.outcomes import OpenDelivery

    opening = OpenDelivery(
        row["delivery_id"], document, row["contact_id"], "notify", 1, ("sms",), "other", attempt["attempt_id"],
        house.now, "acme@1", "en", ALWAYS.model_dump(mode="json"),
    )  # fmt: skip
    async with house.store.transaction() as conn:
        message = ReportReceived(tenant="acme", inbox_id=document)
        await deliveries.open_deliveries(conn, [(message, opening)], [], house.now)
    assert await house.ask("SELECT * FROM delivery") == [row]
    assert await house.attempt(document) == attempt
