"""The desk from which a person has a document sent again: the pages' house, with what carries a planned message on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from portal_house import PASSWORD, House, open_house

from connectors.email.smtp import SmtpSender
from connectors.sandbox import Sandbox
from connectors.sms.outbox import OutboxSms
from pipeline.relay import Relay
from pipeline.store import deliveries, resending
from pipeline.store.directory import PostgresDirectory
from pipeline.store.migrate import application_url
from pipeline.transport import Outgoing
from schemas.messages import Rendered
from stages.delivery import Delivery
from stages.resolution import Resolution

ANA = "operator:ana"


class Desk(House):
    """The house with its directory, and with what carries a planned message on."""

    url: str

    async def resend(self, document: UUID, request: str = "one", **more: Any) -> resending.Resent:
        return await resending.resend(self.store, document, request=request, **{"by": ANA, "why": "lost it", **more})

    async def carry_on(self) -> int:
        """What the relay produces goes through resolution and delivery, each committed as the runner does it."""
        produced: list[Outgoing] = []

        async def produce(messages: list[Outgoing]) -> None:
            produced.extend(messages)

        await Relay(self.store, produce, deliveries.reviewer(self.store), 300).once()  # type: ignore[arg-type]
        again = [one for one in produced if one.topic == "entrega.document.rendered"]  # the export is another one
        for one in again:
            directory = PostgresDirectory(self.url)
            stage = Resolution(directory=directory, profiles=self.profiles, clock=lambda: self.now)
            message = Rendered.model_validate_json(one.value)
            done = await stage.handle(message)
            await self.commit("resolution", message, done)
            resolved = done.message
            await self.commit(
                "delivery", resolved, await Delivery(profiles=self.profiles, clock=lambda: self.now).handle(resolved)
            )
        return len(again)

    def senders(self, sandbox: Sandbox) -> dict[str, Any]:
        mail = SmtpSender("127.0.0.1", sandbox.smtp_port, "bounces@vinhosdosul.example", security="none")
        return {"email": mail, "sms": OutboxSms(self.settings.data / "outbox", lambda: self.now)}

    async def state(self, document: UUID) -> tuple[str, int, str | None]:
        (row,) = await self.ask("SELECT state, round, reason FROM document WHERE document_id = %s", document)
        return row["state"], row["round"], row["reason"]


@asynccontextmanager
async def open_desk(owner_url: str, folder: Path) -> AsyncIterator[Desk]:
    async with open_house(owner_url, folder) as house:
        desk = Desk(**vars(house))
        desk.url = application_url(owner_url, PASSWORD)
        desk.store.clock = lambda: desk.now
        yield desk


async def ready(house: Desk, number: str = "FT 2026/117", **contact: Any) -> UUID:
    """A document whose first attempt is due."""
    export = await house.receive()
    record = house.record(export, number)
    await house.register(export, record)
    await house.make(record)
    await house.open(record, **contact)
    return record.document_id
