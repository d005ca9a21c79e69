"""Personal details beside the chain: hashed into it with a salt, readable only with a key that can be destroyed.

Every stream that holds personal details has a data key of its own. It encrypts them (AES-256-GCM, bound to the event's
id) and stands in the database wrapped by a key-encryption key, which lives in a file outside. Destroying the data key
makes the details unreadable in the database and in every copy of it made later; the chain stays valid, because it
holds only SHA-256(salt || details), and the salt is encrypted with them: so the hash cannot be guessed either.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson
import psycopg
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipeline.store.canonical import canonical
from schemas.errors import ConfigurationError, PermanentError

SALT, NONCE = 16, 12


class Unreadable(PermanentError):
    """The key is destroyed, another one, or the stored bytes were changed."""

    reason = "personal-unreadable"


@dataclass(frozen=True)
class DataKey:
    """The key of one stream. `kek` names the key that wrapped it."""

    key_id: UUID
    key: bytes
    kek: str
    wrapped: bytes


@dataclass(frozen=True)
class Sealed:
    """What the event's row keeps: 32 bytes of hash; nonce, ciphertext and tag."""

    hash: bytes
    ciphertext: bytes


class KeyRing:
    """The key-encryption keys of a file: a line each, `name base64`; the first one wraps, all of them unwrap.

    To change the key put a new line on top and keep the old ones.
    Raises ConfigurationError when the file is missing, malformed, or readable by others than its owner.
    """

    def __init__(self, path: Path) -> None:
        try:
            mode, text = path.stat().st_mode, path.read_text("ascii")
            keys = {name: base64.b64decode(key, validate=True) for name, key in map(str.split, text.splitlines())}
        except OSError as error:
            raise ConfigurationError(f"key ring {path}: {error.strerror}") from error
        except (ValueError, binascii.Error) as error:
            raise ConfigurationError(f"key ring {path}: a line is a name and a key in base64") from error
        if mode & 0o077:
            raise ConfigurationError(f"key ring {path}: others than its owner may read it; chmod 600")
        if not keys or any(len(key) != 32 for key in keys.values()):
            raise ConfigurationError(f"key ring {path}: it holds no key, or one that is not of 32 bytes")
        self._keys = {name: AESGCM(key) for name, key in keys.items()}
        self._current = next(iter(keys))

    @classmethod
    def create(cls, path: Path) -> KeyRing:
        """The ring of this file; made with a new key, mode 0600, when there is none."""
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(b"kek-1 " + base64.b64encode(os.urandom(32)) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except FileExistsError:
            pass
        return cls(path)

    def new_key(self, stream: str) -> DataKey:
        """A fresh key for a stream, wrapped for its row."""
        key_id, key, nonce = uuid4(), os.urandom(32), os.urandom(NONCE)
        wrapped = nonce + self._keys[self._current].encrypt(nonce, key, _wrapping(key_id, stream))
        return DataKey(key_id, key, self._current, wrapped)

    def unwrap(self, key_id: UUID, stream: str, kek: str, wrapped: bytes | None) -> DataKey:
        """Raises Unreadable when the key was destroyed or changed; ConfigurationError when its wrapping key is gone."""
        if wrapped is None:
            raise Unreadable("the key was destroyed")
        if kek not in self._keys:
            raise ConfigurationError(f"the key ring holds no key {kek}")
        try:
            key = self._keys[kek].decrypt(wrapped[:NONCE], wrapped[NONCE:], _wrapping(key_id, stream))
        except (InvalidTag, ValueError) as error:
            raise Unreadable("the wrapped key was changed, or the ring holds another key of that name") from error
        return DataKey(key_id, key, kek, wrapped)


def seal(key: DataKey, event_id: UUID, personal: dict[str, Any]) -> Sealed:
    """Hash and encrypt the details (in the types of pipeline.store.canonical) of one event."""
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    salted = salt + canonical(personal)
    return Sealed(sha256(salted).digest(), nonce + AESGCM(key.key).encrypt(nonce, salted, event_id.bytes))


def unseal(key: DataKey, event_id: UUID, ciphertext: bytes, hash_: bytes) -> dict[str, Any]:
    """The details of one event. Raises Unreadable when they are not those that the event's hash covers."""
    try:
        salted = AESGCM(key.key).decrypt(ciphertext[:NONCE], ciphertext[NONCE:], event_id.bytes)
    except (InvalidTag, ValueError) as error:
        raise Unreadable("the personal details were changed") from error
    if sha256(salted).digest() != hash_:
        raise Unreadable("the personal details are not those of this event")
    details: dict[str, Any] = orjson.loads(salted[SALT:])
    return details


async def destroy_keys(conn: psycopg.AsyncConnection[Any], streams: Sequence[str], *, at: datetime) -> int:
    """Erase the personal details of these streams, for good; returns how many keys were destroyed.

    The caller writes the event that says who asked for it. Backups keep the wrapped key until they expire.
    """
    cursor = await conn.execute(
        "UPDATE data_key SET wrapped = NULL, destroyed_at = %s WHERE stream = ANY(%s) AND destroyed_at IS NULL",
        [at, list(streams)],
    )
    return cursor.rowcount


def _wrapping(key_id: UUID, stream: str) -> bytes:
    """A wrapped key opens only as the key, and for the stream, that it was made for."""
    return key_id.bytes + stream.encode()
