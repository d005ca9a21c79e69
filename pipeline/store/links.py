"""Links: how a recipient gets to a document without an account.

A token is 160 random bits, 32 characters of base32 in lower case: it survives phones, capitals and line ends. The
store holds its SHA-256 only, so who reads the database opens nothing; the token itself stands in the message that
carries it. Every sending has its own token: withdrawing one, or its expiry, never touches another, and looking one up
changes nothing, for mail scanners open everything.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pipeline.store import events
from pipeline.store.database import Connection, Store, as_json
from schemas import ids
from schemas.events import Event, EventType, document_stream

TOKEN = re.compile(r"[a-z2-7]{32}")
LinkState = Literal["valid", "expired", "revoked", "unknown"]


@dataclass(frozen=True)
class NewLink:
    """A link about to be issued. `repr` hides the token: it must reach no log."""

    link_id: UUID
    token: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"NewLink({self.link_id})"

    def url(self, public_url: str) -> str:
        return f"{public_url.rstrip('/')}/d/{self.token}"


@dataclass(frozen=True)
class Link:
    """What a token leads to. Of an unknown one nothing is set."""

    state: LinkState
    link_id: UUID | None = None
    tenant: str | None = None
    document_id: UUID | None = None
    attempt_id: UUID | None = None
    contact_id: UUID | None = None
    channel: str | None = None
    language: str | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Issued:
    """A row to write: which document, for which sending."""

    link: NewLink
    tenant: str
    document_id: UUID
    attempt_id: UUID | None
    contact_id: UUID | None
    channel: str


def draw(now: datetime, days: int) -> NewLink:
    """A fresh token, valid for `days`. Nothing is stored yet."""
    token = base64.b32encode(secrets.token_bytes(20)).decode("ascii").lower()
    return NewLink(ids.derive("link", digest(token).hex()), token, now + timedelta(days=days))


def digest(token: str) -> bytes:
    """What stands in the database for a token: SHA-256, so that nobody who reads it can open a page."""
    return hashlib.sha256(token.encode("ascii")).digest()


async def issue(conn: Connection, rows: Sequence[Issued], log: list[Event], now: datetime) -> None:
    """Store the hashes, and say in the log that links were made (not where they lead)."""
    if not rows:
        return
    issued = [
        {
            "token_hash": "\\x" + digest(row.link.token).hex(),
            "link_id": row.link.link_id,
            "tenant": row.tenant,
            "document_id": row.document_id,
            "attempt_id": row.attempt_id,
            "contact_id": row.contact_id,
            "channel": row.channel,
            "expires_at": row.link.expires_at,
        }
        for row in rows
    ]
    await conn.execute(
        """INSERT INTO link (token_hash, link_id, tenant, document_id, attempt_id, contact_id, channel, expires_at,
                             created_at)
           SELECT *, %s FROM json_to_recordset(%s::json) AS u(token_hash bytea, link_id uuid, tenant text,
                  document_id uuid, attempt_id uuid, contact_id uuid, channel text, expires_at timestamptz)""",
        [now, as_json(issued)],
    )
    for row in rows:
        log.append(
            Event(
                tenant=row.tenant,
                stream=document_stream(row.document_id),
                type=EventType.LINK_ISSUED,
                cause=f"link/{row.link.link_id}",
                occurred_at=now,
                actor="role:dispatcher",
                data={
                    "link": str(row.link.link_id),
                    "attempt": str(row.attempt_id) if row.attempt_id else None,
                    "channel": row.channel,
                    "expires_at": row.link.expires_at,
                },
            )
        )


async def look_up(store: Store, token: str) -> Link:
    """What a token leads to, and whether it still does. Reads only: a GET consumes nothing."""
    token = token.lower()
    if not TOKEN.fullmatch(token):
        return Link("unknown")
    async with store.transaction() as conn:
        cursor = await conn.execute(
            """SELECT l.link_id, l.tenant, l.document_id, l.attempt_id, l.contact_id, l.channel, l.expires_at,
                      l.revoked_at, coalesce(c.language, d.language) AS language
                 FROM link l
                 LEFT JOIN contact c USING (contact_id)
                 LEFT JOIN attempt a USING (attempt_id)
                 LEFT JOIN delivery d ON d.delivery_id = a.delivery_id
                WHERE l.token_hash = %s""",
            [digest(token)],
        )
        row = await cursor.fetchone()
    if row is None:
        return Link("unknown")
    revoked = row.pop("revoked_at") is not None
    state: LinkState = "revoked" if revoked else "expired" if row["expires_at"] <= store.clock() else "valid"
    return Link(state, **row)


async def revoke(store: Store, link_id: UUID, *, why: str, actor: str) -> bool:
    """Withdraw one link; False where it is unknown or was withdrawn before. Other links stay as they are."""
    now = store.clock()
    async with store.transaction() as conn:
        cursor = await conn.execute(
            """UPDATE link SET revoked_at = %s, revoked_why = %s WHERE link_id = %s AND revoked_at IS NULL
               RETURNING tenant, document_id""",
            [now, why, link_id],
        )
        row = await cursor.fetchone()
        if row is None:
            return False
        event = Event(
            tenant=row["tenant"],
            stream=document_stream(row["document_id"]),
            type=EventType.LINK_REVOKED,
            cause=f"link/{link_id}",
            occurred_at=now,
            actor=actor,
            data={"link": str(link_id), "why": why},
        )
        await events.append(conn, [event], recorded_at=now, keys=store.keys)
    return True
