"""Sending again to another address, or to one that is used again: corrected, lifted, on its owner's word."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from portal_house import TENANT
from resending_desk import ANA, Desk, open_desk, ready

from connectors.sandbox import Sandbox
from pipeline.store import lifting, stops, suppressions
from schemas.deliveries import ReportAction
from schemas.errors import ConfigurationError
from schemas.events import EventType


@pytest.fixture
async def house(postgres: Callable[[], str], tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(postgres(), tmp_path) as desk:
        yield desk


async def test_to_another_address(house: Desk) -> None:
    """One message to the address that is given and to no other; the event holds it sealed, never in its data."""
    document = await ready(house)
    await house.dispatch()
    for wrong in ("nobody", "14:5609999200054", "+3512", ""):
        with pytest.raises(ConfigurationError, match="other address must be an e-mail address"):
            await house.resend(document, to=wrong)
    async with Sandbox(house.settings.data / "sandbox") as sandbox:
        await house.resend(document, to="Contabilidade@Gabinete.example")
        assert await house.state(document) == ("waiting", 2, None)
        assert await house.carry_on() == 0
        await house.dispatch(house.senders(sandbox))
        (entry,) = sandbox.journal.entries
    assert entry.to == "Contabilidade@gabinete.example"
    assert await house.state(document) == ("accepted", 2, None)
    (event,) = await house.ask("SELECT data, personal_hash FROM event WHERE type = 'resend-requested'")
    assert "gabinete" not in str(event["data"]).lower()
    assert event["personal_hash"] is not None
    async with house.store.transaction() as conn:
        await suppressions.suppress(
            conn, TENANT, "email", "gone@gabinete.example", "unknown-recipient", cause=None, now=house.now
        )
    with pytest.raises(ConfigurationError, match="other address is suppressed"):
        await house.resend(document, "two", to="Gone@gabinete.example")


@pytest.mark.parametrize(("to", "reached"), [(None, "nova@zolta.example"), ("otra@gabinete.example",) * 2])
async def test_who_got_it_has_left_the_company(house: Desk, to: str | None, reached: str) -> None:
    """Its only contact was retired and another one imported: a resend goes to the one whom the directory has now, or
    to the address that is given, and never to the one who left."""
    document = await ready(house)
    await house.dispatch()
    (old,) = await house.ask("SELECT contact_id, tenant, party_id FROM contact WHERE active")
    await house.ask("UPDATE contact SET active = false RETURNING 1")
    with pytest.raises(ConfigurationError, match="no contact of it is in the directory any more"):
        await house.resend(document, to="otra@gabinete.example")
    await house.ask(
        """INSERT INTO contact (contact_id, tenant, party_id, name, email, updated_at)
           VALUES (gen_random_uuid(), %s, %s, 'Nova', 'nova@zolta.example', now()) RETURNING 1""",
        old["tenant"], old["party_id"],
    )  # fmt: skip
    async with Sandbox(house.settings.data / "sandbox") as sandbox:
        await house.resend(document, "two", to=to)
        await house.carry_on()
        await house.dispatch(house.senders(sandbox))
        assert [entry.to for entry in sandbox.journal.entries] == [reached]


async def test_a_bounced_address_is_corrected_or_lifted_and_the_document_sent_again(house: Desk) -> None:
    """A hard bounce suppresses its address: a resend goes nowhere until a person lifts it with a reason, which is an
    event in the document's history; then the message leaves."""
    document = await ready(house)
    await house.dispatch()
    (attempt,) = await house.ask("SELECT attempt_id FROM attempt")
    await house.report(
        attempt["attempt_id"], ReportAction.BOUNCED, permanent=True, status="5.1.1", reason="unknown-recipient",
        final_recipient="anna@zolta-ges.example",
    )  # fmt: skip
    assert (await house.state(document))[0] == "undeliverable"
    async with house.store.transaction() as conn:
        (told,) = await stops.undelivered(conn)
        assert told["command"] == f"resend {str(document)[:8]}"
        (row,) = await lifting.listed(conn, house.now)
        assert await lifting.of_document(conn, document, house.now) == [row]
    assert (row["address"], row["channel"], row["reason"]) == ("anna@zolta-ges.example", "email", "unknown-recipient")
    assert (row["document_id"], row["number"], row["theirs"]) == (document, "FT 2026/117", None)
    await house.resend(document, "a")
    await house.carry_on()
    await house.dispatch()
    assert (await house.state(document))[0] == "undeliverable"
    lifted = await lifting.lift(
        house.store, "Anna@Zolta-Ges.example", by=ANA, why="the mailbox is mended", tenant=TENANT
    )
    assert lifted[0]["address"] == "anna@zolta-ges.example"
    with pytest.raises(ConfigurationError, match="not suppressed"):
        await lifting.lift(house.store, "anna@zolta-ges.example", by=ANA, why="again", tenant=TENANT)
    await house.resend(document, "b")
    await house.carry_on()
    await house.dispatch()
    assert await house.state(document) == ("captured", 3, None)
    (event,) = await house.ask("SELECT stream, actor, data FROM event WHERE type = 'suppression-lifted'")
    assert (event["stream"], event["actor"]) == (f"document:{document}", ANA)
    assert (event["data"]["why"], event["data"]["reason"]) == ("the mailbox is mended", "unknown-recipient")
    assert "anna" not in str(event["data"])


@pytest.mark.parametrize(
    ("channel", "address", "reason", "said"),
    [
        ("sms", "+351912345678", "opted-out", "sending START"),
        ("email", "ana@example.com", "complained", "called an earlier message spam"),
        ("email", "ana@example.com", "opted-out", "asked for no more messages"),
    ],
)
async def test_an_opt_out_is_lifted_on_its_owners_word_only(
    house: Desk, channel: str, address: str, reason: str, said: str
) -> None:  # fmt: skip
    """Who opted out is not written to again because an operator wants it: it is said how they take it back, and only a
    word of its own lifts it, which the event holds."""
    everyone = channel == "sms"  # said to the number that all tenants send from
    async with house.store.transaction() as conn:
        for tenant in (TENANT, "azeites"):
            await suppressions.suppress(conn, tenant, channel, address, reason, cause=None, now=house.now)
    with pytest.raises(ConfigurationError, match=said) as told:
        await lifting.lift(house.store, address, by=ANA, why="please", tenant=TENANT)
    assert "--recipient-asked" in told.value.text
    with pytest.raises(ConfigurationError, match="needs a reason"):
        await lifting.lift(house.store, address, by=ANA, why=" ", tenant=TENANT, they_asked=True)
    assert await house.ask("SELECT 1 FROM event WHERE type = 'suppression-lifted'") == []
    await lifting.lift(house.store, address, by=ANA, why="told us by phone", tenant=TENANT, they_asked=True)
    (event,) = await house.ask("SELECT stream, data FROM event WHERE type = %s", EventType.SUPPRESSION_LIFTED.value)
    assert (event["stream"], event["data"]["recipient_asked"]) == (f"account:{TENANT}", True)
    left = [row["tenant"] for row in await house.ask("SELECT tenant FROM suppression")]
    assert left == ([] if everyone else ["azeites"])
    if not everyone:
        await lifting.lift(house.store, address, by=ANA, why="theirs too", tenant=None, they_asked=True)
        assert await house.ask("SELECT 1 FROM suppression") == []
