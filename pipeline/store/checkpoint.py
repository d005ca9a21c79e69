"""Checkpoints: signed states of the tree, in a form that others' tools read, and the copy of them outside.

A checkpoint is a signed note (C2SP signed-note, tlog-checkpoint): origin, tree size, root in base64, and one extension
line with the time, then an empty line and an Ed25519 signature line. It says: at this time the history had this many
events, in this order, with these contents. The database holds all of them; a plain file outside holds a copy, and
only that shows when somebody cuts the history, or puts an old database back, and signs anew.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pipeline.store.canonical import stamp
from schemas.errors import ConfigurationError

ALGORITHM = b"\x01"
"""Ed25519, in signed notes."""


class BadNote(ValueError):
    """Not a checkpoint, not this log's, or not signed by this key."""


@dataclass(frozen=True)
class Checkpoint:
    """What a note says. `size` in events, `root` 32 bytes."""

    size: int
    root: bytes
    made_at: datetime


class Verifier:
    """Reads notes of one log. `name` is the log's origin, which is also the key's name."""

    def __init__(self, name: str, key: Ed25519PublicKey) -> None:
        raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.name = name
        self.key_hash = sha256(name.encode() + b"\n" + ALGORITHM + raw).digest()[:4]
        self.key_id = f"{name}+{self.key_hash.hex()}"
        self._key = key

    @classmethod
    def load(cls, path: Path, name: str = "entrega") -> Verifier:
        """From a PEM file. Raises ConfigurationError when it holds no Ed25519 public key."""
        try:
            key = serialization.load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"checkpoint key {path}: no public key can be read") from error
        if not isinstance(key, Ed25519PublicKey):
            raise ConfigurationError(f"checkpoint key {path}: not an Ed25519 key")
        return cls(name, key)

    def open(self, note: str) -> Checkpoint:
        """What the note says, once its signature holds. Raises BadNote."""
        body, separator, signatures = note.partition("\n\n")
        if not separator:
            raise BadNote("no signature")
        for line in signatures.splitlines():
            mark, _, rest = line.partition(" ")
            name, _, encoded = rest.partition(" ")
            if (mark, name) != ("\u2014", self.name):
                continue
            try:
                raw = base64.b64decode(encoded, validate=True)
                if raw[:4] == self.key_hash:
                    self._key.verify(raw[4:], (body + "\n").encode())
                    return self._parse(body)
            except (InvalidSignature, binascii.Error) as error:
                raise BadNote("the signature does not hold") from error
        raise BadNote("not signed by this key")

    def signed(self, note: str, signature: bytes) -> bool:
        """True when this bare signature (64 bytes) stands in the note; says nothing of its being valid."""
        return base64.b64encode(self.key_hash + signature).decode() in note

    def _parse(self, body: str) -> Checkpoint:
        try:
            origin, size, root, time = body.split("\n")
            made_at = datetime.fromisoformat(time.removeprefix("time ")).astimezone(UTC)
            checkpoint = Checkpoint(int(size), base64.b64decode(root, validate=True), made_at)
        except ValueError as error:
            raise BadNote("not a checkpoint of ours") from error
        if origin != self.name:
            raise BadNote("a checkpoint of another log")
        return checkpoint


class Signer:
    """Signs checkpoints with a key from a file."""

    def __init__(self, name: str, key: Ed25519PrivateKey) -> None:
        self.verifier = Verifier(name, key.public_key())
        self._key = key

    @classmethod
    def load(cls, path: Path, name: str = "entrega") -> Signer:
        """From a PKCS#8 PEM file. Raises ConfigurationError when it is missing, no Ed25519 key, or open to others."""
        try:
            mode = path.stat().st_mode
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except (OSError, ValueError, TypeError) as error:
            raise ConfigurationError(f"checkpoint key {path}: no private key can be read") from error
        if mode & 0o077:
            raise ConfigurationError(f"checkpoint key {path}: others than its owner may read it; chmod 600")
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigurationError(f"checkpoint key {path}: not an Ed25519 key")
        return cls(name, key)

    @classmethod
    def create(cls, path: Path, name: str = "entrega") -> Signer:
        """The key of this file, made (mode 0600, public half beside it as .pub) when there is none."""
        if not path.exists():
            key = Ed25519PrivateKey.generate()
            private = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            public = key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            try:
                with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(private)
                path.with_name(path.name + ".pub").write_bytes(public)
            except FileExistsError:
                pass
        return cls.load(path, name)

    def note(self, size: int, root: bytes, made_at: datetime) -> tuple[str, bytes]:
        """The signed note and the bare signature (64 bytes)."""
        name = self.verifier.name
        body = f"{name}\n{size}\n{base64.b64encode(root).decode()}\ntime {stamp(made_at)}\n"
        signature = self._key.sign(body.encode())
        encoded = base64.b64encode(self.verifier.key_hash + signature).decode()
        return f"{body}\n\u2014 {name} {encoded}\n", signature


class OutsideCopy:
    """The file of checkpoints: one JSON object a line, `tree_size`, `root` (hex), `made_at` and the whole `note`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def end(self) -> int:
        """Bytes that stand in the file now."""
        return self.path.stat().st_size if self.path.exists() else 0

    def read(self, end: int | None = None) -> Iterator[tuple[int, str, str]]:
        """Size, root in hex and note of each line up to byte `end`. Raises ValueError at a line that is none of ours.

        An unfinished last line is left out: it is being written, or was when the machine stopped.
        """
        if not self.path.exists():
            return
        place = 0
        with self.path.open("rb") as file:
            for number, line in enumerate(file, 1):
                place += len(line)
                if (end is not None and place > end) or not line.endswith(b"\n"):
                    return
                try:
                    said = json.loads(line)
                    yield int(said["tree_size"]), str(said["root"]), str(said["note"])
                except (ValueError, KeyError, TypeError) as error:
                    raise ValueError(f"line {number} of {self.path.name} is not a checkpoint") from error

    def last(self) -> tuple[int, str] | None:
        """Size and root (hex) of the last finished line. Raises ValueError when it is none of ours."""
        if not self.path.exists():
            return None
        with self.path.open("rb") as file:
            return _last(file)

    def add(self, checkpoints: Sequence[tuple[int, bytes, datetime, str]]) -> None:
        """Write (size, root, time, note) lines and wait until the disk has them.

        What is not larger than the last line is there already; an unfinished last line is cut off. Any number of
        processes of one machine may call it.
        """
        with self.path.open("ab+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.truncate(_finished(file))
            known, _ = _last(file) or (0, "")
            for size, root, at, note in checkpoints:
                if size > known:
                    line = {"tree_size": size, "root": root.hex(), "made_at": stamp(at), "note": note}
                    file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


LONGEST_LINE = 65536


def _finished(file: BinaryIO) -> int:
    """Bytes up to the end of the last finished line."""
    size = file.seek(0, os.SEEK_END)
    start = max(0, size - LONGEST_LINE)
    file.seek(start)
    return start + file.read().rfind(b"\n") + 1


def _last(file: BinaryIO) -> tuple[int, str] | None:
    end = _finished(file)
    if end == 0:
        return None
    start = max(0, end - LONGEST_LINE)
    file.seek(start)
    line = file.read(end - start).splitlines()[-1]
    try:
        said = json.loads(line)
        return int(said["tree_size"]), str(said["root"])
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError("the last line of the checkpoints is none of ours") from error
