"""The web process as it is really run: it says when it listens, stays small, and stops at once when told."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import psutil
from portal_house import OPERATOR, PASSWORD, TENANT, open_house
from portal_visit import PERSON, form_of

from pipeline.store.migrate import application_url


async def test_process(postgres: Callable[[], str], tmp_path: Path) -> None:
    """`entrega web` answers once its ready file is there, takes under 120 MB with pages and pictures made, and ends
    within 5 seconds of SIGTERM with exit code 0; no token is in what it wrote."""
    owner = postgres()
    async with open_house(owner, tmp_path) as house:
        house.now = house.now.now(house.now.tzinfo)  # the process has the real clock
        tokens = [(await house.sent(f"FT 2026/{number}"))[1] for number in range(3)]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "ENTREGA_DATABASE_URL": application_url(owner, PASSWORD),
        "ENTREGA_KAFKA_SERVERS": "127.0.0.1:9",
        "ENTREGA_WEB_PORT": str(port),
        "ENTREGA_OPERATOR_TOKEN": OPERATOR,
        "ENTREGA_DEFAULT_TENANT": TENANT,
    }
    written = tmp_path / "web.log"
    with open(written, "wb") as out:  # noqa: ASYNC230
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "pipeline", "web", "--data", str(tmp_path), env=environment, stdout=out, stderr=out
        )
    try:
        async with asyncio.timeout(60):
            while not (tmp_path / "run" / "web.ready").exists():
                assert process.returncode is None, written.read_text()
                await asyncio.sleep(0.02)
        jar = aiohttp.CookieJar(unsafe=True)  # takes cookies of an address without a name
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", cookie_jar=jar) as client:
            for token in tokens:
                async with client.get(f"/d/{token}", headers=PERSON) as answer:
                    assert answer.status == 200
                    form = form_of(await answer.text())
                async with client.get(f"/d/{token}/picture.png", headers=PERSON) as answer:
                    assert (await answer.read()).startswith(b"\x89PNG")
                async with client.post(f"/d/{token}/files/pdf", data=form, headers=PERSON) as answer:
                    assert (await answer.read()).startswith(b"%PDF")
            async with client.get(f"/operator/login?token={OPERATOR}") as answer:
                assert "3 documents" in await answer.text()
            memory = psutil.Process(process.pid).memory_info().rss / 1e6
            # A client that keeps its connection open must not hold the process.
            started = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 5) == 0
            print(f"web process: {memory:.0f} MB, ended {time.monotonic() - started:.2f} s after SIGTERM")
        assert memory < 120
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    told = written.read_text()
    assert "/d/{token}" in told
    assert OPERATOR not in told
    assert not any(token in told for token in tokens)
