"""A house that takes exports in and registers their documents, on the real database."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connectors.profiles import FolderProfiles
from connectors.storage.folder import FolderStorage
from pipeline import topology
from pipeline.door import Door
from pipeline.pool import guarded
from pipeline.store import due, history, queries, stops, work
from pipeline.store.batch import Item
from pipeline.store.database import Store, utc_now
from pipeline.store.directory import PostgresDirectory
from pipeline.store.personal import KeyRing
from schemas.messages import ExportReceived, PlanRequested
from stages.extraction import Extraction

SPEC = topology.BY_NAME["extraction"]


@dataclass
class House:
    """The door, the extraction stage and the store, without broker: a test moves the messages itself. Its folder is
    laid out as a data folder."""

    store: Store
    door: Door
    stage: Extraction
    folder: Path

    def set_profile(self, tenant: str = "demo", **given: Any) -> None:
        profile = {"tenant": tenant, "brand": {"name": "Vinhos"}, **given}
        (self.folder / "profiles" / f"{tenant}.yaml").write_text(json.dumps(profile))

    async def drop(self, *documents: dict[str, Any], tenant: str | None = None, name: str = "export.json") -> uuid.UUID:
        content = json.dumps(list(documents)).encode()
        receipt = await self.door.receive(content, name=name, by="operator:test", tenant=tenant)
        return receipt.export_id

    async def extract(self) -> list[Any]:
        """What the relay and the runner do: take what is due, handle it, commit; gives what would be produced."""
        produced: list[Any] = []
        while True:
            async with self.store.transaction() as conn:
                rows = await due.take(conn, utc_now(), 100)
            if not rows:
                return produced
            items = []
            for row in rows:
                message = row["payload"]["message"]
                model = PlanRequested if "document_id" in message else ExportReceived
                items.append(Item(model.model_validate(message), b""))
            known = await work.recorded(self.store, SPEC, [item.key for item in items])
            fresh = [item for item in items if item.key not in known]
            for item in fresh:
                item.result = await guarded(self.stage, item.message)
            produced += await work.commit(self.store, SPEC, fresh)

    async def documents(self, **conditions: str) -> list[dict[str, Any]]:
        query = " ".join(f"{name}:{value}" for name, value in conditions.items())
        async with self.store.transaction() as conn:
            return list(reversed(await queries.documents(conn, query)))

    async def open_stops(self) -> list[dict[str, Any]]:
        async with self.store.transaction() as conn:
            return await stops.stops(conn)

    async def events(self, document: uuid.UUID) -> list[str]:
        async with self.store.transaction() as conn:
            return [row.type for row in await history.search(conn, history.EventQuery(document=document))]


@asynccontextmanager
async def open_house(url: str, folder: Path) -> AsyncIterator[House]:
    """`url` is the application's."""
    (folder / "secrets").mkdir()
    (folder / "profiles").mkdir()
    store = Store(url, KeyRing.create(folder / "secrets" / "key-ring"), size=4)
    await store.open()
    storage = FolderStorage(folder / "artefacts")
    stage = Extraction(storage, FolderProfiles(folder / "profiles"), PostgresDirectory(store.url), utc_now)
    house = House(store, Door(store, storage, "demo", folder), stage, folder)
    house.set_profile(learn_parties=True)
    yield house
    await store.close()


def invoice(number: str = "2026-1", **given: Any) -> dict[str, Any]:
    return {
        "invoice_number": number,
        "issue_date": "2026-01-31",
        "currency": "EUR",
        "seller": {"name": "Vinhos", "vat_identifier": "PT501234567"},
        "buyer": {"name": "Casa Verde", "vat_identifier": "PT501964843"},
        "lines": [{"identifier": "1", "quantity": "2", "net_price": "10", "name": "Wine", "vat_rate": "23"}],
        "hints": {"email": "contas@casaverde.pt"},
        **given,
    }


def unreadable(number: str = "2026-1") -> dict[str, Any]:
    """An invoice that its reader refuses: a price is a float."""
    line = {"identifier": "1", "quantity": "1", "net_price": 10.5, "name": "W", "vat_rate": "23"}
    return invoice(number, lines=[line])
