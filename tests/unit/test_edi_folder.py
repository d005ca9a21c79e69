"""Mailboxes as folders: no interchange replaces another, no partner's stands in another's folder, and no false word."""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from connectors.edi.folder import FolderEdi
from pipeline.cli.health import channels
from pipeline.settings import load
from schemas.deliveries import InterchangeMessage
from schemas.errors import OutcomeUnknown, ProviderUnavailable


def interchange(content: bytes = b"UNA", **given: Any) -> InterchangeMessage:
    values = {
        "attempt": uuid4(), "sender": "14:5609999200054", "to": "14:5412345000013", "envelope": "edifact",
        "format": "edifact-d96a", "control_number": 1, "interchange_base64": b64encode(content).decode(),
    }  # fmt: skip
    return InterchangeMessage.model_validate({**values, **given})


def contents(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.glob("*/*.edi") if not path.parent.name.startswith("."))


def folders(folder: Path) -> set[str]:
    return {path.parent.name for path in folder.rglob("*.edi") if not path.parent.parent.name.startswith(".")}


async def test_the_same_number_of_another_series_is_another_interchange(tmp_path: Path) -> None:
    """Each envelope and each tenant has a series of its own: three first interchanges for one partner, three files."""
    edi = FolderEdi(tmp_path)
    await edi.send(interchange(b"one"))
    await edi.send(interchange(b"two", envelope="x12"))
    await edi.send(interchange(b"three"))
    assert contents(tmp_path) == [b"one", b"three", b"two"]


async def test_the_same_interchange_again_replaces_itself(tmp_path: Path) -> None:
    edi, message = FolderEdi(tmp_path), interchange()
    assert await edi.send(message) == await edi.send(message)
    assert len(contents(tmp_path)) == 1


async def test_each_partner_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """Names that differ in a sign that no file name may hold are different partners."""
    edi = FolderEdi(tmp_path)
    for to in ("ZZ:ACME.COM", "ZZ:ACME COM", "ZZ:ACME_COM", "ZZ:ACME:COM", "ZZ:../ACME"):
        await edi.send(interchange(to=to))
    assert folders(tmp_path) == {
        f"ZZ_{name}" for name in ("ACME=2ECOM", "ACME=20COM", "ACME=5FCOM", "ACME=3ACOM", "=2E=2E=2FACME")
    }


async def test_what_the_partner_can_see_was_not_refused(tmp_path: Path) -> None:
    """The disk takes the interchange and not the note of it: nobody may say that it surely did not leave."""
    edi, message = FolderEdi(tmp_path), interchange()
    place = tmp_path / await _name(edi, message)
    (tmp_path / ".handed-over" / place.parent.name).mkdir(parents=True)
    (tmp_path / ".handed-over" / place.parent.name / place.name).symlink_to(tmp_path / "nowhere" / "at-all")
    with pytest.raises(OutcomeUnknown):
        await edi.send(message)
    assert place.read_bytes() == b"UNA"
    assert await edi.find(message, None) == message.reference  # it lies there still: so it was handed over
    place.unlink()
    assert await edi.find(message, None) is None


async def test_a_disk_that_takes_nothing_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "edi").write_text("a file where a folder should be")
    with pytest.raises(ProviderUnavailable):
        await FolderEdi(tmp_path / "edi").send(interchange())


async def test_doctor_looks_at_every_mailbox(tmp_path: Path) -> None:
    """What can be written, what waits to be fetched, what is wrong; looking leaves nothing."""
    settings = load(tmp_path, edi_provider="folder", edi_folder=tmp_path / "edi")
    assert channels.edi(settings).endswith("edi is not there: the first interchange makes it")
    edi = FolderEdi(tmp_path / "edi")
    for to in ("ZZ:ONE", "ZZ:TWO"):
        await edi.send(interchange(to=to))
    for file in (tmp_path / "edi").rglob("*.edi"):
        os.utime(file, (1_790_000_000, 1_790_000_000))
    before = sorted((tmp_path / "edi").rglob("*"))
    assert channels.edi(settings).endswith(
        "edi: 2 mailboxes can be written; 2 interchanges wait to be fetched, the oldest since 2026-09-21 14:13 UTC"
    )
    assert sorted((tmp_path / "edi").rglob("*")) == before
    (tmp_path / "edi" / "ZZ_THREE").write_text("a file where a mailbox should be")
    with pytest.raises(ProviderUnavailable, match="ZZ_THREE cannot be written: Not a directory"):
        channels.edi(settings)


async def _name(edi: FolderEdi, message: InterchangeMessage) -> str:
    """Where the interchange lies, as told by another folder."""
    return (await FolderEdi(edi.folder / ".elsewhere").send(message)).response
