"""Pictures for the page: a document's first page and the supplier's logo, made on demand and kept on disk.

Only bytes that were verified become a picture, and its name is their digest: another PDF is another picture. What is
kept can be deleted at any time; the oldest go first when there are too many.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from connectors.storage import Storage, get
from portal.drawing import SECONDS
from schemas.messages import ArtefactRef

log = structlog.get_logger()

PAGE_WIDTH = 720
LOGO_SIZE = (360, 120)
KEPT = 4000


class NoPicture(Exception):
    """It cannot be drawn: the page does without."""


@dataclass(frozen=True)
class Pictures:
    """`folder` is made when it is not there. Two are drawn at a time, so that pages stay quick."""

    folder: Path
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    async def first_page(self, storage: Storage, pdf: ArtefactRef) -> bytes:
        """PNG, 720 pixels wide. Raises ArtefactDamaged, StoreUnavailable, NoPicture."""

        async def read() -> bytes:
            return await asyncio.to_thread(get, storage, pdf)

        return await self._kept(f"page-{pdf.sha256}", read, "page", PAGE_WIDTH, 0)

    async def logo(self, logo: bytes) -> bytes:
        """PNG, at most 360 by 120 pixels, on white. Raises NoPicture."""

        async def read() -> bytes:
            return logo

        return await self._kept(f"logo-{hashlib.sha256(logo).hexdigest()}", read, "logo", *LOGO_SIZE)

    async def _kept(self, name: str, read: Callable[[], Awaitable[bytes]], kind: str, *size: int) -> bytes:
        path = self.folder / f"{name}.png"
        with suppress(OSError):
            return await asyncio.to_thread(path.read_bytes)
        async with self.turns:
            with suppress(OSError):  # made while we waited
                return await asyncio.to_thread(path.read_bytes)
            drawn = await _draw(kind, await read(), *size)
            await asyncio.to_thread(self._keep, path, drawn)
        return drawn

    def _keep(self, path: Path, drawn: bytes) -> None:
        """A disk that is full costs time, not the page."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            fresh = self.folder / f".{secrets.token_hex(8)}"
            fresh.write_bytes(drawn)
            os.replace(fresh, path)
            kept = sorted(self.folder.glob("*.png"), key=lambda each: each.stat().st_mtime)
            for old in kept[: max(0, len(kept) - KEPT)]:
                old.unlink(missing_ok=True)


async def _draw(kind: str, data: bytes, width: int, height: int) -> bytes:
    """In a process of its own, killed when it takes too long or when nobody waits any more."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "portal.drawing", kind, str(width), str(height), stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SECONDS):
            drawn, said = await process.communicate(data)
    except TimeoutError:
        raise NoPicture(f"a {kind} took longer than {SECONDS} seconds") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        log.warning("not-drawn", kind=kind, status=process.returncode, said=said.decode("utf-8", "replace")[-300:])
        raise NoPicture(f"a {kind} cannot be drawn")
    return drawn
