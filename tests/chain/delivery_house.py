"""Everything that deliveries need, real: a migrated database, artefacts in a folder, a profile, a clock."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import yaml
from psycopg.types.json import Jsonb

from connectors.profiles import FolderProfiles
from connectors.storage.folder import FolderStorage
from pipeline.dispatcher import Dispatcher
from pipeline.store import deliveries, events, inbox
from pipeline.store.database import Store
from pipeline.store.migrate import application_url, migrate
from pipeline.store.personal import KeyRing
from schemas import ids
from schemas.deliveries import Report, ReportAction
from schemas.events import Event
from schemas.messages import ReportReceived
from schemas.outcomes import ApplyReports, OpenDelivery, PageAction
from schemas.tenants import DeliveryPolicy

PASSWORD = "for tests only"  # noqa: S105
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PHONE = "+351912345678"
ALWAYS = DeliveryPolicy(quiet_channels=())
SHORT = DeliveryPolicy(quiet_channels=(), unknown_minutes={"email": 0.02, "sms": 0.02}, retry_minutes=(0.01,) * 9)
"""Windows of a second or so, for tests on the real clock."""


@dataclass
class House:
    """One database and its folders. The clock stands until a test moves it, or `real` lets it run."""

    store: Store
    folder: Path
    now: datetime = NOON
    real: bool = False
    documents: list[UUID] = field(default_factory=list)

    def clock(self) -> datetime:
        return datetime.now(UTC) if self.real else self.now

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    @property
    def storage(self) -> FolderStorage:
        return FolderStorage(self.folder / "artefacts")

    @property
    def profiles(self) -> FolderProfiles:
        return FolderProfiles(self.folder / "profiles")

    def dispatcher(self, senders: dict[Any, Any], **more: Any) -> Dispatcher:
        values: dict[str, Any] = {
            "public_url": "https://docs.example.com",
            "email_sender": "invoices@acme.example",
            "sms_sender": "+15005550006",
            "email_per_second": 1000.0,
            "sms_per_second": 1000.0,
            "poll_seconds": 0.02,
        }
        return Dispatcher(self.store, self.storage, self.profiles, senders, **{**values, **more})

    async def ask(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with self.store.transaction() as conn:
            return await (await conn.execute(query.encode(), values or None)).fetchall()

    async def tell(self, query: str, *values: Any) -> None:
        async with self.store.transaction() as conn:
            await conn.execute(query.encode(), values)

    async def deliver(
        self,
        count: int = 1,
        *,
        email: str | None = "buyer@example.com",
        phone: str | None = None,
        channels: tuple[str, ...] | None = None,
        policy: DeliveryPolicy = ALWAYS,
        tenant: str = "acme",
        timezone: str | None = None,
        language: str | None = None,
        mailbox: str | None = None,
        interchange: dict[str, Any] | None = None,
    ) -> list[UUID]:
        """Documents that have come to the delivery stage, with one contact each; their ids."""
        made: list[UUID] = []
        openings: list[tuple[Any, OpenDelivery]] = []
        now = self.clock()
        version = self.profiles.current("acme").version
        chosen = channels or tuple(c for c, a in (("edi", mailbox), ("email", email), ("sms", phone)) if a)
        async with self.store.transaction() as conn:
            export, party = uuid4(), uuid4()
            await conn.execute(
                """INSERT INTO export (export_id, tenant, name, source, received_at, received_by, state, updated_at)
                   VALUES (%s, %s, 'test', '{}', %s, 'test', 'moving', %s)""",
                [export, tenant, now, now],
            )
            await conn.execute(
                "INSERT INTO party (party_id, tenant, name, updated_at) VALUES (%s, %s, 'Buyer', %s)",
                [party, tenant, now],
            )
            for index in range(count):
                document, contact = uuid4(), uuid4()
                to = email.replace("#", str(index)) if email else None
                await conn.execute(
                    """INSERT INTO contact (contact_id, tenant, party_id, name, email, phone, timezone, language,
                                            mailbox, updated_at)
                       VALUES (%s, %s, %s, 'Ana Costa', %s, %s, %s, %s, %s, %s)""",
                    [contact, tenant, party, to, phone, timezone, language, mailbox, now],
                )
                await conn.execute(
                    """INSERT INTO document (document_id, tenant, export_id, export_step, address, document_type,
                            number, issue_date, due_date, currency, amount_due, seller_name, buyer_name, registered,
                            state, stage, created_at, updated_at)
                       VALUES (%s, %s, %s, 0, '1', 'invoice', %s, %s, %s, 'EUR', %s, 'Acme Lda', 'Buyer', true,
                               'waiting', 'delivery', %s, %s)""",
                    [document, tenant, export, f"2026/{len(self.documents) + index + 1}", date(2026, 11, 20),
                     date(2026, 12, 20), Decimal("1234.50"), now, now],
                )  # fmt: skip
                delivery = ids.delivery_id(document, contact, "notify", 1)
                opening = OpenDelivery(
                    delivery, document, contact, "notify", 1, chosen, "default",
                    ids.attempt_id(delivery, chosen[0], 1), now, version, "pt", policy.model_dump(mode="json"),
                    interchange,
                )  # fmt: skip
                openings.append((ReportReceived(tenant=tenant, inbox_id=document), opening))
                made.append(document)
            await deliveries.open_deliveries(conn, openings, [], now)
        self.documents += made
        return made

    async def state(self, document: UUID) -> tuple[str, str | None]:
        (row,) = await self.ask("SELECT state, reason FROM document WHERE document_id = %s", document)
        return row["state"], row["reason"]

    async def attempts(self, document: UUID) -> list[tuple[str, str]]:
        """(channel, state) in their order."""
        rows = await self.ask(
            "SELECT channel, state FROM attempt WHERE document_id = %s ORDER BY delivery_id, ordinal", document
        )
        return [(row["channel"], row["state"]) for row in rows]

    async def attempt(self, document: UUID, channel: str = "email") -> dict[str, Any]:
        rows = await self.ask(
            "SELECT * FROM attempt WHERE document_id = %s AND channel = %s ORDER BY ordinal DESC", document, channel
        )
        return rows[0]

    async def happened(self, document: UUID) -> list[str]:
        """The words of the document's events, in their order."""
        rows = await self.ask("SELECT type FROM event WHERE stream = %s ORDER BY ver", f"document:{document}")
        return [row["type"] for row in rows]

    async def report(self, attempt: UUID | None, action: ReportAction, **more: Any) -> None:
        """A provider's report, from the inbox to the delivery, as acknowledgement and runner take it."""
        values: dict[str, Any] = {"provider": "sendgrid", "reported_at": self.clock()}
        await self.apply(Report(attempt=attempt, action=action, **{**values, **more}))

    async def apply(self, *reports: Report, actions: tuple[PageAction, ...] = (), tenant: str = "acme") -> None:
        now = self.clock()
        row = await inbox.receive(self.store, tenant=tenant, source="sendgrid", headers={}, body=b"[]", now=now)
        message = ReportReceived(tenant=tenant, inbox_id=row)
        async with self.store.transaction() as conn:
            log: list[Event] = []
            await deliveries.apply_all(conn, [(message, ApplyReports(row, reports, actions))], log, now)
            await events.append(conn, log, recorded_at=now, keys=self.store.keys)

    async def look_again(self) -> int:
        """Fire the reviews that are due, as the relay does."""
        async with self.store.transaction() as conn:
            cursor = await conn.execute(
                "DELETE FROM due WHERE kind = 'review' AND at <= %s RETURNING subject_id", [self.clock()]
            )
            rows = await cursor.fetchall()
            await deliveries.reviewer(self.store)(conn, [row["subject_id"] for row in rows])
        return len(rows)


def make_database(owner_url: str) -> str:
    """Migrated; the application's URL."""
    migrate(owner_url, PASSWORD)
    return application_url(owner_url, PASSWORD)


def make_folder(folder: Path) -> None:
    (folder / "profiles").mkdir(parents=True, exist_ok=True)
    profile = {"tenant": "acme", "brand": {"name": "Acme Lda", "colour": "#0f766e"}, "language": "pt"}
    (folder / "profiles" / "acme.yaml").write_text(yaml.safe_dump(profile), "utf-8")
    KeyRing.create(folder / "keys")


@asynccontextmanager
async def open_house(url: str, folder: Path, *, real: bool = False, size: int = 8) -> AsyncIterator[House]:
    make_folder(folder)
    house: House
    store = Store(url, KeyRing(folder / "keys"), clock=lambda: house.clock(), size=size)
    house = House(store, folder, real=real)
    await store.open()
    try:
        yield house
    finally:
        await store.close()


async def until(condition: Callable[[], Any], seconds: float = 90) -> None:
    """Wait for a condition (a coroutine function or a plain one)."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.02)


def sent_twice(attempts: list[UUID | None]) -> list[UUID | None]:
    return [attempt for attempt, count in Counter(attempts).items() if count > 1]


__all__ = ["ALWAYS", "NOON", "House", "Jsonb", "make_database", "open_house", "sent_twice", "until"]
