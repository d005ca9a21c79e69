"""What runs: the body of `status`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline import embedded, kept
from pipeline.embedded import processes as system
from pipeline.settings import Settings


def running(settings: Settings) -> list[dict[str, Any]]:
    """Embedded services, keeper and its children: running, stopped or crashed, with their memory."""
    found: list[dict[str, Any]] = []
    for name, state in embedded.status(settings.data).items():
        configured = settings.kafka_servers if name == "kafka" else settings.database_url
        note = state.tail.strip().splitlines()[-1] if state.tail.strip() else ""
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
            [_of_deaths(settings.data, name, last.deaths.get(name, 0)), _of_changes(settings, last, name)]
            if last and runs
            else []
        )
        found.append(
            {
                "service": name,
                "is": "running" if alive else ("crashed" if runs else "stopped"),
                "pid": child.pid if child else None,
                "memory_mib": system.memory(child) >> 20 if child and alive else 0,
                "note": "; ".join(filter(None, notes)),
            }
        )
    return found


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
    return row | {"is": "running", "pid": last.keeper.pid, "memory_mib": memory}


def _of_changes(settings: Settings, last: kept.Kept, child: str) -> str:
    """A running process has the settings with which it was started, whatever the file says now."""
    names = kept.changed(settings, last, child)
    return f"set otherwise since its start: {', '.join(names)}; `entrega up` starts it anew" if names else ""


def _of_deaths(data: Path, name: str, deaths: int) -> str:
    """How often a child died lately, and why the last one ended that could still say so."""
    if not deaths:
        return ""
    note = f"died {deaths} times lately; see log/{name}.log"
    with suppress(OSError):
        note += "; " + ended_file(data, name).read_text("utf-8")
    return note


def ended_file(data: Path, name: str) -> Path:
    """Where a child writes when and why it ended."""
    return data / "run" / f"{name}.ended"
