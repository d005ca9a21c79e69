"""What became of each document, held against what should have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pipeline import plain
from pipeline.demo import End
from pipeline.store import history, queries, stops
from pipeline.store.database import Connection, Store

COLUMNS = ("number", "type", "recipient", "channel", "end", "reason")
_STEPS = frozenset(
    {"extracted", "converted", "signed", "rendered", "resolved", "accepted", "bounced", "delivered", "fallback-started"}
)


@dataclass(frozen=True)
class Row:
    """One document of one drop. `channels`: by which it was tried, in order; the last one reached the recipient."""

    document_id: UUID | None
    number: str
    type: str
    recipient: str
    channels: tuple[str, ...]
    end: str
    reason: str
    explanation: str
    again: bool
    """Of an export whose bytes were dropped before: a duplicate is what it should become, or refused once more."""

    def as_expected(self, wanted: Mapping[str, End]) -> bool:
        should = wanted.get(self.number)
        if self.again and self.end == "duplicate":
            return True
        if self.again and (should is None or should.end != "refused"):
            return False  # only what was refused may be tried again
        if should is None or self.end != should.end or self.reason != (should.reason or ""):
            return False
        return should.channel is None or self.channels[-1:] == (should.channel,)

    def shown(self) -> dict[str, Any]:
        """As the table and `--json` have it."""
        return {
            "number": self.number,
            "type": self.type,
            "recipient": self.recipient,
            "channel": " → ".join(self.channels),
            "end": self.end,
            "reason": self.explanation or self.reason,
        }


async def rows(store: Store, exports: Sequence[UUID], again: frozenset[UUID]) -> list[Row]:
    """Every document of the exports, in the order of the drops; `again` are those dropped before."""
    found = []
    async with store.transaction() as conn:
        for document in await queries.documents_of_exports(conn, exports):
            attempts = await queries.attempts(conn, document["document_id"]) if document["document_id"] else []
            tried = [row["channel"] for row in attempts if row["called_at"] is not None]
            found.append(
                Row(
                    document_id=document["document_id"],
                    number=document["number"] or document["export"],
                    type=document["type"],
                    recipient=document.get("buyer") or "",
                    channels=tuple(dict.fromkeys(tried)),
                    end=document["state"],
                    reason=document["reason"] or "",
                    explanation=await _explained(conn, document),
                    again=document["export_id"] in again,
                )
            )
    return found


async def _explained(conn: Connection, document: Mapping[str, Any]) -> str:
    """Why a document stopped, in a sentence, with what was found and what was expected."""
    if document["state"] == "duplicate":
        return "dropped before: nothing is sent again"
    if document["state"] not in ("parked", "refused") or document["document_id"] is None:
        return ""
    row = await stops.stop(conn, str(document["document_id"]))
    said = [
        plain.found(each, row["explanation"])
        for each in row["findings"][:2]
        if each.get("found") is not None and each.get("expected") is not None
    ]
    todo = f"{row['advice'].removesuffix('.')}: `entrega {row['command']}`." if row["command"] else ""
    return " ".join(filter(None, [plain.sentence(row["explanation"]), *said, todo]))


async def story(store: Store, document: UUID) -> list[dict[str, str]]:
    """How one document got there: when, what happened, and what was said of it."""
    async with store.transaction() as conn:
        events = await history.search(conn, history.EventQuery(document=document, limit=200))
    start = events[0].recorded_at if events else None
    told = []
    for event in events:
        if event.type in _STEPS and start is not None:
            said = [str(event.data[key]) for key in ("channel", "provider", "status", "reason") if event.data.get(key)]
            after = f"{(event.recorded_at - start).total_seconds():5.1f} s"
            told.append({"after": after, "event": event.type, "detail": ", ".join(dict.fromkeys(said))})
    return told


def link(accepted: Sequence[Mapping[str, Any]], number: str, public_url: str) -> str | None:
    """The address of a recipient's page, as it stood in the message that the provider took."""
    pattern = re.compile(re.escape(public_url) + r"/d/[a-z2-7]{32}")
    for entry in accepted:
        if number in (entry["subject"] or "") + entry["text"] and (match := pattern.search(entry["text"])):
            return match[0]
    return None
