"""The list of addresses that are not used, for people: who stands there, why, since when; and taking one off it.

What a person took back by themselves (STOP, a complaint) is theirs to give again: it is lifted only on somebody's
word that they asked for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from connectors.reasons import Reason
from pipeline.store import events, settling
from pipeline.store.database import Connection, Store, as_json
from pipeline.store.suppressions import EVERYONE, Key, key
from schemas.deliveries import Channel
from schemas.errors import ConfigurationError
from schemas.events import Event, EventType, document_stream
from stages.delivery import addresses

THEIRS: dict[tuple[str, str], str] = {
    ("sms", Reason.OPTED_OUT): (
        "its owner opted out, and takes that back by sending START to the number that we send from; after a STOP the "
        "provider refuses messages until then too"
    ),
    ("email", Reason.OPTED_OUT): "its owner asked for no more messages",
    ("email", Reason.COMPLAINED): "its owner called an earlier message spam",
}
"""(channel, reason) -> why it is not ours to lift."""

KEY = ("tenant", "channel", "address")

_QUERY = """
    SELECT s.tenant, s.channel, s.address, s.reason, s.since, s.expires_at, a.document_id, d.number,
           d.tenant AS document_tenant
      FROM suppression s LEFT JOIN attempt a ON a.attempt_id = s.cause LEFT JOIN document d USING (document_id)
     WHERE (s.expires_at IS NULL OR s.expires_at > %(now)s)
       AND (%(tenant)s::text IS NULL OR s.tenant IN (%(tenant)s, %(everyone)s))
       AND (%(address)s::text IS NULL OR s.address = %(address)s)
       AND (%(keys)s::json IS NULL OR EXISTS (
            SELECT FROM json_to_recordset(%(keys)s::json) AS k(tenant text, channel text, address text)
             WHERE s.tenant IN (k.tenant, %(everyone)s) AND s.channel = k.channel AND s.address = k.address))
     ORDER BY s.since DESC, s.tenant, s.channel, s.address"""


async def listed(conn: Connection, now: datetime, *, tenant: str | None = None) -> list[dict[str, Any]]:
    """Every address that is not used now, the newest first, with the document whose message showed it. Of a tenant:
    those that bind everybody too."""
    return await _rows(conn, now, tenant=tenant)


async def of_document(conn: Connection, document: UUID, now: datetime) -> list[dict[str, Any]]:
    """Of the addresses that a document was or would be sent to, those that are not used."""
    cursor = await conn.execute(
        """SELECT c.tenant, c.email, c.phone, c.mailbox FROM contact c
            WHERE c.active AND c.party_id IN (
                SELECT o.party_id FROM contact o JOIN delivery d USING (contact_id) WHERE d.document_id = %s)""",
        [document],
    )
    keys = {
        key(row["tenant"], channel.value, found)
        for row in await cursor.fetchall()
        for channel in Channel
        if (found := addresses.usable(channel, row[settling.ADDRESS[channel]]).address)
    }
    cursor = await conn.execute(
        "SELECT tenant, channel, address FROM attempt WHERE document_id = %s AND address IS NOT NULL", [document]
    )
    keys |= {key(**row) for row in await cursor.fetchall()}
    return await _rows(conn, now, keys=keys) if keys else []


async def _rows(
    conn: Connection, now: datetime, *, tenant: str | None = None, address: str | None = None,
    keys: Iterable[Key] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    asked = None if keys is None else as_json([dict(zip(KEY, each, strict=True)) for each in keys])
    cursor = await conn.execute(
        _QUERY, {"now": now, "tenant": tenant, "address": address, "keys": asked, "everyone": EVERYONE}
    )
    return [{**row, "theirs": THEIRS.get((row["channel"], row["reason"]))} for row in await cursor.fetchall()]


async def lift(
    store: Store, address: str, *, by: str, why: str, tenant: str | None, they_asked: bool = False
) -> list[dict[str, Any]]:  # fmt: skip
    """Use an address again; returns the rows that were taken away: the tenant's (None: everybody's) and what binds all.

    `they_asked`: its owner has asked to be written to again, in some other way than the provider's. The event stands
    where the suppression's does. Raises ConfigurationError where it is not suppressed, or is not ours to lift.
    """
    if not why.strip():
        raise ConfigurationError("--why: lifting needs a reason, for the record")
    channel = addresses.channel_of(address)
    spelt = key("", channel.value, addresses.usable(channel, address).address or address.strip())[2]
    now = store.clock()
    async with store.transaction() as conn:
        found = await _rows(conn, now, tenant=tenant, address=spelt)
        if not found:
            raise ConfigurationError("this address is not suppressed; see entrega suppress list")
        if not they_asked and (theirs := next((row["theirs"] for row in found if row["theirs"]), None)):
            raise ConfigurationError(
                f"not lifted: {theirs}. If they asked for messages in another way, say so (--recipient-asked)"
            )
        log = []
        for row in found:
            cursor = await conn.execute(
                "DELETE FROM suppression WHERE tenant = %s AND channel = %s AND address = %s AND since = %s",
                [row["tenant"], row["channel"], row["address"], row["since"]],
            )
            if cursor.rowcount:  # else somebody else did it just now
                log.append(_event(row, tenant, by, why, they_asked, now))
        await events.append(conn, log, recorded_at=now, keys=store.keys)
    return found


def _event(
    row: dict[str, Any], tenant: str | None, by: str, why: str, they_asked: bool, now: datetime
) -> Event:  # fmt: skip
    owner = row["document_tenant"] or tenant or row["tenant"]
    return Event(
        tenant=owner,
        stream=document_stream(row["document_id"]) if row["document_id"] else f"account:{owner}",
        type=EventType.SUPPRESSION_LIFTED,
        cause=f"lift/{uuid4()}",
        occurred_at=now,
        actor=by,
        data={
            "channel": row["channel"], "reason": row["reason"], "since": row["since"], "why": why,
            "recipient_asked": they_asked,
        },
        personal={"address": row["address"]},
    )  # fmt: skip
