"""One document's story, as `show` tells it: parcel-style, every step with its time and how long it took."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pipeline.store import artefacts, history, queries
from pipeline.store.database import Store

_SHOWN = (
    "reason", "explanation", "rules", "channel", "provider", "status", "code", "rule_set", "format", "level",
    "language", "party_rule", "why", "round", "at", "of", "by", "caused_by",
)  # fmt: skip
"""What of an event's data stands in the table; `--json` has all of it."""


async def collect(store: Store, name: str, reveal: bool) -> dict[str, Any]:
    """Facts, events, attempts, plans and files of one document."""
    async with store.transaction() as conn:
        document = await queries.find(conn, name)
        query = history.EventQuery(document=document["document_id"], limit=1000)
        events = await history.search(conn, query, reveal=reveal, keys=store.keys if reveal else None)
        return {
            "document": document,
            "events": [_event(row) for row in events],
            "attempts": await queries.attempts(conn, document["document_id"]),
            "planned": await queries.planned(conn, document["document_id"]),
            "artefacts": [ref.wire() for ref in await artefacts.of_owner(conn, document["document_id"])],
        }


def _event(row: history.EventRow) -> dict[str, Any]:
    return {
        "at": row.recorded_at,
        "type": row.type,
        "actor": row.actor,
        "data": row.data,
        "personal": row.personal if row.personal is not None else row.personal_state,
        "ver": row.ver,
        "hash": row.hash.hex(),
    }


def draw(story: dict[str, Any]) -> None:
    """For people."""
    from pipeline.cli.output import table

    document = story["document"]
    due, currency = document["amount_due"], document["currency"]
    amount = f"{due} {currency}" if due is not None else ""
    parties = f"{document['seller'] or ''} to {document['buyer'] or ''}"
    print(f"{document['type']} {document['number'] or ''}  {parties}  {amount}")
    print(f"{document['document_id']}  from {document['export']}, {document['address']}")
    print(f"state {document['state']}" + (f" ({document['reason']})" if document["reason"] else ""))
    first: datetime | None = story["events"][0]["at"] if story["events"] else None
    rows = []
    for event in story["events"]:
        data = {key: event["data"][key] for key in _SHOWN if event["data"].get(key) not in (None, "", [])}
        rows.append(
            {
                "time": event["at"],
                "after": f"{(event['at'] - first).total_seconds():.1f} s" if first else "",
                "event": event["type"],
                "who": event["actor"],
                "detail": "; ".join(f"{key} {_text(value)}" for key, value in data.items()),
            }
        )
    table(("time", "after", "event", "who", "detail"), rows, title="What happened")
    if story["planned"]:
        table(("at", "kind", "reason"), story["planned"], title="What is planned")
    if story["artefacts"]:
        table(("kind", "name", "size", "sha256"), story["artefacts"], title="Files (entrega artefact DOCUMENT KIND)")


def _text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
