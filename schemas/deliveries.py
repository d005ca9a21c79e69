"""Deliveries: what is sent, what came back, and what state that makes.

Vocabulary of RFC 3464 (action, final recipient, diagnostic code) and RFC 3463 (status 5.1.1). A report is a fact told
by somebody else; it never overwrites another one: the state of an attempt is a join over the set of its reports.
"""

from __future__ import annotations

from base64 import b64decode
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from schemas.messages import Envelope


class Channel(StrEnum):
    """How a message gets to its recipient."""

    EMAIL = "email"
    SMS = "sms"
    EDI = "edi"


class AttemptState(StrEnum):
    """Where one attempt stands. `calling` is committed before the provider is called."""

    PLANNED = "planned"
    CALLING = "calling"
    CAPTURED = "captured"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class DeliveryState(StrEnum):
    """Where one delivery (document x contact x purpose x round) stands."""

    OPEN = "open"
    CAPTURED = "captured"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    CANCELLED = "cancelled"


class ReportAction(StrEnum):
    """What a provider, a mail server or a page tells us of a message."""

    ACCEPTED = "accepted"
    DEFERRED = "deferred"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    DROPPED = "dropped"
    COMPLAINED = "complained"
    EXPIRED = "expired"
    OPENED = "opened"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"
    RESUBSCRIBED = "resubscribed"
    AUTORESPONDED = "autoresponded"
    UNMAPPED = "unmapped"


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Report(Frozen):
    """One normalised report. Deduplicated by (attempt, action, time, recipient), never by the provider's id."""

    provider: str
    action: ReportAction
    attempt: UUID | None = Field(description="from our custom argument, VERP return path or Message-ID; None: orphan")
    provider_message_id: str | None = None
    reported_at: datetime = Field(description="by the provider's clock, aware UTC; ours where it gives no time")
    timed: bool = Field(True, description="false: the provider gave no time, so a repeated report has another one")
    final_recipient: str | None = Field(None, description="personal")
    permanent: bool | None = Field(None, description="hard (true) or soft (false) where the action is a failure")
    status: str | None = Field(None, description="RFC 3463, 5.1.1")
    code: str | None = Field(None, description="the provider's own code: 30005, 550")
    reason: str | None = Field(
        None, description="our word: unknown-recipient, mailbox-full, blocked, opted-out, landline ..."
    )
    diagnostic: str | None = Field(
        None, description="the provider's own words; personal, for they may quote an address"
    )
    raw: dict[str, Any] = Field(default_factory=dict, description="the provider's payload")

    @property
    def key(self) -> str:
        at = self.reported_at.isoformat() if self.timed else ""
        return f"{self.action}|{at}|{self.final_recipient or ''}|{self.code or ''}"


class EmailMessage(Frozen):
    """A composed e-mail: what is given to a provider, byte for byte the same on every try of one attempt."""

    attempt: UUID
    sender_name: str
    sender: str = Field(description="addr-spec, RFC 5322")
    reply_to: str | None = None
    to: str
    to_name: str | None = None
    subject: str
    text: str
    html: str
    message_id: str = Field(description="<...>, fixed for the attempt")
    headers: dict[str, str] = Field(default_factory=dict)
    language: str = "en"


class SmsMessage(Frozen):
    """A composed text message. `segments` by 3GPP TS 23.038."""

    attempt: UUID
    sender: str = Field(description="E.164 number or alphanumeric sender id")
    to: str = Field(description="E.164")
    text: str
    segments: int
    language: str = "en"


class InterchangeMessage(Frozen):
    """A composed interchange: the same bytes, and the same control number, on every try of one delivery."""

    attempt: UUID
    sender: str = Field(description="our mailbox, qualifier:identifier")
    to: str = Field(description="the partner's mailbox, qualifier:identifier")
    envelope: Envelope
    format: str = Field(description="edifact-d96a, x12-4010 ...")
    control_number: int = Field(ge=1, le=999_999_999, description="UNB 0020, ISA13")
    interchange_base64: str = Field(description="the bytes, for an interchange has its own character set")

    @property
    def receiver(self) -> str:
        return self.to

    @property
    def reference(self) -> str:
        """By what both sides know it."""
        return f"{self.sender}>{self.to}#{self.control_number}"

    def content(self) -> bytes:
        return b64decode(self.interchange_base64)


class Accepted(Frozen):
    """A provider took the message, or the outbox kept it (`captured`)."""

    provider: str
    provider_message_id: str | None = None
    captured: bool = False
    response: str = Field("", description="the provider's own words")


class PolicyStep(Frozen):
    """What follows a failure or a silence: decided by the pure policy, carried out in the store.

    `cause` is the attempt for which it is done. `wait` without `at`: something else is under way, and will tell.
    """

    step: Literal["retry", "fallback", "wait", "settle", "nothing"]
    at: datetime | None = None
    channel: Channel | None = None
    state: DeliveryState | None = None
    reason: str = ""
    cause: UUID | None = None
