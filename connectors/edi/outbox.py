"""The outbox: keeps every interchange as a file instead of handing it to a partner. Real sending is opt-in."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.capture import Outbox
from schemas.deliveries import Accepted, InterchangeMessage


@dataclass
class OutboxEdi(Outbox):
    """Keeps interchanges as `.edi` files."""

    suffix = ".edi"

    async def send(self, message: InterchangeMessage) -> Accepted:
        path = await self.keep(message.attempt, self.clock(), message.content())
        return Accepted(
            provider=self.provider, provider_message_id=message.reference, captured=True, response=path.name
        )

    async def find(self, message: InterchangeMessage, since: object) -> str | None:
        return message.reference if await self.kept(message.attempt) else None
