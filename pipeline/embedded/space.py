"""A full disk stops ingest, and says so, before a service stumbles over it."""

from __future__ import annotations

import shutil
from pathlib import Path

from schemas.errors import StoreUnavailable


def free_space_guard(path: Path, minimum_bytes: int) -> None:
    """Raises StoreUnavailable (transient) when the file system of `path` has less than `minimum_bytes` left.

    `path` need not exist yet. What counts is what an ordinary user may still write: the reserve for root is not free.
    """
    place = path
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < minimum_bytes:
        raise StoreUnavailable(
            f"the disk is nearly full: {free / 1e6:.0f} MB left at {place}, {minimum_bytes / 1e6:.0f} MB are kept free",
            free=free,
            minimum=minimum_bytes,
        )
