"""The event log's words: facts, written by the code that saw them.

An auditor reads these; each has one sentence (`MEANING`), from which the documentation is made.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from schemas import ids


class EventType(StrEnum):
    """What can happen. The value is what stands in the database, in exports and on pages."""

    # an export
    RECEIVED = "received"
    EXTRACTION_FINISHED = "extraction-finished"
    BATCH_SETTLED = "batch-settled"
    # a document
    EXTRACTED = "extracted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"
    PLANNED = "planned"
    SUPERSEDED = "superseded"
    CONVERTED = "converted"
    SIGNED = "signed"
    SIGNING_SKIPPED = "signing-skipped"
    RENDERED = "rendered"
    RESOLVED = "resolved"
    PARKED = "parked"
    REPLAYED = "replayed"
    DISCARDED = "discarded"
    RESEND_REQUESTED = "resend-requested"
    RETRY_SCHEDULED = "retry-scheduled"
    UNDELIVERABLE = "undeliverable"
    # an attempt
    REQUESTED = "requested"
    COMPOSE_FAILED = "compose-failed"
    CALLING = "calling"
    CAPTURED = "captured"
    ACCEPTED = "accepted"
    ATTEMPT_REFUSED = "attempt-refused"
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    EXPIRED = "expired"
    OUTCOME_UNKNOWN = "outcome-unknown"
    RESENT = "resent"
    CANCELLED = "cancelled"
    FALLBACK_STARTED = "fallback-started"
    SUPPRESSED = "suppressed"
    SUPPRESSION_LIFTED = "suppression-lifted"
    # a link, a page
    LINK_ISSUED = "link-issued"
    LINK_REVOKED = "link-revoked"
    LINK_FETCHED = "link-fetched"
    DOCUMENT_VIEWED = "document-viewed"
    DOCUMENT_DOWNLOADED = "document-downloaded"
    HANDED_OVER = "handed-over"
    REPORT_ORPHANED = "report-orphaned"
    # the directory
    PARTY_IMPORTED = "party-imported"
    PARTY_LEARNT = "party-learnt"


MEANING: dict[EventType, str] = {
    EventType.RECEIVED: "The door took an export and stored its bytes.",
    EventType.EXTRACTION_FINISHED: "The last step of an export was read; the count of its documents is known.",
    EventType.BATCH_SETTLED: "Every document of an export has reached its end.",
    EventType.EXTRACTED: "A business document was read from an export and registered.",
    EventType.DUPLICATE: "The same content had been registered before; nothing more is done.",
    EventType.REFUSED: "A record cannot become a document, or a document breaks a rule; the rule is named.",
    EventType.PLANNED: "The party was recognised, and what will be made for it was fixed.",
    EventType.SUPERSEDED: "A later export of this document's number took its place.",
    EventType.CONVERTED: "The e-format was written and passed the rules that are named.",
    EventType.SIGNED: "The e-format was sealed with the certificate that is named.",
    EventType.SIGNING_SKIPPED: "The plan asks for no signature.",
    EventType.RENDERED: "The PDF was made, with the e-format embedded.",
    EventType.RESOLVED: "Contacts, channel and time were chosen, and the rule that chose them is named.",
    EventType.PARKED: "Work stopped; a person has to act.",
    EventType.REPLAYED: "A person put parked work back, in the round that is named.",
    EventType.DISCARDED: "A person closed parked work without doing it, and said why.",
    EventType.RESEND_REQUESTED: "A person asked for one more sending, in the round that is named, and said why.",
    EventType.RETRY_SCHEDULED: "Something that may pass failed; the next try is planned.",
    EventType.UNDELIVERABLE: "Every channel is exhausted.",
    EventType.REQUESTED: "A message was composed; its bytes are stored under the digest that is named.",
    EventType.COMPOSE_FAILED: "A message could not be composed; the next try is planned, or a person has to act.",
    EventType.CALLING: "The provider's call is about to be made.",
    EventType.CAPTURED: "The message was kept in the outbox; nothing left the house.",
    EventType.ACCEPTED: "The provider took the message.",
    EventType.ATTEMPT_REFUSED: "The provider did not take the message.",
    EventType.DELIVERED: "The receiving server (or handset) took the message, by the provider's report.",
    EventType.DEFERRED: "The receiving server asked for patience; the provider goes on trying.",
    EventType.BOUNCED: "The receiving server does not take the message.",
    EventType.COMPLAINED: "The recipient marked the message as unwanted.",
    EventType.EXPIRED: "The time in which a report should have come is over.",
    EventType.OUTCOME_UNKNOWN: "The call broke in a way that does not tell whether the provider took the message.",
    EventType.RESENT: "After an unknown outcome the message was given to the provider again; a duplicate is possible.",
    EventType.CANCELLED: "A planned attempt was not made, and the reason is named.",
    EventType.FALLBACK_STARTED: "Another channel takes over; the attempt that caused it is named.",
    EventType.SUPPRESSED: "An address is not used, for the reason that is named.",
    EventType.SUPPRESSION_LIFTED: "An address may be used again, and who said so is named.",
    EventType.LINK_ISSUED: "A link to the document's page was made.",
    EventType.LINK_REVOKED: "A link was withdrawn.",
    EventType.LINK_FETCHED: "Something asked for the page behind a link; it may have been a mail scanner.",
    EventType.DOCUMENT_VIEWED: "The recipient pressed the button that shows the document.",
    EventType.DOCUMENT_DOWNLOADED: "A file was downloaded from the page.",
    EventType.HANDED_OVER: "The recipient confirmed receipt on the page.",
    EventType.REPORT_ORPHANED: "A report came that matches no attempt; it is kept.",
    EventType.PARTY_IMPORTED: "A party was imported into the directory.",
    EventType.PARTY_LEARNT: "A party was learnt from an invoice, as the profile allows.",
}


class Event(BaseModel):
    """One fact, before it is chained.

    `stream` is `document:<uuid>`, `export:<uuid>`, `party:<uuid>`, `account:<tenant>`; `cause` makes the id: stage and
    round, the attempt, a report's key, or a request id drawn at the door. `data` holds nothing personal; `personal`
    (addresses, names, IP, provider's words that quote an address) is hashed into the chain with a salt and stored
    encrypted under the stream's key.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str
    stream: str
    type: EventType
    cause: str
    occurred_at: datetime
    actor: str = Field(description="stage:conversion, role:dispatcher, provider:twilio, operator:name, recipient")
    data: dict[str, Any] = Field(default_factory=dict)
    personal: dict[str, Any] | None = None

    @property
    def event_id(self) -> UUID:
        return ids.event_id(self.stream, self.type, self.cause)


def document_stream(document: UUID) -> str:
    """The name of a document's chain."""
    return f"document:{document}"


def export_stream(export: UUID) -> str:
    """The name of an export's chain."""
    return f"export:{export}"
