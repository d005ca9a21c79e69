"""A full disk stops ingest, and says so, before a service stumbles over it."""

from __future__ import annotations

import shutil
from pathlib import Path

from pipeline.embedded import placement
from schemas.errors import StoreUnavailable


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
    """Raises StoreUnavailable (transient) when a file system of the data directory has less than that left."""
    for place, free in free_space(data).items():
        if free < minimum_bytes:
            raise StoreUnavailable(
                f"the disk is nearly full: {free / 1e6:.0f} MB left at {place}, "
                f"{minimum_bytes / 1e6:.0f} MB are kept free",
                free=free,
                minimum=minimum_bytes,
            )
