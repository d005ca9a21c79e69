"""A whole system of its own for the tests of bad input: broker, database, one worker process, and the commands."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from aiokafka import AIOKafkaProducer
from bad_exports import RECIPIENTS, SHOP

from pipeline import embedded, preparing
from pipeline.settings import load

T = TypeVar("T")
DEADLINE = 120.0
"""Seconds within which what must happen has happened, on a machine that does much else."""

TENANT = """tenant: demo
brand: {name: Vinhos}
language: en
policy: {channels: [email]}
extraction: [default.yaml, shop.yaml]
"""
DEFAULT = """name: default
constants: {seller: {endpoint: {value: PT509873219, scheme: "9946"}}}
idoc: {tax_codes: {A1: {category: S}, A2: {category: S}, A3: {category: S}}, units: {FL: XBO}}
"""


def environment(**settings: str) -> dict[str, str]:
    """This process's, without anybody's settings, and with those given."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ENTREGA_")} | settings


def write_profiles(data: Path) -> None:
    """The tenant of these tests; what `up` would bring is another supplier's."""
    folder = data / "profiles"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "demo.yaml").write_text(TENANT)
    (folder / "default.yaml").write_text(DEFAULT)
    (folder / "shop.yaml").write_text(SHOP)


@dataclass(frozen=True)
class Answer:
    """What a command said: exit status, rows of `--json`, its words for people, and what it printed for them."""

    code: int
    rows: list[dict[str, Any]]
    said: str
    printed: str


@dataclass
class House:
    """The system of one data folder."""

    data: Path
    worker: subprocess.Popen[bytes] | None = None
    log: Path = field(init=False)
    shown: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log = self.data / "worker.log"

    @classmethod
    def make(cls) -> House:
        folder = Path(tempfile.mkdtemp(prefix="entrega-bad-input-"))
        folder.chmod(0o711)  # the database runs as another user when we are root
        house = cls(folder / "data")
        write_profiles(house.data)
        preparing.prepare(load(house.data))
        recipients = house.data / "recipients.csv"
        recipients.write_text(RECIPIENTS, "utf-8")
        assert house.entrega("recipients", "import", str(recipients)).code == 0
        return house

    def start(self, **settings: str) -> None:
        """Start the worker, and wait until it consumes."""
        ready = self.data / "run" / "worker.ready"
        ready.unlink(missing_ok=True)
        with open(self.log, "ab") as log:
            self.worker = subprocess.Popen(
                [sys.executable, "-m", "pipeline", "worker", "--data", str(self.data)],
                stdout=log, stderr=log, env=environment(**settings),
            )  # fmt: skip
        self.until(lambda: ready.exists() or self.worker is None or self.worker.poll() is not None, "the worker")
        assert self.worker.poll() is None, self.log.read_text()[-2000:]

    def stop(self) -> None:
        if self.worker is not None:
            self.worker.terminate()
            self.worker.wait(30)
            self.worker = None

    def remove(self) -> None:
        self.stop()
        embedded.erase(self.data)
        shutil.rmtree(self.data.parent)

    def entrega(self, *arguments: str) -> Answer:
        """A command of the application, in this process, as a script calls it."""
        from pipeline.cli import main

        before, out = (sys.argv, sys.stdout), io.BytesIO()
        said, code = io.StringIO(), 0
        screen = io.TextIOWrapper(out, "utf-8", write_through=True)
        sys.argv, sys.stdout = ["entrega", *arguments, "--data", str(self.data)], screen
        try:
            with redirect_stderr(said):
                main()
        except SystemExit as end:
            code = int(end.code or 0)
            if code == 130:
                raise KeyboardInterrupt from None
        finally:
            sys.argv, sys.stdout = before
            screen.detach()
        printed = out.getvalue().decode()
        lines = printed.splitlines() if "--json" in arguments else []
        return Answer(code, [json.loads(line) for line in lines], said.getvalue(), printed)

    def parked(self) -> list[dict[str, Any]]:
        """Everything parked, each as `parked show --json` tells it."""
        ids = [row["parked_id"] for row in self.entrega("parked", "list", "--all-tenants", "--json").rows]
        for parked in ids:
            if parked not in self.shown:
                self.shown[parked] = self.entrega("parked", "show", parked, "--json").rows[0]
        return [self.shown[parked] for parked in ids]

    def produce(self, *messages: tuple[str, bytes | None, dict[str, bytes]]) -> list[str]:
        """Put bytes straight on topics; where each came to stand, as `topic/partition/offset`."""

        async def go() -> list[str]:
            servers = embedded.running(self.data).kafka
            async with AIOKafkaProducer(bootstrap_servers=servers) as producer:
                placed = [
                    await producer.send_and_wait(topic, value, key=b"key\0", headers=list(headers.items()))
                    for topic, value, headers in messages
                ]
            return [f"{each.topic}/{each.partition}/{each.offset}" for each in placed]

        return asyncio.run(go())

    def until(self, look: Callable[[], T], what: str) -> T:
        """Look again and again until there is something to see."""
        end = time.monotonic() + DEADLINE
        while not (seen := look()):
            assert time.monotonic() < end, f"{what} did not come: {self.log.read_text()[-3000:]}"
            time.sleep(0.1)
        return seen

    def logged(self, *words: str) -> Sequence[str]:
        """Lines of the worker's log that name one of these events."""
        lines = self.log.read_text("utf-8").splitlines()
        return [line for line in lines if any(f'"event": "{word}"' in line for word in words)]


def signing_files(folder: Path, until: datetime, password: str | None = None) -> tuple[Path, Path]:
    """A signing key and its certificate, PEM; valid until then."""
    from cryptography.hazmat.primitives import serialization as pem

    from connectors.keys.memory import Authority

    signer = Authority.make(datetime.now(UTC)).issue(until - timedelta(days=365), until)
    sealed = pem.BestAvailableEncryption(password.encode()) if password else pem.NoEncryption()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    key.write_bytes(signer.private_key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, sealed))
    certificate.write_bytes(
        b"".join(each.public_bytes(pem.Encoding.PEM) for each in (signer.certificate, *signer.chain))
    )
    return key, certificate
