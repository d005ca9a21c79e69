"""The dispatcher on a real database, judged by what the outbox and the sandbox's servers took."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from delivery_house import House, make_database, open_house

from connectors.email.outbox import OutboxEmail
from connectors.email.smtp import SmtpSender
from connectors.sandbox import Sandbox
from connectors.sms.outbox import OutboxSms


@pytest.fixture
async def house(postgres: Callable[[], str], tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(make_database(postgres()), tmp_path) as house:
        yield house


def outbox(folder: Path) -> dict[str, object]:
    return {"email": OutboxEmail(folder / "outbox"), "sms": OutboxSms(folder / "outbox")}


async def test_captured_by_the_outbox(house: House, tmp_path: Path) -> None:
    """An attempt that is due is composed, kept in the outbox, and ends its delivery and document as captured."""
    (document,) = await house.deliver()
    assert await house.dispatcher(outbox(tmp_path)).once() == 1
    assert await house.state(document) == ("captured", None)
    assert await house.attempts(document) == [("email", "captured")]
    assert await house.happened(document) == ["requested", "link-issued", "calling", "captured"]
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1


async def test_accepted_by_smtp(house: House, tmp_path: Path) -> None:
    """A server that took the message and reports nothing more ends the document as accepted."""
    async with Sandbox(tmp_path / "sandbox") as sandbox:
        sender = SmtpSender("127.0.0.1", sandbox.smtp_port, "bounces@acme.example", security="none")
        (document,) = await house.deliver()
        dispatcher = house.dispatcher({"email": sender})
        await dispatcher.once()
        assert [entry.to for entry in sandbox.journal.entries] == ["buyer@example.com"]
        await dispatcher.close()
    assert await house.state(document) == ("accepted", None)
