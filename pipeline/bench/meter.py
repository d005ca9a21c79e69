"""CPU and memory of processes, from /proc (proc(5)): seconds of user and system time, bytes of resident memory."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import psutil

LOOK_SECONDS = 0.25


@dataclass
class Peak:
    """One process at its largest."""

    name: str
    pid: int
    rss: int


@dataclass
class Meter:
    """Watches the process trees below `roots` (name: pid) while it is entered.

    A tree's CPU is that of its living processes and of those that ended and were waited for by their parent. Peak
    memory is the kernel's own high-water mark, read while the process lives.
    """

    roots: Mapping[str, int]
    peaks: dict[int, Peak] = field(default_factory=dict)
    peak_total: int = 0

    def __enter__(self) -> Meter:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._look()

    def cpu(self) -> dict[str, float]:
        """Seconds of CPU so far, by root."""
        return {name: sum(_cpu(process.pid) for process in _family(pid)) for name, pid in self.roots.items()}

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        total = 0
        for name, root in self.roots.items():
            for process in _family(root):
                peak, now, shared = _memory(process.pid)
                total += now - shared if name == "postgres" and process.pid != root else now
                label = name if process.pid == root else f"{name} child"
                known = self.peaks.setdefault(process.pid, Peak(label, process.pid, 0))
                known.rss = max(known.rss, peak)
        self.peak_total = max(self.peak_total, total)


def _family(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def _cpu(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def _memory(pid: int) -> tuple[int, int, int]:
    """High-water mark, resident now, of which shared memory (PostgreSQL's buffers), in bytes."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0, 0, 0
    found = dict(line.split(":", 1) for line in text.splitlines() if line.startswith(("VmHWM", "VmRSS", "RssShmem")))
    sizes = {name: int(value.split()[0]) * 1024 for name, value in found.items()}
    return sizes.get("VmHWM", 0), sizes.get("VmRSS", 0), sizes.get("RssShmem", 0)
