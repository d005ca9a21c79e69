"""Processes that died between lease, call and outcome: nothing is lost, and what may be twice is said to be."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from delivery_house import PHONE, SHORT, House, until
from delivery_senders import smtp, twilio

from connectors.email.outbox import OutboxEmail
from connectors.sandbox import Rule, Sandbox
from schemas.deliveries import EmailMessage
from schemas.errors import StoreUnavailable


class Death(BaseException):
    """Passes every `except Exception`, as kill -9 does."""


class Dies:
    """A sender whose process dies at the worst moment: the message is out, and nothing is recorded."""

    provider = "smtp"
    reports_delivery = False

    def __init__(self, sender: Any) -> None:
        self.sender = sender

    async def send(self, message: EmailMessage) -> Any:
        await self.sender.send(message)
        raise Death

    async def close(self) -> None:
        await self.sender.close()


async def test_a_dispatcher_that_died_leaves_an_unknown_outcome(house: House) -> None:
    """Killed between `calling` and the outcome: after the lease the outcome is unknown, then resent with its event."""
    (document,) = await house.deliver()
    async with Sandbox(house.folder / "sandbox") as sandbox:
        dying = house.dispatcher({"email": Dies(smtp(sandbox))})
        with pytest.raises(Death):
            await dying.once()
        await dying.close()
        assert await house.attempts(document) == [("email", "calling")]
        dispatcher = house.dispatcher({"email": smtp(sandbox)})
        assert await dispatcher.once() == 0
        house.later(seconds=61)
        await dispatcher.once()
        assert await house.attempts(document) == [("email", "unknown")]
        house.later(minutes=10)
        await dispatcher.once()
        assert len(sandbox.journal.entries) == 2
        await dispatcher.close()
    words = await house.happened(document)
    assert words == ["requested", "link-issued", "calling", "outcome-unknown", "resent", "calling", "accepted"]


@pytest.mark.parametrize("written", [True, False])
async def test_the_outbox_knows_what_it_has(house: House, tmp_path: Path, written: bool) -> None:
    """Killed around writing to the outbox: its folder is asked, nobody waits, and there is one file."""
    (document,) = await house.deliver()
    outbox = OutboxEmail(tmp_path / "outbox")
    dying = house.dispatcher({"email": outbox})
    (ready,), _ = await dying.taking.take(next(iter(dying.buckets)), 10)
    if written:
        await dying.sending.call(ready, house.clock)
    house.later(seconds=61)
    dispatcher = house.dispatcher({"email": outbox})
    await dispatcher.once()
    assert await house.state(document) == ("captured", None)
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1
    rest = ["captured"] if written else ["resent", "calling", "captured"]
    assert (await house.happened(document))[3:] == ["outcome-unknown", *rest]


async def test_killed_before_the_call_was_committed(house: House, tmp_path: Path) -> None:
    """Killed after leasing and composing: another dispatcher takes over after the lease, and one message goes out."""
    (document,) = await house.deliver()
    first = house.dispatcher({"email": OutboxEmail(tmp_path / "outbox")})
    assert not (await first.taking.take(next(iter(first.buckets)), 0))[0]
    async with house.store.transaction() as conn:
        from pipeline.store import attempts

        leased = await attempts.lease(conn, next(iter(first.buckets)), house.now, house.now + first.lease, 10)
    first.sending.prepare(leased[0], house.now)
    assert await house.dispatcher({"email": OutboxEmail(tmp_path / "outbox")}).once() == 0
    house.later(seconds=61)
    assert await house.dispatcher({"email": OutboxEmail(tmp_path / "outbox")}).once() == 1
    assert await first.taking.begin([first.sending.prepare(leased[0], house.now)]) == []  # its lease is gone
    assert len(list((tmp_path / "outbox").glob("*.eml"))) == 1
    assert await house.state(document) == ("captured", None)


async def test_a_late_answer_of_a_dispatcher_thought_dead(house: House) -> None:
    """A dispatcher that was only slow brings its outcome after the lease: it resolves the unknown one."""
    (document,) = await house.deliver()
    async with Sandbox(house.folder / "sandbox") as sandbox:
        slow = house.dispatcher({"email": smtp(sandbox)})
        (ready,), _ = await slow.taking.take(next(iter(slow.buckets)), 10)
        outcome = await slow.sending.call(ready, house.clock)
        house.later(seconds=61)
        other = house.dispatcher({"email": smtp(sandbox)})
        await other.once()
        assert await house.attempts(document) == [("email", "unknown")]
        await slow._record([outcome])
        house.later(minutes=10)
        await other.once()
        assert len(sandbox.journal.entries) == 1
        await slow.close()
        await other.close()
    assert await house.state(document) == ("accepted", None)


async def test_two_dispatchers_share_the_work(house: House) -> None:
    """Two dispatchers at once: every document once."""
    house.real = True
    documents = await house.deliver(120, email="a#@example.com")
    async with Sandbox(house.folder / "sandbox") as sandbox:
        stop = asyncio.Event()
        both = [house.dispatcher({"email": smtp(sandbox)}, batch=10) for _ in range(2)]
        running = [asyncio.create_task(one.run(stop)) for one in both]
        await until(lambda: _all(house, ("accepted",), len(documents)))
        stop.set()
        await asyncio.gather(*running)
        assert Counter(entry.to for entry in sandbox.journal.entries) == {f"a{n}@example.com": 1 for n in range(120)}
        for one in both:
            await one.close()


async def test_a_slow_provider_delays_nobody_else(house: House) -> None:
    """An e-mail provider that hangs does not keep text messages waiting."""
    house.real = True
    await house.deliver(30, email="a#@example.com")
    (document,) = await house.deliver(email=None, phone=PHONE)
    async with Sandbox(house.folder / "sandbox", rules=[Rule(provider="smtp", wait=60)]) as sandbox:
        stop = asyncio.Event()
        dispatcher = house.dispatcher({"email": smtp(sandbox), "sms": twilio(sandbox)})
        running = asyncio.create_task(dispatcher.run(stop))
        await until(lambda: any(entry.provider == "twilio" for entry in sandbox.journal.entries), 10)
        begun = time.monotonic()
        stop.set()
        await running
        assert time.monotonic() - begun < 9
        await dispatcher.close()
    assert await house.attempts(document) == [("sms", "accepted")]
    assert await house.ask("SELECT FROM attempt WHERE state = 'calling'") == []  # stopped calls are unknown at once


async def test_the_database_goes_away_between_call_and_outcome(house: House) -> None:
    """What came of a call is kept until the database takes it: no second sending for want of a database."""
    house.real = True
    (document,) = await house.deliver()
    async with Sandbox(house.folder / "sandbox") as sandbox:
        dispatcher = house.dispatcher({"email": smtp(sandbox)})
        record, failures = dispatcher._record, 3

        async def failing(outcomes: Any) -> None:
            nonlocal failures
            if failures:
                failures -= 1
                raise StoreUnavailable("the database does not answer")
            await record(outcomes)

        dispatcher._record = failing  # type: ignore[method-assign]
        stop = asyncio.Event()
        running = asyncio.create_task(dispatcher.run(stop))
        await until(lambda: _all(house, ("accepted",), 1))
        stop.set()
        await running
        assert len(sandbox.journal.entries) == 1
        await dispatcher.close()
    assert (await house.happened(document)).count("accepted") == 1


async def _all(house: House, states: tuple[str, ...], count: int) -> bool:
    (row,) = await house.ask("SELECT count(*) AS n FROM document WHERE state = ANY(%s)", list(states))
    return bool(row["n"] == count)


async def test_killed_again_and_again(house: House) -> None:
    """Two dispatchers, four kill -9: every document is sent or given up after two unknown outcomes that the log has,
    and none is sent twice but where the log says unknown."""
    house.real = True
    documents = await house.deliver(100, email="a#@example.com", policy=SHORT)
    draws = random.Random(7)  # noqa: S311
    rules = [Rule(to="a0@example.com", first=1, wait=60), Rule(provider="smtp", wait=0.05)]
    async with Sandbox(house.folder / "sandbox", rules=rules) as sandbox:
        arguments = [str(house.folder), house.store.url, str(sandbox.smtp_port), sandbox.http_url]

        async def start() -> asyncio.subprocess.Process:
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(Path(__file__).with_name("dispatcher_worker.py")), *arguments,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )  # fmt: skip
            assert process.stdout is not None
            assert await process.stdout.readline() == b"ready\n"
            return process

        workers = list(await asyncio.gather(start(), start()))
        for kill in range(4):
            before = len(sandbox.journal.entries)
            goal = min(before + draws.randint(1, 12), 99)
            with_time = time.monotonic() + 5
            await until(lambda g=goal, t=with_time: len(sandbox.journal.entries) >= g or time.monotonic() > t)  # type: ignore[misc]
            victim = workers[kill % 2]
            victim.kill()
            await victim.wait()
            workers[kill % 2] = await start()
        await until(lambda: _all(house, ("accepted", "undeliverable"), len(documents)))
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
            assert await worker.wait() == 0
        taken = Counter(entry.attempt for entry in sandbox.journal.entries)
    attempts = {row["attempt_id"]: row["state"] for row in await house.ask("SELECT attempt_id, state FROM attempt")}
    said = await house.ask(
        "SELECT data->>'attempt' AS attempt, count(*) AS n FROM event WHERE type = 'outcome-unknown' GROUP BY 1"
    )
    explained = {row["attempt"]: row["n"] for row in said}
    given_up = {attempt for attempt, state in attempts.items() if state != "accepted"}
    assert set(attempts) - set(taken) <= given_up
    assert {explained.get(str(attempt)) for attempt in given_up} <= {2}
    assert {str(attempt) for attempt, count in taken.items() if count > 1} <= set(explained)
    assert max(taken.values()) <= 2
    assert explained, "a0 hangs until its caller is killed or gives up: that is never known"
