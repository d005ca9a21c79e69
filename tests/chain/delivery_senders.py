"""Who carries the messages of a house: the sandbox's servers by their real clients, or the outbox."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from delivery_house import House

from connectors.email.outbox import OutboxEmail
from connectors.email.sendgrid import SendGridSender
from connectors.email.smtp import SmtpSender
from connectors.sandbox import Rule, Sandbox
from connectors.sms.outbox import OutboxSms
from connectors.sms.twilio import TwilioSender
from pipeline.dispatcher import Dispatcher


def smtp(sandbox: Sandbox, **more: Any) -> SmtpSender:
    return SmtpSender("127.0.0.1", sandbox.smtp_port, "bounces@acme.example", security="none", **more)


def twilio(sandbox: Sandbox) -> TwilioSender:
    return TwilioSender(sandbox.account_sid, sandbox.auth_token, base_url=sandbox.http_url)


def outbox(folder: Path) -> dict[str, Any]:
    return {"email": OutboxEmail(folder / "outbox"), "sms": OutboxSms(folder / "outbox")}


@asynccontextmanager
async def providers(house: House, *rules: Rule, api: bool = False) -> AsyncIterator[tuple[Sandbox, Dispatcher]]:
    """A dispatcher with SMTP (or, `api`, SendGrid) and Twilio, all of them the sandbox's."""
    async with Sandbox(house.folder / "sandbox", rules=rules) as sandbox:
        senders: dict[str, Any] = {
            "email": SendGridSender(sandbox.api_key, sandbox.http_url) if api else smtp(sandbox),
            "sms": twilio(sandbox),
        }
        dispatcher = house.dispatcher(senders)
        try:
            yield sandbox, dispatcher
        finally:
            await dispatcher.close()


def taken(sandbox: Sandbox) -> list[tuple[str, str]]:
    """(provider, to) of everything that the sandbox took."""
    return [(entry.provider, entry.to) for entry in sandbox.journal.entries]
