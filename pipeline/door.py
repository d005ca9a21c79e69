"""The door: the one way in. It fixes the tenant, draws a receipt, stores the bytes, and plans the first message.

The bytes are in the store before the row is; the row, its event and the planned message are one transaction. So what
the door confirmed is never lost, and what it did not confirm was not taken.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath
from uuid import UUID, uuid4

from connectors.profiles import Profiles
from connectors.storage import Storage, put
from pipeline.store import receiving
from pipeline.store.database import Store
from pipeline.topology import EXPORT_RECEIVED
from schemas import ids
from schemas.errors import ConfigurationError, DoorClosed, LimitExceeded, TenantUnknown
from schemas.events import Event, EventType, export_stream
from schemas.messages import ArtefactKind, ExportReceived
from schemas.profiles import named

MAX_EXPORT_BYTES = 200 * 1024 * 1024
_TENANT = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True)
class Receipt:
    """What the door gives back: under this id the export can be asked for."""

    export_id: UUID
    tenant: str
    name: str
    sha256: str
    size: int


@dataclass(frozen=True)
class Door:
    """Closed when the disk has less than `minimum_free_bytes`, the history was rolled back, or `backlog_limit`
    documents are unfinished.
    """

    store: Store
    storage: Storage
    default_tenant: str
    data: Path | None = None
    minimum_free_bytes: int = 512 * 1024 * 1024
    profiles: Profiles | None = None
    backlog_limit: int = 200_000

    async def receive(
        self,
        data: bytes,
        *,
        name: str,
        tenant: str | None = None,
        profile: str | None = None,
        by: str,
        export_id: UUID | None = None,
    ) -> Receipt:
        """Take an export. Raises LimitExceeded, TenantUnknown, ExportUnreadable where the tenant has no extraction
        profile of this name (permanent), DoorClosed, StoreUnavailable (transient).

        `export_id` is given only where the caller's own id makes a repeated call harmless.
        """
        tenant = tenant or self.default_tenant
        self._known(tenant, profile)
        self.admits(len(data))
        self._halted()
        await self._backlog()
        export = export_id or uuid4()
        clean = _file_name(name)
        ref = await asyncio.to_thread(
            put,
            self.storage,
            tenant,
            export,
            ArtefactKind.SOURCE,
            data,
            media_type="application/octet-stream",
            name=clean,
        )
        message = ExportReceived(tenant=tenant, export_id=export, name=clean, profile=profile, source=ref)
        now = self.store.clock()
        event = self._received(message, by)
        async with self.store.transaction() as conn:
            await receiving.receive(conn, message, event, topic=EXPORT_RECEIVED, by=by, now=now, keys=self.store.keys)
        return Receipt(export, tenant, clean, ref.sha256, ref.size)

    def _known(self, tenant: str, profile: str | None) -> None:
        if not _TENANT.fullmatch(tenant):
            raise TenantUnknown("a tenant's name is lower case letters, digits and hyphens, 63 at most")
        try:
            if self.profiles is not None:
                pinned = self.profiles.current(tenant)
                if profile is not None:
                    named(pinned.extraction, profile)
        except ConfigurationError as error:
            raise TenantUnknown(error.text) from error

    @staticmethod
    def admits(size: int) -> None:
        """May an export of so many bytes come in? Asked before it is read. Raises LimitExceeded (permanent)."""
        if size > MAX_EXPORT_BYTES:
            allowed = MAX_EXPORT_BYTES // 1024**2
            raise LimitExceeded(f"the export has {size / 1024**2:.0f} MiB, and {allowed} MiB are allowed: split it")

    async def receive_raw(self, data: bytes, headers: Mapping[str, bytes], position: str) -> Receipt:
        """A file's bytes that were produced straight to the topic; its place in Kafka makes the receipt.

        With its digest: in a new cluster the places begin anew, and another export stands there.
        """
        text = {key: value.decode("utf-8", "replace") for key, value in headers.items()}
        return await self.receive(
            data, name=text.get("name", "message"), tenant=text.get("tenant"), profile=text.get("profile"),
            by=f"topic:{position}", export_id=ids.derive("raw-export", position, sha256(data).hexdigest()),
        )  # fmt: skip

    def _received(self, message: ExportReceived, by: str) -> Event:
        source = message.source
        return Event(
            tenant=message.tenant,
            stream=export_stream(message.export_id),
            type=EventType.RECEIVED,
            cause=str(message.export_id),
            occurred_at=self.store.clock(),
            actor=by,
            data={"name": message.name, "sha256": source.sha256, "size": source.size},
        )

    def _halted(self) -> None:
        from pipeline import halt

        if self.data is not None:
            halt.door_guard(self.data, self.minimum_free_bytes)

    async def _backlog(self) -> None:
        async with self.store.transaction() as conn:
            unfinished = await receiving.moving(conn, self.backlog_limit)
        if unfinished >= self.backlog_limit:
            raise DoorClosed(
                f"{self.backlog_limit} documents are unfinished: the door is closed until some are", retry_after=30
            )


def _file_name(name: str) -> str:
    """The last part of a path, without what terminals or file systems would act on."""
    last = PurePath(name.replace("\\", "/")).name
    return re.sub(r"[^\w.,+@ ()\[\]-]", "_", last)[:200] or "export"
