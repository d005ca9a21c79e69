"""A document's story, as commands and pages tell it: from one question to the store, in one set of words.

`pipeline/plain.py` has the words, `steps.py` makes steps of events; both are pure. This module asks the store.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pipeline.store import artefacts, history, queries, stops
from pipeline.store.database import Connection
from pipeline.store.history import EventRow
from pipeline.store.personal import KeyRing
from pipeline.store.tenancy import EVERYBODY, Whose
from pipeline.story.steps import Step, steps
from schemas.events import EventType, document_stream, export_stream
from schemas.messages import ArtefactKind, ArtefactRef


@dataclass(frozen=True)
class Story:
    """What is known of one document: `document` is its row, `stopped` what `pipeline/store/stops.py` tells of it."""

    document: dict[str, Any]
    events: tuple[EventRow, ...]
    steps: tuple[Step, ...]
    stopped: tuple[dict[str, Any], ...]
    attempts: tuple[dict[str, Any], ...]
    planned: tuple[dict[str, Any], ...]
    files: tuple[ArtefactRef, ...]
    source: ArtefactRef | None
    """The export as it came."""

    @property
    def waits(self) -> tuple[dict[str, Any], ...]:
        """The stops that nobody has dealt with yet."""
        return tuple(row for row in self.stopped if row["state"] == "open")


async def tell(conn: Connection, name: str, keys: KeyRing | None = None, whose: Whose = EVERYBODY) -> Story:
    """One document by id, the id's beginning, or number. With `keys` personal details are shown. Raises
    ConfigurationError where none or several fit."""
    document = await queries.find(conn, name, whose)
    id_: UUID = document["document_id"]
    attempts = await queries.attempts(conn, id_)
    export = await history.read_stream(conn, export_stream(document["export_id"]))
    log = await history.read_stream(conn, document_stream(id_), reveal=keys is not None, keys=keys)
    sources = await artefacts.of_owner(conn, document["export_id"], ArtefactKind.SOURCE)
    received = [row for row in export if row.type == EventType.RECEIVED]
    stopped = await stops.stops(conn, state="", documents=[id_])
    format_ = next((row["format"] for row in stopped), None)
    return Story(
        document=document,
        events=tuple(log),
        steps=tuple(steps([*received, *log], {str(row["attempt_id"]): row["ordinal"] for row in attempts}, format_)),
        stopped=tuple(stopped),
        attempts=tuple(attempts),
        planned=tuple(await queries.planned(conn, id_)),
        files=tuple(await artefacts.of_owner(conn, id_)),
        source=sources[0] if sources else None,
    )
