"""Appending to the event log.

Per-stream chains without a global lock: appenders to one stream wait for each other on an advisory lock that ends with
the transaction; all others run side by side. A batch of any size over any number of streams takes at most eight
statements.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, LiteralString
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import tuple_row

from pipeline.store.canonical import plain
from pipeline.store.chain import NONE, event_hash
from pipeline.store.personal import DataKey, KeyRing, Unreadable, seal, unseal
from schemas.errors import PermanentError
from schemas.events import Event

logger = logging.getLogger(__name__)


class EventConflict(PermanentError):
    """An event with this id stands in the log and says something else: a bug, or somebody forging history."""

    reason = "event-conflict"


@dataclass(slots=True)
class _Head:
    """Where a stream's chain ends."""

    month: date
    ver: int
    hash: bytes
    new: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    """One event as it will stand: its details already in canonical types."""

    event: Event
    event_id: UUID
    data: dict[str, Any]
    personal: dict[str, Any] | None


# Sorted, so that two batches never wait for each other crosswise; the hash is what is locked, so it is what is sorted.
LOCK = """SELECT pg_advisory_xact_lock(key)
            FROM (SELECT DISTINCT hashtextextended(name, 0) AS key
                    FROM json_array_elements_text(%s::json) name ORDER BY key) keys"""

# LATERAL with a LIMIT is looked up by index for each row, whatever a young table's statistics say.
HEADS = """SELECT s.stream, s.tenant, s.month, h.ver, h.hash
             FROM json_array_elements_text(%s::json) name
             JOIN LATERAL (SELECT * FROM stream WHERE stream = name LIMIT 1) s ON true
             JOIN LATERAL (SELECT e.ver, e.hash FROM event e WHERE e.month = s.month AND e.stream = s.stream
                            ORDER BY e.ver DESC LIMIT 1) h ON true"""

KNOWN = """SELECT e.event_id, e.stream, e.tenant, e.actor, e.data::text, e.personal_hash, e.personal_ct,
                  k.key_id, k.kek, k.wrapped
             FROM json_to_recordset(%s::json) asked(stream text, event_id uuid)
             JOIN LATERAL (SELECT month FROM stream s WHERE s.stream = asked.stream LIMIT 1) s ON true
             JOIN LATERAL (SELECT * FROM event e WHERE e.month = s.month AND e.event_id = asked.event_id LIMIT 1) e
               ON true
             LEFT JOIN data_key k ON k.key_id = e.key_id"""

KEYS = "SELECT stream, key_id, kek, wrapped FROM data_key WHERE stream = ANY(%s) AND destroyed_at IS NULL"

INSERT_STREAMS = "INSERT INTO stream (stream, tenant, month) SELECT * FROM unnest(%s::text[], %s::text[], %s::date[])"

INSERT_KEYS = """INSERT INTO data_key (stream, tenant, key_id, kek, wrapped)
                 SELECT * FROM unnest(%s::text[], %s::text[], %s::uuid[], %s::text[], %s::bytea[])"""

# One JSON parameter: sixteen arrays cost psycopg four times the CPU, most of it for quoting quotes.
INSERT_EVENTS = """
    INSERT INTO event (month, stream, ver, event_id, tenant, type, cause, occurred_at, recorded_at, actor, data,
                       personal_hash, personal_ct, key_id, prev_hash, hash)
    SELECT * FROM json_to_recordset(%s::json) AS row
        (month date, stream text, ver int, event_id uuid, tenant text, type text, cause text, occurred_at timestamptz,
         recorded_at timestamptz, actor text, data jsonb, personal_hash bytea, personal_ct bytea, key_id uuid,
         prev_hash bytea, hash bytea)"""


async def append(
    conn: psycopg.AsyncConnection[Any], events: Sequence[Event], *, recorded_at: datetime, keys: KeyRing
) -> list[bool]:
    """Chain the events, in their order, within the caller's transaction; one answer each: was it new?

    An event whose id is in the log already with the same content is skipped (False). Content is tenant, actor, data
    and personal details; not the times, because who does work again reads the clock again. After erasure the personal
    details can no longer be compared and count as the same.

    The transaction must be READ COMMITTED (what was written while waiting for the lock must be seen), and should call
    this once: locks are ordered within one call, so two calls may meet another transaction crosswise, and PostgreSQL
    then ends one of the two (40P01, may be tried again).

    Raises EventConflict (permanent): same id, other content; nothing of the call is written.
    Raises ValueError or TypeError: a value that no event may hold, a stream of another tenant.
    """
    if not events:
        return []
    recorded_at = recorded_at.astimezone(UTC)
    entries = [_entry(event) for event in events]
    streams = list({entry.event.stream: None for entry in entries})
    await conn.execute(LOCK, [orjson.dumps(streams).decode()])
    at_heads = await _ask(conn, HEADS, orjson.dumps(streams).decode())
    by_id = {entry.event_id: entry for entry in entries}
    asked = [{"stream": entry.event.stream, "event_id": event_id} for event_id, entry in by_id.items()]
    at_known = await _ask(conn, KNOWN, orjson.dumps(asked).decode())
    private = list({entry.event.stream: None for entry in entries if entry.personal is not None})
    at_keys = await _ask(conn, KEYS, private) if private else None
    heads = _heads(await at_heads.fetchall(), entries)
    known = _known(await at_known.fetchall(), by_id, keys)
    live = await at_keys.fetchall() if at_keys else []

    fresh: list[_Entry] = []
    answers = []
    for entry in entries:
        before = known.setdefault(entry.event_id, entry)
        if before is entry:
            fresh.append(entry)
        else:
            _same(before, entry)
        answers.append(before is entry)
    if fresh:
        data_keys = await _data_keys(conn, fresh, live, keys)
        rows = _chain(fresh, heads, data_keys, recorded_at)
        if new := [(stream, head.month) for stream, head in heads.items() if head.new]:
            tenants = {entry.event.stream: entry.event.tenant for entry in fresh}
            await conn.execute(
                INSERT_STREAMS, [[s for s, _ in new], [tenants[s] for s, _ in new], [month for _, month in new]]
            )
        await conn.execute(INSERT_EVENTS, [orjson.dumps(rows).decode()])
    return answers


def _entry(event: Event) -> _Entry:
    if event.occurred_at.tzinfo is None:
        raise ValueError("an event's time needs a zone")
    return _Entry(event, event.event_id, plain(event.data), None if event.personal is None else plain(event.personal))


async def _ask(conn: psycopg.AsyncConnection[Any], query: LiteralString, parameter: Any) -> psycopg.AsyncCursor[Any]:
    """A cursor of its own for each question: in a pipeline all are on their way before the first is answered."""
    return await conn.cursor(binary=True, row_factory=tuple_row).execute(query, [parameter])


def _heads(rows: Iterable[tuple[Any, ...]], entries: Iterable[_Entry]) -> dict[str, _Head]:
    tenants: dict[str, str] = {}
    heads: dict[str, _Head] = {}
    for stream, tenant, month, ver, hash_ in rows:
        tenants[stream], heads[stream] = tenant, _Head(month, ver, hash_)
    for entry in entries:
        if tenants.setdefault(entry.event.stream, entry.event.tenant) != entry.event.tenant:
            raise ValueError("a stream belongs to one tenant")
    return heads


def _known(rows: Iterable[tuple[Any, ...]], by_id: dict[UUID, _Entry], keys: KeyRing) -> dict[UUID, _Entry]:
    """The events of the batch that are in the log already, as they stand there."""
    known: dict[UUID, _Entry] = {}
    for event_id, stream, tenant, actor, data, hash_, ciphertext, key_id, kek, wrapped in rows:
        asked = by_id[event_id]
        personal = asked.personal if ciphertext is not None else None
        if ciphertext is not None and wrapped is not None:
            try:
                personal = unseal(keys.unwrap(key_id, stream, kek, wrapped), event_id, ciphertext, hash_)
            except Unreadable:
                logger.error("personal details of event %s cannot be read", event_id)
        event = asked.event.model_copy(update={"tenant": tenant, "actor": actor})
        known[event_id] = _Entry(event, event_id, orjson.loads(data), personal)
    return known


def _same(before: _Entry, now: _Entry) -> None:
    pairs = {
        "tenant": (before.event.tenant, now.event.tenant),
        "actor": (before.event.actor, now.event.actor),
        "data": (before.data, now.data),
        "personal": (before.personal, now.personal),
    }
    if other := [name for name, (old, new) in pairs.items() if old != new]:
        logger.error("event %s of %s comes again with other content: %s", now.event_id, now.event.stream, other)
        raise EventConflict(
            f"event {now.event_id} ({now.event.type}) stands in the log with other content: {', '.join(other)}",
            stream=now.event.stream,
            cause=now.event.cause,
        )


async def _data_keys(
    conn: psycopg.AsyncConnection[Any], fresh: Iterable[_Entry], live: Iterable[tuple[Any, ...]], keys: KeyRing
) -> dict[str, DataKey]:
    """The live key of each stream that gets personal details; made where there is none."""
    tenants = {entry.event.stream: entry.event.tenant for entry in fresh if entry.personal is not None}
    found = {
        stream: keys.unwrap(key_id, stream, kek, wrapped) for stream, key_id, kek, wrapped in live if stream in tenants
    }
    made = {stream: keys.new_key(stream) for stream in tenants if stream not in found}
    if made:
        columns: list[list[Any]] = [list(made), [tenants[stream] for stream in made]]
        columns += [[getattr(key, name) for key in made.values()] for name in ("key_id", "kek", "wrapped")]
        await conn.execute(INSERT_KEYS, columns)
    return found | made


def _chain(
    fresh: Iterable[_Entry], heads: dict[str, _Head], data_keys: dict[str, DataKey], recorded_at: datetime
) -> list[dict[str, Any]]:
    """The rows, each linked to the one before it in its stream; moves the heads."""
    rows = []
    for entry in fresh:
        event, stream = entry.event, entry.event.stream
        head = heads.get(stream)
        if head is None:
            head = heads[stream] = _Head(recorded_at.date().replace(day=1), 0, NONE, new=True)
        key = None if entry.personal is None else data_keys[stream]
        sealed = None if key is None or entry.personal is None else seal(key, entry.event_id, entry.personal)
        row: dict[str, Any] = {
            "month": head.month,
            "stream": stream,
            "ver": head.ver + 1,
            "event_id": entry.event_id,
            "tenant": event.tenant,
            "type": event.type.value,
            "cause": event.cause,
            "occurred_at": event.occurred_at.astimezone(UTC),
            "recorded_at": recorded_at,
            "actor": event.actor,
            "data": entry.data,
            "personal_hash": sealed and sealed.hash,
            "personal_ct": sealed and sealed.ciphertext,
            "key_id": key and key.key_id,
            "prev_hash": head.hash,
        }
        row["hash"] = event_hash(**row)
        head.ver, head.hash = head.ver + 1, row["hash"]
        rows.append({name: "\\x" + value.hex() if type(value) is bytes else value for name, value in row.items()})
    return rows
