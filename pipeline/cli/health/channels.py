"""The ways out: whether the provider of each channel can be reached, or the folder be written."""

from __future__ import annotations

import asyncio

from pipeline.cli.health.asking import in_force
from pipeline.settings import Settings


async def email(settings: Settings) -> str:
    """Whether the provider's server can be reached; nothing is sent."""
    in_force(settings, "email_provider", "smtp_host", "smtp_port", "sendgrid_url")
    if settings.email_provider == "outbox":
        return "outbox: nothing leaves the house"
    if settings.email_provider == "smtp":
        assert settings.smtp_host is not None
        return await _connects(settings.smtp_host, settings.smtp_port)
    return await _connects_url(settings.sendgrid_url)


async def sms(settings: Settings) -> str:
    """Whether the provider's server can be reached; nothing is sent."""
    in_force(settings, "sms_provider", "twilio_url")
    if settings.sms_provider == "outbox":
        return "outbox: nothing leaves the house"
    return await _connects_url(settings.twilio_url)


def edi(settings: Settings) -> str:
    """Whether the mailboxes can be written, and what waits in them."""
    in_force(settings, "edi_provider", "edi_folder")
    if settings.edi_provider == "outbox":
        return "outbox: nothing leaves the house"
    from connectors.edi.folder import FolderEdi

    assert settings.edi_folder is not None, "Settings checks this"
    found = FolderEdi(settings.edi_folder).look()
    if found is None:
        return f"{settings.edi_folder} is not there: the first interchange makes it"
    since = f", the oldest since {found.oldest:%Y-%m-%d %H:%M} UTC" if found.oldest else ""
    waiting = "1 interchange waits" if found.waiting == 1 else f"{found.waiting} interchanges wait"
    mailboxes = "1 mailbox" if found.partners == 1 else f"{found.partners} mailboxes"
    return f"{settings.edi_folder}: {mailboxes} can be written; {waiting} to be fetched{since}"


async def _connects_url(url: str) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return await _connects(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))


async def _connects(host: str, port: int) -> str:
    _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 5)
    writer.close()
    await writer.wait_closed()
    return f"{host}:{port} answers"
