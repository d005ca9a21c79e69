"""The services that hold the data: broker, database, artefact store."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from pipeline.cli.health.asking import set_up
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.store.database import Connection

T = TypeVar("T")


async def kafka(settings: Settings) -> str:
    """Whether the broker lets us in and has the topics."""
    from aiokafka.admin import AIOKafkaAdminClient

    from pipeline import reach, wiring
    from pipeline.topics import client_settings
    from pipeline.topology import TOPICS

    servers = wiring.kafka_servers(settings)
    await reach.kafka(settings, servers)
    admin = AIOKafkaAdminClient(**client_settings(settings, servers))
    await admin.start()
    try:
        missing = set(TOPICS) - set(await admin.list_topics())
    finally:
        await admin.close()
    return f"{servers}; {len(TOPICS) - len(missing)} of {len(TOPICS)} topics"


async def database(settings: Settings) -> str:
    """Which database answers, and as whom we are in it."""
    from pipeline.store import queries

    about = await _asked(settings, queries.about)
    return f"PostgreSQL {about['version']}, schema {about['schema']}, as {about['role']}"


async def reports(settings: Settings) -> str:
    """What was told of deliveries that nobody knows of: no fault of ours, and worth a look."""
    from pipeline.store import orphans

    count = await _asked(settings, orphans.count)
    return f"{count} fit no delivery: entrega orphans --all-tenants" if count else "every one fits a delivery"


def artefacts(settings: Settings) -> str:
    """Writes a file and reads it back."""
    from uuid import UUID

    from connectors.storage import get, put
    from pipeline import reach, wiring
    from schemas.messages import ArtefactKind

    if settings.s3_bucket is not None:
        reach.bucket(settings)
    set_up(settings)
    storage = wiring.storage(settings)
    ref = put(
        storage,
        settings.default_tenant,
        UUID(int=0),
        ArtefactKind.SOURCE,
        b"doctor",
        media_type="text/plain",
        name="doctor",
    )
    get(storage, ref)
    return f"{settings.s3_bucket or settings.artefacts}: written and read back"


async def _asked(settings: Settings, question: Callable[[Connection], Awaitable[T]]) -> T:
    from pipeline.cli.session import unopened

    store = unopened(settings)
    await store.open()
    try:
        async with store.transaction() as conn:
            return await question(conn)
    finally:
        await store.close()
