"""Notices that a service died, and says so with the end of its log."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from pipeline.embedded import processes, state
from pipeline.embedded.service import log_of

LOOK = 0.5  # seconds between looks for a service that was started again


@dataclass(frozen=True)
class Death:
    """A service that ended without having been stopped."""

    service: str
    pid: int
    sentence: str
    tail: str


class Watch:
    """A thread that calls `report` for each service of a data directory that dies; `with Watch(…)`, or start, close.

    A death is noticed within milliseconds (the kernel tells, through a pidfd). `stop` is no death. A service started
    again is watched again. `report` runs on the watch's thread: an event loop takes it by call_soon_threadsafe.
    """

    def __init__(self, data: Path, report: Callable[[Death], None]) -> None:
        self.data = data.resolve()
        self.report = report
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._run, name="embedded-watch", daemon=True)

    def start(self) -> Watch:
        """Watch from now on: a service that is dead by now is reported too."""
        self._thread.start()
        return self

    def close(self) -> None:
        """End the thread."""
        if self._waker >= 0:
            os.close(self._waker)  # the reading end becomes readable
            self._waker = -1
            if self._thread.ident is not None:
                self._thread.join()
            os.close(self._wake)

    def __enter__(self) -> Watch:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        handles: dict[processes.Identity, int] = {}  # pidfds, of those that lived at the last look
        reported: set[processes.Identity] = set()
        try:
            while True:
                wanted = {e.process: name for name, e in state.read(self.data).items() if e.wanted and e.process}
                for process in [*handles]:
                    if process not in wanted or not process.alive():
                        os.close(handles.pop(process))
                for process, name in wanted.items():
                    if process.alive():
                        with suppress(ProcessLookupError):  # the next look finds it dead
                            handles[process] = handles.get(process) or os.pidfd_open(process.pid)
                    elif process not in reported and self._is_death(name, process):
                        reported.add(process)
                        self._tell(name, process)
                if self._wake in processes.readable([self._wake, *handles.values()], LOOK):
                    return
        finally:
            for handle in handles.values():
                os.close(handle)

    def _is_death(self, name: str, process: processes.Identity) -> bool:
        """Asked again after it was found dead: a stop says so before it sends its signal."""
        entry = state.read(self.data).get(name)
        return entry is not None and entry.wanted and entry.process == process

    def _tell(self, name: str, process: processes.Identity) -> None:
        sentence = f"{name} (process {process.pid}) {_ending(process.exit_code())}"
        self.report(Death(name, process.pid, sentence, processes.tail(log_of(self.data, name))))


def _ending(code: int | None) -> str:
    """How a process ended, in words; None where it was not our child."""
    if code is None:
        return "died"
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended by itself with exit code {code}"
