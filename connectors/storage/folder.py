"""Artefacts in a folder: written beside their place, renamed into it, and made durable many at a time.

What a crash can leave, a file in its place whose bytes never came to disk, is found when the same key is written again.
Source: rename(2).
"""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from connectors.durable import sync
from schemas.errors import ArtefactDamaged, StoreUnavailable

_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}/[0-9a-f-]{36}/[a-z-]{1,24}/[0-9a-f]{64}")
"""tenant/owner/kind/sha256: nothing else becomes a path."""


class _Batch(threading.local):
    """What this thread has written and not yet made durable; None outside of a batch."""

    written: list[str] | None = None


_batch = _Batch()


@dataclass(frozen=True)
class FolderStorage:
    """`root` is made when it is not there. Files are 0600, folders 0700: they hold people's invoices."""

    root: Path

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ArtefactDamaged("not a key of an artefact", key=key[:200])
        return self.root / key

    def write(self, key: str, data: bytes) -> None:
        path = str(self._path(key))
        with self.batch():
            assert _batch.written is not None
            try:
                if not _holds(path, data):
                    _place(path, data)
            except OSError as error:
                raise StoreUnavailable(f"cannot write an artefact: {error.strerror}") from error
            _batch.written.append(path)

    @contextmanager
    def batch(self) -> Iterator[None]:
        if _batch.written is not None:
            yield
            return
        _batch.written = []
        try:
            yield
        finally:
            written, _batch.written = _batch.written, None
            if written:
                self._sync(written)

    def _sync(self, written: list[str]) -> None:
        """After an error of the disk nobody knows which bytes it took: the files are removed, to be written again."""
        try:
            sync(self.root)
        except OSError as error:
            for path in written:
                with suppress(OSError):
                    os.unlink(path)
            raise StoreUnavailable(f"cannot make artefacts durable: {error.strerror}") from error

    def read(self, key: str) -> bytes:
        with self.open(key) as file:
            return file.read()

    def open(self, key: str) -> BinaryIO:
        path = self._path(key)
        try:
            return open(path, "rb")
        except FileNotFoundError as error:
            raise ArtefactDamaged("the artefact is not in the store", key=key) from error
        except OSError as error:
            raise StoreUnavailable(f"cannot read an artefact: {error.strerror}") from error


def _holds(path: str, data: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read() == data
    except FileNotFoundError:
        return False


def _place(path: str, data: bytes) -> None:
    folder = os.path.dirname(path)
    temporary = f"{folder}/.{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        descriptor = os.open(temporary, flags, 0o600)
    except FileNotFoundError:
        _make(folder)
        descriptor = os.open(temporary, flags, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.rename(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def _make(folder: str) -> None:
    """The folder and those above it, 0700 all of them: `os.makedirs` gives its mode to the last one only."""
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        pass
    except FileNotFoundError:
        _make(os.path.dirname(folder))
        _make(folder)
