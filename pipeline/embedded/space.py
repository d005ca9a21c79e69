"""How much room is left, and how a small file is replaced where there is none."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from pipeline.embedded import placement
from schemas.errors import DoorClosed


def free_space(data: Path) -> dict[Path, int]:
    """Bytes that an ordinary user may still write (the reserve for root is not free), by place: the data directory,
    and where its database lies if that is outside. The directory need not exist yet.
    """
    found = {}
    for place in filter(None, (data, placement.outside(data))):
        there = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
        found[there] = shutil.disk_usage(there).free
    return found


def free_space_guard(data: Path, minimum_bytes: int) -> None:
    """Raises DoorClosed (transient) when a file system of the data directory has less than that left."""
    for place, free in free_space(data).items():
        if free < minimum_bytes:
            raise DoorClosed(
                f"the disk is nearly full: {free >> 20} MiB left at {place}, {minimum_bytes >> 20} MiB are kept free",
                free=free,
                minimum=minimum_bytes,
            )


def replace_file(path: Path, text: str) -> None:
    """Replace a small file whole; where the disk is full in its place, whose blocks it has already. Raises OSError.

    So `down` can note that it stops things, whatever else does not work any more.
    """
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        fresh.write_text(text, "utf-8")
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        if error.errno not in (errno.ENOSPC, errno.EDQUOT) or not path.exists():
            raise
        with open(path, "r+", encoding="utf-8") as file:
            file.write(text)
            file.truncate()
