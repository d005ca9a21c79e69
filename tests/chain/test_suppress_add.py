"""An operator enters what somebody said on the telephone: no more messages to this address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from delivery_house import House, make_database, open_house

from connectors.email.outbox import OutboxEmail
from connectors.sms.outbox import OutboxSms
from pipeline.dispatcher import Dispatcher
from pipeline.store import lifting, stops, suppressing, suppressions
from schemas.errors import ConfigurationError

BY = "operator:rui"
WHY = "called us this morning"
PHONE = "+351912345678"


@pytest.fixture
async def house(postgres: Callable[[], str], tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(make_database(postgres()), tmp_path) as house:
        yield house


@pytest.fixture
async def dispatcher(house: House, tmp_path: Path) -> AsyncIterator[Dispatcher]:
    folder = tmp_path / "outbox"
    dispatcher = house.dispatcher({"email": OutboxEmail(folder), "sms": OutboxSms(folder)})
    yield dispatcher
    await dispatcher.close()


async def add(house: House, address: str, why: str = WHY, tenant: str = "acme") -> dict[str, Any]:
    return await suppressing.add(house.store, address, by=BY, why=why, tenant=tenant)


async def test_what_was_planned_is_not_made_and_says_why(house: House, dispatcher: Dispatcher) -> None:
    """A message that waits for tomorrow is taken back now; `undelivered` says that its recipient asked for it, and
    offers no resend. Another address goes on."""
    (waiting,) = await house.deliver(email="Ana@example.com")
    (other,) = await house.deliver(email="rui@example.com")
    await house.tell("UPDATE attempt SET due_at = %s", house.now + timedelta(hours=9))
    told = await add(house, "ana@EXAMPLE.com")
    assert (told["address"], told["channel"], told["reason"], told["planned"]) == (
        "ana@example.com", "email", "opted-out", 1,
    )  # fmt: skip
    assert await dispatcher.once() == 1
    assert await house.attempts(waiting) == [("email", "cancelled")]
    assert await house.attempts(other) == [("email", "planned")]
    assert await house.state(waiting) == ("undeliverable", "opted-out")
    assert "suppressed" in await house.happened(waiting)
    async with house.store.transaction() as conn:
        (row,) = await stops.undelivered(conn)
    assert (row["reason"], row["explanation"]) == ("opted-out", "The recipient asked for no more messages.")
    assert row["command"] is None


async def test_who_and_why_are_in_the_log_and_the_address_is_not(house: House) -> None:
    """One event of the tenant's account, by the operator, with the reason; the address stands in the part that can be
    erased, and a reason that has it is refused."""
    with pytest.raises(ConfigurationError, match="leave the address out"):
        await add(house, "ana@example.com", "Ana@example.com called")
    with pytest.raises(ConfigurationError, match="--why"):
        await add(house, "ana@example.com", " ")
    assert await house.ask("SELECT 1 FROM suppression") == []
    await add(house, "ana@example.com")
    (event,) = await house.ask("SELECT stream, actor, data FROM event WHERE type = 'suppressed'")
    assert (event["stream"], event["actor"]) == ("account:acme", BY)
    assert event["data"] == {"channel": "email", "reason": "opted-out", "why": WHY}
    assert "ana" not in str(await house.ask("SELECT data, cause, stream FROM event"))
    again = await add(house, "ana@example.com")
    assert again["since"] == house.now
    assert len(await house.ask("SELECT 1 FROM event WHERE type = 'suppressed'")) == 1


@pytest.mark.parametrize(("address", "binds"), [("ana@example.com", ["acme"]), (PHONE, ["acme", "azeites"])])
async def test_it_binds_as_their_own_word_does(house: House, address: str, binds: list[str]) -> None:
    """E-mail for the tenant that was called, a number for all, as STOP: they share the sender's number. Lifted on its
    owner's word alone."""
    told = await add(house, address)
    asked = [(tenant, told["channel"], address) for tenant in ("acme", "azeites")]
    async with house.store.transaction() as conn:
        listed = await suppressions.listed(conn, asked, house.now)
        assert sorted(tenant for tenant, _, _ in listed) == binds
    with pytest.raises(ConfigurationError, match="--recipient-asked"):
        await lifting.lift(house.store, address, by=BY, why="sorry", tenant="acme")
    await lifting.lift(house.store, address, by=BY, why="called again", tenant="acme", they_asked=True)
    assert await house.ask("SELECT 1 FROM suppression") == []


async def test_their_word_outweighs_what_was_seen(house: House) -> None:
    """An address that bounced before is theirs to give again from now on; a complaint stays a complaint."""
    async with house.store.transaction() as conn:
        for address, reason in (("ana@example.com", "mailbox-disabled"), ("eva@example.com", "complained")):
            await suppressions.suppress(conn, "acme", "email", address, reason, cause=None, now=house.now)
    assert (await add(house, "ana@example.com"))["reason"] == "opted-out"
    assert (await add(house, "eva@example.com"))["reason"] == "complained"


@pytest.mark.parametrize("address", ["nobody", "912 345 678", "ana@", "+351 210 000 000"])
async def test_what_is_no_address_is_refused(house: House, address: str) -> None:
    """It would bind nobody: the operator hears it while the caller is there."""
    with pytest.raises(ConfigurationError, match="no address that messages are sent to"):
        await add(house, address)


async def test_a_number_stops_the_text_message_alone(house: House, dispatcher: Dispatcher) -> None:
    """A number that is written otherwise is the same; the e-mail to its owner goes."""
    (document,) = await house.deliver(phone=PHONE)
    await add(house, "+351 912-345-678")
    await dispatcher.once()
    assert await house.attempts(document) == [("email", "captured")]
