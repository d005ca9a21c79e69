"""Proving the tables: where rows say a document, a delivery or an attempt stands, the history must tell it.

People and commands read where things stand in rows, for these can be searched; rows can be changed, and the history
cannot. Found: a document that is gone or stands elsewhere than its events say, deliveries and attempts that claim what
no event tells, stops that were taken away. Not looked at: a document's number, parties and amounts, which are in its
stored files, and work that is still going on, beyond that it was not stopped.

Each claim holds in every committed state, for rows and events are written in one transaction: a fault is no delay.
"""

# ruff: noqa: S608  the queries are put together of constants

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import psycopg

from pipeline.store.faults import FAULTS, Fault, rows_of

# Which events a claim rests on; a claim that is not named here needs none.
DOCUMENT = {
    "refused": ["refused"],
    "parked": ["parked"],
    "duplicate": ["duplicate"],
    "superseded": ["superseded"],
    "discarded": ["discarded"],
    "captured": ["captured"],
    "accepted": ["accepted", "deferred"],
    "delivered": ["delivered", "complained", "handed-over"],
    "undeliverable": ["undeliverable"],
}
ATTEMPT = {
    "captured": ["captured"],
    "accepted": ["accepted"],
    "delivered": ["delivered"],
    "bounced": ["bounced"],
    "complained": ["complained"],
}
LADDER = ["delivered", "bounced", "complained"]
"""What cannot be taken back: the highest that was told of an attempt is where it stands (stages/delivery/states.py)."""

PASSING = ["cannot-compose", "broker-refused"]
"""Stops of one delivery or message, which do not always stop their document."""

_OF = "(%(documents)s::uuid[] IS NULL OR {} = ANY (%(documents)s))"
_STREAMS = """(%(documents)s::uuid[] IS NULL
               OR e.stream = ANY (SELECT 'document:' || id FROM unnest(%(documents)s::uuid[]) AS id))"""

GONE = f"""
    SELECT e.stream, NULL::int, 'its document is gone from the tables' FROM stream e
     WHERE e.stream LIKE 'document:%%' AND {_STREAMS}
       AND NOT EXISTS (SELECT 1 FROM document d WHERE 'document:' || d.document_id = e.stream)"""

DOCUMENTS = f"""
    WITH told AS (
      SELECT e.stream, array_agg(DISTINCT e.type) AS types FROM event e
       WHERE e.stream LIKE 'document:%%' AND {_STREAMS} GROUP BY e.stream)
    SELECT 'document:' || d.document_id, NULL::int, 'the tables say ' || d.state || ', and no event tells it'
      FROM document d LEFT JOIN told t ON t.stream = 'document:' || d.document_id
     WHERE {_OF.format("d.document_id")} AND %(document)s::jsonb ? d.state
       AND NOT coalesce(t.types && ARRAY(SELECT jsonb_array_elements_text(%(document)s::jsonb -> d.state)), false)"""

STOPPED = f"""
    WITH stop AS (
      SELECT e.stream, e.type, e.ver, split_part(e.cause, '/', 2) AS round FROM event e
       WHERE e.type IN ('refused', 'parked') AND coalesce(e.data ->> 'reason', '') <> ALL (%(passing)s) AND {_STREAMS}
         AND e.stream LIKE 'document:%%'
         AND NOT EXISTS (SELECT 1 FROM event later WHERE later.month = e.month AND later.stream = e.stream
                            AND later.ver > e.ver AND later.type IN ('replayed', 'resend-requested')))
    SELECT s.stream, s.ver, 'it stopped here, and the tables say ' || d.state
      FROM stop s JOIN document d ON d.document_id = substr(s.stream, 10)::uuid AND d.round::text = s.round
     WHERE d.state <> ALL (ARRAY['refused', 'parked', 'superseded', 'discarded'])"""

OPEN_STOPS = f"""
    SELECT 'document:' || d.document_id, NULL::int, 'it is ' || d.state || ', and nothing of it is parked'
      FROM document d WHERE d.state IN ('refused', 'parked') AND {_OF.format("d.document_id")}
       AND NOT EXISTS (SELECT 1 FROM parked p WHERE p.document_id = d.document_id AND p.state = 'open')"""

ENDED = f"""
    SELECT 'document:' || d.document_id, NULL::int, 'the tables say ' || d.state || ', and no delivery does'
      FROM document d
     WHERE d.state IN ('captured', 'accepted', 'delivered', 'undeliverable') AND {_OF.format("d.document_id")}
       AND NOT EXISTS (SELECT 1 FROM delivery l WHERE l.document_id = d.document_id AND l.round = d.round
                          AND l.state = d.state)
    UNION ALL
    SELECT 'document:' || d.document_id, NULL, 'the tables say waiting, and no delivery is open'
      FROM document d WHERE d.state = 'waiting' AND {_OF.format("d.document_id")}
       AND EXISTS (SELECT 1 FROM delivery l WHERE l.document_id = d.document_id AND l.round = d.round
                      AND l.state <> 'cancelled')
       AND NOT EXISTS (SELECT 1 FROM delivery l WHERE l.document_id = d.document_id AND l.round = d.round
                          AND l.state = 'open')"""

DELIVERIES = f"""
    SELECT 'document:' || l.document_id, NULL::int, 'a delivery says ' || l.state || ', and no attempt of it does'
      FROM delivery l JOIN document d ON d.document_id = l.document_id AND d.round = l.round
     WHERE l.state IN ('captured', 'accepted', 'delivered') AND d.state <> ALL (ARRAY['superseded', 'discarded'])
       AND {_OF.format("l.document_id")} AND NOT (l.state = 'delivered' AND l.handed_over_at IS NOT NULL)
       AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = l.delivery_id AND a.state = ANY (
             CASE l.state WHEN 'captured' THEN ARRAY['captured'] WHEN 'accepted' THEN ARRAY['accepted', 'deferred']
                  ELSE ARRAY['delivered', 'complained'] END))
    UNION ALL
    SELECT 'document:' || l.document_id, NULL, 'a delivery was confirmed by its recipient, and no event tells it'
      FROM delivery l
     WHERE l.handed_over_at IS NOT NULL AND {_OF.format("l.document_id")}
       AND NOT EXISTS (SELECT 1 FROM stream s JOIN event e USING (month, stream)
                        WHERE s.stream = 'document:' || l.document_id AND e.type = 'handed-over')"""

ATTEMPTS = f"""
    WITH told AS (
      SELECT e.stream, (e.data ->> 'attempt')::uuid AS attempt_id, array_agg(DISTINCT e.type) AS types,
             max(array_position(%(ladder)s::text[], e.type)) AS rung
        FROM event e WHERE e.type = ANY (%(telling)s) AND e.data ? 'attempt' AND {_STREAMS} GROUP BY 1, 2)
    SELECT coalesce(t.stream, 'document:' || a.document_id), NULL::int,
           CASE WHEN a.attempt_id IS NULL THEN 'an attempt of it is gone from the tables'
                WHEN t.rung IS NULL THEN 'an attempt says ' || a.state || ', and no event tells it'
                ELSE 'an attempt says ' || a.state || ', and the events say ' || (%(ladder)s::text[])[t.rung] END
      FROM told t FULL JOIN (SELECT * FROM attempt WHERE {_OF.format("document_id")}) a USING (attempt_id)
     WHERE a.attempt_id IS NULL OR a.state <> (%(ladder)s::text[])[t.rung]
        OR (%(attempt)s::jsonb ? a.state AND NOT coalesce(
              t.types && ARRAY(SELECT jsonb_array_elements_text(%(attempt)s::jsonb -> a.state)), false))"""

CHECKS = (GONE, DOCUMENTS, STOPPED, OPEN_STOPS, ENDED, DELIVERIES, ATTEMPTS)


@dataclass(frozen=True)
class Tables:
    """How many documents' rows were held against the history, and what it does not tell."""

    documents: int
    faults: tuple[Fault, ...]


async def verify_tables(conn: psycopg.AsyncConnection[Any], *, document: UUID | None = None) -> Tables:
    """Hold the rows of one document, or of all, against the history, in one snapshot.

    conn: not in a transaction; any role that may read the tables. The history is what it says only where `verify` finds
    it whole.
    """
    parameters = {
        "documents": [document] if document else None,
        "document": orjson.dumps(DOCUMENT).decode(),
        "attempt": orjson.dumps(ATTEMPT).decode(),
        "ladder": LADDER,
        "telling": sorted({"calling", *(word for words in ATTEMPT.values() for word in words)}),
        "passing": PASSING,
    }
    faults: list[Fault] = []
    async with conn.transaction():
        await conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        await conn.execute("SET LOCAL search_path = entrega")
        cursor = await conn.execute(f"SELECT count(*) FROM document d WHERE {_OF.format('d.document_id')}", parameters)
        counted = await cursor.fetchone()
        assert counted is not None
        for number, check in enumerate(CHECKS):
            query = f"SELECT * FROM ({check}) AS fault ORDER BY 1, 2 LIMIT {FAULTS}"
            faults += [Fault(*row) async for row in rows_of(conn, f"tables_{number}", query, parameters)]
    documents = counted["count"] if isinstance(counted, dict) else counted[0]
    return Tables(int(documents), tuple(faults))
