"""Whether the stages of this process still read: a consumer may stop without a word, and its process look healthy.

The broker is asked, not the consumer: what waits in a stage's partitions must become less, or be worked on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog
from aiokafka.errors import KafkaError

from pipeline import backlog
from pipeline.backlog import Backlog, Waiting
from pipeline.runner import Runner

log = structlog.get_logger()

LOOK_SECONDS = 15.0
"""How often the broker is asked; it may take as long to answer."""
SILENT_SECONDS = 60.0
"""A stage that has messages waiting for so long, and none at hand, does not read any more."""
STALLED_SECONDS = 300.0
"""One that is at work, but has acknowledged nothing for so long, gets nowhere."""


class Silent(RuntimeError):
    """Messages wait, and the stage does not take them: only a new process helps."""


class Reading:
    """Watches the stages of one process: runners and their apps."""

    def __init__(
        self,
        options: dict[str, Any],
        stages: Sequence[tuple[Runner, Any]],
        paused: Callable[[], bool] = lambda: False,
    ) -> None:
        self.options = options
        self.stages = stages
        self.paused = paused
        self._still: dict[tuple[str, int | None], tuple[int, float]] = {}
        """Of a partition, or of all that a stage has (None): the offset where it stands, and since when."""

    async def run(self, stop: asyncio.Event) -> None:
        """Look until `stop`. Raises Silent. While the broker does not answer, nobody can be blamed."""
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            try:
                async with backlog.asking(self.options) as broker:
                    while not await _over(stop, LOOK_SECONDS):
                        if self.paused():  # they do not read, as they were told
                            self._still.clear()
                            continue
                        async with asyncio.timeout(LOOK_SECONDS):
                            await self.look(broker, loop.time())
            except (KafkaError, OSError) as error:
                log.warning("waiting", role="watch", error=repr(error)[:300])
                self._still.clear()
                await _over(stop, LOOK_SECONDS)

    async def look(self, broker: Backlog, now: float) -> None:
        """Compare with the looks before; `now` in seconds of a clock that never goes back. Raises Silent."""
        for runner, app in self.stages:
            if runner.paused:
                self._compare(runner, {}, now)
                continue
            waiting = await broker.waiting(runner.spec)
            ours = {each.partition for each in app.consumer.assignment()}
            if waiting and not ours and not await broker.members(runner.spec):
                ours = set(waiting)  # nobody reads, and we are here to
            self._compare(runner, {number: waiting[number] for number in ours & set(waiting)}, now)

    def _compare(self, runner: Runner, waiting: Mapping[int, Waiting], now: float) -> None:
        name, working = runner.spec.name, runner.busy_since is not None
        before = {place: still for place, still in self._still.items() if place[0] == name}
        # A stage with nothing at hand has had all that was read; one at work may have others to finish first.
        stands: dict[int | None, int] = {} if working else {number: each.first for number, each in waiting.items()}
        if waiting:
            stands[None] = sum(each.first for each in waiting.values())
        for place in before:
            del self._still[place]
        for number, first in stands.items():
            offset, since = before.get((name, number), (first, now))
            since = since if offset == first else now
            self._still[name, number] = first, since
            if now - since > (STALLED_SECONDS if number is None else SILENT_SECONDS):
                does = "acknowledges" if number is None else "reads"
                count = sum(each.messages for each in waiting.values())
                raise Silent(f"stage {name} {does} nothing since {now - since:.0f} s, and {count} messages wait for it")


async def _over(stop: asyncio.Event, seconds: float) -> bool:
    """Wait so long, or until told to stop; whether one was."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return False
    return True
