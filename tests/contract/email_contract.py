"""What every e-mail connector must do. One subclass a provider gives the sender and says what its provider does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from messages import an_email

from connectors.email import EmailSender
from connectors.sandbox import Rule, Sandbox, Take
from schemas.errors import MessageRefused, OutcomeUnknown, ProviderThrottled, ProviderUnavailable


class EmailContract:
    """`fails_without_taking`: what an 'internal error' means; SMTP's 451 is a clear no, HTTP's 500 is not."""

    provider = ""
    fails_without_taking: type[Exception] = OutcomeUnknown

    def sender(self, sandbox: Sandbox) -> EmailSender:
        raise NotImplementedError

    def unreachable(self, port: int) -> EmailSender:
        """The same sender, looking for its provider on a port where nobody listens."""
        raise NotImplementedError

    @pytest.fixture
    async def sandbox(self, tmp_path: Path) -> AsyncIterator[Sandbox]:
        async with Sandbox(tmp_path / "sandbox", bounce_after=0.2, deliver_after=0.05) as sandbox:
            yield sandbox

    @pytest.fixture
    async def email(self, sandbox: Sandbox) -> AsyncIterator[EmailSender]:
        sender = self.sender(sandbox)
        yield sender
        await sender.close()

    async def test_accepted_is_taken_once_under_its_attempt(self, sandbox: Sandbox, email: EmailSender) -> None:
        """A message that is accepted stands in the provider's journal once, under its attempt, with its own words."""
        message = an_email()
        accepted = await email.send(message)
        (entry,) = sandbox.accepted()
        assert (accepted.provider, accepted.captured) == (self.provider, False)
        assert accepted.provider_message_id in (entry.provider_id, entry.message_id)
        assert (entry.attempt, entry.to, entry.message_id) == (message.attempt, message.to, message.message_id)
        assert entry.subject == message.subject
        assert entry.text.replace("\r\n", "\n").strip() == message.text.strip()

    async def test_refused(self, sandbox: Sandbox, email: EmailSender) -> None:
        """A refusal for ever is MessageRefused with the provider's code, our reason, and no address in its text."""
        with pytest.raises(MessageRefused) as refusal:
            await email.send(an_email("refuse+9@example.com"))
        assert refusal.value.detail["code"] in ("550", "400")
        assert refusal.value.detail["reason"] in ("unknown-recipient", "invalid-address")
        assert refusal.value.detail["permanent"] is True
        assert refusal.value.detail["diagnostic"]
        assert "@" not in refusal.value.text
        assert sandbox.accepted() == []

    async def test_throttled(self, sandbox: Sandbox, email: EmailSender) -> None:
        """Being throttled is its own error; the same message goes through later."""
        message = an_email("throttle@example.com")
        for _ in range(2):
            with pytest.raises(ProviderThrottled):
                await email.send(message)
        assert sandbox.accepted() == []
        await email.send(message)
        assert [entry.attempt for entry in sandbox.accepted()] == [message.attempt]

    async def test_unavailable(self, sandbox: Sandbox, email: EmailSender) -> None:
        """'Not now' is transient, takes nothing, and does not spoil the sender for the next message."""
        with pytest.raises(ProviderUnavailable):
            await email.send(an_email("unavailable@example.com"))
        await email.send(an_email())
        assert len(sandbox.accepted()) == 1

    async def test_nobody_listens(self, unused_tcp_port: int) -> None:
        """No connection means surely not taken."""
        sender = self.unreachable(unused_tcp_port)
        with pytest.raises(ProviderUnavailable):
            await sender.send(an_email())
        await sender.close()

    async def test_internal_error(self, sandbox: Sandbox, email: EmailSender) -> None:
        """An internal error after the body takes nothing here; whether one may know that is the protocol's."""
        with pytest.raises(self.fails_without_taking):
            await email.send(an_email("fail@example.com"))
        assert sandbox.accepted() == []

    @pytest.mark.parametrize(("word", "taken"), [("drop", 0), ("drop-after", 1), ("fail-after", 1)])
    async def test_no_answer_after_the_body(self, sandbox: Sandbox, email: EmailSender, word: str, taken: int) -> None:
        """Where the answer does not come after the body, the outcome is unknown: taken or not, it looks the same."""
        with pytest.raises(OutcomeUnknown):
            await email.send(an_email(f"{word}@example.com"))
        assert len(sandbox.accepted()) == taken
        await email.send(an_email())
        assert len(sandbox.accepted()) == taken + 1

    async def test_too_slow(self, sandbox: Sandbox) -> None:
        """A provider that does not answer in time has an unknown outcome, and the caller is free again."""
        sandbox.set_rules([Rule(wait=30)])
        sender = self.sender(sandbox)
        sender.timeout = 0.3  # type: ignore[attr-defined]
        with pytest.raises(OutcomeUnknown):
            async with asyncio.timeout(5):
                await sender.send(an_email())
        await sender.close()

    @pytest.mark.parametrize(
        "changes",
        [
            {"to": "anna@example.com\r\nBcc: eve@example.com"},
            {"to": "anna@example.com>\r\nRCPT TO:<eve@example.com"},
            {"sender": "a@example.pt\nX: y"},
            {"reply_to": "b@example.pt, eve@example.com"},
            {"message_id": "<1@example.pt>\r\nBcc: eve@example.com"},
            {"headers": {"X-One": "1\r\nBcc: eve@example.com"}},
            {"headers": {"Bcc": "eve@example.com"}},
            {"headers": {"X-One\r\nBcc": "eve@example.com"}},
        ],
    )
    async def test_no_injection(self, sandbox: Sandbox, email: EmailSender, changes: dict[str, object]) -> None:
        """An address or header that holds another header is refused before anything is sent."""
        with pytest.raises(MessageRefused) as refusal:
            await email.send(an_email(**changes))
        assert "eve" not in refusal.value.text
        assert sandbox.accepted() == []

    async def test_line_breaks_in_names_and_subject(self, sandbox: Sandbox, email: EmailSender) -> None:
        """Line breaks in a name or the subject become spaces, and no header."""
        await email.send(an_email(subject="Fatura\r\nBcc: eve@example.com", to_name="Anna\nX: y", sender_name="A\x00B"))
        (entry,) = sandbox.accepted()
        assert entry.subject == "Fatura Bcc: eve@example.com"
        assert entry.to == "anna@example.com"

    async def test_many_at_once(self, sandbox: Sandbox, email: EmailSender) -> None:
        """Twenty at the same time are twenty messages, none twice."""
        messages = [an_email(f"a{i}@example.com") for i in range(40)]
        await asyncio.gather(*(email.send(message) for message in messages))
        assert sorted(str(e.attempt) for e in sandbox.accepted()) == sorted(str(m.attempt) for m in messages)

    async def test_close_twice(self, sandbox: Sandbox) -> None:
        """A sender may be closed unused, and twice."""
        sender = self.sender(sandbox)
        await sender.close()
        await sender.close()

    async def test_errors_keep_addresses_out_of_their_text(self, sandbox: Sandbox, email: EmailSender) -> None:
        """No error's text, which goes to logs, names the recipient."""
        for take in (Take.REFUSE, Take.THROTTLE, Take.UNAVAILABLE, Take.FAIL, Take.DROP):
            sandbox.set_rules([Rule(take=take)])
            name = f"secret-{uuid4().hex}"
            with pytest.raises((MessageRefused, ProviderThrottled, ProviderUnavailable, OutcomeUnknown)) as failure:
                await email.send(an_email(f"{name}@example.com"))
            assert name not in failure.value.text
