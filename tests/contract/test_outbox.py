"""The outbox: every message is a file that a person can open, and none leaves."""

from __future__ import annotations

import asyncio
import email
import email.policy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from messages import a_text, an_email

from connectors.email.outbox import OutboxEmail
from connectors.sms.outbox import OutboxSms
from schemas.errors import MessageRefused, ProviderUnavailable

NOW = datetime(2026, 11, 22, 12, 30, 5, tzinfo=UTC)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_email_is_kept(tmp_path: Path) -> None:
    """An e-mail is kept as an .eml named by time and attempt, and the answer says that it was captured."""
    message = an_email()
    accepted = await OutboxEmail(tmp_path / "outbox", lambda: NOW).send(message)
    assert (accepted.provider, accepted.captured, accepted.provider_message_id) == ("outbox", True, message.message_id)
    (name,) = names(tmp_path / "outbox")
    assert name == accepted.response == f"20261122T123005Z-{message.attempt}.eml"
    mail = email.message_from_bytes((tmp_path / "outbox" / name).read_bytes(), policy=email.policy.default)
    assert (mail["Subject"], mail["To"].addresses[0].addr_spec) == (message.subject, message.to)


async def test_same_attempt_again_is_one_file(tmp_path: Path) -> None:
    """The same attempt, sent again after a crash, has one file."""
    message = an_email()
    await OutboxEmail(tmp_path, lambda: NOW).send(message)
    await OutboxEmail(tmp_path, lambda: NOW.replace(hour=13)).send(message)
    assert len(names(tmp_path)) == 1


async def test_text_is_kept_and_found(tmp_path: Path) -> None:
    """A text message is kept as a .txt, and found again by its attempt."""
    sender, message = OutboxSms(tmp_path, lambda: NOW), a_text()
    assert await sender.find(message, NOW) is None
    accepted = await sender.send(message)
    assert accepted.captured
    assert await sender.find(message, NOW) == accepted.provider_message_id
    (name,) = names(tmp_path)
    assert (tmp_path / name).read_text("utf-8").endswith(f"Segments: 1\n\n{message.text}\n")


async def test_many_at_once(tmp_path: Path) -> None:
    """Fifty at the same time are fifty whole files, and nothing half-written stays."""
    sender = OutboxEmail(tmp_path)
    await asyncio.gather(*(sender.send(an_email(f"a{i}@example.com")) for i in range(50)))
    assert [name[-4:] for name in names(tmp_path)] == [".eml"] * 50


async def test_refuses_what_a_provider_would(tmp_path: Path) -> None:
    """A message that no provider would get past its address is refused here too."""
    with pytest.raises(MessageRefused):
        await OutboxEmail(tmp_path).send(an_email("nobody"))
    assert names(tmp_path) == []


async def test_disk_that_cannot_be_written(tmp_path: Path) -> None:
    """A folder that cannot be made is a wait, not a loss."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ProviderUnavailable):
        await OutboxEmail(tmp_path / "file" / "outbox").send(an_email())
