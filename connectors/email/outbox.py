"""The outbox: keeps every e-mail as a file instead of sending it, so that a person can open it in a mail program.

The default channel; real sending is opt-in. Nothing leaves the machine, and the answer says so: `captured`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.capture import Outbox
from connectors.email.mime import build
from schemas.deliveries import Accepted, EmailMessage


@dataclass
class OutboxEmail(Outbox):
    """Keeps e-mails as `.eml` files."""

    suffix = ".eml"

    async def send(self, message: EmailMessage) -> Accepted:
        now = self.clock()
        path = await self.keep(message.attempt, now, build(message, now))
        return Accepted(
            provider=self.provider, provider_message_id=message.message_id, captured=True, response=path.name
        )

    async def find(self, message: EmailMessage, since: datetime) -> str | None:
        return message.message_id if await self.kept(message.attempt) else None
