"""What the supervisor asks of a service, and what one start of it is."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.embedded import processes
from schemas.errors import ConfigurationError

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Launched:
    """One start of a service: its process and the loopback ports it was given, by purpose."""

    process: processes.Identity
    ports: Mapping[str, int]


class Service(Protocol):
    """A program that runs under a data directory."""

    @property
    def name(self) -> str:
        """The word in state, log and status."""

    @property
    def title(self) -> str:
        """The name people know."""

    @property
    def stop_signal(self) -> signal.Signals:
        """Ends it with everything in order."""

    @property
    def kill_signal(self) -> signal.Signals:
        """Ends it at once; the data survive."""

    def prepare(self, progress: Progress) -> None:
        """Fetch what a start needs from elsewhere. Raises ConfigurationError."""

    def launch(self, data: Path, ports: Mapping[str, int], progress: Progress) -> Launched:
        """Make its storage if there is none, and start it on `ports` where they are free. Raises ConfigurationError."""

    def ready(self, data: Path, launched: Launched) -> bool:
        """Whether it answers a client."""

    def erase(self, data: Path) -> None:
        """Remove what it keeps, wherever that lies; it does not run."""


def log_of(data: Path, name: str) -> Path:
    """Where a service writes."""
    return data / "log" / f"{name}.log"


def wait_ready(service: Service, data: Path, launched: Launched, timeout: float) -> None:
    """Wait for an answer; ConfigurationError with the end of its log if it dies first or takes too long."""
    end = time.monotonic() + timeout
    log = log_of(data, service.name)
    while not service.ready(data, launched):
        if not launched.process.alive():
            raise ConfigurationError(f"{service.title} did not start:\n{processes.tail(log)}")
        if time.monotonic() > end:
            raise ConfigurationError(f"{service.title} did not answer within {timeout:.0f} s:\n{processes.tail(log)}")
        time.sleep(0.05)


def choose_ports(names: tuple[str, ...], wanted: Mapping[str, int]) -> dict[str, int]:
    """A port for each purpose: the one it had before if that is free, another one otherwise."""
    chosen: dict[str, int] = {}
    for name in names:
        port = wanted.get(name)
        keep = port is not None and port not in chosen.values() and processes.port_is_free(port)
        chosen[name] = port if keep and port is not None else processes.free_port(set(chosen.values()))
    return chosen
