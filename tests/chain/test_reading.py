"""The watch over consumers, on the real broker: a stage that stops reading without a word ends its process.

The stage's consumer is the real one, in this process; the watch's clock is the test's.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline import backlog, transport
from pipeline.backlog import Backlog
from pipeline.cli.health import stages
from pipeline.cli.health.asking import Wrong
from pipeline.consumer import Raw
from pipeline.reading import SILENT_SECONDS, STALLED_SECONDS, Reading, Silent
from pipeline.topology import StageSpec
from schemas.messages import Extracted


@dataclass
class Stage:
    """A stage that counts what it has read; `held` keeps it at work."""

    spec: StageSpec
    producer: AIOKafkaProducer
    app: Any
    broker: Backlog
    read: int = 0
    free: asyncio.Event = field(default_factory=asyncio.Event)
    runner: SimpleNamespace = field(default_factory=SimpleNamespace)

    async def batch(self, raws: Sequence[Raw]) -> None:
        self.runner.busy_since = 0.0
        await self.free.wait()
        self.read += len(raws)
        self.runner.busy_since = None

    async def send(self, count: int = 1, age: float = 0) -> None:
        for _ in range(count):
            await self.producer.send_and_wait(self.spec.source, b"x", timestamp_ms=int((time.time() - age) * 1000))

    async def nothing(self) -> None: ...

    async def waits(self) -> int:
        return sum(each.messages for each in (await self.broker.waiting(self.spec)).values())


@pytest.fixture
async def stage(kafka: str, tmp_path: Path) -> AsyncIterator[Stage]:
    topic = f"t-{uuid.uuid4().hex[:12]}"
    spec = StageSpec(topic, topic, None, Extracted, cpu=False)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()
    app = transport.make_app(spec.group, transport.Broker(kafka), folder=tmp_path)
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    async with backlog.asking({"bootstrap_servers": kafka}) as broker:
        made = Stage(spec, producer, app, broker)
        made.runner.spec, made.runner.busy_since, made.runner.paused = spec, None, False
        made.free.set()
        transport.attach(app, topic, made.batch)
        await app.start()
        await made.send()
        await until(lambda: made.read == 1)
        await until_none(made.waits)
        yield made
        made.free.set()
        await app.stop()
    await producer.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


async def until_none(count: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while await count():
            await asyncio.sleep(0.05)


def watch(stage: Stage) -> Reading:
    return Reading({}, [(stage.runner, stage.app)])


async def test_a_consumer_that_stops_reading_is_said(stage: Stage) -> None:
    """Faust holds back the flow in a rebalance and never lets it go: after a minute the process is to end."""
    watching = watch(stage)
    stage.app.consumer.stop_flow()
    await stage.send(3)  # the first may still be taken: the consumer waits for it already
    await stage.send(3)
    await watching.look(stage.broker, 0)
    await watching.look(stage.broker, SILENT_SECONDS)
    with pytest.raises(Silent, match=rf"{stage.spec.name} reads nothing since 61 s, and \d messages wait for it"):
        await watching.look(stage.broker, SILENT_SECONDS + 1)


async def test_a_consumer_that_reads_is_left_alone(stage: Stage) -> None:
    """Messages that come and are read, an idle hour, and a look while one is still on its way."""
    watching = watch(stage)
    for minute in range(5):
        await watching.look(stage.broker, minute * 3600)
        await stage.send(2)
        await watching.look(stage.broker, minute * 3600 + 1)
        await until(lambda read=minute * 2 + 3: stage.read == read)  # type: ignore[misc]
        await until_none(stage.waits)
    assert stage.read == 11


async def test_a_stage_at_work_has_more_patience_but_not_for_ever(stage: Stage) -> None:
    """A batch that takes two minutes is nobody's fault; five minutes without any acknowledgement are."""
    watching = watch(stage)
    stage.free.clear()
    await stage.send()
    await until(lambda: stage.runner.busy_since is not None)
    await watching.look(stage.broker, 0)
    await watching.look(stage.broker, STALLED_SECONDS)
    with pytest.raises(Silent, match="acknowledges nothing since 301 s, and 1 messages wait for it"):
        await watching.look(stage.broker, STALLED_SECONDS + 1)


async def test_a_stage_that_is_paused_is_not_stuck(stage: Stage) -> None:
    """An hour before a closed door is nobody's fault; once it goes on, its patience begins anew."""
    watching = watch(stage)
    stage.free.clear()
    await stage.send()
    await until(lambda: stage.runner.busy_since is not None)
    await watching.look(stage.broker, 0)
    stage.runner.paused = True
    await watching.look(stage.broker, 3600)
    stage.runner.paused = False
    await watching.look(stage.broker, 3601)
    await watching.look(stage.broker, 3601 + STALLED_SECONDS)
    with pytest.raises(Silent, match="acknowledges nothing since 301 s"):
        await watching.look(stage.broker, 3602 + STALLED_SECONDS)


async def test_a_topic_that_nobody_reads_is_said_by_who_should(stage: Stage) -> None:
    """The consumer has lost its place in the group, and the broker knows no other: this process has to begin anew."""
    await stage.app.stop()
    stage.app.consumer.assignment = set  # what a consumer without partitions says
    await stage.send()
    watching = watch(stage)
    await watching.look(stage.broker, 0)
    with pytest.raises(Silent, match="reads nothing"):
        await watching.look(stage.broker, SILENT_SECONDS + 1)


async def test_doctor_says_that_nobody_takes_what_waits(stage: Stage) -> None:
    """Two messages are two minutes old; while the worker takes them they are told, and wrong is that none is taken."""
    assert await stages.waiting(stage.broker, [stage.spec], stage.nothing) == "nothing waits"
    stage.free.clear()
    await stage.send(2, age=120)
    await until(lambda: stage.runner.busy_since is not None)
    name = stage.spec.name
    with pytest.raises(Wrong) as caught:
        await stages.waiting(stage.broker, [stage.spec], stage.nothing)
    told, still = str(caught.value).split("; ", 1)
    assert re.fullmatch(rf"{name}: 2 wait, the oldest 12\d s", told)
    assert still == f"{name} took none meanwhile; 1 workers read it"

    async def taken() -> None:
        stage.free.set()
        await until_none(stage.waits)

    assert (await stages.waiting(stage.broker, [stage.spec], taken)).startswith(f"{name}: 2 wait")


async def test_who_waits_for_partitions_counts_as_asking(stage: Stage) -> None:
    """A rebalance may take longer than the longest pause between two polls: who is taken for idle never joins again."""
    subscription = stage.app.consumer._thread._consumer._subscription
    subscription.begin_reassignment()
    await stage.send()  # wakes who waits for messages, to find that there is no partition
    await until(lambda: bool(subscription._assignment_waiters))
    assert subscription.fetcher_idle_time == 0


def test_a_process_that_hangs_is_ended() -> None:
    """The loop does not come round any more: another thread says where it stands, and ends the process with 1."""
    code = "import asyncio, time; from pipeline import pulse; pulse.comes_round(0.2); time.sleep(60)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert ended.returncode == 1
    assert 'File "<string>", line 1' in ended.stderr
