"""Dead letters: what stopped, why, and how a person puts it back or closes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from pipeline.store import events
from pipeline.store.database import Connection, Store
from pipeline.store.personal import KeyRing
from pipeline.topology import STAGES, StageSpec
from schemas import ids
from schemas.events import Event, EventType
from schemas.outcomes import Refusal

if TYPE_CHECKING:
    from pipeline.consumer import Raw
    from pipeline.transport import Outgoing

UNSENT = 1_000_000
"""A step of its own for what could not be sent on: the stage itself parks the same round under its own."""

REFUSING = frozenset({"document-invalid", "export-unreadable", "limit-exceeded"})
"""Reasons that end a document as refused: it is mended in the ERP. Every other one parks it."""


async def park(
    conn: Connection,
    stage: str,
    tenant: str,
    refusal: Refusal,
    *,
    document: UUID | None,
    export: UUID | None,
    round_: int,
    message: dict[str, Any] | None,
    log: list[Event],
    now: datetime,
    step: int | UUID = 0,
    inbox: UUID | None = None,
) -> UUID:
    """Write what stopped into `parked`, and the event that says why. The document's row is the caller's.

    The subject is a document, an export, or an inbox row; `step` tells several stops of one round apart.
    """
    subject = document or export or inbox
    assert subject is not None
    parked_id = ids.derive("parked", subject, stage, round_, step)
    findings = [finding.model_dump(exclude_none=True) for finding in refusal.findings]
    await conn.execute(
        """INSERT INTO parked (parked_id, tenant, document_id, export_id, stage, round, reason, explanation, detail,
                               message, parked_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        [parked_id, tenant, document, export, stage, round_, refusal.reason, refusal.explanation,
         Jsonb({**refusal.detail, "findings": findings}), Jsonb(message) if message else None, now],
    )  # fmt: skip
    log.append(
        Event(
            tenant=tenant,
            stream=_stream(document, export, inbox),
            type=EventType.REFUSED if refusal.reason in REFUSING else EventType.PARKED,
            cause=f"{stage}/{round_}/{step}",
            occurred_at=now,
            actor=f"stage:{stage}",
            data={
                "stage": stage,
                "reason": refusal.reason,
                "explanation": refusal.explanation,
                "rules": [finding.rule for finding in refusal.findings],
            },
            # a finding quotes the document: what was found there may name a person
            personal={"findings": findings} if findings else None,
        )
    )
    return parked_id


def _stream(document: UUID | None, export: UUID | None, inbox: UUID | None) -> str:
    if document is not None:
        return f"document:{document}"
    return f"export:{export}" if export is not None else f"inbox:{inbox}"


async def park_raw(store: Store, spec: StageSpec, raw: Raw, reason: str, explanation: str) -> None:
    """Keep a message that has no subject of ours: bytes and headers, and where it stood. Replay: the same row."""
    detail = {
        "key": _text(raw.key or b""),
        "headers": {_text(name.encode()): _text(value) for name, value in raw.headers.items()},
    }
    async with store.transaction() as conn:
        await conn.execute(
            """INSERT INTO parked (parked_id, tenant, stage, round, reason, explanation, detail, raw, topic, partition,
                                   "offset", parked_at)
               VALUES (%s, %s, %s, 1, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
            [_place(raw), _tenant(raw), spec.name, reason, explanation,
             Jsonb(detail), raw.value or b"", raw.topic, raw.partition, raw.offset, store.clock()],
        )  # fmt: skip


async def park_unsent(conn: Connection, messages: Sequence[Outgoing], now: datetime, keys: KeyRing) -> None:
    """Messages that the broker will never take stop before the stage that would have read them. Replay: the same rows.

    What was no message of ours (bytes that went back as they came) is kept as bytes again.
    """
    log: list[Event] = []
    for sent in messages:
        reader = next(stage for stage in STAGES if stage.source == sent.topic)
        refusal = Refusal("broker-refused", f"The broker does not take a message of {len(sent.value)} bytes.")
        try:
            message = orjson.loads(sent.value)
            tenant, round_ = message["tenant"], int(message.get("round", 1))
        except (ValueError, TypeError, KeyError):
            await _keep_raw(conn, reader, sent, refusal, now)
            continue
        document, export = message.get("document_id"), message.get("export_id")
        await park(
            conn, reader.name, tenant, refusal, document=UUID(document) if document else None,
            export=UUID(export) if export else None, round_=round_, message=message, log=log, now=now,
            step=UNSENT + int(message.get("step", 0)),
        )  # fmt: skip
        if document:
            await conn.execute(
                """UPDATE document SET state = 'parked', reason = %s, updated_at = %s
                    WHERE document_id = %s AND round = %s AND state IN ('moving', 'waiting')""",
                [refusal.reason, now, document, round_],
            )
        else:
            await conn.execute(
                "UPDATE export SET state = 'refused', reason = %s, updated_at = %s WHERE export_id = %s",
                [refusal.reason, now, export],
            )
    await events.append(conn, log, recorded_at=now, keys=keys)


async def _keep_raw(conn: Connection, reader: StageSpec, sent: Outgoing, refusal: Refusal, now: datetime) -> None:
    await conn.execute(
        """INSERT INTO parked (parked_id, tenant, stage, round, reason, explanation, detail, raw, topic, parked_at)
           VALUES (%s, 'unknown', %s, 1, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
        [ids.derive("unsent", sent.key.decode("utf-8", "replace"), now.isoformat()), reader.name, refusal.reason,
         refusal.explanation, Jsonb({}), sent.value, sent.topic, now],
    )  # fmt: skip


async def postpone(store: Store, spec: StageSpec, raw: Raw, why: str, seconds: float = 60) -> None:
    """A message of a newer schema waits for newer code: a rolling upgrade must pass."""
    now = store.clock()
    async with store.transaction() as conn:
        await conn.execute(
            """INSERT INTO due (due_id, tenant, kind, subject_id, at, payload, reason)
               VALUES (%s, %s, 'retry', %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
            [ids.derive("postponed", _place(raw)), _tenant(raw), _place(raw), now + timedelta(seconds=seconds),
             Jsonb({"topic": raw.topic, "message": orjson.loads(raw.value or b"{}")}), why],
        )  # fmt: skip


def _place(raw: Raw) -> UUID:
    """Where a message stood, and which: in a new cluster the offsets begin anew, and other messages stand there."""
    return ids.derive("raw", raw.topic, raw.partition, raw.offset, sha256(raw.value or b"").hexdigest())


def _text(value: bytes) -> str:
    """As PostgreSQL's JSON can hold it: it has no character zero."""
    return value.decode("utf-8", "replace").replace("\0", "\ufffd")[:1000]


def _tenant(raw: Raw) -> str:
    return _text(raw.headers.get("ce_tenant", b"unknown"))[:63]
