"""Artefacts in a folder: written beside their place, synced, and renamed into it."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from schemas.errors import ArtefactDamaged, StoreUnavailable

_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}/[0-9a-f-]{36}/[a-z-]{1,24}/[0-9a-f]{64}")
"""tenant/owner/kind/sha256: nothing else becomes a path."""


@dataclass(frozen=True)
class FolderStorage:
    """`root` is made when it is not there. Files are 0600, folders 0700: they hold people's invoices."""

    root: Path

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ArtefactDamaged("not a key of an artefact", key=key[:200])
        return self.root / key

    def write(self, key: str, data: bytes) -> None:
        path = self._path(key)
        if path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            temporary = path.parent / f".{secrets.token_hex(8)}"
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            os.rename(temporary, path)
        except OSError as error:
            raise StoreUnavailable(f"cannot write an artefact: {error.strerror}") from error

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
