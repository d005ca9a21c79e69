"""Who sends, and who understands what comes back: the providers that the settings name.

Each is imported when it is needed, for most are never used in one installation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.settings import Settings

if TYPE_CHECKING:
    from connectors.edi import EdiSender
    from connectors.email import EmailSender
    from connectors.sms import SmsSender
    from schemas.tenants import ChannelName


def senders(settings: Settings, public_url: str) -> dict[ChannelName, EmailSender | SmsSender | EdiSender]:
    """One for each channel; by default nothing leaves the house."""
    return {"email": _email_sender(settings), "sms": _sms_sender(settings, public_url), "edi": _edi_sender(settings)}


def _email_sender(settings: Settings) -> EmailSender:
    if settings.email_provider == "sendgrid":
        from connectors.email.sendgrid import SendGridSender

        assert settings.sendgrid_key is not None, "Settings checks this"
        return SendGridSender(settings.sendgrid_key.get_secret_value(), host=settings.sendgrid_url)
    if settings.email_provider == "smtp":
        from connectors.email.smtp import SmtpSender

        assert settings.smtp_host is not None, "Settings checks this"
        domain = settings.email_bounce_domain or settings.email_sender.rpartition("@")[2]
        return SmtpSender(
            settings.smtp_host,
            settings.smtp_port,
            f"bounces@{domain}",
            security=settings.smtp_tls,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value() if settings.smtp_password else None,
        )
    from connectors.email.outbox import OutboxEmail

    return OutboxEmail(settings.data / "outbox")


def _sms_sender(settings: Settings, public_url: str) -> SmsSender:
    if settings.sms_provider == "twilio":
        from connectors.sms.twilio import TwilioSender

        assert settings.twilio_account is not None, "Settings checks this"
        assert settings.twilio_token is not None, "Settings checks this"
        return TwilioSender(
            settings.twilio_account,
            settings.twilio_token.get_secret_value(),
            status_callback=f"{public_url}/webhooks/twilio/{{attempt}}",
            base_url=settings.twilio_url,
        )
    from connectors.sms.outbox import OutboxSms

    return OutboxSms(settings.data / "outbox")


def _edi_sender(settings: Settings) -> EdiSender:
    if settings.edi_provider == "folder":
        from connectors.edi.folder import FolderEdi

        assert settings.edi_folder is not None, "Settings checks this"
        return FolderEdi(settings.edi_folder)
    from connectors.edi.outbox import OutboxEdi

    return OutboxEdi(settings.data / "outbox")


def parsers() -> dict[str, Any]:
    """Which reader takes the reports of which source; the sources are named where the inbox is filled."""
    from urllib.parse import parse_qsl
    from uuid import UUID

    from connectors import bounces
    from connectors.email import sendgrid_events
    from connectors.sms import twilio_events
    from schemas.deliveries import Report
    from stages.acknowledgement import Received

    def twilio(received: Received) -> list[Report]:
        form = dict(parse_qsl(received.body.decode("utf-8", "replace"), keep_blank_values=True))
        attempt = received.headers.get("attempt")
        return twilio_events.reports(form, received.received_at, UUID(attempt) if attempt else None)

    return {
        "sendgrid": lambda received: sendgrid_events.reports(received.body, received.received_at),
        "twilio": twilio,
        "bounce": lambda received: bounces.parse(
            received.body, received.received_at, received.headers.get("recipient", "")
        ),
    }
