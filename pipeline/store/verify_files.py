"""Proving the stored files: every artefact is read again, and its bytes held against the digest under which it was put.

The digests that events name are sealed with them, so each is looked for among the artefacts, too: who changes a file
and its row is found by the event. Read in steps, in short transactions; memory does not grow with the store.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row

from connectors.storage import Storage
from pipeline.store.faults import FAULTS, Fault
from schemas.errors import ArtefactDamaged

AT_ONCE = 200
CHUNK = 1024 * 1024
READERS = 2


@dataclass(frozen=True)
class Files:
    """How many files of how many bytes were read, and those that are not what was put."""

    files: int
    size: int
    faults: tuple[Fault, ...]


_OWNED = """FROM entrega.artefact a LEFT JOIN entrega.document d ON d.document_id = a.owner_id
            WHERE (%(owners)s::uuid[] IS NULL OR a.owner_id = ANY (%(owners)s))"""

_NEXT = f"""SELECT a.owner_id, a.kind, a.sha256, a.key, a.size,
                   CASE WHEN d.document_id IS NULL THEN 'export:' ELSE 'document:' END || a.owner_id AS stream {_OWNED}
               AND (%(after)s::text[] IS NULL
                    OR (a.owner_id, a.kind, a.sha256) > (%(after)s[1]::uuid, %(after)s[2], %(after)s[3]))
             ORDER BY a.owner_id, a.kind, a.sha256 LIMIT {AT_ONCE}"""

_UNKNOWN = f"""SELECT e.stream, e.ver, e.type FROM entrega.event e
                WHERE e.type = ANY (%(types)s) AND e.data ? 'sha256'
                  AND (%(owners)s::uuid[] IS NULL OR split_part(e.stream, ':', 2) = ANY (%(owners)s::uuid[]::text[]))
                  AND NOT EXISTS (SELECT 1 FROM entrega.artefact a
                                   WHERE a.owner_id = split_part(e.stream, ':', 2)::uuid
                                     AND a.sha256 = e.data ->> 'sha256')
                ORDER BY e.stream, e.ver LIMIT {FAULTS}"""  # noqa: S608

NAMING = ("received", "extracted", "converted", "signed", "rendered")
"""Types of events whose `sha256` is of a file that is kept."""


async def count(conn: psycopg.AsyncConnection[Any], owners: Sequence[UUID] | None) -> int:
    """How many files there are to read."""
    row = await (await conn.execute(f"SELECT count(*) AS n {_OWNED}", {"owners": owners})).fetchone()
    assert row is not None
    return int(row["n"] if isinstance(row, dict) else row[0])


async def verify_files(
    conn: psycopg.AsyncConnection[Any],
    storage: Storage,
    *,
    owners: Sequence[UUID] | None = None,
    read: Callable[[int], None] = lambda _: None,
) -> Files:
    """Read the files of these documents and exports, or all; `read` is told how many were read since it was last.

    conn: not in a transaction. Raises StoreUnavailable (transient) where the store does not answer.
    """
    cursor: psycopg.AsyncCursor[Any] = conn.cursor(row_factory=namedtuple_row)
    loop = asyncio.get_running_loop()
    files, size, faults, after = 0, 0, list[Fault](), None
    with ThreadPoolExecutor(READERS) as pool:
        while True:
            async with conn.transaction():
                await cursor.execute(_NEXT, {"owners": owners, "after": after})
                rows = await cursor.fetchall()
            if not rows:
                break
            after = [str(rows[-1].owner_id), rows[-1].kind, rows[-1].sha256]
            found = await asyncio.gather(*(loop.run_in_executor(pool, _wrong, storage, row) for row in rows))
            faults += [Fault(row.stream, None, what) for row, what in zip(rows, found, strict=True) if what]
            files, size = files + len(rows), size + sum(row.size for row in rows)
            read(len(rows))
    async with conn.transaction():
        await cursor.execute(_UNKNOWN, {"owners": owners, "types": list(NAMING)})
        faults += [
            Fault(row.stream, row.ver, f"the file that it says was {row.type} is not among those that are kept")
            for row in await cursor.fetchall()
        ]
    return Files(files, size, tuple(faults[:FAULTS]))


def _wrong(storage: Storage, row: Any) -> str | None:
    digest, size = hashlib.sha256(), 0
    try:
        with storage.open(row.key) as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except ArtefactDamaged as error:
        return f"its file {row.kind} {row.sha256[:12]}: {error.text}"
    if (size, digest.hexdigest()) == (row.size, row.sha256):
        return None
    return f"its file {row.kind} {row.sha256[:12]} was changed: {size} bytes now, {row.size} when it was put"
