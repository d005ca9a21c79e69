"""Providers that take everything and report later, as the real ones do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from delivery_house import PHONE, House

from schemas.deliveries import Accepted, EmailMessage, SmsMessage


class Reporting:
    """A provider that takes everything and reports later, as the real ones do; it keeps what it took."""

    reports_delivery = True

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.taken: list[EmailMessage | SmsMessage] = []

    async def send(self, message: Any) -> Accepted:
        self.taken.append(message)
        return Accepted(provider=self.provider, provider_message_id=f"{self.provider}-{len(self.taken)}")

    async def close(self) -> None:
        return None


class Providers:
    """One for e-mail, one for text messages, and the dispatcher that calls them."""

    def __init__(self, house: House) -> None:
        self.email, self.sms = Reporting("sendgrid"), Reporting("twilio")
        self.dispatcher = house.dispatcher({"email": self.email, "sms": self.sms})

    @property
    def taken(self) -> tuple[int, int]:
        """E-mails and text messages that were sent."""
        return len(self.email.taken), len(self.sms.taken)


async def sent(house: House, providers: Providers, **more: Any) -> tuple[UUID, UUID]:
    """A document whose e-mail a reporting provider took; document and attempt."""
    (document,) = await house.deliver(**{"phone": PHONE, **more})
    await providers.dispatcher.once()
    return document, (await house.attempt(document))["attempt_id"]
