"""Mailboxes as folders: what an AS2 server, a VAN's client or an SFTP server beside us takes from disk.

`<folder>/<receiver>/<sender>-<envelope>-<control number>-<attempt>.edi`, written under another name first, so that a
reader sees all of an interchange or nothing. The name says which interchange it is, so the same one again replaces
itself and no other: each envelope and each tenant counts by itself. Whoever fetches it removes it; what was handed over
is therefore noted in `<folder>/.handed-over`, where it can be asked for after a crash.
"""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from schemas.deliveries import Accepted, InterchangeMessage
from schemas.errors import OutcomeUnknown, ProviderUnavailable


@dataclass(frozen=True)
class Mailboxes:
    """What lies in the folder: how many partners' mailboxes, interchanges that nobody has fetched, since when."""

    partners: int
    waiting: int
    oldest: datetime | None


@dataclass
class FolderEdi:
    """`folder` holds one folder for each partner, made at the first interchange."""

    folder: Path
    provider: str = "folder"
    reports_delivery: bool = False

    async def send(self, message: InterchangeMessage) -> Accepted:
        """Raises ProviderUnavailable (transient): the disk does not take it; OutcomeUnknown: it failed after that."""
        name = await asyncio.to_thread(self._put, message)
        return Accepted(provider=self.provider, provider_message_id=message.reference, response=name)

    async def find(self, message: InterchangeMessage, since: object) -> str | None:
        places = (self._notes(message) / _name(message), self._mailbox(message) / _name(message))
        found = await asyncio.to_thread(lambda: any(place.exists() for place in places))
        return message.reference if found else None

    def look(self) -> Mailboxes | None:
        """Whether every mailbox can be written; nothing that a partner could see is. None: the folder is not there yet.

        Raises ProviderUnavailable, naming what cannot be written.
        """
        place = self.folder
        try:
            if not place.exists():
                place = next(parent for parent in place.absolute().parents if parent.exists())
                tempfile.TemporaryFile(dir=place).close()
                return None
            mailboxes = [each for each in self.folder.iterdir() if not each.name.startswith(".")]
            for place in (self.folder, *mailboxes):
                tempfile.TemporaryFile(dir=place).close()
            times = [file.stat().st_mtime for mailbox in mailboxes for file in mailbox.glob("[!.]*.edi")]
        except OSError as error:
            raise ProviderUnavailable(f"{place} cannot be written: {error.strerror}", errno=error.errno) from None
        return Mailboxes(len(mailboxes), len(times), datetime.fromtimestamp(min(times), UTC) if times else None)

    async def close(self) -> None:
        return None

    def _mailbox(self, message: InterchangeMessage) -> Path:
        return self.folder / _safe(message.receiver)

    def _notes(self, message: InterchangeMessage) -> Path:
        return self.folder / ".handed-over" / _safe(message.receiver)

    def _put(self, message: InterchangeMessage) -> str:
        """Durable before it is visible; noted afterwards, for a note without its interchange would lose it."""
        mailbox, notes, name = self._mailbox(message), self._notes(message), _name(message)
        visible = False
        try:
            mailbox.mkdir(parents=True, exist_ok=True)
            notes.mkdir(parents=True, exist_ok=True)
            part = mailbox / f".{name}.part"
            with open(part, "wb") as file:
                file.write(message.content())
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, mailbox / name)
            visible = True
            (notes / name).touch()
            for folder in (mailbox, notes):
                handle = os.open(folder, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)
        except OSError as error:
            if visible:  # the partner may have fetched it by now
                raise OutcomeUnknown(f"the mailbox failed afterwards: {error.strerror}", errno=error.errno) from None
            raise ProviderUnavailable(f"the mailbox cannot be written: {error.strerror}", errno=error.errno) from None
        return f"{_safe(message.receiver)}/{name}"


def _name(message: InterchangeMessage) -> str:
    number, attempt = f"{message.control_number:09d}", message.attempt.hex[:8]
    return f"{_safe(message.sender)}-{message.envelope}-{number}-{attempt}.edi"


def _safe(mailbox: str) -> str:
    """A mailbox as a file name, another one for each: letters, digits, hyphens, `_` for the colon, `=2E` for a dot."""
    kind, colon, name = mailbox.partition(":")
    return _escaped(kind) + ("_" if colon else "") + _escaped(name)


def _escaped(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", lambda sign: "".join(f"={byte:02X}" for byte in sign[0].encode()), text) or "="
