"""A small house for the page tests: real database, real artefacts, real PDFs; the stages' outcomes are committed by
the runner's own transaction, messages are made by the dispatcher and kept by the outbox. Only the broker is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import yaml
from printed_invoice import printed_invoice

from connectors.email.outbox import OutboxEmail
from connectors.profiles import FolderProfiles
from connectors.sms.outbox import OutboxSms
from connectors.storage import put
from connectors.storage.folder import FolderStorage
from pipeline.dispatcher import Dispatcher
from pipeline.door import Door
from pipeline.providers import parsers
from pipeline.settings import Settings
from pipeline.store import inbox, work
from pipeline.store.batch import Item
from pipeline.store.database import Store
from pipeline.store.inbox import PostgresInbox
from pipeline.store.migrate import application_url, migrate
from pipeline.store.personal import KeyRing
from pipeline.topology import BY_NAME
from schemas import ids
from schemas.deliveries import Report, ReportAction
from schemas.events import EventType
from schemas.messages import (
    ArtefactKind,
    ArtefactRef,
    ExportReceived,
    Extracted,
    Plan,
    Rendered,
    ReportReceived,
    Resolved,
    ResolvedContact,
)
from schemas.outcomes import ApplyReports, Done, ExportStep, Fact, Parked, Refusal, Registration
from stages.acknowledgement import Acknowledgement
from stages.delivery import Delivery

PASSWORD = "for tests only"  # noqa: S105
OPERATOR = "operator-token-of-the-tests"
TENANT = "vinhos"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LINK = re.compile(r"/d/([a-z2-7]{32})")


@dataclass
class House:
    """One tenant, `vinhos`, its profile and its database. The clock stands until a test moves it."""

    settings: Settings
    store: Store
    now: datetime = NOW
    exports: list[ExportReceived] = field(default_factory=list)
    plans: dict[UUID, Extracted] = field(default_factory=dict)
    rendered: dict[UUID, ArtefactRef] = field(default_factory=dict)
    seen: int = 0

    def later(self, **time: float) -> None:
        self.now += timedelta(**time)

    @property
    def storage(self) -> FolderStorage:
        return FolderStorage(self.settings.artefacts)

    @property
    def profiles(self) -> FolderProfiles:
        return FolderProfiles(self.settings.profile_folder)

    @property
    def door(self) -> Door:
        return Door(self.store, self.storage, TENANT)

    async def ask(self, query: str, *values: Any) -> list[dict[str, Any]]:
        async with self.store.transaction() as conn:
            return await (await conn.execute(query.encode(), values or None)).fetchall()

    async def events(self, document: UUID) -> list[str]:
        rows = await self.ask("SELECT type FROM event WHERE stream = %s ORDER BY ver", f"document:{document}")
        return [row["type"] for row in rows]

    async def receive(self, name: str = "faturas.xml", content: bytes | None = None) -> ExportReceived:
        """An export at the door; what the door planned for extraction."""
        receipt = await self.door.receive(content or uuid4().bytes, name=name, by="operator:test")
        source = put(
            self.storage, TENANT, receipt.export_id, ArtefactKind.SOURCE, content or b"x",
            media_type="application/octet-stream", name=name,
        )  # fmt: skip
        message = ExportReceived(tenant=TENANT, export_id=receipt.export_id, name=name, source=source)
        self.exports.append(message)
        return message

    async def register(self, export: ExportReceived, *records: Registration, format: str = "ubl") -> None:
        """What extraction read of an export, all of it in one step."""
        await self.commit("extraction", export, Done(effects=(ExportStep(format, records, None),)))

    def record(self, export: ExportReceived, number: str, *, at: int = 1, **changes: Any) -> Registration:
        """One invoice of an export, planned for its buyer."""
        document = ids.document_id(TENANT, export.export_id, f"/Invoice[{at}]")
        refusal = changes.pop("refusal", None)
        language = changes.pop("language", "pt")
        canonical = put(
            self.storage, TENANT, document, ArtefactKind.CANONICAL, f'{{"invoice_number":"{number}"}}'.encode(),
            media_type="application/json", name=f"{number.replace('/', '-')}.json",
        )  # fmt: skip
        version = self.profiles.current(TENANT).version
        plan = Plan(
            party=UUID(int=1), party_rule="vat", renditions=(), language=language, brand=version, profile=version
        )
        message = Extracted(
            tenant=TENANT, export_id=export.export_id, document_id=document, canonical=canonical, plan=plan
        )
        self.plans[document] = message
        values: dict[str, Any] = {
            "document_type": "invoice", "number": number, "issue_date": date(2026, 11, 20),
            "due_date": date(2026, 12, 20), "currency": "EUR", "amount_due": Decimal("1234.50"),
            "seller_key": "PT501442600", "seller_name": "Vinhos do Sul, Lda.", "buyer_name": "Hurtownia Żółta Gęś",
            "business_key": f"PT501442600|380|{number}|2026-11-20", "content_hash": number,
            "artefacts": (canonical,),
            "facts": (
                Fact(EventType.EXTRACTED, {"format": "ubl", "address": f"/Invoice[{at}]"}),
                Fact(EventType.PLANNED, {**plan.model_dump(mode="json"), "filled_from_directory": []}),
            ),
        }  # fmt: skip
        return Registration(
            document_id=document, address=f"/Invoice[{at}]", message=None if refusal else message, refusal=refusal,
            resume=message if refusal else None, **{**values, **changes},
        )  # fmt: skip

    async def commit(self, stage: str, message: Any, result: Any) -> None:
        await work.commit(self.store, BY_NAME[stage], [Item(message, b"", result)])

    async def park(self, stage: str, document: UUID, refusal: Refusal) -> None:
        await self.commit(stage, self.plans[document], Parked(refusal))

    async def make(self, record: Registration, *, demonstration: bool = True) -> None:
        """Conversion, signing and rendering: the facts, the files, a real PDF."""
        document, message = record.document_id, self.plans[record.document_id]
        stem = str(record.number).replace("/", "-").replace(" ", "-")

        def store(kind: ArtefactKind, data: bytes, media_type: str, suffix: str) -> ArtefactRef:
            return put(self.storage, TENANT, document, kind, data, media_type=media_type, name=stem + suffix)

        xml = store(ArtefactKind.E_FORMAT, b"<?xml version='1.0'?><Invoice/>" * 300, "application/xml", ".xml")
        sealed = store(ArtefactKind.SIGNATURE, b"PK" * 3000, "application/vnd.etsi.asic-e+zip", ".asice")
        printed = store(ArtefactKind.PDF, printed_invoice(record, NOW), "application/pdf", ".pdf")
        converted = Fact(EventType.CONVERTED, {"format": "peppol", "rule_set": "peppol-2025-11", "warnings": []})
        await self.commit("conversion", message, Done(message=message, facts=(converted,), artefacts=(xml,)))
        self.later(milliseconds=180)
        signed = Fact(
            EventType.SIGNED,
            {"format": "peppol", "level": "XAdES-B-B", "demonstration": demonstration,
             "certificate": "CN=Entrega demonstration,OU=entrega-demo"},
        )  # fmt: skip
        await self.commit("signing", message, Done(message=message, facts=(signed,), artefacts=(sealed,)))
        self.later(milliseconds=60)
        made = Fact(EventType.RENDERED, {"sha256": printed.sha256, "language": message.plan.language})
        rendered = Rendered(**message.wire(), renditions=(), completed=message.canonical, pdf=printed)
        await self.commit("rendering", message, Done(message=rendered, facts=(made,), artefacts=(printed,)))
        self.rendered[document] = printed
        self.later(milliseconds=220)

    async def open(
        self, record: Registration, *, email: str | None = "anna@zolta-ges.example", phone: str | None = None,
        language: str | None = None, name: str | None = "Anna Kowalska",
    ) -> None:  # fmt: skip
        """Resolution and delivery: one contact, its channels, and the first attempt as a due row."""
        contact, party = uuid4(), self.plans[record.document_id].plan.party
        async with self.store.transaction() as conn:
            await conn.execute(
                """INSERT INTO party (party_id, tenant, name, updated_at) VALUES (%s, %s, %s, %s)
                   ON CONFLICT DO NOTHING""",
                [party, TENANT, record.buyer_name, self.now],
            )
            await conn.execute(
                """INSERT INTO contact (contact_id, tenant, party_id, name, email, phone, language, timezone,
                                        updated_at)
                   VALUES (%s, %s, %s, %s, %s, %s, %s, 'Europe/Warsaw', %s)""",
                [contact, TENANT, party, name, email, phone, language, self.now],
            )
        channels = tuple(channel for channel, address in (("email", email), ("sms", phone)) if address)
        message = self.plans[record.document_id]
        resolved = Resolved(
            **message.wire(), renditions=(), completed=message.canonical, pdf=self.rendered[record.document_id],
            contacts=(ResolvedContact(contact=contact, channels=channels, not_before=self.now, rule="default"),),
        )  # fmt: skip
        chosen = Fact(
            EventType.RESOLVED, {"contacts": [c.model_dump(mode="json") for c in resolved.contacts], "skipped": []}
        )
        await self.commit("resolution", message, Done(message=resolved, facts=(chosen,)))
        stage = Delivery(profiles=self.profiles, clock=lambda: self.now)
        await self.commit("delivery", resolved, await stage.handle(resolved))

    async def dispatch(self, senders: dict[Any, Any] | None = None) -> None:
        """Make what is due; by default the outbox keeps it."""
        outbox = self.settings.data / "outbox"
        dispatcher = Dispatcher(
            self.store, self.storage, self.profiles,
            senders or {"email": OutboxEmail(outbox, lambda: self.now), "sms": OutboxSms(outbox, lambda: self.now)},
            public_url="https://docs.example.com", email_sender="faturas@vinhosdosul.example", is_demo=True,
        )  # fmt: skip
        try:
            await dispatcher.once()
        finally:
            await dispatcher.close()

    async def sent(self, number: str = "FT 2026/117", **contact: Any) -> tuple[UUID, str]:
        """A document that was delivered to the outbox, and the token in its message."""
        export = await self.receive()
        record = self.record(export, number, language=contact.get("language") or "pt")
        await self.register(export, record)
        await self.make(record)
        await self.open(record, **contact)
        await self.dispatch()
        return record.document_id, await self.token(record.document_id)

    async def token(self, document: UUID) -> str:
        """Of the newest message: the token stands nowhere else."""
        (row,) = await self.ask(
            """SELECT a.message FROM attempt a JOIN delivery d USING (delivery_id)
                WHERE a.document_id = %s AND a.message IS NOT NULL ORDER BY d.round DESC, a.ordinal DESC LIMIT 1""",
            document,
        )
        message = json.loads(self.storage.read(row["message"]["key"]))
        found = LINK.search(message["text"])
        assert found is not None
        return found.group(1)

    async def acknowledge(self) -> int:
        """Read the inbox as acknowledgement does; how many rows."""
        stage = Acknowledgement(inbox=PostgresInbox(self.store), parsers=parsers())
        rows = await self.ask("SELECT inbox_id, tenant FROM inbox WHERE processed_at IS NULL ORDER BY received_at")
        for row in rows:
            message = ReportReceived(tenant=row["tenant"], inbox_id=row["inbox_id"])
            await self.commit("acknowledgement", message, await stage.handle(message))
        return len(rows)

    async def report(self, attempt: UUID, action: ReportAction, **more: Any) -> None:
        """A provider's report, as the runner's transaction takes it."""
        inbox_id = await inbox.receive(self.store, tenant=TENANT, source="sendgrid", headers={}, body=b"[]")
        report = Report(attempt=attempt, action=action, provider="sendgrid", reported_at=self.now, **more)
        message = ReportReceived(tenant=TENANT, inbox_id=inbox_id)
        await self.commit("acknowledgement", message, Done(effects=(ApplyReports(inbox_id, (report,)),)))

    async def actions(self) -> list[str]:
        """What people did on pages, as it stands in the inbox; what was looked at before is left out."""
        rows = await self.ask("SELECT body FROM inbox WHERE source = 'page' ORDER BY received_at OFFSET %s", self.seen)
        return [json.loads(bytes(row["body"]))["action"] for row in rows]


@asynccontextmanager
async def open_house(owner_url: str, folder: Path, **settings: Any) -> AsyncIterator[House]:
    migrate(owner_url, PASSWORD)
    values: dict[str, Any] = {
        "data": folder, "default_tenant": TENANT, "public_url": "https://docs.example.com", "operator_token": OPERATOR,
        "minimum_free_mib": 1,
    }  # fmt: skip
    made = Settings(**{**values, **settings})
    for each in (made.secrets, made.profile_folder, made.artefacts):
        each.mkdir(parents=True, exist_ok=True)
    profile = {
        "tenant": TENANT,
        "brand": {
            "name": "Vinhos do Sul", "colour": "#7a1f3d", "accent": "#c9973b",
            "footer": "Vinhos do Sul, Lda. · Rua da Boavista 148, 1200-069 Lisboa · NIPC 501442600",
        },
        "language": "pt",
        "policy": {"quiet_channels": []},
    }  # fmt: skip
    (made.profile_folder / f"{TENANT}.yaml").write_text(yaml.safe_dump(profile), "utf-8")
    keys = KeyRing.create(made.secrets / "key-ring")
    house: House
    store = Store(application_url(owner_url, PASSWORD), keys, clock=lambda: house.now, size=4)
    house = House(made, store)
    await store.open()
    try:
        yield house
    finally:
        await store.close()
