"""One run of the demo, as an operator would do it by hand: up, recipients imported, exports dropped, waited for."""

from __future__ import annotations

import asyncio
import io
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from pipeline import demo
from pipeline.demo import folder, outcome, providers
from pipeline.settings import Settings, load
from pipeline.store.database import Store

WAIT_SECONDS = 180.0
"""For all documents to reach their end, from the first drop on: a busy machine takes several times the usual 15."""

Say = Callable[[str], None]
Show = Callable[[int, int], None]
"""Told how many documents are at their end, and how many are known."""


@dataclass(frozen=True)
class Running:
    """Everything that a demo started."""

    settings: Settings
    public_url: str
    providers: providers.Providers


@dataclass(frozen=True)
class Result:
    """What the demo came to: the rows of its table, and whether each is as expected.yaml says."""

    rows: list[outcome.Row]
    story: list[dict[str, str]]
    link: str | None
    seconds: float
    as_expected: bool
    repeated: bool
    """The folder held the very same exports from an earlier run."""


@contextmanager
def running(data: Path, *, fresh: bool, say: Say) -> Iterator[Running]:
    """The same as `entrega up`, with the sandbox in the providers' place; all of it is stopped at the end."""
    from pipeline import background, wiring

    folder.prepare(data, fresh=fresh)
    sandbox = providers.start(data / "sandbox", data / "log" / "sandbox.log")
    try:
        mailboxes = {"edi_provider": "folder", "edi_folder": str((data / "mailboxes").absolute())}
        folder.write_settings(data, {**folder.SENDER, **sandbox.settings(), **mailboxes})
        settings = load(data)
        background.up(settings, say)
        public_url = wiring.public_url(settings)
        sandbox.report_to(public_url)
        yield Running(settings, public_url, sandbox)
    finally:
        for number in folder.ENDING:
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C would leave half of it running
        say("Stopping what the demo started")
        with suppress(OSError):
            background.down(data)
        sandbox.stop()


async def play(here: Running, show: Show) -> Result:
    """Import the recipients, drop the exports, wait for the end of each document."""
    from pipeline import wiring
    from pipeline.recipients import read_recipients
    from pipeline.store import importing, queries

    wanted = demo.expected()
    settings = here.settings
    start = time.monotonic()
    store = wiring.open_store(settings, wiring.endpoints(settings), size=2)
    await store.open()
    try:
        recipients = read_recipients(io.StringIO(demo.RECIPIENTS.read_text("utf-8")))
        await importing.import_recipients(store, demo.TENANT, recipients, "demo")
        async with store.transaction() as conn:
            repeated = bool(await queries.exports(conn, tenant=demo.TENANT, limit=1))
        door = wiring.door(settings, store)

        async def drop(path: Path) -> UUID:
            content = await asyncio.to_thread(path.read_bytes)
            return (await door.receive(content, name=path.name, tenant=demo.TENANT, by="demo")).export_id

        dropped = {path.name: await drop(path) for path in demo.EXPORTS}
        again = set(dropped.values()) if repeated else set()
        # a second time, as an operator does who is not sure whether the first click counted
        await _registered(store, dropped[wanted.dropped_twice], start)
        second = await drop(next(path for path in demo.EXPORTS if path.name == wanted.dropped_twice))
        exports, again = [*dropped.values(), second], again | {second}
        await _ended(store, exports, show, start)
        rows = await _settled(store, exports, frozenset(again), wanted, start)
        good = all(row.as_expected(wanted.documents) for row in rows)
        complete = {row.number for row in rows} == set(wanted.documents)
        bounced = next((row for row in rows if len(row.channels) > 1 and row.document_id), None)
        story = await outcome.story(store, bounced.document_id) if bounced and bounced.document_id else []
    finally:
        await store.close()
    accepted = await asyncio.to_thread(here.providers.accepted)
    link = outcome.link(accepted, "FT EX/2026/88", here.public_url)
    return Result(rows, story, link, time.monotonic() - start, good and complete, repeated)


async def _registered(store: Store, export: UUID, start: float) -> None:
    """Until the documents of an export are known: only then is the same content again a duplicate of them."""
    from pipeline.store import queries

    while time.monotonic() - start < WAIT_SECONDS:
        async with store.transaction() as conn:
            if (await queries.progress(conn, [export])).known:
                return
        await asyncio.sleep(0.1)


async def _ended(store: Store, exports: list[UUID], show: Show, start: float) -> None:
    """Until each document of the exports has reached its end, or the time is over."""
    from pipeline.store import queries

    while time.monotonic() - start < WAIT_SECONDS:
        async with store.transaction() as conn:
            count = await queries.progress(conn, exports)
        show(count.ended, count.known)
        if count.finished:
            return
        await asyncio.sleep(0.2)


async def _settled(
    store: Store, exports: list[UUID], again: frozenset[UUID], wanted: demo.Expected, start: float
) -> list[outcome.Row]:
    """The rows once they are as expected, or no longer change: a late report may still turn one."""
    rows = await outcome.rows(store, exports, again)
    steady = time.monotonic()
    while time.monotonic() - start < WAIT_SECONDS and time.monotonic() - steady < 10:
        if all(row.as_expected(wanted.documents) for row in rows):
            break
        await asyncio.sleep(0.3)
        before, rows = rows, await outcome.rows(store, exports, again)
        if rows != before:
            steady = time.monotonic()
    return rows
