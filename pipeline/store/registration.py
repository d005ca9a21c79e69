"""Registering the documents of an export: new, duplicate, corrected, refused.

A business key (supplier, type, number, issue date) is held by one document and its revisions. The same content again
is a duplicate; other content is parked, or a superseding revision, as the tenant's profile says. Keys are locked in
order for the transaction, so two exports that carry the same invoice at the same moment cannot both register it.

The export's next step is planned in the same transaction (`pacing.py` says when it goes). A replay finds the step
recorded, sends on its documents that went no further, and plans nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.store import artefacts, learning, pacing, parking, superseding
from pipeline.store.database import Connection, as_json
from pipeline.topology import StageSpec
from schemas.events import Event, EventType, document_stream, export_stream
from schemas.messages import ExportReceived
from schemas.outcomes import ExportStep, Fact, Refusal, Registration

_COLUMNS = (
    "document_id address document_type number issue_date due_date currency amount_due seller_key seller_name "
    "buyer_name business_key content_hash"
).split()
_DECIDED = ("state", "registered", "revision", "duplicate_of", "reason", "party_id")


@dataclass
class _Row:
    """What becomes of one registration."""

    record: Registration
    state: str
    registered: bool
    revision: int = 1
    duplicate_of: UUID | None = None
    reason: str | None = None
    refusal: Refusal | None = None
    facts: tuple[Fact, ...] = ()

    @property
    def party_id(self) -> UUID | None:
        """The buyer's. One that is learnt comes into the directory with the first document that goes on."""
        known = self.record.learnt is None or self.state in ("moving", "duplicate")
        return self.record.party_id if known else None

    def newest(self) -> superseding.Newest:
        record = self.record
        return superseding.Newest(
            by=self.duplicate_of or record.document_id,
            number=record.number or "",
            business_key=record.business_key,
            content_hash=record.content_hash,
            seller_key=record.seller_key,
            document_type=record.document_type,
            revision=self.revision if self.registered else 1,  # a refused revision takes nobody's place
        )


@dataclass
class _Held:
    document_id: UUID
    revision: int
    content_hash: str | None
    export_id: UUID


async def register_step(
    conn: Connection, spec: StageSpec, message: ExportReceived, step: ExportStep, log: list[Event], now: datetime
) -> list[dict[str, Any]]:
    """Register what one step of an export held, and plan the next; returns the messages to produce."""
    held = await _held(conn, message.tenant, [r.business_key for r in step.registrations if r.business_key])
    rows = [_decide(record, held, message.export_id) for record in step.registrations]
    await _insert(conn, message, rows, now)
    outgoing: list[dict[str, Any]] = []
    for row in rows:
        for fact in row.facts:
            log.append(_event(spec, message, document_stream(row.record.document_id), fact, now))
        if row.refusal:
            resume = row.record.resume
            await parking.park(
                conn,
                spec.name,
                message.tenant,
                row.refusal,
                document=row.record.document_id,
                export=message.export_id,
                round_=1,
                message=resume.wire() if resume else None,
                log=log,
                now=now,
            )
        elif row.state == "moving" and row.record.message:
            outgoing.append(row.record.message.wire())
    await superseding.settle(conn, message, [row.newest() for row in rows if row.record.number], log, now)
    await _outcomes(conn, message, [row for row in rows if row.state == "moving"], now)
    await artefacts.insert(
        conn, [(row.record.document_id, message.tenant, ref) for row in rows for ref in row.record.artefacts], now
    )
    await _relations(conn, message.tenant, rows)
    learnt = [row.record.learnt for row in rows if row.record.learnt and row.state == "moving"]
    await learning.learn(conn, message, learnt, log, now)
    await _advance(conn, spec, message, step, log, now)
    if step.continuation is not None:
        await pacing.plan(conn, step.continuation, now)
    return outgoing


async def recorded_messages(conn: Connection, key: tuple[UUID, int, int]) -> list[dict[str, Any]]:
    """What an export's step that was done before still has to send on: its documents that went no further."""
    cursor = await conn.execute(
        """SELECT o.message FROM document d
             JOIN outcome o ON o.subject_id = d.document_id AND o.stage = 'extraction' AND o.round = d.round
            WHERE d.export_id = %s AND d.export_step = %s AND d.state = 'moving' AND d.stage = 'extraction'
              AND o.message IS NOT NULL""",
        [key[0], key[2]],
    )
    return [row["message"] for row in await cursor.fetchall()]


async def _held(conn: Connection, tenant: str, keys: Sequence[str]) -> dict[str, _Held]:
    if not keys:
        return {}
    await conn.execute(
        """SELECT pg_advisory_xact_lock(h) FROM (
             SELECT DISTINCT hashtextextended(%s || k, 1) AS h FROM unnest(%s::text[]) AS k ORDER BY h) AS ordered""",
        [tenant, list(keys)],
    )
    cursor = await conn.execute(
        """SELECT DISTINCT ON (business_key) business_key, document_id, revision, content_hash, export_id
             FROM document WHERE tenant = %s AND registered AND business_key = ANY(%s)
            ORDER BY business_key, revision DESC""",
        [tenant, list(keys)],
    )
    return {
        row["business_key"]: _Held(row["document_id"], row["revision"], row["content_hash"], row["export_id"])
        for row in await cursor.fetchall()
    }


def _decide(record: Registration, held: dict[str, _Held], export: UUID) -> _Row:
    """Registers in the order of the export: a later record of the same export can be a duplicate of an earlier one."""
    before = held.get(record.business_key) if record.business_key else None
    if before is not None and before.content_hash == record.content_hash:
        return _Row(
            record,
            "duplicate",
            False,
            duplicate_of=before.document_id,
            reason="duplicate",
            facts=(Fact(EventType.DUPLICATE, {"of": str(before.document_id), "receipt": str(before.export_id)}),),
        )
    if before is not None and record.on_conflict != "supersede":
        refusal = Refusal(
            "content-conflict",
            "A document with this supplier, type, number and date was registered before with other content.",
            detail={"registered": str(before.document_id), "receipt": str(before.export_id)},
        )
        return _Row(record, "parked", False, reason=refusal.reason, refusal=refusal, facts=record.facts)
    if record.refusal is not None:
        refused = record.refusal.reason in parking.REFUSING
        row = _Row(
            record,
            "refused" if refused else "parked",
            not refused,
            reason=record.refusal.reason,
            refusal=record.refusal,
            facts=record.facts,
        )
    else:
        row = _Row(record, "moving", True, facts=record.facts)
    if before is not None:
        row.revision = before.revision + 1
    if record.business_key and row.registered:
        held[record.business_key] = _Held(record.document_id, row.revision, record.content_hash, export)
    return row


async def _insert(conn: Connection, message: ExportReceived, rows: Sequence[_Row], now: datetime) -> None:
    if not rows:
        return
    await conn.execute(
        f"""INSERT INTO document ({", ".join(_COLUMNS)}, state, registered, revision, duplicate_of, reason,
                                 party_id, tenant, export_id, export_step, stage, round, created_at, updated_at)
            SELECT *, %s, %s, %s, 'extraction', 1, %s, %s
              FROM json_to_recordset(%s::json) AS row (
                   document_id uuid, address text, document_type text, number text, issue_date date, due_date date,
                   currency text, amount_due numeric, seller_key text, seller_name text, buyer_name text,
                   business_key text, content_hash text,
                   state text, registered bool, revision int, duplicate_of uuid, reason text, party_id uuid)""",  # noqa: S608  constants
        [
            message.tenant,
            message.export_id,
            message.step,
            now,
            now,
            as_json(
                [
                    {name: getattr(row.record, name) for name in _COLUMNS}
                    | {name: getattr(row, name) for name in _DECIDED}
                    for row in rows
                ]
            ),
        ],
    )


async def _outcomes(conn: Connection, message: ExportReceived, rows: Sequence[_Row], now: datetime) -> None:
    if not rows:
        return
    await conn.execute(
        """INSERT INTO outcome (subject_id, stage, round, tenant, message, made_at)
           SELECT subject_id, 'extraction', 1, %s, message, %s
             FROM json_to_recordset(%s::json) AS u(subject_id uuid, message json)
           ON CONFLICT DO NOTHING""",
        [
            message.tenant,
            now,
            as_json(
                [
                    {"subject_id": row.record.document_id, "message": row.record.message and row.record.message.wire()}
                    for row in rows
                ]
            ),
        ],
    )


async def _relations(conn: Connection, tenant: str, rows: Iterable[_Row]) -> None:
    pairs = [(row.record.document_id, kind, target) for row in rows for kind, target in row.record.relations]
    if pairs:
        await conn.execute(
            """INSERT INTO relation (tenant, document_id, kind, target)
               SELECT %s, * FROM unnest(%s::uuid[], %s::text[], %s::text[]) ON CONFLICT DO NOTHING""",
            [tenant, *(list(column) for column in zip(*pairs, strict=True))],
        )


async def _advance(
    conn: Connection, spec: StageSpec, message: ExportReceived, step: ExportStep, log: list[Event], now: datetime
) -> None:
    finished = step.continuation is None
    cursor = await conn.execute(
        """UPDATE export SET format = %s, step = %s, updated_at = %s,
                  documents = CASE WHEN %s THEN (SELECT count(*) FROM document WHERE export_id = %s) ELSE documents END
            WHERE export_id = %s RETURNING documents""",
        [step.format, message.step, now, finished, message.export_id, message.export_id],
    )
    row = await cursor.fetchone()
    if finished and row:
        data = {"documents": row["documents"], "format": step.format, "steps": message.step + 1}
        fact = Fact(EventType.EXTRACTION_FINISHED, data)
        log.append(_event(spec, message, export_stream(message.export_id), fact, now))


def _event(spec: StageSpec, message: ExportReceived, stream: str, fact: Fact, now: datetime) -> Event:
    return Event(
        tenant=message.tenant,
        stream=stream,
        type=fact.type,
        cause=f"{spec.name}/{message.round}/{message.step}",
        occurred_at=now,
        actor=f"stage:{spec.name}",
        data=fact.data,
        personal=fact.personal,
    )
