"""The outbox: keeps every interchange as a file instead of handing it to a partner. Real sending is opt-in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from connectors.capture import Keeper, Kept, kept
from schemas.deliveries import Accepted, InterchangeMessage


@dataclass
class OutboxEdi:
    """Writes `<time>-<attempt>.edi` below `folder`, whole or not at all; the same attempt again replaces its file."""

    folder: Path
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    provider: str = "outbox"
    reports_delivery: bool = False

    def __post_init__(self) -> None:
        self._keeper = Keeper(self.folder)

    async def send(self, message: InterchangeMessage) -> Accepted:
        path = await self._keeper.keep(Kept(message.attempt, self.clock(), ".edi", message.content()))
        return Accepted(
            provider=self.provider, provider_message_id=message.reference, captured=True, response=path.name
        )

    async def find(self, message: InterchangeMessage, since: object) -> str | None:
        found = await asyncio.to_thread(kept, self.folder, message.attempt, ".edi")
        return message.reference if found else None

    async def close(self) -> None:
        return None
