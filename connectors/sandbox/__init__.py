"""Providers for tests and demos, on loopback: SMTP, SendGrid and Twilio as their own SDKs and any mail client see them.

    async with Sandbox(folder) as sandbox:
        SmtpSender(host="127.0.0.1", port=sandbox.smtp_port, security="none", ...)
        SendGridSender(api_key=sandbox.api_key, host=sandbox.http_url)
        TwilioSender(sandbox.account_sid, sandbox.auth_token, base_url=sandbox.http_url, ...)

It accepts, refuses, throttles, delays, hangs up, bounces later, repeats, reorders and loses reports, by rules
(connectors/sandbox/rules.py) or by addresses such as `bounce-later+1@example.com`. What it took stands in
`accepted.jsonl`, written before the sender was answered.
"""

from connectors.sandbox.journal import Entry
from connectors.sandbox.rules import Rule, Take, Then
from connectors.sandbox.server import Sandbox, Targets, serve

__all__ = ["Entry", "Rule", "Sandbox", "Take", "Targets", "Then", "serve"]
