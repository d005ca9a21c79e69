"""The embedded services are the real programs: they keep what they were given, and their death is noticed."""

from __future__ import annotations

import json
import os
import pwd
import queue
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from pipeline import embedded, maven, wiring
from pipeline.embedded import postgres as postgres_module
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


def insert(url: str, value: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def select(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value")]


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


def test_the_database_lies_where_its_user_can_reach_it(data: Path) -> None:
    """Below a 0700 folder root's server runs as nobody, from a place that the data directory names."""
    if os.geteuid() != 0:
        pytest.skip("only root runs PostgreSQL as another user")
    data.mkdir(mode=0o700)
    data.chmod(0o700)
    running = embedded.start(data, kafka=False)
    server = psutil.Process(running.pids["postgres"])
    assert server.username() == "nobody"
    home = Path((data / "postgres/location").read_text().strip())
    assert home.parent == Path("/var/lib/entrega")
    assert (home / "cluster").stat().st_uid == server.uids().real
    embedded.erase(data)
    assert not home.exists()


def test_a_copy_of_a_data_folder_does_not_open_its_database(data: Path) -> None:
    """It is refused by name while the original stands, running or not; a folder that was moved keeps its database."""
    if os.geteuid() != 0:
        pytest.skip("only root's database lies outside of its data folder")
    data.mkdir(mode=0o700)
    running = embedded.start(data, kafka=False)
    assert running.database is not None
    insert(running.database, "a row")
    copy, moved = data.with_name("copy"), data.with_name("moved")
    shutil.copytree(data, copy)
    assert embedded.running(copy).pids == {}, "what the copied state names runs for another folder"
    assert embedded.stop(copy) is False
    for _ in ("running", "stopped"):
        with pytest.raises(ConfigurationError, match=f"data: {copy} is a copy of {data}"):
            embedded.start(copy, kafka=False)
        embedded.stop(data)
    embedded.erase(copy)  # takes nothing of the original's along
    data.rename(moved)
    try:
        again = embedded.start(moved, kafka=False)
        assert again.database is not None
        assert select(again.database) == ["a row"]
    finally:
        embedded.erase(moved)


def test_a_user_without_a_name_is_told_so() -> None:
    """A uid that no passwd line names (`docker run -u`): one sentence, where initdb would fail with its own."""
    if os.geteuid() != 0:
        pytest.skip("only root becomes another user")
    script = (
        "import os; from pipeline.embedded import placement; os.setuid(54321)\n"
        "try: placement.account()\nexcept Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("ConfigurationError PostgreSQL must run as a user that has a name, and user id 54321")


def test_programs_out_of_reach_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment below a 0700 home: the server's user gets a copy of the programs, and the home stays closed."""
    if os.geteuid() != 0:
        pytest.skip("only root runs PostgreSQL as another user")
    secret = tmp_path / "home"
    secret.mkdir(mode=0o700)
    wheel = postgres_module._programs()
    for folder in (wheel, wheel.parent.with_suffix(".libs")):
        place = secret / folder.relative_to(wheel.parents[1])
        shutil.copytree(folder, place, ignore=shutil.ignore_patterns("include"))
    programs = secret / wheel.relative_to(wheel.parents[1])
    monkeypatch.setattr(postgres_module, "_programs", lambda: programs)
    data = tmp_path / "data"
    try:
        running = embedded.start(data, kafka=False)
        executable = Path(psutil.Process(running.pids["postgres"]).exe())
        assert executable.parts[-2:] == ("bin", "postgres")
        assert secret not in executable.parents
        assert secret.stat().st_mode & 0o777 == 0o700
    finally:
        embedded.erase(data)


def test_an_ordinary_user_starts_both(tmp_path: Path) -> None:
    """Started by a user without any right, both run as that user, and end when asked."""
    if os.geteuid() != 0:
        pytest.skip("this run is by an ordinary user already")
    account = pwd.getpwnam("nobody")
    script = (
        "import json, sys; from pathlib import Path; from pipeline import embedded; data = Path(sys.argv[1]);"
        "running = embedded.start(data); print(json.dumps({n: s.state for n, s in embedded.status(data).items()}));"
        "embedded.stop(data); print(json.dumps({n: s.state for n, s in embedded.status(data).items()}))"
    )
    home = Path(os.environ["TESTS_OF_ENTREGA_SERVICES"]) / tmp_path.name  # pytest's own folders are closed to others
    home.mkdir()
    os.chown(home, account.pw_uid, account.pw_gid)
    shutil.copytree(maven.cache(), home / "cache/maven")
    root = Path(__file__).parents[2]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "ENTREGA_CACHE_DIR": str(home / "cache"),
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=120,
        )

    try:
        allowed = run("-c", "import pipeline.embedded, psycopg").returncode == 0
    except PermissionError:
        allowed = False
    if not allowed:
        shutil.rmtree(home)
        pytest.skip(f"{sys.executable} or this checkout cannot be read by another user")
    done = run("-c", script, str(home / "data"))
    assert done.returncode == 0, done.stderr
    before, after = map(json.loads, done.stdout.splitlines())
    assert before == {"kafka": "running", "postgres": "running"}
    assert after == {"kafka": "stopped", "postgres": "stopped"}


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
