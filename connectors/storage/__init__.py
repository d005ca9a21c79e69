"""Artefacts: bytes under `tenant/owner/kind/sha256`, written once, verified on every read, never shared."""

from __future__ import annotations

import hashlib
from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol
from uuid import UUID

from schemas.errors import ArtefactDamaged
from schemas.messages import ArtefactKind, ArtefactRef


class Storage(Protocol):
    """Where bytes stand. Synchronous: stages call it in child processes, the rest through a thread.

    Raises StoreUnavailable where the store does not answer; ArtefactDamaged where bytes are gone or changed.
    """

    def write(self, key: str, data: bytes) -> None:
        """Durable when it returns, within a batch when that ends; writing the same key again is harmless."""

    def batch(self) -> AbstractContextManager[None]:
        """Many writes of one thread that become durable together, when it is left; its end may raise StoreUnavailable,
        and then none of them counts.
        """

    def read(self, key: str) -> bytes: ...

    def open(self, key: str) -> BinaryIO:
        """A seekable stream, for exports that are read in steps."""


def put(
    storage: Storage, tenant: str, owner: UUID, kind: ArtefactKind, data: bytes, *, media_type: str, name: str
) -> ArtefactRef:
    """Store bytes and say where; the digest is the last part of the key."""
    sha256 = hashlib.sha256(data).hexdigest()
    ref = ArtefactRef(
        kind=kind,
        key=f"{tenant}/{owner}/{kind}/{sha256}",
        sha256=sha256,
        size=len(data),
        media_type=media_type,
        name=name,
    )
    storage.write(ref.key, data)
    return ref


def get(storage: Storage, ref: ArtefactRef) -> bytes:
    """Read bytes and verify them. Raises ArtefactDamaged (permanent)."""
    data = storage.read(ref.key)
    if len(data) != ref.size or hashlib.sha256(data).hexdigest() != ref.sha256:
        raise ArtefactDamaged("stored bytes do not have the digest under which they were put", key=ref.key)
    return data
