"""Why nothing may be worked on just now. It is said by `status` and `doctor`, closes the door, and holds up stages and
roles; once it is over they go on by themselves.

The disk, in two steps. Below `minimum_free_mib` the door takes nothing more, and what is in flight goes on to its end.
Below a quarter of it nothing is worked on: what is left keeps broker and database alive, for both die where they cannot
write. Should others fill that too, they are started again when there is room.

The history. A copy of the checkpoints outside that knows more than the database means that an older database was put
back, or the history was cut. Such a database does not know either what was sent since: whatever is sent on top of it
may be sent twice, and what the door takes is lost when the right one is put back. So nothing is sent, sealed or taken
until a person has decided; pages and searches go on. Only the processes of the folder that holds the copy can know.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from pipeline.embedded.space import free_space, free_space_guard, replace_file
from pipeline.settings import Settings
from schemas.errors import DoorClosed, StoreUnavailable

log = structlog.get_logger()

WORKING_SHARE = 4
"""Work stops below this part of the free space that keeps the door open."""
LOOK_SECONDS = 0.5
ADVICE = (
    "nothing is sent, sealed or taken. Put the newer database back; or, to go on from what this one holds, move the "
    "copy aside and keep it: it proves what is missing"
)


def door_guard(data: Path, minimum_bytes: int) -> None:
    """Raises DoorClosed where nothing may come in."""
    free_space_guard(data, minimum_bytes)
    if (said := rolled_back(data)) is not None:
        raise DoorClosed(said)


def disk_guard(settings: Settings) -> None:
    """Raises StoreUnavailable where there is so little room that nothing is worked on, or started again."""
    if (why := full(settings)) is not None:
        raise StoreUnavailable(why)


def full(settings: Settings) -> str | None:
    """Which place has so little room that nothing is worked on; None where there is enough."""
    place, free = _least(settings)
    if free >= minimum_bytes(settings) // WORKING_SHARE:
        return None
    return _short(settings, place, free, "nothing is taken or worked on")


def low(settings: Settings) -> str | None:
    """Which place is short of room, and what that stops; None while the door is open."""
    place, free = _least(settings)
    if free >= minimum_bytes(settings):
        return None
    return full(settings) or _short(settings, place, free, "the door is closed, what is in flight goes on")


def _least(settings: Settings) -> tuple[Path, int]:
    return min(free_space(settings.data).items(), key=lambda each: each[1])


def _short(settings: Settings, place: Path, free: int, stops: str) -> str:
    return (
        f"the disk is nearly full: {free >> 20} MiB left at {place}, {settings.minimum_free_mib} MiB are kept free "
        f"(minimum_free_mib); {stops} until there is room"
    )


def minimum_bytes(settings: Settings) -> int:
    return settings.minimum_free_mib * 1024 * 1024


def roll_back(data: Path, what: str) -> None:
    """The sealer found it: say so to every process of the folder. Raises OSError."""
    if rolled_back(data) is None:
        log.error("history-rolled-back", text=what)
        replace_file(_file(data), f"{what}; {ADVICE}")


def whole(data: Path) -> None:
    """The sealer found the history as the copy outside knows it."""
    if _file(data).exists():
        log.warning("history-whole-again")
        _file(data).unlink(missing_ok=True)


def rolled_back(data: Path) -> str | None:
    """What the sealer said, while it is so."""
    with suppress(OSError):
        return _file(data).read_text("utf-8")
    return None


def _file(data: Path) -> Path:
    return data / "run" / "history-rolled-back"


@dataclass
class Gate:
    """What the work of one process passes, piece by piece. `unproven`: its sealer has not looked at the history
    since the database answers.
    """

    settings: Settings
    unproven: bool = False
    why: str | None = None
    _open: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def closed(self) -> bool:
        return not self._open.is_set()

    def look(self) -> None:
        """Open or close it, as things are now; said when it changes."""
        why = rolled_back(self.settings.data) or full(self.settings)
        if (why is None) != (self.why is None):
            log.warning("paused", why=why) if why else log.warning("goes-on")
        self.why = why
        if why is None and not self.unproven:
            self._open.set()
        else:
            self._open.clear()

    def prove(self, proven: bool) -> None:
        """The sealer has looked at the history, or could not."""
        if self.unproven == proven:
            self.unproven = not proven
            self.look()

    async def passed(self, stop: asyncio.Event | None = None) -> bool:
        """Wait until it is open, or `stop` is set; whether it is open."""
        while self.closed and not (stop and stop.is_set()):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._open.wait(), LOOK_SECONDS)
        return not self.closed

    async def run(self, stop: asyncio.Event) -> None:
        """Look again and again."""
        while not stop.is_set():
            self.look()
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
