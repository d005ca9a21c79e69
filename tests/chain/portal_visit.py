"""The pages from outside: the application behind a real socket, and what a person at a browser sends to it."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from portal_house import OPERATOR, House

from portal import serve
from portal.app import create_app

Visit = tuple[House, aiohttp.ClientSession]
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


async def page(client: aiohttp.ClientSession, path: str, **headers: str) -> tuple[int, str, Any]:
    """A recipient's visit: status, text, headers."""
    async with client.get(path, headers={**PERSON, **headers}, allow_redirects=False) as answer:
        return answer.status, await answer.text(), answer.headers


async def press(client: aiohttp.ClientSession, path: str, form: dict[str, str], **headers: str) -> tuple[int, Any]:
    """A recipient presses a button: status, headers."""
    async with client.post(path, data=form, headers={**PERSON, **headers}, allow_redirects=False) as answer:
        return answer.status, answer.headers


CSRF = re.compile(r'name="csrf" value="([0-9a-f]{32})"')


async def sign_in(client: aiohttp.ClientSession) -> None:
    """Enter by the operator's token; from then on the client carries the session's cookie."""
    async with client.get(f"/operator/login?token={OPERATOR}", allow_redirects=False) as answer:
        assert answer.status == 303
        cookie = answer.headers["Set-Cookie"]
    for word in ("HttpOnly", "SameSite=strict", "Path=/operator", "Secure"):
        assert word in cookie
    assert OPERATOR not in cookie
    client.headers["Cookie"] = cookie.partition(";")[0]


async def text(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    """A page of the operator's, which must answer with this status."""
    async with client.get(path, allow_redirects=False) as answer:
        assert answer.status == status, path
        return await answer.text()


async def post(client: aiohttp.ClientSession, path: str, page: str, **fields: str) -> tuple[int, str]:
    """Press a button of an operator's page; status, and where one is sent."""
    found = CSRF.search(page)
    assert found is not None
    async with client.post(
        path, data={"csrf": found.group(1), **fields}, headers=PERSON, allow_redirects=False
    ) as answer:
        return answer.status, answer.headers.get("Location", "")
