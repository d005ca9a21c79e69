"""What an event's hash covers: everything an auditor may rely on, and the event before it.

hash = SHA-256(envelope || prev_hash || personal_hash)

envelope is canonical JSON (RFC 8785) of actor, cause, data, event_id, key_id, month, occurred_at, recorded_at, sealed
(SHA-256 of the encrypted personal details, hex), stream, tenant, type, v (1) and ver; times are RFC 3339 in UTC, with a
Z and six decimals (none if all are zero); key_id and sealed are null without personal details. prev_hash is that of the
event before in the stream; it and personal_hash are 32 zero bytes where there is none: all parts can be told apart.

The personal details count through their salted hash only: destroying the key erases them and no hash changes.
"""

from __future__ import annotations

from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from pipeline.store.canonical import canonical

NONE = bytes(32)
"""Stands for "no event before" and "nothing personal"."""


def event_hash(
    *,
    month: date,
    stream: str,
    ver: int,
    event_id: UUID,
    tenant: str,
    type: str,
    cause: str,
    occurred_at: datetime,
    recorded_at: datetime,
    actor: str,
    data: dict[str, Any],
    personal_hash: bytes | None,
    personal_ct: bytes | None,
    key_id: UUID | None,
    prev_hash: bytes,
) -> bytes:
    """The hash of one event; both times in UTC, `data` in the types of pipeline.store.canonical."""
    envelope = canonical(
        {
            "actor": actor,
            "cause": cause,
            "data": data,
            "event_id": event_id,
            "key_id": key_id,
            "month": month,
            "occurred_at": occurred_at,
            "recorded_at": recorded_at,
            "sealed": None if personal_ct is None else sha256(personal_ct).hexdigest(),
            "stream": stream,
            "tenant": tenant,
            "type": type,
            "v": 1,
            "ver": ver,
        }
    )
    return sha256(envelope + prev_hash + (personal_hash or NONE)).digest()
