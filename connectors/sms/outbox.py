"""The outbox for text messages: keeps each as a file instead of sending it. See connectors/email/outbox.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connectors.capture import Outbox
from schemas.deliveries import Accepted, SmsMessage


@dataclass
class OutboxSms(Outbox):
    """Keeps text messages as `.txt` files: From, To, Date, number of segments, a blank line, the text."""

    suffix = ".txt"

    async def send(self, message: SmsMessage) -> Accepted:
        now = self.clock()
        head = f"From: {message.sender}\nTo: {message.to}\nDate: {now.isoformat()}\nSegments: {message.segments}\n\n"
        path = await self.keep(message.attempt, now, (head + message.text + "\n").encode("utf-8", "replace"))
        return Accepted(provider=self.provider, provider_message_id=path.stem, captured=True, response=path.name)

    async def find(self, message: SmsMessage, since: datetime) -> str | None:
        path = await self.kept(message.attempt)
        return path.stem if path else None
