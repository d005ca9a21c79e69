"""Broker, database and artefacts are other people's: each is replaced by its settings and by nothing else."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bad_exports
import pytest
import real_services
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import GroupCoordinatorNotAvailableError
from real_services import Services, WorkerProcess, assigned, entrega, rows, until
from replaced_services import check_commands, check_places
from wrong_ways import to_the_broker

from pipeline import backlog, demo, embedded, preparing, reach, roles, topics, wiring
from pipeline.cli import health
from pipeline.recipients import read_recipients
from pipeline.settings import load
from pipeline.store import importing, queries
from pipeline.topology import ROLES, STAGES, TOPICS, StageSpec
from pipeline.transport import Outgoing
from schemas import messages
from schemas.errors import ConfigurationError

pytestmark = pytest.mark.xdist_group("real services")


AT_ONCE = 10.0
"""Seconds within which a wrong setting is told, on a machine that is busy."""


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("services")
    folder.chmod(0o711)  # the database runs as another user when we are root
    with real_services.running(folder) as started:
        yield started


WAYS = [
    ("secure", "SCRAM-SHA-512"),
    ("secure", "SCRAM-SHA-256"),
    ("secure", "PLAIN"),
    ("open", "SCRAM-SHA-256"),
    ("mutual", ""),
]


@pytest.mark.parametrize(("listener", "mechanism"), WAYS)
async def test_each_way_in_serves_every_client(
    services: Services, tmp_path: Path, listener: str, mechanism: str
) -> None:
    """TLS with a password, TLS with a client certificate, a password alone: topics are made, the relay's producer
    writes, and the sweeper reads what waits.
    """
    settings = load(tmp_path, **services.kafka.settings(listener, mechanism))
    servers = wiring.kafka_servers(settings)
    await reach.kafka(settings, servers)
    await topics.make_topics(settings, servers)
    topic = f"probe.{listener}.{mechanism}".lower()
    admin = AIOKafkaAdminClient(**topics.client_settings(settings, servers))
    await admin.start()
    try:
        assert set(TOPICS) <= set(await admin.list_topics())
        await admin.create_topics([NewTopic(topic, 2, 1)])
    finally:
        await admin.close()

    before = datetime.now(UTC) - timedelta(milliseconds=1)
    async with roles.producer(settings, servers) as produce:
        await produce([Outgoing(topic, b"key", b"value", {})])
        reader = StageSpec("probe", topic, None, messages.Extracted, cpu=False)
        options = topics.client_settings(settings, servers)
        oldest: list[datetime | None] = []

        async def asked() -> bool:
            with suppress(GroupCoordinatorNotAvailableError):  # a new broker makes its own topic at the first question
                oldest.append(await backlog.oldest_waiting(options, reader))
            return bool(oldest)

        await until(asked, "the sweeper is told what waits")
    assert oldest[0] is not None
    assert before <= oldest[0] <= datetime.now(UTC)


async def test_a_wrong_way_to_the_broker_is_told_at_once_by_its_setting(services: Services, tmp_path: Path) -> None:
    """Password, user, mechanism, authority, host, port, certificate, kind of protection: each wrong one is refused
    within seconds, by the name of the setting; one server of several that lets us in is enough.
    """
    for what, (given, sentence) in to_the_broker(services.kafka).items():
        settings = load(tmp_path, **given)
        began = time.monotonic()
        with pytest.raises(ConfigurationError) as caught:
            await reach.kafka(settings, wiring.kafka_servers(settings))
        assert caught.value.text.startswith(sentence), what
        assert time.monotonic() - began < AT_ONCE, what

    secure = services.kafka.settings("secure")
    settings = load(tmp_path, **{**secure, "kafka_servers": f"127.0.0.1:9, {secure['kafka_servers']}"})
    await reach.kafka(settings, wiring.kafka_servers(settings))


def test_a_wrong_way_to_the_database_is_told_at_once_by_its_setting(services: Services, tmp_path: Path) -> None:
    """Password, database, role, port and URL of both database settings, and a schema that is not there: said in a
    sentence without the password, before anything is started. The application's role is made with its URL's password
    once, and then left alone.
    """
    good = services.settings()
    wrong = services.url("shop", "not this one")
    cases: list[tuple[dict[str, str], str]] = [
        ({"database_owner_url": wrong}, 'password authentication failed for user "shop"'),
        ({"database_owner_url": "postgresql://[shop"}, "database_owner_url: is no postgresql:// URL"),
        (
            {"database_owner_url": services.url("shop", real_services.OWNER_PASSWORD, "nowhere")},
            'database "nowhere" does not exist',
        ),
    ]
    for index, (changed, sentence) in enumerate(cases):
        data = tmp_path / str(index)
        with pytest.raises(ConfigurationError) as caught:
            preparing.prepare(load(data, **{**good, **changed}))
        assert caught.value.text.startswith("database_owner_url: "), changed
        assert sentence in caught.value.text
        assert "not this one" not in caught.value.text
        assert not data.exists()

    preparing.prepare(load(tmp_path / "good", **good))  # makes the role with its URL's password
    given = {**good, "database_url": services.url("entrega_app", "not this one")}
    with pytest.raises(ConfigurationError, match=r'database_url: .*failed for user "entrega_app"'):
        preparing.prepare(load(tmp_path / "good", **given))  # and leaves it as it is from then on
    reach.database(load(tmp_path, **good))

    owner = services.url("shop", real_services.OWNER_PASSWORD, "bare")
    for url, sentence in (
        (services.url("entrega_app", "not this one"), 'password authentication failed for user "entrega_app"'),
        ("postgresql://entrega_app@127.0.0.1:9/shop", "Connection refused"),
        (owner, "database_url: logs in as shop; the application's role is entrega_app"),
        (services.url("entrega_app", real_services.APP_PASSWORD, "bare"), "the database is without our schema"),
    ):
        settings = load(tmp_path, database_url=url)
        began = time.monotonic()
        with pytest.raises(ConfigurationError) as caught:
            reach.database(settings)
        assert caught.value.text.startswith("database_url: ")
        assert sentence in caught.value.text
        assert "not this one" not in caught.value.text
        assert time.monotonic() - began < AT_ONCE


def test_a_bucket_that_is_not_there_is_told_at_once(services: Services, tmp_path: Path) -> None:
    """A bucket of another name and an endpoint that is silent are refused by their settings, before anything starts."""
    good = services.settings()
    for changed, sentence in (
        ({"s3_bucket": "nobodys"}, f"s3_bucket: there is no bucket nobodys at {services.s3}"),
        ({"s3_endpoint": "http://127.0.0.1:9"}, "s3_endpoint: http://127.0.0.1:9 does not answer"),
        ({"s3_endpoint": "not a URL"}, "s3_endpoint: it must be a URL like https://host.example"),
    ):
        data = tmp_path / "data"
        with pytest.raises(ConfigurationError) as caught:
            preparing.prepare(load(data, **{**good, **changed}))
        assert caught.value.text.startswith(sentence)
        assert not data.exists()


async def test_commands_end_with_the_sentence(services: Services, tmp_path: Path) -> None:
    """With a wrong password `up` starts nothing and `worker` ends with status 2 and the sentence; `doctor` names each
    wrong service beside those that are right.
    """
    wrong = {**services.settings(), "kafka_password": "x", "s3_bucket": "nobodys"}
    wrong["database_url"] = services.url("entrega_app", "x")
    data = tmp_path / "data"
    demo.install_profile(load(data))
    with pytest.raises(ConfigurationError, match=r"^kafka_password: "):
        await asyncio.to_thread(preparing.prepare, load(data, **wrong))
    assert embedded.status(data)["kafka"].state == "stopped"
    done = await asyncio.to_thread(entrega, data, wrong, "worker")
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("entrega: kafka_password: 127.0.0.1:")
    assert len(done.stderr.splitlines()) == 1

    found = await health.check(load(data, **wrong))
    told = {row["what"]: (row["is"], row["detail"].partition(":")[0]) for row in found}
    assert told["kafka"] == ("wrong", "kafka_password")
    assert told["database"] == ("wrong", "database_url")
    assert told["artefacts"] == ("wrong", "s3_bucket")
    assert told["disk"][0] == "ok"


@pytest.fixture
async def opened() -> AsyncIterator[AsyncExitStack]:
    """What a test opens is closed at its end."""
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
def workers() -> Iterator[list[WorkerProcess]]:
    """Whoever is still there at the end is ended."""
    started: list[WorkerProcess] = []
    yield started
    for worker in started:
        worker.process.terminate()  # all at once
    for worker in started:
        worker.stop()


async def test_everything_replaced_and_the_work_shared_by_three_processes(
    services: Services, tmp_path: Path, workers: list[WorkerProcess], opened: AsyncExitStack
) -> None:
    """With broker, database and artefacts replaced by settings, documents go through all stages in three processes:
    two of them share signing and rendering, and when one ends the other takes its partitions over. Nothing embedded is
    started, and no artefact lies in the folder.
    """
    data = tmp_path / "data"
    given = {**services.settings(), "workers": "1"}
    settings = load(data, **given)
    await asyncio.to_thread(preparing.prepare, settings)
    store = wiring.open_store(settings, wiring.endpoints(settings), size=1)
    await store.open()
    opened.push_async_callback(store.close)

    # each of the three comes in by a way of its own
    rest = [name for name in (*(stage.name for stage in STAGES), *ROLES) if name not in ("signing", "rendering")]
    mutual = {
        **{name: value for name, value in given.items() if not name.startswith("kafka_")},
        **services.kafka.settings("mutual"),
    }
    plain = {**given, **services.kafka.settings("secure", "PLAIN")}
    first = WorkerProcess(data, mutual, tmp_path / "first.log", ["signing", "rendering"])
    second = WorkerProcess(data, plain, tmp_path / "second.log", ["signing", "rendering"])
    others = WorkerProcess(data, given, tmp_path / "others.log", rest)
    workers += [first, second, others]
    known = read_recipients(io.StringIO(bad_exports.RECIPIENTS))
    assert (await importing.import_recipients(store, settings.default_tenant, known, "test")).refused == ()
    await until(lambda: all(worker.ready for worker in workers), "three workers are ready")
    for group in ("entrega.signing", "entrega.rendering"):

        async def shared(group: str = group) -> bool:
            return await assigned(settings, group) == [2, 2]

        await until(shared, f"two processes share {group}")

    one = tmp_path / "one.json"
    one.write_bytes(bad_exports.as_json(*(bad_exports.document(f"A{number}") for number in range(16))))
    done = await asyncio.to_thread(entrega, data, given, "ingest", one, "--wait", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {row["number"]: row["state"] for row in rows(done)} == {f"A{n}": "captured" for n in range(16)}

    def of(worker: WorkerProcess) -> tuple[int, int]:
        handled = worker.handled()
        return handled.get("signing", 0), handled.get("rendering", 0)

    await until(lambda: [sum(pair) for pair in zip(of(first), of(second), strict=True)] == [16, 16], "all is counted")
    assert min(*of(first), *of(second)) > 0, "each of the two did a part"
    assert set(first.handled()) == {"signing", "rendering"}
    elsewhere = {"extraction", "conversion", "resolution", "delivery"}
    await until(lambda: set(others.handled()) == elsewhere, "the third process has counted its part")
    before = of(second)

    content = bad_exports.as_json(*(bad_exports.document(f"B{number}") for number in range(8)))
    exports = [(await wiring.door(settings, store).receive(content, name="two.json", by="test")).export_id]
    assert await asyncio.to_thread(first.stop) == 0, "it ends in order while documents are on their way to it"

    async def finished() -> bool:
        async with store.transaction() as conn:
            return (await queries.progress(conn, exports)).finished

    await until(finished, "what was on its way has come to its end")
    async with store.transaction() as conn:
        found = await queries.documents_of_exports(conn, exports)
    assert {row["number"]: row["state"] for row in found} == {f"B{n}": "captured" for n in range(8)}
    assert await assigned(settings, "entrega.signing") == [4]
    await until(lambda: sum(of(second)) > sum(before), "the second did what the first left")

    check_commands(data, given, rows(done)[0]["document_id"], tmp_path)
    check_places(services, data)
