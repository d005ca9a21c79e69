"""Sending reports as providers do: later, again until somebody says 2xx, and not always once or in order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from connectors.sandbox.rules import Rule

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0


@dataclass(frozen=True)
class Outgoing:
    """One report: how many seconds after the message was taken, and how it is sent (True: it was taken, 2xx)."""

    after: float
    send: Callable[[], Awaitable[bool]]


class Reporter:
    """All reports that are still to be sent. A message's own go one after the other; no message waits for another."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._flush = asyncio.Event()
        self._left = 0
        self._none_left = asyncio.Event()
        self._none_left.set()

    @property
    def pending(self) -> int:
        return self._left

    def schedule(self, reports: list[Outgoing], rule: Rule, draws: random.Random) -> None:
        """Plan the reports of one message, as its rule says: lost, repeated, in another order."""
        chosen = [r for r in reports if draws.random() >= rule.lose for _ in range(rule.repeat)]
        if rule.shuffle and len(chosen) > 1:
            sends = [r.send for r in chosen]
            while [r.send for r in chosen] == sends and len(set(map(id, sends))) > 1:
                draws.shuffle(sends)
            chosen = [Outgoing(r.after, send) for r, send in zip(chosen, sends, strict=True)]
        if not chosen:
            return
        self._left += len(chosen)
        self._none_left.clear()
        task = asyncio.create_task(self._deliver(chosen))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def flush(self, within: float) -> int:
        """Send at once what is waiting; how many are still unsent after `within` seconds."""
        self._flush.set()
        try:
            await asyncio.wait_for(self._none_left.wait(), within)
        except TimeoutError:
            pass
        finally:
            self._flush.clear()
        return self._left

    async def close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, reports: list[Outgoing]) -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        for report in reports:
            await self._until(start + report.after - loop.time())
            pause = _FIRST_PAUSE
            while not await report.send():
                await self._until(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            self._left -= 1
            if self._left == 0:
                self._none_left.set()

    async def _until(self, seconds: float) -> None:
        """Wait, but not while flushing. A refused report still pauses a little then, or it would spin."""
        if seconds <= 0:
            return
        if self._flush.is_set():
            await asyncio.sleep(min(seconds, 0.05))
            return
        try:
            await asyncio.wait_for(self._flush.wait(), seconds)
        except TimeoutError:
            return
