"""Identity: every id that must be the same when the work is done again is derived, never drawn."""

from __future__ import annotations

from uuid import UUID, uuid5

NAMESPACE = UUID("6f1f2c1e-6c5f-5b0e-9d0b-3c1f0a6d5e11")
"""The root of all derived ids of this application (RFC 9562 version 5)."""


def derive(*parts: object) -> UUID:
    """A version 5 UUID of the parts, joined by a separator that no part may hold."""
    return uuid5(NAMESPACE, "\x1f".join(str(part) for part in parts))


def document_id(tenant: str, receipt: UUID, address: str) -> UUID:
    """A business document: the tenant, the receipt of its export, and its address within the source."""
    return derive("document", tenant, receipt, address)


def event_id(stream: str, type_: str, cause: str) -> UUID:
    """An event: the same fact written twice has the same id."""
    return derive("event", stream, type_, cause)


def delivery_id(document: UUID, contact: UUID, purpose: str, round_: int) -> UUID:
    """A delivery is document x contact x purpose x round."""
    return derive("delivery", document, contact, purpose, round_)


def attempt_id(delivery: UUID, channel: str, ordinal: int) -> UUID:
    """An attempt belongs to a delivery; ordinal counts from 1 over all its channels."""
    return derive("attempt", delivery, channel, ordinal)
