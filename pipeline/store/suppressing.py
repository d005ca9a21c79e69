"""An address that is not used any more because its owner told a person so, and no provider's report says it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from pipeline.store import events, settling
from pipeline.store.database import Connection, Store
from pipeline.store.suppressions import EVERYONE, OPTED_OUT, key, standing, suppress
from schemas.deliveries import Channel
from schemas.errors import ConfigurationError
from schemas.events import Event, EventType
from stages.delivery import addresses


async def add(store: Store, address: str, *, by: str, why: str, tenant: str) -> dict[str, Any]:
    """Write to this address no more; returns what stands there now, and `planned`: how many messages are taken back.

    It binds as an opt-out by STOP does, and is its owner's to take back (`lifting.lift`). Messages that are planned
    become due, so that the dispatcher takes them back now and another channel may go. Raises ConfigurationError.
    """
    channel = addresses.channel_of(address)
    found = addresses.usable(channel, address)
    if found.address is None:
        raise ConfigurationError(
            f"this is no address that messages are sent to ({found.problem}): an e-mail address, a mobile number with "
            "its country (+351912345678) or a mailbox (14:5609999200054)"
        )
    spelt = key(tenant, channel.value, found.address)[2]
    if not why.strip():
        raise ConfigurationError("--why: it needs a reason, for the record")
    if spelt in why.casefold() or address.strip().casefold() in why.casefold():
        raise ConfigurationError("--why: leave the address out of it; the reason stands in the event log for good")
    now = store.clock()
    async with store.transaction() as conn:
        new = await suppress(conn, tenant, channel.value, found.address, OPTED_OUT, cause=None, now=now)
        row = await standing(conn, tenant, channel.value, found.address)
        planned = await _now_due(conn, row["tenant"], channel, spelt, now) if new else 0
        event = Event(
            tenant=tenant,
            stream=f"account:{tenant}",
            type=EventType.SUPPRESSED,
            cause=f"suppress/{uuid4()}",
            occurred_at=now,
            actor=by,
            data={"channel": channel.value, "reason": OPTED_OUT, "why": why},
            personal={"address": found.address},
        )
        await events.append(conn, [event] if new else [], recorded_at=now, keys=store.keys)
    return {**row, "new": new, "planned": planned}


async def _now_due(conn: Connection, tenant: str, channel: Channel, spelt: str, now: Any) -> int:
    """Attempts that are planned to this address: looked at now. Who misses this is stopped when its time has come."""
    cursor = await conn.execute(
        f"""UPDATE attempt SET due_at = least(due_at, %(now)s) WHERE attempt_id IN (
              SELECT a.attempt_id FROM attempt a JOIN delivery d USING (delivery_id) JOIN contact c USING (contact_id)
               WHERE a.state = 'planned' AND a.channel = %(channel)s AND %(tenant)s IN (a.tenant, %(everyone)s)
                 AND lower(coalesce(a.address, c.{settling.ADDRESS[channel]})) = %(address)s
               ORDER BY a.attempt_id FOR UPDATE OF a SKIP LOCKED)""",  # noqa: S608  a column of ours
        {"now": now, "channel": channel.value, "tenant": tenant, "everyone": EVERYONE, "address": spelt},
    )
    return cursor.rowcount
