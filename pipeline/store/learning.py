"""Parties that an invoice itself teaches, where the tenant's profile allows it: into the directory, with an event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pipeline.store.database import Connection
from schemas import ids
from schemas.events import Event, EventType
from schemas.messages import ExportReceived, PlanRequested
from schemas.outcomes import LearntParty


async def learn(
    conn: Connection,
    message: ExportReceived | PlanRequested,
    parties: Sequence[LearntParty],
    log: list[Event],
    now: datetime,
) -> None:
    """Each once: a party that stands in the directory stays as it is."""
    for party in parties:
        cursor = await conn.execute(
            """INSERT INTO party (party_id, tenant, name, language, country, learnt, updated_at)
               VALUES (%s, %s, %s, %s, %s, true, %s) ON CONFLICT DO NOTHING RETURNING party_id""",
            [party.party_id, message.tenant, party.name, party.language, party.country, now],
        )
        if not await cursor.fetchone():
            continue
        for scheme, value in party.identifiers:
            await conn.execute(
                """INSERT INTO party_identifier (tenant, scheme, value, party_id) VALUES (%s, %s, %s, %s)
                   ON CONFLICT DO NOTHING""",
                [message.tenant, scheme, value, party.party_id],
            )
        if party.email or party.phone:
            await conn.execute(
                """INSERT INTO contact (contact_id, tenant, party_id, email, phone, language, updated_at)
                   VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
                [
                    ids.derive("contact", party.party_id, "learnt"),
                    message.tenant,
                    party.party_id,
                    party.email,
                    party.phone,
                    party.language,
                    now,
                ],
            )
        log.append(
            Event(
                tenant=message.tenant,
                stream=f"party:{party.party_id}",
                type=EventType.PARTY_LEARNT,
                cause=f"extraction/{message.export_id}",
                occurred_at=now,
                actor="stage:extraction",
                data={"export": str(message.export_id)},
                personal={"name": party.name},
            )
        )
