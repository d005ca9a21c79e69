"""What the sandbox accepted: the truth outside the system, by which "nothing lost, nothing twice" is judged.

One JSON line a message, on disk (fsync) before the sender is answered: a message counts as taken from the moment its
line is written, whatever becomes of the answer.
"""

from __future__ import annotations

import asyncio
import os
from datetime import datetime
from io import BufferedWriter
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from connectors.sandbox.rules import Provider, Take, Then


class Entry(BaseModel):
    """One message that was taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Provider
    time: datetime
    attempt: UUID | None = Field(description="from the custom argument, return path, Message-ID or callback's address")
    to: str
    sender: str
    provider_id: str = Field(description="the id under which the provider took it")
    message_id: str | None = Field(None, description="the mail's Message-ID")
    sha256: str = Field(description="of the mail's bytes, SendGrid's request body, or the text in UTF-8")
    subject: str | None = None
    text: str = Field(description="the text part, or the text message")
    take: Take
    then: Then
    callback: str | None = Field(None, description="Twilio's StatusCallback")


class Journal:
    """An append-only file of entries. Those that come together are written together, with one fsync."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: list[Entry] = []
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._file: BufferedWriter | None = None

    async def open(self) -> None:
        """Read what is there and be ready to write."""
        self._file = await asyncio.to_thread(self._open)
        self._writer = asyncio.create_task(self._write_batches())

    def _open(self) -> BufferedWriter:
        """A line cut off by a crash was never answered: it goes."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        whole = b""
        if self.path.exists():
            content = self.path.read_bytes()
            whole = content[: content.rfind(b"\n") + 1]
            if whole != content:
                with open(self.path, "r+b") as file:
                    file.truncate(len(whole))
        self.entries = [Entry.model_validate_json(line) for line in whole.splitlines()]
        return open(self.path, "ab")

    async def append(self, entry: Entry) -> None:
        """Return when the entry is on disk."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, future))
        self._wake.set()
        await asyncio.shield(future)

    async def close(self) -> None:
        if self._writer is not None:
            while self._waiting:
                await asyncio.shield(self._waiting[-1][1])
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        if self._file is not None:
            self._file.close()

    async def _write_batches(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._waiting = self._waiting, []
            lines = b"".join(entry.model_dump_json().encode("utf-8") + b"\n" for entry, _ in batch)
            try:
                await asyncio.to_thread(self._write, lines)
            except OSError as error:
                for _, future in batch:
                    future.set_exception(error)
                continue
            for entry, future in batch:
                self.entries.append(entry)
                if not future.done():
                    future.set_result(None)

    def _write(self, lines: bytes) -> None:
        assert self._file is not None
        self._file.write(lines)
        self._file.flush()
        os.fsync(self._file.fileno())
