"""The auditor's questions: search the event log, read one stream.

Pages are cut by key, not by count: (recorded_at, stream, ver) of the last row is where the next page begins, so what
stood in the log when the first page was read is seen once, however much is written meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import tuple_row

from pipeline.store.canonical import stamp
from pipeline.store.personal import KeyRing, Unreadable, unseal
from schemas.events import EventType, document_stream, export_stream

Personal = Literal["none", "kept", "shown", "erased", "unreadable"]
"""Of the personal details: there are none; they were not asked for; here they are; their key was destroyed; the key or
the stored bytes were changed."""


class Position(NamedTuple):
    """Where a page ended. As text it can stand in an address: `2026-11-22T11:19:31.000250Z~document:...~3`."""

    recorded_at: datetime
    stream: str
    ver: int

    def __str__(self) -> str:
        return f"{stamp(self.recorded_at)}~{self.stream}~{self.ver}"

    @classmethod
    def parse(cls, text: str) -> Position:
        """Raises ValueError for anything else."""
        at, stream, ver = text.split("~")
        return cls(datetime.fromisoformat(at).astimezone(UTC), stream, int(ver))


@dataclass(frozen=True)
class EventQuery:
    """What to look for; all that is given must hold. `since` is within, `until` without (both recorded_at).

    `export` finds the events of the export and of all its documents, `number` those of documents whose number begins
    so. `channel`, `provider` and `reason` compare with the words of that name in an event's data.
    """

    tenant: str | None = None
    stream: str | None = None
    document: UUID | None = None
    export: UUID | None = None
    number: str | None = None
    types: tuple[EventType, ...] = ()
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    channel: str | None = None
    provider: str | None = None
    reason: str | None = None
    newest_first: bool = False
    after: Position | None = None
    limit: int = 100


@dataclass(frozen=True)
class EventRow:
    """One event as it stands in the log."""

    recorded_at: datetime
    stream: str
    ver: int
    event_id: UUID
    tenant: str
    type: str
    cause: str
    occurred_at: datetime
    actor: str
    data: dict[str, Any]
    hash: bytes
    personal: dict[str, Any] | None
    personal_state: Personal

    @property
    def position(self) -> Position:
        return Position(self.recorded_at, self.stream, self.ver)

    @property
    def document(self) -> UUID | None:
        kind, _, id_ = self.stream.partition(":")
        return UUID(id_) if kind == "document" else None


SELECT = """
    SELECT e.recorded_at, e.stream, e.ver, e.event_id, e.tenant, e.type, e.cause, e.occurred_at, e.actor, e.data::text,
           e.hash, e.personal_hash, e.personal_ct, e.key_id, k.destroyed_at IS NOT NULL, k.kek, {wrapped}
      FROM {source} LEFT JOIN data_key k ON k.key_id = e.key_id
     WHERE {where} ORDER BY {order} LIMIT %(limit)s"""
# Only who reveals reads keys; the auditor's role may not.
WRAPPED = {True: "k.wrapped", False: "NULL"}

# A stream's month leads to the one partition, and the one index, that hold it.
BY_STREAM = """(SELECT stream, month FROM stream WHERE stream IN ({streams})) s
      JOIN event e ON e.month = s.month AND e.stream = s.stream"""

OF_EXPORT = """SELECT %(export_stream)s UNION ALL
               SELECT 'document:' || document_id FROM document WHERE export_id = %(export)s"""
OF_NUMBER = """SELECT 'document:' || document_id FROM document
                WHERE number LIKE %(number)s AND (%(tenant)s::text IS NULL OR tenant = %(tenant)s)"""

FILTERS = {
    "tenant": "e.tenant = %(tenant)s",
    "types": "e.type = ANY(%(types)s)",
    "actor": "e.actor = %(actor)s",
    "since": "e.recorded_at >= %(since)s",
    "until": "e.recorded_at < %(until)s",
    "channel": "e.data ->> 'channel' = %(channel)s",
    "provider": "e.data ->> 'provider' = %(provider)s",
    "reason": "e.data ->> 'reason' = %(reason)s",
}


async def search(
    conn: psycopg.AsyncConnection[Any], query: EventQuery, *, reveal: bool = False, keys: KeyRing | None = None
) -> list[EventRow]:
    """One page of at most `query.limit` events; the next begins after the `position` of the last row.

    reveal: decrypt the personal details with `keys`; they come as None otherwise.
    """
    streams, parameters = _streams(query)
    where = ["true"]
    for name, condition in FILTERS.items():
        if value := getattr(query, name):
            where.append(condition)
            parameters[name] = [type_.value for type_ in value] if name == "types" else value
    where += [f"e.stream IN ({each})" for each in streams[1:]]
    if query.after is not None:
        where.append(
            f"(e.recorded_at, e.stream, e.ver) {'<' if query.newest_first else '>'} (%(at)s, %(stream)s, %(ver)s)"
        )
        parameters |= {"at": query.after.recorded_at, "stream": query.after.stream, "ver": query.after.ver}
    direction = " DESC" if query.newest_first else ""
    text = SELECT.format(
        source=BY_STREAM.format(streams=streams[0]) if streams else "event e",
        where=" AND ".join(where),
        wrapped=WRAPPED[reveal],
        order=", ".join(f"e.{name}{direction}" for name in ("recorded_at", "stream", "ver")),
    )
    return await _fetch(conn, text, parameters | {"limit": query.limit}, keys if reveal else None)


async def read_stream(
    conn: psycopg.AsyncConnection[Any], stream: str, *, reveal: bool = False, keys: KeyRing | None = None
) -> list[EventRow]:
    """All events of one stream, in the order of its chain."""
    text = SELECT.format(
        source=BY_STREAM.format(streams="%(stream)s"), where="true", wrapped=WRAPPED[reveal], order="e.ver"
    )
    return await _fetch(conn, text, {"stream": stream, "limit": None}, keys if reveal else None)


def _streams(query: EventQuery) -> tuple[list[str], dict[str, Any]]:
    """Conditions that name streams, each as the inside of IN (...)."""
    streams, parameters = [], dict[str, Any](tenant=query.tenant)
    if query.stream is not None:
        streams.append("%(one_stream)s")
        parameters["one_stream"] = query.stream
    if query.document is not None:
        streams.append("%(document)s")
        parameters["document"] = document_stream(query.document)
    if query.export is not None:
        streams.append(OF_EXPORT)
        parameters |= {"export": query.export, "export_stream": export_stream(query.export)}
    if query.number is not None:
        streams.append(OF_NUMBER)
        escaped = query.number.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parameters["number"] = escaped + "%"
    return streams, parameters


async def _fetch(
    conn: psycopg.AsyncConnection[Any], text: str, parameters: dict[str, Any], keys: KeyRing | None
) -> list[EventRow]:
    cursor = conn.cursor(binary=True, row_factory=tuple_row)
    await cursor.execute(text.encode(), parameters)
    return [_row(row, keys) for row in await cursor.fetchall()]


def _row(row: Iterable[Any], keys: KeyRing | None) -> EventRow:
    (recorded_at, stream, ver, event_id, tenant, type_, cause, occurred_at, actor, data, hash_,
     personal_hash, ciphertext, key_id, erased, kek, wrapped) = row  # fmt: skip
    found = EventRow(
        recorded_at.astimezone(UTC), stream, ver, event_id, tenant, type_, cause, occurred_at.astimezone(UTC), actor,
        orjson.loads(data), hash_, None, "none",
    )  # fmt: skip
    if ciphertext is None:
        return found
    if erased:
        return replace(found, personal_state="erased")
    if keys is None:
        return replace(found, personal_state="kept")
    try:
        personal = unseal(keys.unwrap(key_id, stream, kek, wrapped), event_id, ciphertext, personal_hash)
    except Unreadable:
        return replace(found, personal_state="unreadable")
    return replace(found, personal=personal, personal_state="shown")
