"""One stage between two topics of a real broker, with workers that can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError
from chaos.stages import scripted
from event_store import PASSWORD

from connectors.storage import get
from connectors.storage.folder import FolderStorage
from pipeline.relay import Relay
from pipeline.runner import outgoing
from pipeline.store import deliveries
from pipeline.store.database import Store, utc_now
from pipeline.store.migrate import application_url
from pipeline.store.personal import KeyRing
from pipeline.transport import Outgoing
from schemas.messages import ArtefactRef

TESTS = Path(__file__).parent
SECONDS = 90.0


@dataclass
class Stand:
    """One stage between two topics, with a database and a folder of its own."""

    servers: str
    owner_url: str
    folder: Path
    source: str
    target: str
    export: UUID = field(default_factory=uuid4)
    group: str = field(default_factory=lambda: f"g-{uuid.uuid4().hex[:12]}")

    async def open(self, **configs: str) -> None:
        KeyRing.create(self.folder / "keys")
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(self.source, 1, 1), NewTopic(self.target, 1, 1, topic_configs=configs)])
        finally:
            await admin.close()
        self.tell(
            """INSERT INTO export (export_id, tenant, name, source, received_at, received_by, state, updated_at,
                                   documents)
               VALUES (%s, 'acme', 'test', '{}', now(), 'test', 'moving', now(), 1)""",
            self.export,
        )

    def tell(self, query: str, *values: Any) -> None:
        with psycopg.connect(self.owner_url) as connection:
            connection.execute("SET search_path = entrega")
            connection.execute(query.encode(), values)

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.owner_url) as connection:
            connection.execute("SET search_path = entrega")
            return connection.execute(query.encode(), values or None).fetchall()

    def documents(self, *words: str) -> list[UUID]:
        """Registered documents, one for each word of the script."""
        made = [uuid4() for _ in words]
        for document in made:
            self.tell(
                """INSERT INTO document (document_id, tenant, export_id, export_step, address, document_type,
                                         registered, state, stage, created_at, updated_at)
                   VALUES (%s, 'acme', %s, 0, '1', 'invoice', true, 'moving', 'extraction', now(), now())""",
                document, self.export,
            )  # fmt: skip
        return made

    def message(self, document: UUID, word: str, **more: object) -> Outgoing:
        return outgoing(self.source, scripted(document, self.export, word).wire() | more, utc_now())

    async def send(self, messages: Sequence[Outgoing]) -> None:
        """One after the other into the same partition, in one go: they come as one batch."""
        producer = AIOKafkaProducer(bootstrap_servers=self.servers, linger_ms=50)
        await producer.start()
        try:
            sent = [
                await producer.send(self.source, each.value, each.key, 0, headers=list(each.headers.items()))
                for each in messages
            ]
            await asyncio.gather(*sent)
        finally:
            await producer.stop()

    async def relay(self) -> None:
        """Fire what is due; it is due within a tenth of a second of having been planned."""
        store = Store(application_url(self.owner_url, PASSWORD), KeyRing(self.folder / "keys"), size=1)
        store.clock = lambda: utc_now() + timedelta(seconds=1)
        await store.open()
        try:
            assert await Relay(store, self.send, deliveries.reviewer(store), 300).once() == 1
        finally:
            await store.close()

    async def words(self, words: Sequence[str]) -> list[UUID]:
        documents = self.documents(*words)
        await self.send([self.message(d, word) for d, word in zip(documents, words, strict=True)])
        return documents

    @contextmanager
    def worker(self, *more: str, code: str = "v1") -> Iterator[subprocess.Popen[bytes]]:
        arguments = [
            sys.executable, "-m", "chaos.runner_worker", "--servers", self.servers, "--group", self.group,
            "--source", self.source, "--target", self.target, "--code", code, "--folder", str(self.folder),
            "--database", application_url(self.owner_url, PASSWORD), *more,
        ]  # fmt: skip
        path = os.pathsep.join([str(TESTS), str(TESTS.parents[1])])
        with open(self.folder / "worker.log", "ab") as out:
            process = subprocess.Popen(arguments, env={**os.environ, "PYTHONPATH": path}, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    async def committed(self) -> int:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self.group)
        except GroupCoordinatorNotAvailableError:  # the broker's first group is still being made room for
            return 0
        finally:
            await admin.close()
        return sum(each.offset for each in offsets.values())

    async def sent(self) -> list[dict[str, Any]]:
        """Everything that stands on the target topic."""
        consumer = AIOKafkaConsumer(self.target, bootstrap_servers=self.servers, auto_offset_reset="earliest")
        await consumer.start()
        try:
            (partition,) = consumer.assignment()
            end = (await consumer.end_offsets([partition]))[partition]
            found: list[dict[str, Any]] = []
            while len(found) < end:
                for records in (await consumer.getmany(timeout_ms=1000)).values():
                    found += [orjson.loads(record.value) for record in records]
            return found
        finally:
            await consumer.stop()

    async def until_committed(self, offset: int) -> None:
        async with asyncio.timeout(SECONDS):
            while await self.committed() < offset:
                await asyncio.sleep(0.2)

    def outcomes(self) -> int:
        return int(self.ask("SELECT count(*) FROM outcome WHERE stage = 'conversion'")[0][0])

    def parked(self) -> dict[UUID | None, tuple[str, str]]:
        """Document -> stage and reason."""
        return {row[0]: (row[1], row[2]) for row in self.ask("SELECT document_id, stage, reason FROM parked")}

    def handled(self, document: UUID) -> list[str]:
        path = self.folder / f"handled-{document}"
        return path.read_text().split() if path.exists() else []

    def bytes_of(self, message: dict[str, Any]) -> bytes:
        return get(FolderStorage(self.folder / "artefacts"), ArtefactRef.model_validate(message["canonical"]))
