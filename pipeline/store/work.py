"""Outcomes: what a stage made of a micro-batch, committed in one transaction.

A subject (document or export) has one outcome for each stage, round and step. Who comes second, a replay, a zombie,
newer code, finds it claimed, writes nothing, and sends on what was recorded.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline.store import artefacts, deliveries, events, learning, parking, registration, retries, settling
from pipeline.store.batch import Item, Key, Sends, key_of, stream_of
from pipeline.store.database import Connection, Store, as_json
from pipeline.topology import StageSpec
from schemas.events import Event
from schemas.messages import DocumentMessage, ExportReceived, ReportReceived
from schemas.outcomes import ApplyReports, Done, ExportStep, Fact, LearntParty, OpenDelivery, Parked, Retry


async def recorded(store: Store, spec: StageSpec, keys: Sequence[Key]) -> dict[Key, list[dict[str, Any]]]:
    """Outcomes that are there already, with the messages to send on (none where the subject was parked)."""
    if spec.name == "extraction":
        async with store.transaction() as conn:
            return await _recorded(conn, spec, keys)
    async with store.statement() as conn:
        return await _recorded(conn, spec, keys)


async def _recorded(conn: Connection, spec: StageSpec, keys: Sequence[Key]) -> dict[Key, list[dict[str, Any]]]:
    if not keys:
        return {}
    cursor = await conn.execute(  # LATERAL: by index for each key, also while the statistics know of no outcome yet
        """SELECT k.subject_id, k.round, k.step, o.message
             FROM json_to_recordset(%s::json) AS k(subject_id uuid, round int, step int)
             JOIN LATERAL (SELECT message FROM outcome o
                            WHERE (o.subject_id, o.stage, o.round, o.step) = (k.subject_id, %s, k.round, k.step)
                            LIMIT 1) o ON true""",
        [as_json([dict(zip(("subject_id", "round", "step"), key, strict=True)) for key in keys]), spec.name],
    )
    found: dict[Key, list[dict[str, Any]]] = {}
    for row in await cursor.fetchall():
        messages = [row["message"]] if row["message"] is not None else []
        found[(row["subject_id"], row["round"], row["step"])] = messages
    if spec.name == "extraction":
        for key in found:
            found[key] = found[key] + await registration.recorded_messages(conn, key)
    return found


async def commit(store: Store, spec: StageSpec, items: Sequence[Item]) -> list[Sends]:
    """Commit the results of a micro-batch; returns the messages to produce, recorded ones included.

    Replay: the claim finds the outcome taken, and the recorded message is what is sent on.
    """
    now = store.clock()
    outgoing: list[Sends] = []
    retries.give_up(items)
    async with store.pipelined() as conn:
        settled = [item for item in items if not isinstance(item.result, Retry)]
        failed = [item for item in items if isinstance(item.result, Retry)]
        won = await _claim(conn, spec, settled, now)
        overtaken = await retries.overtaken(conn, spec, failed)
        failed = [item for item in failed if item.key not in overtaken]
        lost = [item.key for item in settled if item.key not in won] + list(overtaken)
        log: list[Event] = []
        winners = [item for item in settled if item.key in won]
        for item in winners:
            if item.outgoing is not None:
                outgoing.append(item.outgoing)
        outgoing += await _effects(conn, spec, winners, log, now)
        for item in winners:
            log += _events(spec, item, now)
        await _artefacts(conn, winners, now)
        await _park(conn, spec, [item for item in winners if isinstance(item.result, Parked)], log, now)
        await retries.plan(conn, spec, failed, log, now)
        await _update_documents(conn, spec, [*winners, *failed], now)
        await events.append(conn, log, recorded_at=now, keys=store.keys)
        for messages in (await _recorded(conn, spec, lost)).values():
            outgoing += messages
    return outgoing


async def _claim(conn: Connection, spec: StageSpec, items: Sequence[Item], now: datetime) -> set[Key]:
    """Sorted, so that two batches that share documents wait for each other instead of deadlocking."""
    ordered = sorted(items, key=lambda item: item.key)
    if not ordered:
        return set()
    rows = [
        {"subject_id": subject, "round": round_, "step": step, "tenant": item.message.tenant, "message": item.recorded}
        for item in ordered
        for subject, round_, step in [item.key]
    ]
    cursor = await conn.execute(
        """INSERT INTO outcome (subject_id, round, step, stage, tenant, message, made_at)
           SELECT subject_id, round, step, %s, tenant, message, %s
             FROM json_to_recordset(%s::json) AS k(subject_id uuid, round int, step int, tenant text, message json)
           ON CONFLICT DO NOTHING RETURNING subject_id, round, step""",
        [spec.name, now, as_json(rows)],
    )
    return {(row["subject_id"], row["round"], row["step"]) for row in await cursor.fetchall()}


def _events(spec: StageSpec, item: Item, now: datetime) -> list[Event]:
    facts = item.result.facts if isinstance(item.result, (Done, Parked)) else ()
    return [as_event(spec, item.message, fact, now) for fact in facts]


def as_event(spec: StageSpec, message: Any, fact: Fact, now: datetime) -> Event:
    """Complete a stage's fact: its stream, its cause (stage and round), its time and actor."""
    return Event(
        tenant=message.tenant,
        stream=stream_of(message),
        type=fact.type,
        cause=f"{spec.name}/{key_of(message)[1]}/{key_of(message)[2]}" + (f"/{fact.part}" if fact.part else ""),
        occurred_at=now,
        actor=f"stage:{spec.name}",
        data=fact.data,
        personal=fact.personal,
    )


async def _effects(
    conn: Connection, spec: StageSpec, winners: Sequence[Item], log: list[Event], now: datetime
) -> list[dict[str, Any]]:
    outgoing: list[dict[str, Any]] = []
    openings: list[tuple[Any, OpenDelivery]] = []
    reports: list[tuple[Any, ApplyReports]] = []
    for item in winners:
        for effect in item.result.effects if isinstance(item.result, Done) else ():
            if isinstance(effect, ExportStep):
                outgoing += await registration.register_step(conn, spec, item.message, effect, log, now)
            elif isinstance(effect, LearntParty):
                await learning.learn(conn, item.message, [effect], log, now)
            elif isinstance(effect, OpenDelivery):
                openings.append((item.message, effect))
            elif isinstance(effect, ApplyReports):
                reports.append((item.message, effect))
    if reports:
        await deliveries.apply_all(conn, reports, log, now)
    if openings:
        await deliveries.open_deliveries(conn, openings, log, now)
    return outgoing


async def _artefacts(conn: Connection, winners: Sequence[Item], now: datetime) -> None:
    rows = [
        (item.key[0], item.message.tenant, ref)
        for item in winners
        if isinstance(item.result, Done)
        for ref in item.result.artefacts
    ]
    await artefacts.insert(conn, rows, now)


async def _park(conn: Connection, spec: StageSpec, items: Sequence[Item], log: list[Event], now: datetime) -> None:
    for item in items:
        assert isinstance(item.result, Parked)
        message = item.message
        document = message.document_id if isinstance(message, DocumentMessage) else None
        export = getattr(message, "export_id", None)
        await parking.park(
            conn,
            spec.name,
            message.tenant,
            item.result.refusal,
            document=document,
            export=export,
            round_=item.key[1],
            message=item.wire(),
            log=log,
            now=now,
            step=item.key[2],
            inbox=message.inbox_id if isinstance(message, ReportReceived) else None,
        )
        if document is None and isinstance(message, ExportReceived):
            await conn.execute(
                "UPDATE export SET state = 'refused', reason = %s, updated_at = %s WHERE export_id = %s",
                [item.result.refusal.reason, now, export],
            )


def _after(item: Item) -> tuple[str, str | None, bool]:
    """The document's state, reason and whether it keeps its business key, after this item."""
    if isinstance(item.result, Retry):
        return "waiting", item.result.reason, True
    if isinstance(item.result, Parked):
        refused = item.result.refusal.reason in parking.REFUSING
        return ("refused" if refused else "parked"), item.result.refusal.reason, not refused
    assert isinstance(item.result, Done)
    return item.result.state or "moving", None, True


async def _update_documents(conn: Connection, spec: StageSpec, items: Sequence[Item], now: datetime) -> None:
    """Where they stand now. One that was superseded or discarded on its way stays so, and is not sent at its end."""
    rows = []
    for item in sorted(items, key=lambda item: item.key):
        if isinstance(item.message, DocumentMessage):
            record = item.result.record if isinstance(item.result, Done) else {}
            state, reason, registered = _after(item)
            rows.append(
                {
                    "document_id": item.message.document_id,
                    "round": item.key[1],
                    "state": state,
                    "reason": reason,
                    "registered": registered,
                    "amount_due": record.get("amount_due"),
                    "party_id": record.get("party_id"),
                }
            )
    if not rows:
        return
    await conn.execute(
        """UPDATE document d SET stage = %s, state = u.state, reason = u.reason, updated_at = %s, resent = 0,
                  registered = d.registered AND u.registered, amount_due = coalesce(u.amount_due, d.amount_due),
                  party_id = coalesce(u.party_id, d.party_id)
             FROM json_to_recordset(%s::json)
               AS u(document_id uuid, round int, state text, reason text, registered bool, amount_due numeric,
                    party_id uuid)
            WHERE d.document_id = u.document_id AND d.round = u.round AND d.state <> ALL(%s)""",
        [spec.name, now, as_json(rows), list(settling.CLOSED)],
    )
