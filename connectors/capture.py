"""Keeping a message as a file: how the outbox of both channels writes."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from schemas.errors import ProviderUnavailable


def keep(folder: Path, attempt: UUID, at: datetime, suffix: str, raw: bytes) -> Path:
    """Write one message atomically (a reader sees all of it or nothing) and durably; the file's path.

    The name sorts by time: `20260102T030405Z-<attempt><suffix>`. An attempt has one file: tried again,
    it keeps its name.
    Raises ProviderUnavailable where the disk does not take it.
    """
    try:
        pointers = _pointers(folder)
        folder.mkdir(parents=True, exist_ok=True)
        pointers.mkdir(parents=True, exist_ok=True)
        path = _named(folder, attempt, suffix)
        if path is None:
            path = folder / f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{attempt}{suffix}"
            os.symlink(path.name, pointers / f"{attempt}{suffix}")
        part = folder / f".{path.name}.part"
        with open(part, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError as error:
        raise ProviderUnavailable(f"the outbox cannot be written: {error.strerror}", errno=error.errno) from None
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
