"""A whole system as its users run it: the keeper with its services, workers and pages, and providers in a sandbox.

Everything is a process of its own, started by the commands that people use; the test sees what an outsider sees.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
import yaml

from pipeline import embedded, kept, preparing
from pipeline.settings import load

TENANT = "acme"
ROOT = Path(__file__).resolve().parents[3]
RULES: list[dict[str, Any]] = [
    # one in fifty is not taken at first; one in fifty is taken, and the connection breaks before the answer
    {"provider": "sendgrid", "first": 1, "probability": 0.02, "take": "unavailable"},
    {"provider": "sendgrid", "to": "ok*", "first": 1, "probability": 0.02, "take": "drop-after"},
    {"provider": "twilio", "first": 1, "probability": 0.05, "take": "drop-after"},
    # one in five is reported twice over, in another order
    {"to": "ok*", "probability": 0.2, "repeat": 2, "shuffle": True},
]
PROFILE = {
    "tenant": TENANT,
    "brand": {"name": "Fundição São Bento", "colour": "#0f766e"},
    "language": "pt",
    # the minutes of a test: half a minute is longer than a fault lasts
    "policy": {"quiet_channels": [], "retry_minutes": [0.05] * 8, "unknown_minutes": {"email": 0.75, "sms": 0.75}},
}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "pipeline", *map(str, arguments)]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ENTREGA_")}


@dataclass
class Sandbox:
    """The providers, in a process of their own; `journal` is what they accepted."""

    process: subprocess.Popen[bytes]
    about: dict[str, Any]

    @property
    def accepted(self) -> list[dict[str, Any]]:
        path = Path(self.about["journal"])
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def pending(self) -> int:
        with urllib.request.urlopen(f"{self.about['http_url']}/pending", timeout=10) as answer:  # noqa: S310
            return int(json.load(answer)["pending"])


@contextmanager
def sandbox(folder: Path, webhook: str, seed: int, rules: Sequence[dict[str, Any]] = RULES) -> Iterator[Sandbox]:
    folder.mkdir(parents=True)
    (folder / "rules.json").write_text(json.dumps(rules))
    with open(folder / "sandbox.log", "ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "connectors.sandbox", folder, "--rules", folder / "rules.json", "--seed", str(seed),
             "--bounce-after", "1.5", "--sendgrid-webhook", webhook],
            stdout=subprocess.PIPE, stderr=errors, cwd=ROOT, env=environment(),
        )  # fmt: skip
    try:
        assert process.stdout is not None
        yield Sandbox(process, json.loads(process.stdout.readline()))
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout:
            process.stdout.close()


@dataclass
class System:
    """One data folder and what runs on it."""

    data: Path

    def cli(self, *arguments: str | Path) -> list[dict[str, Any]]:
        """A command with `--json`: its rows."""
        done = subprocess.run(
            command(*arguments, "--json", "--data", self.data),
            capture_output=True, text=True, cwd=ROOT, env=environment(), timeout=120,
        )  # fmt: skip
        assert done.returncode in (0, 1), f"{arguments}: {done.stderr[-2000:]}"
        return [json.loads(line) for line in done.stdout.splitlines()]

    def prepare(self, recipients: str, providers: Sandbox) -> None:
        """Settings, services, keys, the tenant's profile and its directory."""
        about = providers.about
        values = {
            "default_tenant": TENANT, "workers": 2, "documents_ahead": 60,
            "email_per_second": 200, "sms_per_second": 100,
            "email_provider": "sendgrid", "sendgrid_key": about["api_key"], "sendgrid_url": about["http_url"],
            "sendgrid_webhook_key": about["sendgrid_public_key"], "sms_provider": "twilio",
            "twilio_account": about["account_sid"], "twilio_token": about["auth_token"],
            "twilio_url": about["http_url"], "twilio_sender": "+351910000000",
            "email_sender": "faturas@saobento.example", "web_port": self.web_port,
        }  # fmt: skip
        lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
        (self.data / "entrega.toml").write_text("\n".join(lines) + "\n", "utf-8")
        (self.data / "profiles").mkdir()
        (self.data / "profiles" / f"{TENANT}.yaml").write_text(yaml.safe_dump(PROFILE, allow_unicode=True), "utf-8")
        preparing.prepare(load(self.data))
        (self.data / "recipients.csv").write_text(recipients, "utf-8")
        (imported,) = self.cli("recipients", "import", self.data / "recipients.csv")
        assert not imported["refused"]

    @property
    def web_port(self) -> int:
        path = self.data / "web-port"
        if not path.exists():
            path.write_text(str(embedded.processes.free_port()))
        return int(path.read_text())

    @property
    def webhook(self) -> str:
        return f"http://127.0.0.1:{self.web_port}/webhooks/sendgrid"

    @contextmanager
    def kept(self) -> Iterator[None]:
        """The keeper in the foreground of a process of ours, until the block ends."""
        (self.data / "log").mkdir(exist_ok=True)
        with open(self.data / "log" / "keeper.log", "ab") as out:
            process = subprocess.Popen(
                command("keep", "--data", self.data), stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=ROOT,
                env=environment(),
            )  # fmt: skip
        try:
            yield
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
            process.wait()

    def child(self, name: str) -> int | None:
        """The pid of `worker` or `web`, while it runs."""
        found = kept.kept(self.data)
        return found.children[name].pid if found and name in found.children else None

    def last_status(self, name: str) -> int | None:
        """The exit status with which this child ended last, as the keeper's log says."""
        lines = (self.data / "log" / "keeper.log").read_text("utf-8").splitlines()
        said = [json.loads(line) for line in lines if line.startswith("{")]
        return next((int(e["status"]) for e in reversed(said) if e.get("child") == name and "status" in e), None)

    def ready(self, name: str = "worker") -> bool:
        return self.child(name) is not None and (self.data / "run" / f"{name}.ready").exists()

    def service(self, name: str) -> int | None:
        return embedded.running(self.data).pids.get(name)

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """A question to the database as its owner. Raises psycopg.OperationalError while it is away."""
        url = embedded.running(self.data).database
        if url is None:
            raise psycopg.OperationalError("not running")
        with psycopg.connect(url, connect_timeout=3) as connection:
            connection.execute("SET search_path = entrega")
            return connection.execute(query.encode(), values or None).fetchall()

    def count(self, query: str, *values: Any) -> int | None:
        """One number; None while the database is away."""
        with suppress(psycopg.OperationalError):
            return int(self.ask(query, *values)[0][0])
        return None

    def tail(self, lines: int = 40) -> str:
        return "\n".join(
            f"--- {path.name}\n" + "\n".join(path.read_text("utf-8", "replace").splitlines()[-lines:])
            for path in sorted((self.data / "log").glob("*.log"))
        )


@contextmanager
def scene(name: str, where: Path | None = None) -> Iterator[System]:
    """An empty system in a folder of its own, removed when the block ends well; CHAOS_KEEP leaves it there even then.

    The folder of a red run stays, with everything in it, and is named.
    """
    folder = passable(Path(tempfile.mkdtemp(prefix=f"entrega-{name}-", dir=where)))
    system = System(folder / "data")
    system.data.mkdir(mode=0o711)
    try:
        yield system
    except BaseException as error:
        error.add_note(f"The data of this run stays in {folder}")
        raise
    if os.environ.get("CHAOS_KEEP"):
        print(f"The data of this run stays in {folder}")
        return
    embedded.erase(system.data)
    shutil.rmtree(folder)


def passable(folder: Path) -> Path:
    """The database runs as another user when we are root, and must get through to its own folder."""
    folder.chmod(0o711)
    return folder


def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> list[psutil.Process]:
    """End a process the hard way; its children, as they were."""
    try:
        process = psutil.Process(pid)
        children = process.children(recursive=True)
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return []
    return children


async def until(condition: Any, seconds: float, what: str) -> None:
    """Wait for a condition, looked at in a thread. AssertionError with its name when time is over."""
    deadline = time.monotonic() + seconds
    while not await asyncio.to_thread(condition):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:.0f} s: {what}")
        await asyncio.sleep(0.1)
