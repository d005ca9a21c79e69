"""Pictures for the page: a document's first page and the supplier's logo, made on demand and kept on disk.

Only bytes that were verified become a picture, and its name is their digest: another PDF is another picture. What is
kept can be deleted at any time; the oldest go first when there are too many.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from connectors.storage import Storage, get
from schemas.messages import ArtefactRef

PAGE_WIDTH = 720
LOGO_SIZE = (360, 120)
KEPT = 4000


@dataclass(frozen=True)
class Pictures:
    """`folder` is made when it is not there. One picture is made at a time: pdfium is not safe among threads."""

    folder: Path
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def first_page(self, storage: Storage, pdf: ArtefactRef) -> bytes:
        """PNG, 720 pixels wide. Raises ArtefactDamaged, StoreUnavailable, ValueError for what is no PDF."""

        def draw() -> bytes:
            from stages.rendering.picture import first_page

            return first_page(get(storage, pdf), PAGE_WIDTH)

        return await self._kept(f"page-{pdf.sha256}", draw)

    async def logo(self, logo: bytes) -> bytes:
        """PNG, at most 360 by 120 pixels, on white. Raises ConfigurationError for what is no picture."""

        def draw() -> bytes:
            from stages.rendering.brand import logo_image

            picture = logo_image(logo).copy()
            picture.thumbnail(LOGO_SIZE)
            out = BytesIO()
            picture.quantize(64).save(out, "PNG", optimize=True)
            return out.getvalue()

        return await self._kept(f"logo-{hashlib.sha256(logo).hexdigest()}", draw)

    async def _kept(self, name: str, draw: Callable[[], bytes]) -> bytes:
        path = self.folder / f"{name}.png"
        with suppress(OSError):
            return await asyncio.to_thread(path.read_bytes)
        async with self.turn:
            with suppress(OSError):  # made while we waited
                return await asyncio.to_thread(path.read_bytes)
            drawn = await asyncio.to_thread(draw)
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
            for old in kept[: len(kept) - KEPT]:
                old.unlink(missing_ok=True)
