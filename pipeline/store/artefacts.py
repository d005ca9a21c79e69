"""Where bytes stand, so that a document's files are found without reading its messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pipeline.store.database import Connection
from schemas.messages import ArtefactKind, ArtefactRef

_COLUMNS = ("kind", "sha256", "key", "size", "media_type", "name")


async def insert(conn: Connection, rows: Sequence[tuple[UUID, str, ArtefactRef]], now: datetime) -> None:
    """Record references: (owner, tenant, reference). The same bytes again change nothing."""
    if not rows:
        return
    await conn.execute(
        """INSERT INTO artefact (owner_id, tenant, kind, sha256, key, size, media_type, name, created_at)
           SELECT *, %s FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[],
                                    %s::text[], %s::text[]) ON CONFLICT DO NOTHING""",
        [
            now,
            [owner for owner, _, _ in rows],
            [tenant for _, tenant, _ in rows],
            *([getattr(ref, name) for _, _, ref in rows] for name in _COLUMNS),
        ],
    )


async def of_owner(conn: Connection, owner: UUID, kind: ArtefactKind | None = None) -> list[ArtefactRef]:
    """The artefacts of a document or export, newest first."""
    cursor = await conn.execute(
        """SELECT kind, sha256, key, size, media_type, name FROM artefact
            WHERE owner_id = %s AND (%s::text IS NULL OR kind = %s) ORDER BY created_at DESC, kind, name""",
        [owner, kind, kind],
    )
    return [ArtefactRef(**row) for row in await cursor.fetchall()]
