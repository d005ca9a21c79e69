"""Where bytes stand, so that a document's files are found without reading its messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pipeline.store.database import Connection, as_json
from schemas.messages import ArtefactKind, ArtefactRef


async def insert(conn: Connection, rows: Sequence[tuple[UUID, str, ArtefactRef]], now: datetime) -> None:
    """Record references: (owner, tenant, reference). The same bytes again change nothing."""
    if not rows:
        return
    await conn.execute(
        """INSERT INTO artefact (owner_id, tenant, kind, sha256, key, size, media_type, name, created_at)
           SELECT *, %s FROM json_to_recordset(%s::json) AS row
               (owner_id uuid, tenant text, kind text, sha256 text, key text, size bigint, media_type text, name text)
           ON CONFLICT DO NOTHING""",
        [now, as_json([{"owner_id": owner, "tenant": tenant, **dict(ref)} for owner, tenant, ref in rows])],
    )


async def of_owner(conn: Connection, owner: UUID, kind: ArtefactKind | None = None) -> list[ArtefactRef]:
    """The artefacts of a document or export, newest first."""
    cursor = await conn.execute(
        """SELECT kind, sha256, key, size, media_type, name FROM artefact
            WHERE owner_id = %s AND (%s::text IS NULL OR kind = %s) ORDER BY created_at DESC, kind, name""",
        [owner, kind, kind],
    )
    return [ArtefactRef(**row) for row in await cursor.fetchall()]
