"""What stopped, and why: the one question about it, for `show`, `undelivered`, `parked`, `ingest --wait` and the pages.

A stop is a row: what it belongs to (`number`, `export`, `address`), `reason`, `explanation`, `findings` (dumped
`schemas.errors.Finding`), what else its stage told (`detail`), `advice` for a person, and `command`, the words behind
`entrega` that put it back; None where nothing but a mended export helps.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline import plain
from pipeline.advising import advice
from pipeline.store.database import Connection
from pipeline.store.parking import REFUSING
from pipeline.store.tenancy import EVERYBODY, Whose
from schemas.errors import ConfigurationError

STATES = ("open", "replayed", "discarded", "superseded")

MENDED_OUTSIDE = REFUSING | {"content-conflict"}
"""Reasons that a replay only meets again: in a conflict, the document that was first holds the number."""

_COLUMNS = """p.parked_id, p.tenant, p.document_id, coalesce(p.export_id, d.export_id) AS export_id, d.number,
    d.document_type AS type, d.buyer_name AS buyer, coalesce(d.address, '') AS address, e.name AS export, e.format,
    p.stage, p.round, p.reason, p.explanation, coalesce(p.detail -> 'findings', '[]') AS findings,
    p.detail - 'findings' AS detail, p.state, p.parked_at, p.closed_at, p.closed_by, p.closed_why,
    p.topic, p.partition, p."offset", length(p.raw) AS raw_bytes,
    p.message IS NOT NULL OR p.raw IS NOT NULL AS replayable"""
_FROM = """parked p LEFT JOIN document d USING (document_id)
    LEFT JOIN export e ON e.export_id = coalesce(p.export_id, d.export_id)"""


async def stops(
    conn: Connection, *, state: str = "open", tenant: str | None = None, documents: Sequence[UUID] | None = None,
    exports: Sequence[UUID] | None = None, newest_first: bool = False, after: tuple[datetime, UUID] | None = None,
    limit: int | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Everything that stopped, oldest first, of all or of some documents or exports. `state` empty: open and closed.
    `after`, parked_at and id of the last row, pages on from there.

    A duplicate of a document that stopped is answered by that document's stop: it is what has to go on.
    """
    order, beyond = ("DESC", "<") if newest_first else ("ASC", ">")
    cursor = await conn.execute(
        f"""WITH asked AS (SELECT coalesce(duplicate_of, document_id) AS document_id FROM document
                           WHERE document_id = ANY(%(documents)s) OR export_id = ANY(%(exports)s))
            SELECT {_COLUMNS} FROM {_FROM}
             WHERE (%(state)s = '' OR p.state = %(state)s) AND (%(tenant)s::text IS NULL OR p.tenant = %(tenant)s)
               AND (%(all)s OR p.export_id = ANY(%(exports)s) OR p.document_id IN (SELECT document_id FROM asked))
               AND (%(at)s::timestamptz IS NULL OR p.parked_at {beyond} %(at)s
                    OR (p.parked_at = %(at)s AND p.parked_id > %(row)s))
             ORDER BY p.parked_at {order}, p.parked_id LIMIT %(limit)s""",  # noqa: S608  constants
        {
            "state": state, "tenant": tenant, "all": documents is None and exports is None, "limit": limit,
            "documents": list(documents or ()), "exports": list(exports or ()),
            "at": after[0] if after else None, "row": after[1] if after else None,
        },
    )  # fmt: skip
    return [_advised(row) for row in await cursor.fetchall()]


async def stop(conn: Connection, name: str, whose: Whose = EVERYBODY) -> dict[str, Any]:
    """One stop by its id, the id's beginning, or its document's number or id; the open one before those that are
    closed. Raises ConfigurationError when none or several fit."""
    cursor = await conn.execute(
        f"""SELECT {_COLUMNS} FROM {_FROM}
             WHERE (((length(%(name)s) >= 8 AND p.parked_id::text LIKE %(begins)s) OR p.document_id::text = %(name)s)
                    AND (%(of_ids)s::text IS NULL OR p.tenant = %(of_ids)s))
                OR (d.number = %(name)s AND (%(tenant)s::text IS NULL OR p.tenant = %(tenant)s))
             ORDER BY p.state = 'open' DESC, p.parked_at DESC""",  # noqa: S608  constants
        {
            "name": name, "begins": f"{name.replace('%', '').replace('_', '')}%",
            "of_ids": whose.of_ids, "tenant": whose.tenant,
        },
    )  # fmt: skip
    found = await cursor.fetchall()
    current = [row for row in found if row["state"] == "open"] or found
    if len({row["tenant"] for row in current}) == 1:  # of one tenant's closed ones the last is meant
        current = current if current[0]["state"] == "open" else current[:1]
    if len(current) == 1:
        return _advised(current[0])
    if not current:
        raise ConfigurationError(f"nothing is parked under {name}{whose}")
    several = ", ".join(f"{row['parked_id']} ({row['tenant']})" for row in current[:5])
    raise ConfigurationError(f"{name} fits several: {several}")


async def elsewhere(conn: Connection, tenant: str, state: str) -> int:
    """How many stops there are of everybody but a tenant."""
    cursor = await conn.execute(
        "SELECT count(*) AS n FROM parked WHERE tenant <> %s AND (%s = '' OR state = %s)", [tenant, state, state]
    )
    row = await cursor.fetchone()
    return int(row["n"]) if row else 0


_MISSED = """document d
    LEFT JOIN LATERAL (SELECT * FROM attempt WHERE document_id = d.document_id
                        ORDER BY updated_at DESC, ordinal DESC LIMIT 1) a ON true
    WHERE (d.state IN ('parked', 'refused', 'undeliverable')
           OR (d.state = 'waiting' AND a.state IN ('refused', 'bounced', 'unknown', 'deferred')))"""


async def undelivered(
    conn: Connection, *, tenant: str | None = None, state: str | None = None,
    after: tuple[datetime, UUID] | None = None, limit: int | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Who did not get it, and why: the last attempt's reason, or why the document stopped, told as `stops` tells it;
    newest first. `after`, updated_at and id of the last row, pages on from there."""
    cursor = await conn.execute(
        f"""SELECT d.document_id, d.tenant, d.number, d.document_type AS type, d.buyer_name AS buyer, d.state,
                  coalesce(a.reason, d.reason) AS reason, a.channel, a.code, a.status, a.state AS attempt,
                  (SELECT count(*) FROM attempt WHERE document_id = d.document_id AND state <> 'planned') AS attempts,
                  d.updated_at
             FROM {_MISSED}
              AND (%(tenant)s::text IS NULL OR d.tenant = %(tenant)s)
              AND (%(state)s::text IS NULL OR d.state = %(state)s)
              AND (%(at)s::timestamptz IS NULL OR d.updated_at < %(at)s
                   OR (d.updated_at = %(at)s AND d.document_id > %(row)s))
            ORDER BY d.updated_at DESC, d.document_id LIMIT %(limit)s""",  # noqa: S608  constants
        {
            "tenant": tenant, "state": state, "limit": limit,
            "at": after[0] if after else None, "row": after[1] if after else None,
        },
    )  # fmt: skip
    found = await cursor.fetchall()
    stopped = {row["document_id"]: row for row in await stops(conn, documents=[row["document_id"] for row in found])}
    return [row | _why(row, stopped.get(row["document_id"])) for row in found]


async def undelivered_reasons(conn: Connection) -> list[tuple[str, int]]:
    """Reasons of all that `undelivered` tells of, with how many there are, the most frequent first."""
    cursor = await conn.execute(
        f"""SELECT coalesce(a.reason, d.reason, 'unknown') AS reason, count(*) AS n FROM {_MISSED}
             GROUP BY 1 ORDER BY n DESC, 1"""  # noqa: S608  constants
    )
    return [(row["reason"], row["n"]) for row in await cursor.fetchall()]


def _why(row: dict[str, Any], stop: dict[str, Any] | None) -> dict[str, Any]:
    told = ("explanation", "findings", "stage", "parked_id", "advice", "command")
    if stop is not None:
        return {name: stop[name] for name in told}
    says, do = plain.reason(row["reason"] or "unknown")
    again = row["state"] == "undeliverable" and row["reason"] not in ("opted-out", "complained")
    command = f"resend {str(row['document_id'])[:8]}" if again else None
    return dict.fromkeys(told) | {"explanation": says, "findings": [], "advice": do, "command": command}


def _advised(row: dict[str, Any]) -> dict[str, Any]:
    again = row["state"] == "open" and row["replayable"] and row["reason"] not in MENDED_OUTSIDE
    return {
        **row,
        "advice": advice(row["reason"], [finding["rule"] for finding in row["findings"]], row["format"]),
        "command": f"parked replay {str(row['parked_id'])[:8]}" if again else None,
    }
