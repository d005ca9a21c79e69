"""The outbox for text messages: keeps each as a .txt file instead of sending it. See connectors/email/outbox.py."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connectors.capture import Keeper, Kept, kept
from schemas.deliveries import Accepted, SmsMessage


@dataclass
class OutboxSms:
    """Writes `<time>-<attempt>.txt` below `folder`: From, To, Date, number of segments, a blank line, the text."""

    folder: Path
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    provider: str = "outbox"
    reports_delivery: bool = False

    def __post_init__(self) -> None:
        self._keeper = Keeper(self.folder)

    async def send(self, message: SmsMessage) -> Accepted:
        now = self.clock()
        head = f"From: {message.sender}\nTo: {message.to}\nDate: {now.isoformat()}\nSegments: {message.segments}\n\n"
        raw = (head + message.text + "\n").encode("utf-8", "replace")
        path = await self._keeper.keep(Kept(message.attempt, now, ".txt", raw))
        return Accepted(provider=self.provider, provider_message_id=path.stem, captured=True, response=path.name)

    async def find(self, message: SmsMessage, since: datetime) -> str | None:
        found = await asyncio.to_thread(kept, self.folder, message.attempt, ".txt")
        return found.stem if found else None

    async def close(self) -> None:
        return None
