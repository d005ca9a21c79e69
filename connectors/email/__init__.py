"""The e-mail port: hand one composed message to somebody who carries it.

A sender never tries again by itself: one call is one attempt, and every way it can end is an answer or one of these
errors, so that the caller can record it.

    Accepted             the provider took the message (or the outbox kept it)
    ProviderUnavailable  surely not taken: no connection, no body sent, or the provider said "later"
    ProviderThrottled    surely not taken; the provider asks for patience: `retry_after` in seconds, where it said so
    MessageRefused       never: `code`, `status` (RFC 3463), `reason` (connectors/reasons.py), `diagnostic` in detail,
                         and `permanent`: true where no message will ever reach this address
    OutcomeUnknown       the body was sent and no usable answer came: it may have been taken
"""

from __future__ import annotations

from typing import Protocol

from schemas.deliveries import Accepted, EmailMessage


class EmailSender(Protocol):
    """One provider. `reports_delivery`: it tells later that the receiving server took the message."""

    provider: str
    reports_delivery: bool

    async def send(self, message: EmailMessage) -> Accepted:
        """Hand over one message; the errors are those of this module's head."""
        ...

    async def close(self) -> None:
        """Let go of connections and threads; a sender can be closed twice."""
        ...
