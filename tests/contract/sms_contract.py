"""What every SMS connector must do. One subclass a provider."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from messages import a_text

from connectors.sandbox import Rule, Sandbox, Take
from connectors.sms import SmsSender
from schemas.errors import MessageRefused, OutcomeUnknown, ProviderThrottled, ProviderUnavailable


class SmsContract:
    provider = ""

    def sender(self, sandbox: Sandbox) -> SmsSender:
        raise NotImplementedError

    def unreachable(self, port: int) -> SmsSender:
        """The same sender, looking for its provider on a port where nobody listens."""
        raise NotImplementedError

    @pytest.fixture
    async def sandbox(self, tmp_path: Path) -> AsyncIterator[Sandbox]:
        async with Sandbox(tmp_path / "sandbox", bounce_after=0.2, deliver_after=0.05) as sandbox:
            yield sandbox

    @pytest.fixture
    async def sms(self, sandbox: Sandbox) -> AsyncIterator[SmsSender]:
        sender = self.sender(sandbox)
        yield sender
        await sender.close()

    async def test_accepted(self, sandbox: Sandbox, sms: SmsSender) -> None:
        """A text that is accepted stands in the provider's journal once, word for word, under its attempt."""
        message = a_text(text="Olá! Fatura 17 & mais: 3 € [https://example.pt/d/4fPq]")
        accepted = await sms.send(message)
        (entry,) = sandbox.accepted()
        assert (accepted.provider, accepted.provider_message_id) == (self.provider, entry.provider_id)
        assert (entry.to, entry.sender, entry.text) == (message.to, message.sender, message.text)
        assert entry.attempt == message.attempt

    async def test_throttled_then_taken(self, sandbox: Sandbox, sms: SmsSender) -> None:
        """Being throttled is its own error, says how long, and takes nothing."""
        message = a_text("+15005550011")
        for _ in range(2):
            with pytest.raises(ProviderThrottled) as failure:
                await sms.send(message)
            assert failure.value.retry_after == 1.0
        await sms.send(message)
        assert [entry.attempt for entry in sandbox.accepted()] == [message.attempt]

    async def test_unavailable(self, sandbox: Sandbox, sms: SmsSender) -> None:
        """A 503 that asks to come again is transient."""
        with pytest.raises(ProviderUnavailable):
            await sms.send(a_text("+15005550012"))
        assert sandbox.accepted() == []

    async def test_nobody_listens(self, unused_tcp_port: int) -> None:
        """No connection means surely not taken; and a list that cannot be asked says nothing."""
        sender = self.unreachable(unused_tcp_port)
        message = a_text()
        with pytest.raises(ProviderUnavailable):
            await sender.send(message)
        with pytest.raises(ProviderUnavailable):
            await sender.find(message, datetime.now(UTC))
        await sender.close()

    @pytest.mark.parametrize(("take", "taken"), [("fail", 0), ("fail-after", 1), ("drop", 0), ("drop-after", 1)])
    async def test_unknown_is_resolved_by_asking(
        self, sandbox: Sandbox, sms: SmsSender, take: Take, taken: int
    ) -> None:
        """After an unknown outcome the provider's list tells whether it has the message: its id, or None."""
        message, since = a_text(), datetime.now(UTC)
        sandbox.set_rules([Rule(take=take)])
        with pytest.raises(OutcomeUnknown):
            await sms.send(message)
        assert len(sandbox.accepted()) == taken
        found = await sms.find(message, since)
        assert found == (sandbox.accepted()[0].provider_id if taken else None)

    async def test_too_slow(self, sandbox: Sandbox) -> None:
        """A provider that does not answer in time has an unknown outcome."""
        sandbox.set_rules([Rule(wait=30)])
        sender = self.sender(sandbox)
        sender.timeout = 0.3  # type: ignore[attr-defined]
        with pytest.raises(OutcomeUnknown):
            async with asyncio.timeout(5):
                await sender.send(a_text())
        await sender.close()

    async def test_never_tries_again_by_itself(self, sandbox: Sandbox, sms: SmsSender) -> None:
        """One call is one request, whatever the answer: a hidden retry is a second message."""
        sandbox.set_rules([Rule(take=Take.FAIL_AFTER)])
        for _ in range(3):
            with pytest.raises(OutcomeUnknown):
                await sms.send(a_text())
        assert len(sandbox.accepted()) == 3

    async def test_find_looks_at_this_message_only(self, sandbox: Sandbox, sms: SmsSender) -> None:
        """Another text to the same number, the same text to another, or one from long ago is not this message."""
        message, other = a_text(), a_text()
        await sms.send(other)
        await sms.send(message.model_copy(update={"to": "+351911111111"}))
        since = datetime.now(UTC)
        assert await sms.find(message, since) is None
        for _ in range(60):
            await sms.send(a_text())
        accepted = await sms.send(message)
        for _ in range(60):
            await sms.send(a_text())
        assert await sms.find(message, since) == accepted.provider_message_id
        assert await sms.find(message, since + timedelta(hours=1)) is None

    async def test_refused(self, sandbox: Sandbox, sms: SmsSender) -> None:
        """A refusal for ever is MessageRefused, with no number in its text."""
        with pytest.raises(MessageRefused) as refusal:
            await sms.send(a_text("+15005550001"))
        assert refusal.value.detail["reason"] == "invalid-number"
        assert refusal.value.detail["permanent"] is True
        assert "5005550001" not in refusal.value.text
        assert sandbox.accepted() == []

    async def test_many_at_once(self, sandbox: Sandbox, sms: SmsSender) -> None:
        """Forty at the same time are forty messages, none twice."""
        messages = [a_text(f"+3519100000{i:02d}") for i in range(40)]
        await asyncio.gather(*(sms.send(message) for message in messages))
        assert sorted(str(e.attempt) for e in sandbox.accepted()) == sorted(str(m.attempt) for m in messages)

    async def test_close_twice(self, sandbox: Sandbox) -> None:
        """A sender may be closed unused, and twice."""
        sender = self.sender(sandbox)
        await sender.close()
        await sender.close()
