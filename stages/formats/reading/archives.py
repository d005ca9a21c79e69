"""Archives of exports, .zip and .gz: unpacked by streaming, member after member, with caps.

A member that cannot be read is one refused record; the others go on. An archive that passes a cap (1,000 entries,
200 MB unpacked, 100 times its packed size) is refused as a whole: before its content is looked at where its directory
already says so, else at the byte that passes. An archive inside an archive is not opened.
"""

from __future__ import annotations

import fnmatch
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import BinaryIO, cast

from schemas.errors import EntregaError, ExportUnreadable, Finding, LimitExceeded
from stages.formats.reading.records import (
    EXPORT_BYTES,
    Budget,
    Cursor,
    Portion,
    Record,
    Source,
    refuse,
    shorten,
    unreadable,
)

ENTRIES = 1000
RATIO = 100
RATIO_FROM = 1024 * 1024
"""Unpacked bytes from which the ratio counts: a short file of repeated lines is no bomb."""
_DIRECTORY_BYTES = 1024 * 1024
_IN_MEMORY = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_FAILURES = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError, ValueError,
             struct.error, KeyError)  # fmt: skip

ReadMember = Callable[[Source, Cursor | None, Budget], Portion]
"""Reads one unpacked file: recognises it, and gives its records."""


@dataclass(frozen=True)
class _Member:
    index: int
    name: str
    label: str


def _bomb(message: str, place: str = "", found: str | None = None) -> LimitExceeded:
    finding = refuse("archive-limit", f"the archive {message}, and is not read", place or "the archive", found)
    return LimitExceeded("the archive cannot be read: archive-limit", findings=(finding,))


def _damaged(place: str, error: Exception) -> ExportUnreadable:
    encrypted = isinstance(error, RuntimeError) and "encrypted" in str(error)
    rule, message = ("archive-encrypted", "is encrypted") if encrypted else ("archive-damaged", "is damaged")
    return unreadable("the archive", (refuse(rule, f"the archive, or this file of it, {message}", place),))


class _Zip:
    """The directory of a zip, checked before anything is unpacked."""

    def __init__(self, file: BinaryIO) -> None:
        self._check_end(file)
        try:
            self.zip = zipfile.ZipFile(file)
        except _FAILURES as error:
            raise _damaged("", error) from None
        entries = [i for i in self.zip.infolist() if not i.is_dir()]
        if len(self.zip.infolist()) > ENTRIES:
            raise _bomb(f"has more than {ENTRIES} entries")
        if sum(i.file_size for i in entries) > EXPORT_BYTES:
            raise _bomb(f"unpacks to more than {EXPORT_BYTES // 1024**2} MiB")
        for info in entries:
            if info.file_size > RATIO_FROM and info.file_size > RATIO * max(1, info.compress_size):
                raise _bomb(f"unpacks to more than {RATIO} times its size", shorten(info.filename) or "")
        names = [info.filename for info in entries]
        self.members = [
            _Member(n, info.filename, _label(info.filename, n, names))
            for n, info in enumerate(entries)
            if not info.filename.startswith("__MACOSX/") and not info.filename.endswith(".DS_Store")
        ]
        self._infos = entries

    @staticmethod
    def _check_end(file: BinaryIO) -> None:
        """The end record tells how large the directory is: zipfile would read any size of it."""
        size = file.seek(0, 2)
        file.seek(max(0, size - 66_000))
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) < at + 22:
            raise _damaged("", zipfile.BadZipFile())
        entries, length = struct.unpack_from("<HI", tail, at + 10)
        if entries > ENTRIES or length > _DIRECTORY_BYTES or b"PK\x06\x07" in tail[max(0, at - 20) : at]:
            raise _bomb(f"has more than {ENTRIES} entries", found=str(entries))

    @contextmanager
    def open(self, member: _Member) -> Iterator[BinaryIO]:
        info = self._infos[member.index]
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            message = "is packed in a way that is not read; deflate is"
            raise unreadable("the archive", (refuse("archive-method", message, member.label),))
        with self._spool() as spool:
            try:
                with self.zip.open(info) as packed:
                    _pour(iter(lambda: packed.read(_CHUNK), b""), spool, info.compress_size, member.label)
            except _FAILURES as error:
                raise _damaged(member.label, error) from None
            yield spool

    @contextmanager
    def _spool(self) -> Iterator[BinaryIO]:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            yield cast(BinaryIO, spool)


class _Gzip:
    """One gzip stream (RFC 1952), as an archive of one file."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        inner = name.rsplit("/", 1)[-1]
        inner = inner[:-3] if inner.lower().endswith(".gz") else inner
        self.file = file
        self.members = [_Member(0, inner, shorten(inner) or "")]

    @contextmanager
    def open(self, member: _Member) -> Iterator[BinaryIO]:
        size = self.file.seek(0, 2)
        self.file.seek(0)
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spool:
            unpacked = cast(BinaryIO, spool)
            try:
                _pour(self._inflate(), unpacked, size, member.label)
            except _FAILURES as error:
                raise _damaged(member.label, error) from None
            yield unpacked

    def _inflate(self) -> Iterator[bytes]:
        engine = zlib.decompressobj(31)
        waiting = b""
        while True:
            waiting = waiting or engine.unconsumed_tail or self.file.read(_CHUNK)
            if not waiting:
                raise EOFError
            out = engine.decompress(waiting, _CHUNK)
            waiting = engine.unconsumed_tail
            if out:
                yield out
            if engine.eof:
                waiting = engine.unused_data or self.file.read(_CHUNK)
                if not waiting.strip(b"\0"):
                    return
                engine = zlib.decompressobj(31)


def _pour(chunks: Iterator[bytes], into: BinaryIO, packed: int, label: str) -> None:
    """Unpack, counting: the directory may lie."""
    total = 0
    for chunk in chunks:
        total += len(chunk)
        if total > EXPORT_BYTES or (total > RATIO_FROM and total > RATIO * max(1, packed)):
            raise _bomb(f"unpacks to more than {EXPORT_BYTES // 1024**2} MiB, or {RATIO} times its size", label)
        into.write(chunk)
    into.seek(0)


def _label(name: str, index: int, names: list[str]) -> str:
    """A member's name as an address can carry it; numbered when the archive has it twice."""
    label = shorten(name) or f"member {index + 1}"
    return f"{label} ({index + 1})" if names.count(name) > 1 else label


def read(
    source: Source,
    kind: str,
    cursor: Cursor | None,
    budget: Budget,
    member: ReadMember,
    companion: Callable[[str], bool],
) -> Portion:
    """One step over the members. `companion` tells which are read together with another one. Raises LimitExceeded."""
    archive: _Zip | _Gzip = _Zip(source.file) if kind == "zip" else _Gzip(source.file, source.name)
    mains = [m for m in archive.members if not companion(m.name)]
    if not mains:
        raise unreadable("the archive", (refuse("archive-empty", "the archive has no file to read"),))
    place = cursor or {}
    index, inner = int(place.get("m", 0)), place.get("c")
    records: list[Record] = []
    while index < len(mains):
        one = mains[index]
        try:
            found, inner = _read_one(archive, one, inner, budget.rest(len(records)), member)
        except LimitExceeded as error:
            if not records and any(f.rule == "archive-limit" for f in error.findings):
                raise
            found, inner = [Record(one.label, error=error)], None
        except EntregaError as error:
            found, inner = [Record(one.label, error=error)], None
        records += [_of_member(r, one.label) for r in found]
        if inner is None:
            index += 1
        if budget.spent(len(records)):
            break
    if index >= len(mains):
        return records, None
    return records, {"m": index, "c": inner}


def _of_member(record: Record, label: str) -> Record:
    """The record with the member's name before its address and before the places of what was found in it."""

    def there(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(
            f if label in f.place else f.model_copy(update={"place": f"{label}, {f.place}" if f.place else label})
            for f in findings
        )

    error, whole = record.error, record.address == label
    if error is not None:
        text = error.text.replace("the export", "a file of the archive", 1) if whole else error.text
        error = type(error)(text, findings=there(error.findings), **error.detail)
    address = label if whole else f"{label}: {record.address}"
    return replace(record, address=address, error=error, warnings=there(record.warnings))


def _read_one(archive: _Zip | _Gzip, one: _Member, inner: Cursor | None, budget: Budget, member: ReadMember) -> Portion:
    opened: list[BinaryIO] = []
    closing = []

    def sibling(pattern: str) -> BinaryIO | None:
        for other in archive.members:
            if fnmatch.fnmatch(other.name, pattern) or fnmatch.fnmatch(other.name.rsplit("/", 1)[-1], pattern):
                context = archive.open(other)
                opened.append(context.__enter__())
                closing.append(context)
                return opened[-1]
        return None

    try:
        with archive.open(one) as file:
            return member(Source(file, one.name, sibling), inner, budget)
    finally:
        for context in closing:
            context.__exit__(None, None, None)


def nested() -> Finding:
    return refuse("archive-depth", "an archive inside an archive is not opened")
