"""Addresses that are not used any more: they do not work, or their owner said so.

They stand here for a tenant and channel, mailboxes that differ in case only as one. The first reason stays.
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


def key(tenant: str, channel: str, address: str) -> Key:
    return tenant, channel, suppression_key(address)


async def listed(conn: Connection, asked: Iterable[tuple[str, str, str]], now: datetime) -> dict[Key, str]:
    """For (tenant, channel, address) the reason, where the address is suppressed now. Keys are those of `key`."""
    keys: list[tuple[Any, ...]] = [key(*one) for one in asked]
    if not keys:
        return {}
    cursor = await conn.execute(
        """SELECT s.tenant, s.channel, s.address, s.reason
             FROM unnest(%s::text[], %s::text[], %s::text[]) AS k(tenant, channel, address)
             JOIN suppression s USING (tenant, channel, address)
            WHERE s.expires_at IS NULL OR s.expires_at > %s""",
        [*(list(column) for column in zip(*keys, strict=True)), now],
    )
    return {(row["tenant"], row["channel"], row["address"]): row["reason"] for row in await cursor.fetchall()}


async def suppress(
    conn: Connection, tenant: str, channel: str, address: str, reason: str, *, cause: UUID | None, now: datetime
) -> bool:
    """No more messages of this tenant to this address; False where that was so before."""
    cursor = await conn.execute(
        """INSERT INTO suppression (tenant, channel, address, reason, cause, since) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (tenant, channel, address) DO UPDATE
              SET reason = excluded.reason, cause = excluded.cause, since = excluded.since, expires_at = NULL
            WHERE suppression.expires_at <= excluded.since RETURNING address""",
        [tenant, channel, suppression_key(address), reason, cause, now],
    )
    return await cursor.fetchone() is not None
