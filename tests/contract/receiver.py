"""A web server that takes webhooks and keeps them, for the contract suites."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Received:
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`refusals`: how many requests are answered 503 before the first is taken."""

    refusals: int = 0
    received: list[Received] = field(default_factory=list)
    refused: int = 0
    url: str = ""

    async def __aenter__(self) -> Receiver:
        self._arrived = asyncio.Condition()
        application = web.Application()
        application.router.add_post("/{rest:.*}", self._take)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._runner.cleanup()

    async def until(self, condition: Callable[[list[Received]], bool], within: float = 10.0) -> list[Received]:
        """What was received, as soon as it fulfils the condition."""
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: condition(self.received))
        return self.received

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        async with self._arrived:
            if self.refused < self.refusals:
                self.refused += 1
                return web.Response(status=503)
            self.received.append(Received(str(request.url), dict(request.headers), body))
            self._arrived.notify_all()
        return web.Response(status=204)
