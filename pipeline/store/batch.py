"""A micro-batch: its messages, what each is about, and what was made of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from schemas.messages import DocumentMessage, ExportReceived, Frozen, ReportReceived, Written
from schemas.outcomes import Done, Result

Key = tuple[UUID, int, int]
"""subject, round, step"""


class Onward(NamedTuple):
    """A document's message that is JSON already, and what its headers say."""

    tenant: str
    document_id: UUID
    export_id: UUID
    json: bytes


Sends = Onward | dict[str, Any]


@dataclass
class Item:
    """One message of a micro-batch and what was made of it."""

    message: Any
    raw: bytes
    result: Result | None = None
    tries: int = 0

    @property
    def key(self) -> Key:
        return key_of(self.message)

    @property
    def stream(self) -> str:
        return stream_of(self.message)

    def wire(self) -> dict[str, Any]:
        """The whole message, as it came; `message` may be its beginning only."""
        loaded: dict[str, Any] = orjson.loads(self.raw) if self.raw else self.message.wire()
        return loaded

    @cached_property
    def outgoing(self) -> Sends | None:
        """What the result sends on, in the form that is produced. Asked for when there is a result."""
        message = self.result.message if isinstance(self.result, Done) else None
        if isinstance(message, Written):
            about = self.message
            return Onward(about.tenant, about.document_id, about.export_id, message.json)
        return message.wire() if message else None

    @property
    def recorded(self) -> Any:
        """The same for `as_json`; what is JSON already goes in as it is."""
        sends = self.outgoing
        return orjson.Fragment(sends.json) if isinstance(sends, Onward) else sends


def key_of(message: Frozen) -> Key:
    """Subject, round and step of any stage's message."""
    if isinstance(message, DocumentMessage):
        return message.document_id, message.round, 0
    if isinstance(message, ExportReceived):
        return message.export_id, message.round, message.step
    assert isinstance(message, ReportReceived)
    return message.inbox_id, message.round, 0


def stream_of(message: Frozen) -> str:
    """The chain of events that a message's subject has."""
    if isinstance(message, DocumentMessage):
        return f"document:{message.document_id}"
    if isinstance(message, ExportReceived):
        return f"export:{message.export_id}"
    return f"inbox:{key_of(message)[0]}"
