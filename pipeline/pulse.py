"""The sign of life of a process that the keeper started.

A child writes a byte a second into a pipe; the keeper counts how long none has come. A pipe needs no disk. A process
that is stopped (SIGSTOP), or hangs in C code, writes none; one whose event loop hangs ends itself first, and prints
where.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

BEAT_SECONDS = 1.0
HUNG_SECONDS = 120.0
"""A process whose event loop has not come round in this time is ended by a thread of its own that waits for nothing."""
QUIET_SECONDS = 10.0
"""After so long without a sign of life it is said that there is none."""
DEAD_SECONDS = 150.0
"""After so long the process is killed: one that could end itself has done so before."""
VARIABLE = "PULSE_OF_ENTREGA"
"""Holds the number of the pipe's end; ENTREGA_… would be taken for a setting."""


async def beat() -> NoReturn:
    """Give signs of life for as long as this task runs. The pipe is no business of this process's own children."""
    pipe = os.environ.pop(VARIABLE, None)
    number = int(pipe) if pipe else None
    if number is not None:
        os.set_inheritable(number, False)
        os.set_blocking(number, False)
    while True:
        comes_round()
        if number is not None:
            with suppress(OSError):  # nobody has read for long, or there is no keeper any more
                os.write(number, b".")
        await asyncio.sleep(BEAT_SECONDS)


def comes_round(seconds: float = HUNG_SECONDS) -> None:
    """Say that this process lives; if it does not say so again in time, it prints where it hangs and ends with 1."""
    faulthandler.dump_traceback_later(seconds, exit=True)


def at_rest() -> None:
    """The process ends in an orderly way, which has a limit of its own."""
    faulthandler.cancel_dump_traceback_later()


@dataclass
class Ear:
    """The keeper's end of one child's pipe."""

    reader: int
    silent_seconds: float = 0.0
    heard: bool = False
    """Whether there ever was a sign of life."""
    _looked: float | None = None

    def listen(self, now: float) -> float:
        """Seconds since the last sign of life, counted in this process's own looks, of which each counts a second at
        most: who was asleep together with the child (a laptop that is closed) must not take it for dead. `now` by the
        monotonic clock.
        """
        self.silent_seconds += min(1.0, now - self._looked) if self._looked is not None else 0.0
        self._looked = now
        with suppress(BlockingIOError):
            if os.read(self.reader, 4096):
                self.silent_seconds, self.heard = 0.0, True
        return self.silent_seconds

    def close(self) -> None:
        os.close(self.reader)


def pipe() -> tuple[Ear, int]:
    """A new ear, and the end of the pipe that the child is to inherit and the keeper to close."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    return Ear(reader), writer
