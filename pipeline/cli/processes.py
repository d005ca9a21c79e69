"""What runs: the body of `status`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline import embedded, halt, kept, pulse
from pipeline.embedded import processes as system
from pipeline.settings import Settings

BAD = {"crashed", "hung", "full", "nearly full", "rolled back"}


def running(settings: Settings) -> list[dict[str, Any]]:
    """Embedded services, keeper and its children: running, hung, stopped or crashed, with their memory; and what holds
    everything up: a full disk, a history that was rolled back.
    """
    found: list[dict[str, Any]] = []
    full = halt.full(settings)
    for name, state in embedded.status(settings.data).items():
        configured = settings.kafka_servers if name == "kafka" else settings.database_url
        note = state.tail.strip().splitlines()[-1] if state.tail.strip() else ""
        if state.state == "crashed" and full:
            note = "it is started again when there is room"
        if configured is not None:
            found.append({"service": name, "is": "configured", "pid": None, "memory_mib": None, "note": "not embedded"})
            continue
        found.append(
            {"service": name, "is": state.state, "pid": state.pid, "memory_mib": state.memory >> 20, "note": note}
        )
    last = kept.last(settings.data)
    runs = last is not None and last.keeper.alive()
    found.append(_keeper(last, runs=runs))
    for name in ("worker", "web"):
        child = last.children.get(name) if last else None
        alive = child is not None and child.alive()
        notes = (
            [
                _of_silence(last.silent.get(name)),
                _of_deaths(settings.data, name, last.deaths.get(name, 0)),
                _of_changes(settings, last, name),
            ]
            if last and runs
            else []
        )
        found.append(
            {
                "service": name,
                "is": _state(last, name, alive=alive, runs=runs),
                "pid": child.pid if child else None,
                "memory_mib": system.memory(child) >> 20 if child and alive else 0,
                "note": "; ".join(filter(None, notes)),
            }
        )
    return found + [
        {"service": what, "is": state, "pid": None, "memory_mib": None, "note": note}
        for what, state, note in (
            ("disk", "full" if full else "nearly full", halt.low(settings)),
            ("history", "rolled back", halt.rolled_back(settings.data)),
        )
        if note is not None
    ]


def _state(last: kept.Kept | None, name: str, *, alive: bool, runs: bool) -> str:
    if alive and last is not None:
        return "hung" if name in last.silent else "running"
    if last is not None and last.stranger:
        return "unknown"
    return "crashed" if runs else "stopped"


def _keeper(last: kept.Kept | None, *, runs: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"service": "keeper", "is": "stopped", "pid": None, "memory_mib": 0, "note": ""}
    if last is None:
        return row
    if not runs:
        return row | {
            "is": "crashed", "pid": last.keeper.pid,
            "note": "it died and was not stopped; nothing is looked after until `entrega up`",
        }  # fmt: skip
    memory = system.memory(last.keeper, children=False) >> 20
    note = "of another release; `entrega up` starts it anew" if last.stranger else ""
    return row | {"is": "running", "pid": last.keeper.pid, "memory_mib": memory, "note": note}


def _of_changes(settings: Settings, last: kept.Kept, child: str) -> str:
    """A running process has the settings with which it was started, whatever the file says now."""
    names = kept.changed(settings, last, child)
    return f"set otherwise since its start: {', '.join(names)}; `entrega up` starts it anew" if names else ""


def _of_silence(since: str | None) -> str:
    """The loop of a process does not come round, or it was stopped (SIGSTOP)."""
    if since is None:
        return ""
    return f"no sign of life since {since}; after {pulse.DEAD_SECONDS:.0f} seconds it is killed and started again"


def _of_deaths(data: Path, name: str, deaths: int) -> str:
    """How often a child died lately, and why the last one ended that could still say so."""
    if not deaths:
        return ""
    note = f"died {'once' if deaths == 1 else f'{deaths} times'} lately; see log/{name}.log"
    with suppress(OSError):
        note += "; " + ended_file(data, name).read_text("utf-8")
    return note


def ended_file(data: Path, name: str) -> Path:
    """Where a child writes when and why it ended."""
    return data / "run" / f"{name}.ended"
