"""A file system of its own that is small enough to be filled to the last byte."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Disk:
    path: Path

    @property
    def free(self) -> int:
        found = os.statvfs(self.path)
        return found.f_bavail * found.f_frsize

    def fill(self) -> None:
        """Leave not one byte."""
        with open(self.path / "ballast", "ab", buffering=0) as file:
            while self.free:
                try:
                    file.write(bytes(min(1 << 20, self.free or 1)))
                except OSError:
                    return

    def clear(self) -> None:
        (self.path / "ballast").unlink()


@contextmanager
def disk(mebibytes: int) -> Iterator[Disk]:
    """A tmpfs. Skips the test where nothing can be mounted."""
    path = Path(tempfile.mkdtemp(prefix="entrega-disk-"))
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,mode=0711", "tmpfs", path], capture_output=True, text=True
    )
    if done.returncode:
        path.rmdir()
        pytest.skip(f"skipped: no file system can be mounted here ({done.stderr.strip()[-80:]})")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)
        path.rmdir()
