"""Where deliveries and their documents stand, and when they are looked at again: what `settling` decided, written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pipeline.store.database import Connection
from schemas import ids

DERIVED = ("waiting", "captured", "accepted", "delivered", "undeliverable")
"""States of a document that follow from its deliveries."""


async def write(conn: Connection, changed: Sequence[tuple[UUID, str, str | None]], now: datetime) -> None:
    """New states of deliveries: (delivery, state, reason). One that was cancelled stays so."""
    if changed:
        await conn.execute(
            """UPDATE delivery d SET state = u.state, reason = u.reason, updated_at = %s
                 FROM unnest(%s::uuid[], %s::text[], %s::text[]) AS u(id, state, reason)
                WHERE d.delivery_id = u.id AND d.state <> 'cancelled'""",
            [now, *(list(column) for column in zip(*changed, strict=True))],
        )


async def review_later(conn: Connection, reviews: Sequence[tuple[UUID, str, datetime, str]]) -> None:
    """Plan to look again, once for each time. No row is changed: the relay may be firing it, and wait for us."""
    if not reviews:
        return
    rows = sorted(
        (ids.derive("review", delivery, at), tenant, delivery, at, why) for delivery, tenant, at, why in reviews
    )
    await conn.execute(
        """INSERT INTO due (due_id, tenant, kind, subject_id, at, payload, reason)
           SELECT id, tenant, 'review', delivery, at, '{}', reason
             FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::timestamptz[], %s::text[])
               AS u(id, tenant, delivery, at, reason)
           ON CONFLICT DO NOTHING""",
        [list(column) for column in zip(*rows, strict=True)],
    )


async def review_no_more(conn: Connection, deliveries: Sequence[UUID]) -> None:
    """What was planned for a delivery that is over; what the relay is firing just now finds nothing to do."""
    if deliveries:
        await conn.execute(
            """DELETE FROM due WHERE due_id IN (
                 SELECT due_id FROM due WHERE subject_id = ANY(%s) AND kind = 'review' FOR UPDATE SKIP LOCKED)""",
            [list(deliveries)],
        )


async def derive_documents(conn: Connection, deliveries: Sequence[UUID], now: datetime) -> None:
    """A document is parked while a delivery of its round is, and waits while one is open; then the best of them is its
    state."""
    if not deliveries:
        return
    # A statement of its own: the next one must see what a transaction wrote for which this one waits here. Looked up by
    # their deliveries alone: of the states a look-up by state would read all documents that ever ended.
    cursor = await conn.execute(
        """SELECT document_id, state, reason FROM document
            WHERE document_id IN (SELECT document_id FROM delivery WHERE delivery_id = ANY(%s))
            ORDER BY document_id FOR UPDATE""",
        [list(deliveries)],
    )
    documents = [
        row["document_id"]
        for row in await cursor.fetchall()
        if row["state"] in DERIVED or (row["state"], row["reason"]) == ("parked", "cannot-compose")
    ]
    await conn.execute(
        """WITH best AS (
             SELECT DISTINCT ON (o.document_id) o.document_id, d.reason,
                    CASE WHEN d.state <> 'open' THEN d.state
                         WHEN d.reason = 'cannot-compose' THEN 'parked' ELSE 'waiting' END AS state
               FROM document o JOIN delivery d ON d.document_id = o.document_id AND d.round = o.round
              WHERE o.document_id = ANY(%s) AND d.state <> 'cancelled'
              ORDER BY o.document_id, (d.state = 'open' AND d.reason = 'cannot-compose') IS TRUE DESC, array_position(
                    ARRAY['open', 'delivered', 'accepted', 'captured', 'undeliverable'], d.state))
           UPDATE document o SET state = best.state, reason = best.reason, updated_at = %s
             FROM best WHERE o.document_id = best.document_id
              AND (o.state, o.reason) IS DISTINCT FROM (best.state, best.reason)""",
        [documents, now],
    )
