"""One document's story, as `show` prints it: what stopped it, every step with its time, what is planned, its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipeline import plain
from pipeline.cli import stops
from pipeline.cli.output import finding_line
from pipeline.cli.tables import shown, table
from pipeline.store.history import EventRow
from pipeline.story import Story
from pipeline.story.steps import Step
from schemas.errors import Finding


def as_json(story: Story) -> dict[str, Any]:
    """All of it; `events` with the whole of their data."""
    return {
        "document": story.document,
        "stopped": story.stopped,
        "events": [_event(row) for row in story.events],
        "attempts": story.attempts,
        "planned": story.planned,
        "artefacts": [ref.wire() for ref in story.files],
    }


def _event(row: EventRow) -> dict[str, Any]:
    return {
        "at": row.recorded_at,
        "type": row.type,
        "actor": row.actor,
        "data": row.data,
        "personal": row.personal if row.personal is not None else row.personal_state,
        "ver": row.ver,
        "hash": row.hash.hex(),
    }


def draw(story: Story, data: Path | None) -> None:
    """For people; `data` as the data folder was given."""
    document = story.document
    due, currency = document["amount_due"], document["currency"]
    amount = f"{due} {currency}" if due is not None else ""
    number, seller, buyer, export, address = (
        shown(str(document[name] or "")) for name in ("number", "seller", "buyer", "export", "address")
    )
    print(f"{document['type']} {number}  {seller} to {buyer}  {amount}")
    print(f"{document['document_id']}  from {export}, {address}")
    state, because = document["state"], document["reason"]
    print(f"state {state}{f' ({because})' if because else ''}: {plain.state(state, because)['means']}")
    for row in story.waits:
        if row["document_id"] != document["document_id"]:
            print(f"The same was dropped before, as {row['document_id']}, and that one waits:")
        for line in stops.lines(row, data):
            print(line)
    start = story.steps[0].at if story.steps else None
    rows = [
        {
            "time": step.at,
            "after": f"{(step.at - start).total_seconds():.1f} s" if start else "",
            "event": step.type,
            "by": step.by,
            "what": _told(step),
        }
        for step in story.steps
    ]
    table(("time", "after", "event", "by", "what"), rows, title="What happened")
    if story.planned:
        table(("at", "kind", "reason"), story.planned, title="What is planned")
    if story.files:
        files = [ref.wire() for ref in story.files]
        table(("kind", "name", "size", "sha256"), files, title="Files (entrega artefact DOCUMENT KIND)")


def _told(step: Step) -> str:
    times = f" ({step.count} times)" if step.count > 1 else ""
    facts = "; ".join(f"{label} {value}" for label, value in step.facts)
    warnings = (
        finding_line(Finding.model_validate(each)) for each in step.findings if each.get("severity") == "warning"
    )
    told = (f"{step.title}{times}", " ".join(filter(None, (step.says, step.do))), facts, *warnings)
    return "\n".join(filter(None, told))
