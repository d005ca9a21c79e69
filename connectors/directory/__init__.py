"""The directory: who the parties are, how they are recognised, and how they want their documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID


@dataclass(frozen=True)
class Known:
    """A party of the directory, and the identifier by which it was found."""

    party_id: UUID
    name: str
    version: int
    language: str | None
    country: str | None
    preferences: dict[str, Any] = field(default_factory=dict)
    identifiers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ContactPoint:
    """One person or mailbox of a party. Addresses are personal: they never leave in messages or logs."""

    contact_id: UUID
    name: str | None
    email: str | None
    phone: str | None
    language: str | None
    timezone: str | None
    channel: str | None
    version: int
    mailbox: str | None = None


class Directory(Protocol):
    """Synchronous look-ups, for they are made in child processes. Raises StoreUnavailable."""

    def find(self, tenant: str, identifiers: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[Known, ...]]:
        """For each (scheme, value) the parties that carry it: none, one, or more."""

    def party(self, tenant: str, party: UUID) -> Known | None: ...

    def contacts(self, tenant: str, party: UUID) -> tuple[ContactPoint, ...]:
        """The active contacts of a party, oldest first."""
