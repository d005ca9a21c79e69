"""The pages from outside: the application behind a real socket, and what a person at a browser sends to it."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from portal_house import House

from portal import serve
from portal.app import create_app

PERSON = {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36",
    "accept-language": "en",
    "sec-fetch-site": "same-origin",
    "sec-fetch-user": "?1",
}
"""What a person's browser sends with a form of our own page."""


@asynccontextmanager
async def served(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    """The application behind a real socket, and a client that follows no redirect and keeps no cookie."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        running = serve.server(create_app(house.settings, house.store), "127.0.0.1", port, lambda: None)
        task = asyncio.create_task(running.serve(sockets=[listening]))
        try:
            async with aiohttp.ClientSession(
                f"http://127.0.0.1:{port}", cookie_jar=aiohttp.DummyCookieJar(), headers={"User-Agent": ""}
            ) as session:
                yield session
        finally:
            running.should_exit = True
            await task


FORM = re.compile(r'name="form" value="([^"]+)"')


def form_of(page: str) -> dict[str, str]:
    """The hidden field of a recipient's page."""
    found = FORM.search(page)
    assert found is not None
    return {"form": found.group(1)}
