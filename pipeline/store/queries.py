"""What people ask of documents: search, progress, one document's whole story. Pages and commands ask the same way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from pipeline.store.database import Connection
from pipeline.store.searching import ENDS, FIELDS, parse_query
from pipeline.store.tenancy import EVERYBODY, Whose
from schemas.errors import ConfigurationError

_DOCUMENT = """d.document_id, d.tenant, d.export_id, e.name AS export, d.address, d.document_type AS type, d.number,
    d.issue_date, d.due_date, d.currency, d.amount_due, d.seller_name AS seller, d.buyer_name AS buyer, d.party_id,
    d.revision, d.duplicate_of, d.state, d.stage, d.reason, d.round, d.handed_over_at, d.created_at, d.updated_at"""

_ID_BEGINS = re.compile(r"[0-9a-f]{8}[0-9a-f-]*", re.IGNORECASE)


@dataclass(frozen=True)
class Progress:
    """How far exports are: documents known so far, at their end, and whether that is all."""

    known: int
    ended: int
    finished: bool


async def progress(conn: Connection, exports: Sequence[UUID]) -> Progress:
    """An export that was refused as a whole is finished, with no documents."""
    cursor = await conn.execute(
        """SELECT count(*) AS known, count(*) FILTER (WHERE state = ANY(%s)) AS ended,
                  (SELECT count(*) FROM export WHERE export_id = ANY(%s)
                      AND documents IS NULL AND state <> 'refused') AS unread
             FROM document WHERE export_id = ANY(%s)""",
        [sorted(ENDS), list(exports), list(exports)],
    )
    row = await cursor.fetchone()
    assert row is not None
    return Progress(row["known"], row["ended"], row["unread"] == 0 and row["known"] == row["ended"])


async def documents_of_exports(conn: Connection, exports: Sequence[UUID]) -> list[dict[str, Any]]:
    """One row a document, and one for each export that was refused as a whole."""
    cursor = await conn.execute(
        f"""SELECT {_DOCUMENT} FROM document d JOIN export e USING (export_id)
             WHERE d.export_id = ANY(%s) ORDER BY e.received_at, d.export_step, d.created_at, d.address""",  # noqa: S608
        [list(exports)],
    )
    found = await cursor.fetchall()
    cursor = await conn.execute(
        """SELECT export_id, name AS export, 'export' AS type, state, reason FROM export
            WHERE export_id = ANY(%s) AND state = 'refused'""",
        [list(exports)],
    )
    return found + [{"document_id": None, "number": None, **row} for row in await cursor.fetchall()]


async def documents(
    conn: Connection, query: str = "", *, tenant: str | None = None, limit: int = 100,
    after: tuple[datetime, UUID] | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """Documents that fit a query, newest first; `after`, created_at and id of the last row, pages on from there."""
    conditions: list[str] = ["true"]
    parameters: list[Any] = []
    for name, value in parse_query(query):
        if name == "text":
            conditions.append(
                "(d.number ILIKE %s OR d.buyer_name ILIKE %s OR d.seller_name ILIKE %s OR d.document_id::text LIKE %s)"
            )
            like = f"%{_literal(value)}%"
            begins = f"{value.lower()}%" if _ID_BEGINS.fullmatch(value) else ""
            parameters += [like, like, like, begins]
            continue
        condition = FIELDS[name]
        conditions.append(condition)
        shown = f"%{_literal(value)}%" if "ILIKE" in condition else value
        parameters += [shown] * condition.count("%s")
    if tenant:
        conditions.append("d.tenant = %s")
        parameters.append(tenant)
    if after:  # the documents of one step of an export have the same time
        conditions.append("(d.created_at < %s OR (d.created_at = %s AND d.document_id > %s))")
        parameters += [after[0], after[0], after[1]]
    try:
        cursor = await conn.execute(
            f"""SELECT {_DOCUMENT} FROM document d JOIN export e USING (export_id)
                 WHERE {" AND ".join(conditions)} ORDER BY d.created_at DESC, d.document_id LIMIT {int(limit)}""",  # noqa: S608
            parameters,
        )
    except psycopg.DataError as error:
        raise ConfigurationError("a value of the query cannot be read: days are written 2026-11-22") from error
    return await cursor.fetchall()


def _literal(value: str) -> str:
    return value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def find(conn: Connection, name: str, whose: Whose = EVERYBODY) -> dict[str, Any]:
    """One document by its id, the id's beginning (8 digits or more), or its number. Raises ConfigurationError."""
    cursor = await conn.execute(
        f"""SELECT {_DOCUMENT} FROM document d JOIN export e USING (export_id)
             WHERE ((d.document_id::text = %(name)s OR (length(%(name)s) >= 8 AND d.document_id::text LIKE %(begins)s))
                    AND (%(of_ids)s::text IS NULL OR d.tenant = %(of_ids)s))
                OR (d.number = %(name)s AND (%(tenant)s::text IS NULL OR d.tenant = %(tenant)s))
             ORDER BY d.state = 'duplicate', d.created_at DESC LIMIT 20""",  # noqa: S608
        {"name": name, "begins": f"{_literal(name)}%", "of_ids": whose.of_ids, "tenant": whose.tenant},
    )
    found = await cursor.fetchall()
    originals = [row for row in found if row["state"] != "duplicate"] or found
    # what was refused before it could be read has been mended, where a document of its number came later
    originals = [row for row in originals if row["type"] != "unknown"] or originals[:1]
    originals = _without_mended(originals)
    if len({row["tenant"] for row in originals}) == 1 and (len(originals) == 1 or originals[0]["revision"] > 1):
        return originals[0]
    if not originals:
        raise ConfigurationError(f"there is no document {name}{whose}")
    several = ", ".join(f"{row['document_id']} ({row['tenant']}, {row['state']})" for row in originals[:5])
    raise ConfigurationError(f"{name} fits several documents: {several}")


def _without_mended(newest_first: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A document that was refused or closed is no answer to its number once it came again and was taken."""
    answers: list[dict[str, Any]] = []
    for row in newest_first:
        again = any(all(row[name] == later[name] for name in ("tenant", "type", "seller")) for later in answers)
        if not (again and row["state"] in {"refused", "discarded", "superseded"}):
            answers.append(row)
    return answers


async def exports(conn: Connection, *, tenant: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """Batches, newest first, with how many documents are in which state."""
    cursor = await conn.execute(
        """SELECT e.export_id, e.tenant, e.name, e.format, e.received_at, e.received_by, e.documents,
                  e.state, e.reason,
                  coalesce((SELECT json_object_agg(s.state, s.n)
                              FROM (SELECT state, count(*) AS n FROM document
                                     WHERE export_id = e.export_id GROUP BY state) s), '{}') AS states
             FROM export e WHERE %s::text IS NULL OR e.tenant = %s ORDER BY e.received_at DESC LIMIT %s""",
        [tenant, tenant, limit],
    )
    return await cursor.fetchall()


async def attempts(conn: Connection, document: UUID) -> list[dict[str, Any]]:
    """Every attempt of a document's deliveries, in order."""
    cursor = await conn.execute(
        """SELECT a.attempt_id, a.delivery_id, a.ordinal, a.channel, a.provider, a.state, a.due_at, a.tries, a.code,
                  a.status, a.reason, a.provider_message_id, a.caused_by, a.called_at, a.updated_at, d.contact_id,
                  d.rule, d.round, d.state AS delivery
             FROM attempt a JOIN delivery d USING (delivery_id)
            WHERE a.document_id = %s ORDER BY d.created_at, a.delivery_id, a.ordinal""",
        [document],
    )
    return await cursor.fetchall()


async def planned(conn: Connection, document: UUID) -> list[dict[str, Any]]:
    """What will happen by itself: due rows of the document and its deliveries, attempts that wait, and those of which
    nobody knows what came: at that time it is decided, by asking or by sending once more."""
    cursor = await conn.execute(
        """SELECT kind, at, reason FROM due
            WHERE fired_at IS NULL
              AND (subject_id = %s OR subject_id IN (SELECT delivery_id FROM delivery WHERE document_id = %s))
            UNION ALL
           SELECT CASE state WHEN 'planned' THEN 'attempt by ' ELSE 'outcome of ' END || channel, due_at, reason
             FROM attempt WHERE document_id = %s AND state IN ('planned', 'unknown')
            ORDER BY at""",
        [document, document, document],
    )
    return await cursor.fetchall()


async def totals(conn: Connection, *, tenant: str | None = None) -> dict[str, int]:
    """How many documents are in which state."""
    cursor = await conn.execute(
        "SELECT state, count(*) AS n FROM document WHERE %s::text IS NULL OR tenant = %s GROUP BY state",
        [tenant, tenant],
    )
    return {row["state"]: row["n"] for row in await cursor.fetchall()}


async def has_tenant(conn: Connection, tenant: str) -> bool:
    """Whether anything was ever stored for a tenant, though its profile may be gone."""
    tables = ("export", "party", "parked")
    each = " OR ".join(f"EXISTS (SELECT FROM {table} WHERE tenant = %(tenant)s)" for table in tables)
    cursor = await conn.execute(f"SELECT {each} AS known", {"tenant": tenant})
    row = await cursor.fetchone()
    return row is not None and bool(row["known"])


async def about(conn: Connection) -> dict[str, str]:
    """Which server this is, at which schema, as which role."""
    cursor = await conn.execute(
        """SELECT current_setting('server_version') AS version, current_user AS role,
                  (SELECT version_num FROM schema_version) AS schema"""
    )
    row = await cursor.fetchone()
    assert row is not None
    return {key: str(value) for key, value in row.items()}
