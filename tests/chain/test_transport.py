"""The transport on the real broker: stock Faust loses messages in four ways, ours in none.

The control runs are what the pins stand on: should one of them stop losing, a pin has changed and the transport's
reasons must be looked at again. Numbers M1, M4, M6, M8 are those of the experiments that found the losses.
"""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaConnectionError
from chaos.system import passable

from pipeline import embedded, transport

WORKER = Path(__file__).with_name("transport_worker.py")
SECONDS = 60.0


@dataclass
class Job:
    """One topic, one group, one file of what was done."""

    servers: str
    folder: Path
    kind: str
    fault: str
    topic: str
    bad: set[int]

    @property
    def done(self) -> Path:
        return self.folder / "done.txt"

    @property
    def group(self) -> str:
        return f"{self.kind}-{self.topic}"

    def words(self, word: str) -> list[int]:
        text = self.done.read_text() if self.done.exists() else ""
        return [int(line.split()[1]) for line in text.splitlines() if line.split()[0] == word]

    @contextmanager
    def worker(self, *, mended: bool = False) -> Iterator[subprocess.Popen[bytes]]:
        arguments = [
            sys.executable, str(WORKER), self.kind, "--servers", self.servers, "--topic", self.topic, "--out",
            f"{self.topic}-out", "--fault", self.fault, "--done", str(self.done), "--bad", ",".join(map(str, self.bad)),
        ]  # fmt: skip
        process = subprocess.Popen([*arguments, *(["--mended"] if mended else [])], cwd=WORKER.parents[2])
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    async def committed(self) -> int:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.servers)
        await admin.start()
        try:
            offsets = await admin.list_consumer_group_offsets(self.group)
        finally:
            await admin.close()
        return sum(each.offset for each in offsets.values())

    async def until(self, condition: Callable[[], bool] | None = None, *, committed: int | None = None) -> None:
        """Wait for what the file says, and for the committed offset."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + SECONDS
        while True:
            if (condition is None or condition()) and (committed is None or await self.committed() >= committed):
                return
            if loop.time() > deadline:
                raise AssertionError(
                    f"not within {SECONDS} s: {self.done.read_text()[-300:] if self.done.exists() else ''}"
                )
            await asyncio.sleep(0.1)


async def produced(servers: str, topic: str, values: list[bytes]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics(
            [NewTopic(topic, 1, 1), NewTopic(f"{topic}-out", 1, 1, topic_configs={"max.message.bytes": "2000"})]
        )
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=servers)
    await producer.start()
    try:
        for value in values:
            await producer.send(topic, value)
    finally:
        await producer.stop()


async def job(kafka: str, folder: Path, kind: str, fault: str, values: list[bytes], bad: set[int]) -> Job:
    topic = f"t-{uuid.uuid4().hex[:12]}"
    await produced(kafka, topic, values)
    return Job(kafka, folder, kind, fault, topic, bad)


def numbers(count: int) -> list[bytes]:
    return [str(n).encode() for n in range(count)]


async def test_m1_stock_faust_loses_what_its_handler_raised_on(kafka: str, tmp_path: Path) -> None:
    """Control: of 200 messages three raise; after the fault is mended and the worker restarted, three are gone."""
    work = await job(kafka, tmp_path, "stock", "raise", numbers(200), {30, 90, 150})
    with work.worker():
        await work.until(lambda: len(set(work.words("done"))) >= 197, committed=200)
    with work.worker(mended=True):
        await produced_more(work)
        await work.until(lambda: 200 in work.words("done"))
    assert set(range(201)) - set(work.words("done")) == {30, 90, 150}


async def test_m1_ours_brings_every_message_to_an_outcome(kafka: str, tmp_path: Path) -> None:
    """Of 200 messages three raise: 197 are done and three are parked, none is lost."""
    work = await job(kafka, tmp_path, "safe", "raise", numbers(200), {30, 90, 150})
    with work.worker():
        await work.until(lambda: len(set(work.words("done"))) >= 197, committed=200)
    assert set(work.words("done")) | set(work.words("parked")) == set(range(200))
    assert set(work.words("parked")) == {30, 90, 150}


async def produced_more(work: Job) -> None:
    """One message more, so that the end of the restarted worker's work can be seen."""
    producer = AIOKafkaProducer(bootstrap_servers=work.servers)
    await producer.start()
    try:
        await producer.send_and_wait(work.topic, b"200")
    finally:
        await producer.stop()


@pytest.mark.parametrize(("kind", "lost"), [("stock", True), ("safe", False)])
async def test_m4_a_message_in_flight_when_the_worker_is_killed(
    kafka: str, tmp_path: Path, kind: str, lost: bool
) -> None:
    """One message hangs, the worker is killed: stock Faust has committed past it (faust#606), ours never does."""
    hung = 5
    work = await job(kafka, tmp_path, kind, "hang", numbers(200), {hung})
    with work.worker() as process:
        if lost:
            await work.until(lambda: len(set(work.words("done"))) >= 150, committed=100)
        else:
            await work.until(lambda: hung in work.words("hung"))
        process.kill()
        process.wait()
    if not lost:
        assert await work.committed() <= hung
    with work.worker(mended=True):
        await produced_more(work)
        await work.until(lambda: 200 in work.words("done"))
    assert (hung not in work.words("done")) is lost
    if not lost:
        assert set(work.words("done")) == set(range(201))


@pytest.mark.parametrize(("kind", "lost"), [("stock", True), ("safe", False)])
async def test_m6_an_output_that_the_broker_refuses(kafka: str, tmp_path: Path, kind: str, lost: bool) -> None:
    """Ten of a hundred outputs are refused: an unawaited send loses them in silence, an awaited one is parked."""
    bad = set(range(0, 100, 10))
    work = await job(kafka, tmp_path, kind, "refused", numbers(100), bad)
    with work.worker():
        await work.until(lambda: len(work.words("done")) + len(work.words("parked")) >= 100, committed=100)
    assert set(work.words("parked")) == (set() if lost else bad)
    assert set(work.words("done")) == (set(range(100)) if lost else set(range(100)) - bad)


@pytest.mark.parametrize(("kind", "lost"), [("stock", True), ("safe", False)])
async def test_m8_messages_that_cannot_be_decoded(kafka: str, tmp_path: Path, kind: str, lost: bool) -> None:
    """Four of thirty messages are no record: a typed topic drops them, ours parks each with its place."""
    values = [json.dumps({"number": n}).encode() for n in range(30)]
    bad = {3: b"\xff\xfe", 9: b'{"number": "x"}', 15: b"null", 21: b"{}"}
    for place, value in bad.items():
        values[place] = value
    work = await job(kafka, tmp_path, kind, "undecodable", values, set())
    with work.worker():
        await work.until(lambda: len(set(work.words("done"))) >= 26, committed=30)
    assert set(work.words("done")) == set(range(30)) - set(bad)
    assert set(work.words("parked")) == (set() if lost else set(bad))


async def test_a_producer_that_could_not_start_anew_sends_once_the_broker_is_back(tmp_path: Path) -> None:
    """The broker dies, and so does the producer's new beginning; when the broker is back everything is sent."""
    data = passable(tmp_path) / "broker"
    running = embedded.start(data, postgres=False)
    assert running.kafka is not None
    try:
        topic = f"t-{uuid.uuid4().hex[:12]}"
        await produced(running.kafka, topic, [])
        app = transport.make_app(topic, transport.Broker(running.kafka), folder=tmp_path)
        sent = [transport.Outgoing(topic, b"k", b"v", {})]
        await app.producer.start()
        await transport.produce(app, sent)
        psutil.Process(running.pids["kafka"]).kill()
        with pytest.raises(KafkaConnectionError):
            await app.producer.restart()
        with pytest.raises(KafkaConnectionError):
            await transport.produce(app, sent)
        await asyncio.to_thread(embedded.start, data, postgres=False)
        async with asyncio.timeout(SECONDS):
            await transport.produce(app, sent)
        await app.producer.stop()
    finally:
        embedded.erase(data)
