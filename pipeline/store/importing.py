"""Recipients written into the directory: parties, the numbers they are known by, contacts; each change an event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from pipeline.recipients import Line, anchor, format_options, identifiers_of
from pipeline.store import events
from pipeline.store.database import Connection, Store
from schemas import ids
from schemas.errors import Finding
from schemas.events import Event, EventType


@dataclass(frozen=True)
class Imported:
    """What an import did: how many parties were new, changed and unchanged; how many lines were left out, and all that
    is wrong with them."""

    new: int
    changed: int
    unchanged: int
    left_out: int
    refused: tuple[Finding, ...]


async def import_recipients(store: Store, tenant: str, lines: Iterable[Line], by: str) -> Imported:
    """Write parties and contacts; the same file again changes nothing. The party's id comes of its first identifier."""
    outcomes = {"new": 0, "changed": 0, "unchanged": 0, "left_out": 0}
    refused: list[Finding] = []
    for line in lines:
        if line.faults:
            outcomes["left_out"] += 1
            refused += line.faults
            continue
        async with store.transaction() as conn:
            outcomes[await _import_one(conn, store, tenant, line.row, by)] += 1
    return Imported(**outcomes, refused=tuple(refused))


async def _import_one(conn: Connection, store: Store, tenant: str, row: dict[str, str], by: str) -> str:
    now = store.clock()
    identifiers = identifiers_of(row)
    party = ids.derive("party", tenant, anchor(row))
    preferences: dict[str, Any] = {"segment": row["segment"]} if row.get("segment") else {}
    if row.get("formats"):
        preferences |= {"formats": row["formats"].split(), "format_options": format_options(row)}
    cursor = await conn.execute(
        """INSERT INTO party AS p (party_id, tenant, name, language, country, preferences, updated_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (party_id) DO UPDATE SET name = excluded.name, language = excluded.language,
                country = excluded.country, preferences = excluded.preferences, version = p.version + 1,
                updated_at = excluded.updated_at
             WHERE (p.name, p.language, p.country, p.preferences)
                   IS DISTINCT FROM (excluded.name, excluded.language, excluded.country, excluded.preferences)
           RETURNING version""",
        [party, tenant, row["name"], row.get("language"), row.get("country"), Jsonb(preferences), now],
    )
    party_row = await cursor.fetchone()
    await conn.execute("DELETE FROM party_identifier WHERE party_id = %s", [party])
    for scheme, value in identifiers:
        await conn.execute(
            """INSERT INTO party_identifier (tenant, scheme, value, party_id) VALUES (%s, %s, %s, %s)
               ON CONFLICT DO NOTHING""",
            [tenant, scheme, value, party],
        )
    contact_changed = await _import_contact(conn, tenant, party, row, now)
    if party_row is None and not contact_changed:
        return "unchanged"
    await _event(conn, store, tenant, party, row, by, now)
    return "new" if party_row and party_row["version"] == 1 else "changed"


async def _import_contact(conn: Connection, tenant: str, party: UUID, row: dict[str, str], now: datetime) -> bool:
    if not (row.get("email") or row.get("phone") or row.get("mailbox")):
        return False
    values = [row.get(name) for name in ("contact", "email", "phone", "language", "timezone", "channel", "mailbox")]
    cursor = await conn.execute(
        """INSERT INTO contact AS c (contact_id, tenant, party_id, name, email, phone, language, timezone, channel,
                                     mailbox, updated_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           ON CONFLICT (contact_id) DO UPDATE SET name = excluded.name, email = excluded.email, phone = excluded.phone,
                language = excluded.language, timezone = excluded.timezone, channel = excluded.channel,
                mailbox = excluded.mailbox, version = c.version + 1, updated_at = excluded.updated_at
             WHERE (c.name, c.email, c.phone, c.language, c.timezone, c.channel, c.mailbox)
                   IS DISTINCT FROM (excluded.name, excluded.email, excluded.phone, excluded.language,
                                     excluded.timezone, excluded.channel, excluded.mailbox)
           RETURNING version""",
        [ids.derive("contact", party, row.get("contact") or "main"), tenant, party, *values, now],
    )
    return await cursor.fetchone() is not None


async def _event(
    conn: Connection, store: Store, tenant: str, party: UUID, row: dict[str, str], by: str, now: datetime
) -> None:
    event = Event(
        tenant=tenant,
        stream=f"party:{party}",
        type=EventType.PARTY_IMPORTED,
        cause=f"import/{now.isoformat()}",
        occurred_at=now,
        actor=by,
        data={"identifiers": [scheme for scheme, _ in identifiers_of(row)]},
        personal=dict(row),
    )
    await events.append(conn, [event], recorded_at=now, keys=store.keys)
