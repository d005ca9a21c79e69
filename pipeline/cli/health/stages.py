"""Whether the stages take what waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from pipeline.cli.health.asking import Wrong
from pipeline.settings import Settings

if TYPE_CHECKING:
    from pipeline.backlog import Backlog, Waiting
    from pipeline.topology import StageSpec

PATIENCE_SECONDS = 60.0
"""Messages that wait for longer may mean that nobody reads them; it is looked twice, LOOKS_SECONDS apart."""
LOOKS_SECONDS = 5.0


async def taking(settings: Settings) -> str:
    """Asks the broker twice where old messages wait."""
    from pipeline import backlog, reach, wiring
    from pipeline.topics import client_settings
    from pipeline.topology import STAGES

    servers = wiring.kafka_servers(settings)
    await reach.kafka(settings, servers)
    async with backlog.asking(client_settings(settings, servers)) as broker:
        return await waiting(broker, STAGES, lambda: asyncio.sleep(LOOKS_SECONDS))


async def waiting(broker: Backlog, stages: Sequence[StageSpec], pause: Callable[[], Awaitable[None]]) -> str:
    """What waits for the stages, and whether it becomes less. Raises Wrong where old messages stay."""
    from pipeline.store.database import utc_now

    told: list[str] = []
    old: dict[StageSpec, dict[int, Waiting]] = {}
    for stage in stages:
        before, oldest = await broker.waiting(stage), await broker.oldest(stage)
        if not before or oldest is None:
            continue
        seconds = (utc_now() - oldest).total_seconds()
        told.append(f"{stage.name}: {sum(each.messages for each in before.values())} wait, the oldest {seconds:.0f} s")
        if seconds > PATIENCE_SECONDS:
            old[stage] = before
    if old:
        await pause()
    still = [stage for stage, before in old.items() if await broker.waiting(stage) == before]
    told += [f"{stage.name} took none meanwhile; {await broker.members(stage)} workers read it" for stage in still]
    if still:
        raise Wrong("; ".join(told))
    return "; ".join(told) or "nothing waits"
