"""The directory: who the parties are, how they are recognised, and how they want their documents."""

from __future__ import annotations

from collections.abc import Collection, Sequence
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


@dataclass(frozen=True)
class Reachable:
    """A party and its active contacts, oldest first."""

    party: Known
    contacts: tuple[ContactPoint, ...]


class Directory(Protocol):
    """Synchronous look-ups, for they are made in child processes. Raises StoreUnavailable."""

    def find(self, tenant: str, identifiers: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[Known, ...]]:
        """For each (scheme, value) the parties that carry it: none, one, or more."""

    def reachable(self, tenant: str, parties: Collection[UUID]) -> dict[UUID, Reachable]:
        """Parties by their ids, in one look-up however many they are; without those that the tenant does not have."""
