"""The embedded services are the real programs: they keep what they were given, and their death is noticed."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from embedded_rows import insert, select

from pipeline import embedded, wiring
from pipeline.embedded import state
from pipeline.embedded.processes import Identity, free_port, identify
from pipeline.settings import load
from schemas.errors import ConfigurationError, StoreUnavailable

pytestmark = pytest.mark.xdist_group("embedded")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory of its own, with nothing left of it afterwards."""
    folder = tmp_path / "data"
    yield folder
    embedded.erase(folder)


async def produce(servers: str, topic: str, value: bytes) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
        await producer.send_and_wait(topic, value)


async def consume(servers: str, topic: str) -> bytes | None:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest")
    async with consumer:
        return (await consumer.getone()).value


async def test_both_keep_what_they_were_given(data: Path) -> None:
    """Message and row are there after a stop and a start, at the same addresses; a second start finds the first."""
    first = embedded.start(data)
    assert first.kafka is not None
    assert first.database is not None
    await produce(first.kafka, "kept", b"a message")
    insert(first.database, "a row")

    assert embedded.start(data) == first
    assert {name: one.state for name, one in embedded.status(data).items()} == {
        "kafka": "running",
        "postgres": "running",
    }
    embedded.stop(data)
    assert not any(psutil.pid_exists(pid) for pid in first.pids.values())
    assert {name: one.state for name, one in embedded.status(data).items()} == {
        "kafka": "stopped",
        "postgres": "stopped",
    }

    second = embedded.start(data)
    assert (second.kafka, second.database) == (first.kafka, first.database)
    assert set(second.pids.values()).isdisjoint(first.pids.values())
    assert await consume(first.kafka, "kept") == b"a message"
    assert select(first.database) == ["a row"]


async def test_a_killed_service_is_noticed_and_comes_back_with_its_data(data: Path) -> None:
    """kill -9 of either is reported with its signal, and a start brings it back with its data; a stop is no death."""
    deaths: queue.Queue[embedded.Death] = queue.Queue()
    running = embedded.start(data)
    assert running.kafka is not None
    assert running.database is not None
    await produce(running.kafka, "kept", b"a message")
    insert(running.database, "a row")

    with embedded.Watch(data, deaths.put):
        for name in ("kafka", "postgres"):
            os.kill(running.pids[name], signal.SIGKILL)
            death = deaths.get(timeout=5)
            assert (death.service, death.pid) == (name, running.pids[name])
            assert death.sentence == f"{name} (process {death.pid}) was killed by SIGKILL"
            status = embedded.status(data)
            assert status[name].state == "crashed"
            assert status[name].pid == death.pid
        assert "ready to accept connections" in embedded.status(data)["postgres"].tail

        again = embedded.start(data)
        assert (again.kafka, again.database) == (running.kafka, running.database)
        assert await consume(running.kafka, "kept") == b"a message"
        assert select(running.database) == ["a row"]

        os.kill(again.pids["postgres"], signal.SIGKILL)
        assert deaths.get(timeout=5).pid == again.pids["postgres"], "what was started again is watched again"
        embedded.stop(data)
    assert deaths.empty()


def test_a_service_that_cannot_start_says_why(data: Path) -> None:
    """A cluster whose control file is gone: the error carries the server's own words, and nothing is left running."""
    embedded.start(data, kafka=False)
    embedded.stop(data)
    home = data / "postgres"
    if (home / "location").exists():
        home = Path((home / "location").read_text().strip())
    (home / "cluster/global/pg_control").unlink()
    with pytest.raises(ConfigurationError, match=r"(?s)PostgreSQL did not start:.*pg_control"):
        embedded.start(data, kafka=False)
    assert embedded.status(data)["postgres"].state == "stopped"


def test_a_recycled_pid_is_never_signalled() -> None:
    """A process that has our pid but another start time, or is of an earlier boot, is taken for dead and left alone."""
    me = identify(os.getpid())
    assert me is not None
    assert me.alive()
    for other in (Identity(me.pid, me.ticks + 1, me.boot), Identity(me.pid, me.ticks, "an earlier boot")):
        assert not other.alive()
        assert other.signal(signal.SIGKILL) is False


def test_ports_stay_clear_of_outgoing_connections() -> None:
    """A service's port is never one that a retrying client could be given, and so connect to itself."""
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert free_port() < low


def test_a_nearly_full_disk_is_said(tmp_path: Path) -> None:
    """The guard passes with room to spare, also for a folder yet to be made, and says how much is left without."""
    embedded.free_space_guard(tmp_path / "not/yet/there", 1)
    with pytest.raises(StoreUnavailable, match=r"the disk is nearly full: .* MiB left"):
        embedded.free_space_guard(tmp_path, 1 << 60)


def test_the_disk_of_a_database_outside_counts_too(tmp_path: Path) -> None:
    """Both file systems are looked at, the data folder's and the one on which the database lies."""
    elsewhere = Path("/dev/shm")  # noqa: S108  another file system, on Linux
    if not elsewhere.is_dir():
        pytest.skip("no /dev/shm")
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/location").write_text(f"{elsewhere}\n")
    assert set(embedded.free_space(tmp_path)) == {tmp_path, elsewhere}


def test_where_nothing_runs_a_full_disk_is_said_first(tmp_path: Path) -> None:
    """A full disk is why the broker died, so it is told and no setting; with room, how the service died."""
    full = load(tmp_path, minimum_free_mib=1 << 40)
    for ask in (wiring.kafka_servers, wiring.database_urls):
        with pytest.raises(StoreUnavailable, match="the disk is nearly full"):
            ask(full)
    me = identify(os.getpid())
    assert me is not None
    dead = Identity(me.pid, me.ticks + 1, me.boot)
    with state.locked(tmp_path):
        state.write(tmp_path, "kafka", state.Entry(wanted=True, process=dead))
    (tmp_path / "log").mkdir()
    (tmp_path / "log/kafka.log").write_text("one\nthe last words\n")
    with pytest.raises(ConfigurationError, match=r"kafka_servers: the embedded Kafka died \(the last words\)"):
        wiring.kafka_servers(load(tmp_path))


async def test_the_run_shares_one_broker_and_one_server(kafka: str, postgres: Callable[[], str]) -> None:
    """The fixtures' broker takes a message and gives it back; each database asked for is new and empty."""
    topic = "shared-by-the-run"
    await produce(kafka, topic, b"hello")
    assert await consume(kafka, topic) == b"hello"
    one, other = postgres(), postgres()
    insert(one, "x")
    with psycopg.connect(other) as connection:
        assert connection.execute("SELECT to_regclass('kept')").fetchone() == (None,)
