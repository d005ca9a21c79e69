"""Addresses that are not used any more: they do not work, or their owner said so.

They stand here for a tenant and channel, mailboxes that differ in case only as one. The first reason stays, but for an
owner's word, which outweighs what was seen of an address: only they take it back. Who opts
out of text messages opts out of the sender's number, and that is the same for all: such a row stands at `EVERYONE` and
binds every tenant, those of tomorrow too.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.store.database import Connection
from stages.delivery.addresses import suppression_key

Key = tuple[str, str, str]
"""tenant, channel, address as `suppression_key` spells it"""

EVERYONE = "*"
"""In place of a tenant's name, and never one."""

OPTED_OUT = "opted-out"
THEIR_WORDS = (OPTED_OUT, "complained")


def key(tenant: str, channel: str, address: str) -> Key:
    return tenant, channel, suppression_key(address)


async def listed(conn: Connection, asked: Iterable[tuple[str, str, str]], now: datetime) -> dict[Key, str]:
    """For (tenant, channel, address) the reason, where the address is suppressed now. Keys are those of `key`."""
    keys: list[tuple[Any, ...]] = [key(*one) for one in asked]
    if not keys:
        return {}
    cursor = await conn.execute(
        """SELECT k.tenant, s.channel, s.address, s.reason
             FROM unnest(%s::text[], %s::text[], %s::text[]) AS k(tenant, channel, address)
             JOIN suppression s ON s.tenant IN (k.tenant, %s) AND s.channel = k.channel AND s.address = k.address
            WHERE s.expires_at IS NULL OR s.expires_at > %s""",
        [*(list(column) for column in zip(*keys, strict=True)), EVERYONE, now],
    )
    return {(row["tenant"], row["channel"], row["address"]): row["reason"] for row in await cursor.fetchall()}


def bound(tenant: str, channel: str, reason: str) -> str:
    """Whom a suppression binds.

    >>> bound("acme", "sms", "opted-out"), bound("acme", "sms", "unknown-number"), bound("acme", "email", "opted-out")
    ('*', 'acme', 'acme')
    """
    return EVERYONE if channel == "sms" and reason == OPTED_OUT else tenant


async def suppress(
    conn: Connection, tenant: str, channel: str, address: str, reason: str, *, cause: UUID | None, now: datetime
) -> bool:
    """No more messages of this tenant (or of all, see `bound`) to this address; False where that was so before."""
    cursor = await conn.execute(
        """INSERT INTO suppression (tenant, channel, address, reason, cause, since) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (tenant, channel, address) DO UPDATE
              SET reason = excluded.reason, cause = excluded.cause, since = excluded.since, expires_at = NULL
            WHERE suppression.expires_at <= excluded.since
               OR (excluded.reason = %s AND suppression.reason <> ALL(%s)) RETURNING address""",
        [bound(tenant, channel, reason), channel, suppression_key(address), reason, cause, now,
         OPTED_OUT, list(THEIR_WORDS)],
    )  # fmt: skip
    return await cursor.fetchone() is not None


async def standing(conn: Connection, tenant: str, channel: str, address: str) -> dict[str, Any]:
    """What stands for an opt-out of this address."""
    cursor = await conn.execute(
        """SELECT tenant, channel, address, reason, since FROM suppression
            WHERE tenant = %s AND channel = %s AND address = %s""",
        [bound(tenant, channel, OPTED_OUT), channel, suppression_key(address)],
    )
    row = await cursor.fetchone()
    assert row is not None
    return row


async def opt_in(conn: Connection, tenant: str | None, channel: str, address: str) -> bool:
    """The address's owner takes an opt-out back: of this tenant (None: of all). True where there was one.

    Other reasons stay: that somebody writes does not mend an address.
    """
    cursor = await conn.execute(
        """DELETE FROM suppression WHERE channel = %s AND address = %s AND reason = %s
              AND (%s::text IS NULL OR tenant IN (%s, %s)) RETURNING address""",
        [channel, suppression_key(address), OPTED_OUT, tenant, tenant, EVERYONE],
    )
    return await cursor.fetchone() is not None
