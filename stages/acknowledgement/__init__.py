"""Acknowledgement: read what a provider, a mail server or a recipient told us, as reports and page actions.

In       ReportReceived  (entrega.report.received)
Out      nothing; the state of deliveries
Effects  reports joined to their attempts, what the policy makes of them, by the runner's transaction
Replay   answered by the recorded outcome; a report that comes twice is one row
Source   RFC 3464 (bounces), SendGrid's Event Webhook, Twilio's status callbacks; the readers are given as a port
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from schemas.deliveries import Report
from schemas.errors import ExportUnreadable
from schemas.events import EventType
from schemas.messages import ReportReceived
from schemas.outcomes import ApplyReports, Done, PageAction

PAGE = "page"
"""The inbox's word for what a recipient did on the page."""

ACTIONS = frozenset({EventType.DOCUMENT_VIEWED, EventType.DOCUMENT_DOWNLOADED, EventType.HANDED_OVER})


@dataclass(frozen=True)
class Received:
    """One row of the inbox: bytes as they came."""

    source: str
    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


class Inbox(Protocol):
    """Where the rows stand. Raises StoreUnavailable."""

    async def read(self, inbox_id: UUID) -> Received: ...


class Parser(Protocol):
    """A provider's reader: pure, never raises, and keeps the provider's words."""

    def __call__(self, received: Received) -> Sequence[Report]: ...


@dataclass(frozen=True)
class Acknowledgement:
    """`parsers`: a reader for each source."""

    inbox: Inbox
    parsers: Mapping[str, Parser]

    async def handle(self, message: ReportReceived) -> Done:
        """Raises ExportUnreadable (permanent) for a source without a reader, or a page action that is none."""
        received = await self.inbox.read(message.inbox_id)
        if received.source == PAGE:
            return Done(effects=(ApplyReports(message.inbox_id, actions=(page_action(received.body),)),))
        parser = self.parsers.get(received.source)
        if parser is None:
            raise ExportUnreadable(f"No reader takes reports of the source {received.source!r}.")
        return Done(effects=(ApplyReports(message.inbox_id, reports=tuple(parser(received))),))


def page_action(body: bytes) -> PageAction:
    """JSON of a PageAction: action, link_id, at (ISO 8601 with zone), data, personal. Raises ExportUnreadable."""
    try:
        given = json.loads(body)
        action = EventType(given["action"])
        if action not in ACTIONS:
            raise ValueError(action)
        return PageAction(
            action=action,
            link_id=UUID(given["link_id"]),
            at=datetime.fromisoformat(given["at"]).astimezone(UTC),
            data=dict(given.get("data") or {}),
            personal=given.get("personal"),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExportUnreadable(f"An action of the page cannot be read: {type(error).__name__}") from None
