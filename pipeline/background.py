"""What `up` and `down` do: the keeper of a data folder goes into the background, and is ended."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import embedded, halt, kept
from pipeline.embedded import processes
from pipeline.settings import Settings
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    from pipeline.wiring import Endpoints


def up(settings: Settings, say: Callable[[str], None]) -> Endpoints:
    """Start what does not run, and start anew what runs with other settings; returns when workers and web are ready.

    Raises StoreUnavailable where there is no room, ConfigurationError with a setting's name, or with the logs' ends
    where something does not come up; what this call started is stopped again then.
    """
    from pipeline import preparing, reach, wiring

    data = settings.data
    halt.disk_guard(settings)
    with kept.one_at_a_time(data):
        before = kept.kept(data)
        fresh = before is None and not embedded.running(data).pids
        try:
            found = preparing.prepare(settings, say)
            if before is not None and (why := _outdated(settings, before)):
                say(f"{why}; starting anew")
                fresh = _stop(data)
                found = preparing.prepare(settings, say)
            if kept.kept(data) is None:
                reach.pages(settings, wiring.web_port(settings))
            _start_in_background(settings, say)
        except BaseException:
            if fresh:
                _stop(data)
            raise
        return found


def _outdated(settings: Settings, before: kept.Kept) -> str | None:
    """Why what runs is not to go on."""
    if before.stranger:
        return "What runs was started by another release"
    names = kept.changed(settings, before)
    return f"Set otherwise since the last start: {', '.join(names)}" if names else None


def down(data: Path) -> bool:
    """Stop the keeper, all it keeps, and the embedded services. False when nothing ran."""
    if not (data / "run").is_dir():
        return False
    with kept.one_at_a_time(data):
        return _stop(data)


def _start_in_background(settings: Settings, say: Callable[[str], None], timeout: float = 90.0) -> None:
    data = settings.data
    started = None
    if kept.kept(data) is None:
        log_file = data / "log" / "keeper.log"
        log_file.parent.mkdir(parents=True, exist_ok=True)
        with open(log_file, "ab") as out:
            started = subprocess.Popen(
                [sys.executable, "-m", "pipeline", "keep", "--data", str(data)],
                stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        say("Workers and pages: starting")
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        found = kept.kept(data)
        if found is not None and found.ready:
            return
        if found is not None and max(found.deaths.values(), default=0) >= 3:
            break
        if found is None and started is not None and started.poll() is not None:
            break
        time.sleep(0.05)
    tails = [
        f"--- {path}\n{path.read_text('utf-8', 'replace')[-1500:]}"
        for path in (data / "log" / f"{name}.log" for name in ("keeper", "worker", "web"))
        if path.exists()
    ]
    raise ConfigurationError("workers and pages did not come up\n" + "\n".join(tails))


def _stop(data: Path, timeout: float = 25.0) -> bool:
    found = kept.kept(data)
    if found is not None:
        found.keeper.signal(signal.SIGTERM)
        if processes.wait_gone([found.keeper], timeout):
            found.keeper.signal(signal.SIGKILL)
            processes.wait_gone([found.keeper], 2)
    kept.end_orphans(data)
    ran = embedded.stop(data)
    kept.forget(data)
    return found is not None or ran
