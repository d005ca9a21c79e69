"""What a stage makes of a message: a value, never an exception, and no effect of its own on the database.

The runner commits an outcome in one transaction: claim, facts, artefacts, effects. `handle` returns Done or raises an
error of `schemas.errors`, which the runner turns into Retry or Parked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from schemas.deliveries import Report
from schemas.errors import Finding
from schemas.events import EventType
from schemas.messages import ArtefactRef, DocumentMessage, ExportReceived, Extracted, Message, Written


@dataclass(frozen=True)
class Fact:
    """An event that the runner completes with stream, cause, time and actor.

    `part` tells several facts of one type apart: the format of a rendition.
    """

    type: EventType
    data: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, Any] | None = None
    part: str = ""


@dataclass(frozen=True)
class Refusal:
    """Why a record or document goes no further: one reason word, a sentence, and what was found where."""

    reason: str
    explanation: str
    findings: tuple[Finding, ...] = ()
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LearntParty:
    """A party that an invoice taught us, where the profile allows it. Identifiers are (scheme, value)."""

    party_id: UUID
    name: str
    language: str | None
    country: str | None
    identifiers: tuple[tuple[str, str], ...]
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class Registration:
    """One record of an export, to be registered as a document.

    `business_key` is supplier, type, number and issue date; None where the record could not be read that far.
    Exactly one of `message` and `refusal` is set.
    """

    document_id: UUID
    address: str
    document_type: str
    number: str | None = None
    issue_date: date | None = None
    due_date: date | None = None
    currency: str | None = None
    amount_due: Decimal | None = None
    seller_key: str | None = None
    seller_name: str | None = None
    buyer_name: str | None = None
    business_key: str | None = None
    content_hash: str | None = None
    relations: tuple[tuple[str, str], ...] = ()
    artefacts: tuple[ArtefactRef, ...] = ()
    facts: tuple[Fact, ...] = ()
    message: Extracted | None = None
    refusal: Refusal | None = None
    resume: DocumentMessage | None = None
    party_id: UUID | None = None  # the buyer's, where it was recognised
    learnt: LearntParty | None = None
    on_conflict: str = "park"  # or "supersede": what other content under the same business key does


@dataclass(frozen=True)
class ExportStep:
    """What one step of an export gave: its records, and how to go on (None: it is at its end)."""

    format: str
    registrations: tuple[Registration, ...]
    continuation: ExportReceived | None


@dataclass(frozen=True)
class OpenDelivery:
    """A delivery and its first attempt. `policy` is a DeliveryPolicy as JSON types: it holds for the whole delivery."""

    delivery_id: UUID
    document_id: UUID
    contact_id: UUID
    purpose: str
    round: int
    channels: tuple[str, ...]
    rule: str
    attempt_id: UUID
    due_at: datetime
    profile: str
    language: str
    policy: dict[str, Any] = field(default_factory=dict)
    interchange: dict[str, Any] | None = None  # the EDI message that the channel edi carries
    copy_of: str | None = None  # the authority's platform that issues the original
    address: str | None = None  # instead of the contact's own, for this delivery alone


@dataclass(frozen=True)
class PageAction:
    """What a recipient did on the page behind a link: `document-viewed`, `document-downloaded`, `handed-over`."""

    action: EventType
    link_id: UUID
    at: datetime
    data: dict[str, Any] = field(default_factory=dict)
    personal: dict[str, Any] | None = None


@dataclass(frozen=True)
class ApplyReports:
    """An inbox row was read: join its reports to their attempts, follow the policy, mark the row."""

    inbox_id: UUID
    reports: tuple[Report, ...] = ()
    actions: tuple[PageAction, ...] = ()


Effect = ExportStep | LearntParty | OpenDelivery | ApplyReports


@dataclass(frozen=True)
class Done:
    """The stage did its work: what goes on, what is true now, which artefacts stand in the store."""

    message: Message | Written | None = None
    facts: tuple[Fact, ...] = ()
    artefacts: tuple[ArtefactRef, ...] = ()
    effects: tuple[Effect, ...] = ()
    state: str | None = None  # the document's, where it changes: "waiting", "undeliverable"
    record: dict[str, Any] = field(default_factory=dict)  # columns of `document` that are known now: amount_due


@dataclass(frozen=True)
class Retry:
    """It may pass: tried again after `after` seconds, or by the schedule."""

    reason: str
    explanation: str
    after: float | None = None


@dataclass(frozen=True)
class Parked:
    """It will not pass by itself."""

    refusal: Refusal
    facts: tuple[Fact, ...] = ()


Result = Done | Retry | Parked
