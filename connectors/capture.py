"""Keeping messages as files: what the outboxes of all channels share."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from connectors.durable import sync
from schemas.errors import ProviderUnavailable


@dataclass(frozen=True)
class Kept:
    """One message to keep. `suffix` is that of its file: `.eml`, `.txt`."""

    attempt: UUID
    at: datetime
    suffix: str
    raw: bytes


@dataclass
class Keeper:
    """Keeps messages in one folder; those that are given while others are written are written together."""

    folder: Path
    _waiting: list[tuple[Kept, asyncio.Future[Path]]] = field(default_factory=list)
    _writing: asyncio.Task[None] | None = None

    async def keep(self, message: Kept) -> Path:
        """The message's file, once the disk has it. Raises ProviderUnavailable where the disk does not take it."""
        kept: asyncio.Future[Path] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, kept))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        return await kept

    async def _write(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            try:
                paths = await asyncio.to_thread(keep, self.folder, [message for message, _ in taken])
            except BaseException as error:
                failed = error if isinstance(error, ProviderUnavailable) else ProviderUnavailable("the outbox stopped")
                for _, kept in taken:
                    if not kept.done():
                        kept.set_exception(failed)
                if failed is not error:
                    raise
                continue
            for (_, kept), path in zip(taken, paths, strict=True):
                if not kept.done():
                    kept.set_result(path)


def keep(folder: Path, messages: Sequence[Kept]) -> list[Path]:
    """Write messages atomically (a reader sees all of one or nothing) and durably; their files' paths.

    The name sorts by time: `20260102T030405Z-<attempt><suffix>`. An attempt has one file: tried again,
    it keeps its name.
    Raises ProviderUnavailable where the disk does not take them.
    """
    try:
        pointers = _pointers(folder)
        folder.mkdir(parents=True, exist_ok=True)
        pointers.mkdir(parents=True, exist_ok=True)
        places = [_place(folder, pointers, message) for message in messages]
        parts = [folder / f".{path.name}.part" for path in places]
        for message, part in zip(messages, parts, strict=True):
            part.write_bytes(message.raw)
        sync(folder)
        for part, path in zip(parts, places, strict=True):
            os.replace(part, path)
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise ProviderUnavailable(f"the outbox cannot be written: {error.strerror}", errno=error.errno) from None
    return places


def _place(folder: Path, pointers: Path, message: Kept) -> Path:
    path = _named(folder, message.attempt, message.suffix)
    if path is None:
        path = folder / f"{message.at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{message.attempt}{message.suffix}"
        os.symlink(path.name, pointers / f"{message.attempt}{message.suffix}")
    return path


def kept(folder: Path, attempt: UUID, suffix: str) -> Path | None:
    """The file of an attempt, where it has one."""
    path = _named(folder, attempt, suffix)
    return path if path is not None and path.exists() else None


def _named(folder: Path, attempt: UUID, suffix: str) -> Path | None:
    """The name that an attempt's file has, or will have: looked up, never searched for among thousands."""
    try:
        return folder / os.path.basename(os.readlink(_pointers(folder) / f"{attempt}{suffix}"))
    except FileNotFoundError:
        return None


def _pointers(folder: Path) -> Path:
    """Beside the folder, which holds nothing but messages: a symbolic link for each attempt, to its file's name."""
    return folder.with_name(f".{folder.name}-attempts")


@dataclass
class Outbox:
    """Keeps messages in `folder` instead of sending them: `<time>-<attempt>` and the suffix of its channel.

    A file is there whole or not at all; the same attempt again replaces its file.
    """

    suffix: ClassVar[str]

    folder: Path
    clock: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    provider: str = "outbox"
    reports_delivery: bool = False

    def __post_init__(self) -> None:
        self._keeper = Keeper(self.folder)

    async def keep(self, attempt: UUID, at: datetime, raw: bytes) -> Path:
        """The message's file, once the disk has it. Raises ProviderUnavailable where the disk does not take it."""
        return await self._keeper.keep(Kept(attempt, at, self.suffix, raw))

    async def kept(self, attempt: UUID) -> Path | None:
        """Its file, where the folder has one: what a crash between writing and recording leaves open."""
        return await asyncio.to_thread(kept, self.folder, attempt, self.suffix)

    async def close(self) -> None:
        """Nothing is open between messages."""
