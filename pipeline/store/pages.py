"""What the pages ask of the store: what stands behind a link, what was issued, what waits for a person. Reads only."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.store.database import Connection


async def behind_link(conn: Connection, link_id: UUID) -> dict[str, Any] | None:
    """The document that a link leads to, and who was sent there: what the recipient's page shows.

    `profile` is the version that the delivery was planned with; `confirmed_at` is this recipient's own confirmation,
    of whichever message, where the link came with one, else anybody's. `demonstration`: the certificate that signed
    says so of itself.
    """
    cursor = await conn.execute(
        """SELECT d.document_id, d.tenant, d.document_type AS type, d.number, d.issue_date, d.due_date, d.currency,
                  d.amount_due, d.seller_name AS seller, d.state, d.created_at, l.created_at AS issued_at,
                  l.expires_at, v.profile, v.copy_of, c.timezone, v.policy ->> 'timezone' AS policy_timezone,
                  CASE WHEN l.attempt_id IS NULL THEN d.handed_over_at
                       ELSE (SELECT min(s.handed_over_at) FROM delivery s WHERE s.document_id = v.document_id
                                AND s.contact_id = v.contact_id) END AS confirmed_at,
                  coalesce((SELECT (e.data ->> 'demonstration')::boolean
                              FROM stream s JOIN event e ON e.month = s.month AND e.stream = s.stream
                             WHERE s.stream = 'document:' || d.document_id AND e.type = 'signed'
                             ORDER BY e.ver DESC LIMIT 1), false) AS demonstration
             FROM link l JOIN document d USING (document_id)
             LEFT JOIN attempt a ON a.attempt_id = l.attempt_id
             LEFT JOIN delivery v ON v.delivery_id = a.delivery_id
             LEFT JOIN contact c ON c.contact_id = l.contact_id
            WHERE l.link_id = %s""",
        [link_id],
    )
    return await cursor.fetchone()


async def links_of(conn: Connection, document: UUID) -> list[dict[str, Any]]:
    """Every link that was issued to a document, newest first, with the address that its message went to."""
    cursor = await conn.execute(
        """SELECT l.link_id, l.channel, l.created_at, l.expires_at, l.revoked_at, l.revoked_why, c.name AS contact,
                  a.address
             FROM link l LEFT JOIN contact c USING (contact_id) LEFT JOIN attempt a USING (attempt_id)
            WHERE l.document_id = %s ORDER BY l.created_at DESC, l.link_id""",
        [document],
    )
    return await cursor.fetchall()


async def messages(
    conn: Connection, *, tenant: str | None = None, after: tuple[datetime, UUID] | None = None,
    attempt: UUID | None = None, limit: int = 30,
) -> list[dict[str, Any]]:  # fmt: skip
    """Messages that were composed, newest first, with where their bytes stand (`message`).

    `after`, called_at and id of the last row, pages on from there: a batch is called at one time.
    """
    cursor = await conn.execute(
        """SELECT a.attempt_id, a.tenant, a.document_id, a.channel, a.provider, a.state, a.address, a.message,
                  a.called_at, a.reason, d.number, d.document_type AS type, d.buyer_name AS buyer
             FROM attempt a JOIN document d USING (document_id)
            WHERE a.message IS NOT NULL AND (%(tenant)s::text IS NULL OR a.tenant = %(tenant)s)
              AND (%(attempt)s::uuid IS NULL OR a.attempt_id = %(attempt)s)
              AND (%(at)s::timestamptz IS NULL OR a.called_at < %(at)s
                   OR (a.called_at = %(at)s AND a.attempt_id > %(row)s))
            ORDER BY a.called_at DESC, a.attempt_id LIMIT %(limit)s""",
        {
            "tenant": tenant,
            "attempt": attempt,
            "limit": limit,
            "at": after[0] if after else None,
            "row": after[1] if after else None,
        },
    )
    return await cursor.fetchall()


async def export(conn: Connection, export_id: UUID) -> dict[str, Any] | None:
    """One export as the door took it; `sha256` of its bytes."""
    cursor = await conn.execute(
        """SELECT export_id, tenant, name, source ->> 'sha256' AS sha256, (source ->> 'size')::bigint AS size, format,
                  received_at, received_by, documents, state, reason
             FROM export WHERE export_id = %s""",
        [export_id],
    )
    return await cursor.fetchone()


async def open_parked(conn: Connection, *, tenant: str | None = None) -> int:
    """How many things wait for a person."""
    cursor = await conn.execute(
        "SELECT count(*) AS n FROM parked WHERE state = 'open' AND (%s::text IS NULL OR tenant = %s)", [tenant, tenant]
    )
    row = await cursor.fetchone()
    return int(row["n"]) if row else 0


async def answers(conn: Connection) -> bool:
    """Whether the database answers."""
    cursor = await conn.execute("SELECT 1 AS one")
    return await cursor.fetchone() is not None
