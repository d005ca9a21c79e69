"""What runs under a data directory, as a file: `run/state.json`, and the lock that orders its writers.

    {"kafka": {"folder": "/srv/entrega", "wanted": true, "process": {"pid": 12, …}, "ports": {"kafka": 23456, …}}}

`wanted` tells a crash from a stop: a service that is wanted and does not live has crashed.
Ports outlive a stop, so a restarted service is found where it was. `folder` is the data directory, resolved: what a
copied directory says of processes is about another's.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pipeline.embedded.processes import Identity
from pipeline.embedded.space import replace_file


@dataclass(frozen=True)
class Entry:
    """One service as it was last started."""

    wanted: bool = False
    process: Identity | None = None
    ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Whether the process of that start runs."""
        return self.process is not None and self.process.alive()


def read(data: Path) -> dict[str, Entry]:
    """The entries by service; empty where nothing was ever started."""
    try:
        raw: dict[str, Any] = json.loads(_file(data).read_text())
    except FileNotFoundError:
        return {}
    here = str(data.resolve())
    return {name: _entry(entry, ours=entry.get("folder", here) == here) for name, entry in raw.items()}


def _entry(raw: Mapping[str, Any], *, ours: bool) -> Entry:
    process = Identity(**raw["process"]) if ours and raw["process"] else None
    return Entry(wanted=ours and raw["wanted"], process=process, ports=raw["ports"])


def write(data: Path, name: str, entry: Entry) -> None:
    """Replace one service's entry. Call it with the lock held."""
    entries = {**read(data), name: entry}
    here = str(data.resolve())
    told = {key: {"folder": here, **asdict(value)} for key, value in entries.items()}
    replace_file(_file(data), json.dumps(told, indent=1))


@contextmanager
def locked(data: Path) -> Iterator[None]:
    """One starter or stopper at a time, over all processes; the lock goes with its holder."""
    # 0711, not 0700: PostgreSQL, as another user, must pass through to its own folder
    data.mkdir(parents=True, exist_ok=True, mode=0o711)
    (data / "run").mkdir(exist_ok=True, mode=0o700)
    with (data / "run" / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _file(data: Path) -> Path:
    return data / "run" / "state.json"
