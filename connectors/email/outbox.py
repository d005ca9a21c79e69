"""The outbox: keeps every e-mail as a file instead of sending it, so that a person can open it in a mail program.

The default channel; real sending is opt-in. Nothing leaves the machine, and the answer says so: `captured`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connectors.capture import Keeper, Kept, kept
from connectors.email.mime import build
from schemas.deliveries import Accepted, EmailMessage


@dataclass
class OutboxEmail:
    """Writes `<time>-<attempt>.eml` below `folder`, whole or not at all; the same attempt again replaces its file."""

    folder: Path
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    provider: str = "outbox"
    reports_delivery: bool = False

    def __post_init__(self) -> None:
        self._keeper = Keeper(self.folder)

    async def send(self, message: EmailMessage) -> Accepted:
        now = self.clock()
        raw = build(message, now)
        path = await self._keeper.keep(Kept(message.attempt, now, ".eml", raw))
        return Accepted(
            provider=self.provider, provider_message_id=message.message_id, captured=True, response=path.name
        )

    async def find(self, message: EmailMessage, since: datetime) -> str | None:
        """Whether the folder holds this message: what a crash between writing and recording leaves open."""
        found = await asyncio.to_thread(kept, self.folder, message.attempt, ".eml")
        return message.message_id if found else None

    async def close(self) -> None:
        return None
