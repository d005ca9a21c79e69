"""The SMS port: hand one text message to a carrier. Errors as at the head of connectors/email/__init__.py."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from schemas.deliveries import Accepted, SmsMessage


class SmsSender(Protocol):
    """One provider. `reports_delivery`: it tells later that the phone took the message."""

    provider: str
    reports_delivery: bool

    async def send(self, message: SmsMessage) -> Accepted:
        """Hand over one message, once."""
        ...

    async def find(self, message: SmsMessage, since: datetime) -> str | None:
        """Resolve an unknown outcome: the provider's id of this message if it was taken after `since`, else None.

        Raises ProviderUnavailable or ProviderThrottled where the provider cannot be asked: then nothing is known.
        """
        ...

    async def close(self) -> None:
        """Let go of connections; a sender can be closed twice."""
        ...
