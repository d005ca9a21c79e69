"""The web process: one event loop, one port, until SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import structlog

from pipeline import pulse, reach, wiring
from pipeline.settings import Settings

if TYPE_CHECKING:
    import uvicorn

log = structlog.get_logger()

GRACE_SECONDS = 3


def serve(settings: Settings, ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT, then answer what is under way (3 seconds at most) and return.

    `ready` is called once the port listens. Raises ConfigurationError where a setting is wrong or the database is not
    there, or the port is taken.
    """
    _one_heap()
    asyncio.run(_serve(settings, ready))


def _one_heap() -> None:
    """Threads here wait for disks, they do not compute: a heap for each of them would only hold memory (glibc)."""
    import ctypes

    arena_max = -8  # M_ARENA_MAX of mallopt(3)
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(arena_max, 1)


async def _serve(settings: Settings, ready: Callable[[], None]) -> None:
    from portal.app import create_app

    beating = asyncio.create_task(pulse.beat())
    found = wiring.endpoints(settings)
    store = wiring.open_store(settings, found, size=8)
    await store.open()
    try:
        host, port = settings.web_host, wiring.web_port(settings)
        reach.pages(settings, port)
        app = create_app(settings, store)
        running = server(app, host, port, ready, settings.web_proxies)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, running.handle_exit, number, None)
        await running.serve()
    finally:
        beating.cancel()
        pulse.at_rest()
        await store.close()


def server(app: Any, host: str, port: int, ready: Callable[[], None], proxies: str = "127.0.0.1") -> uvicorn.Server:
    """A server for the application, as every process of ours runs it; `await server.serve()`.

    `proxies`: whose X-Forwarded-For is believed, addresses and networks with commas between them.
    """
    import uvicorn

    class Server(uvicorn.Server):
        """Uvicorn's, but for two things: it says when it listens, and it leaves signals to us (its own way is to
        raise the signal again at the end, which would leave the store's connections open)."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                log.info("web-listens", host=host, port=port)
                ready()

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,  # ours is configured; a path with a token is in no log
        access_log=False,
        lifespan="off",
        server_header=False,
        date_header=True,
        proxy_headers=True,
        forwarded_allow_ips=proxies,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=GRACE_SECONDS,
        backlog=512,
        limit_concurrency=500,
        ws="none",
    )
    return Server(config)
