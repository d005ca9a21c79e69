"""An operator's own services, and the commands that are pointed at them by settings alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import secured_kafka

from pipeline import embedded, topics, wiring
from pipeline.embedded.processes import Identity, identify
from pipeline.settings import CACHE_VARIABLE, Settings

BUCKET = "entrega-artefacts"
S3_KEY = ("the key's name", "the key's secret")
APP_PASSWORD = "of the application"  # noqa: S105
OWNER_PASSWORD = "of the owner"  # noqa: S105
ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Services:
    """Broker, database server and object store, none of which belongs to the data folder that uses them.

    `server` is host:port of PostgreSQL. Its database `shop` belongs to a role that may make roles and nothing more, as
    those that one rents.
    """

    kafka: secured_kafka.Secured
    server: str
    s3: str

    def url(self, user: str, password: str, database: str = "shop") -> str:
        return f"postgresql://{user}:{password.replace(' ', '%20')}@{self.server}/{database}"

    def settings(self, listener: str = "secure", mechanism: str = "SCRAM-SHA-512") -> dict[str, str]:
        """All three replaced."""
        return {
            **self.kafka.settings(listener, mechanism),
            "database_url": self.url("entrega_app", APP_PASSWORD),
            "database_owner_url": self.url("shop", OWNER_PASSWORD),
            "s3_bucket": BUCKET,
            "s3_endpoint": self.s3,
            "s3_access_key": S3_KEY[0],
            "s3_secret_key": S3_KEY[1],
        }

    def bucket(self) -> Any:
        """A client that is none of ours."""
        import boto3

        return boto3.session.Session(*S3_KEY, region_name="us-east-1").client("s3", endpoint_url=self.s3)


@contextmanager
def running(folder: Path) -> Iterator[Services]:
    """Start all three; end them."""
    import psycopg
    from moto.server import ThreadedMotoServer

    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))
        stack.callback(embedded.erase, folder / "postgres")
        database = pool.submit(embedded.start, folder / "postgres", kafka=False)
        kafka = stack.enter_context(secured_kafka.running(folder / "kafka"))
        superuser = database.result().database
        assert superuser is not None
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute(f"CREATE ROLE shop LOGIN CREATEROLE PASSWORD '{OWNER_PASSWORD}'")
            connection.execute("CREATE DATABASE shop OWNER shop")
            connection.execute("CREATE DATABASE bare OWNER shop")
        moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        moto.start()
        stack.callback(moto.stop)
        host, port = moto.get_host_and_port()
        services = Services(kafka, superuser.partition("@")[2].partition("/")[0], f"http://{host}:{port}")
        services.bucket().create_bucket(Bucket=BUCKET)
        yield services


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """The process's own without its settings, and these settings instead."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith("ENTREGA_") or name == CACHE_VARIABLE
    }
    return kept | {f"ENTREGA_{name.upper()}": value for name, value in settings.items()}


def entrega(data: Path, settings: Mapping[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *map(str, arguments), "--data", str(data)],
        env=environment(settings), cwd=ROOT, capture_output=True, text=True, timeout=90,
    )  # fmt: skip


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@dataclass
class WorkerProcess:
    """`entrega worker`, in a process of its own."""

    data: Path
    settings: Mapping[str, str]
    log: Path
    roles: Sequence[str]
    process: subprocess.Popen[bytes] = field(init=False)
    identity: Identity = field(init=False)

    def __post_init__(self) -> None:
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pipeline", "worker", *self.roles, "--data", str(self.data)],
                env=environment(self.settings), cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
        identity = identify(self.process.pid)
        assert identity is not None
        self.identity = identity

    def lines(self) -> list[dict[str, Any]]:
        found = []
        for line in self.log.read_text().splitlines():
            if line.startswith("{"):
                found.append(json.loads(line))
        return found

    @property
    def ready(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()[-3000:]
        return any(line["event"] == "ready" for line in self.lines())

    def handled(self) -> dict[str, int]:
        """Messages by stage, as the worker itself says."""
        return {line["stage"]: line["messages"] for line in self.lines() if line["event"] == "worked"}

    def stop(self, timeout: float = 15) -> int:
        """SIGTERM, then its exit status."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(timeout)
        finally:
            self.process.kill()


async def until(condition: Callable[[], Any], what: str, seconds: float = 60) -> None:
    """Wait for a condition, which may be a coroutine."""
    import asyncio
    import inspect

    end = asyncio.get_running_loop().time() + seconds
    while True:
        value = condition()
        if inspect.isawaitable(value):
            value = await value
        if value:
            return
        assert asyncio.get_running_loop().time() < end, f"not within {seconds:.0f} s: {what}"
        await asyncio.sleep(0.1)


async def assigned(settings: Settings, group: str) -> list[int]:
    """How many partitions each member of a settled consumer group has, most first; nothing while it settles."""
    from aiokafka.admin import AIOKafkaAdminClient
    from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment

    admin = AIOKafkaAdminClient(**topics.client_settings(settings, wiring.kafka_servers(settings)))
    await admin.start()
    try:
        (answer,) = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    ((_, _, state, _, _, members, *_),) = answer.groups
    if state != "Stable":
        return []
    counts = []
    for member in members:
        decoded = ConsumerProtocolMemberAssignment.decode(member[4])
        counts.append(sum(len(partitions) for _, partitions in decoded.assignment))
    return sorted(counts, reverse=True)
