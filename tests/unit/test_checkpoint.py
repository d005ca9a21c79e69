"""Checkpoints as signed notes, keys in files, and the copy outside."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pipeline.store.checkpoint import BadNote, OutsideCopy, Signer, Verifier
from pipeline.store.personal import KeyRing, Unreadable, seal, unseal
from schemas.errors import ConfigurationError

AT = datetime(2026, 11, 22, 9, 0, 0, 250, tzinfo=UTC)
ROOT = bytes(range(32))


def test_a_note_has_the_published_form(tmp_path: Path) -> None:
    """Taken apart by hand as C2SP signed-note says, with the public key alone, the signature holds."""
    Signer.create(tmp_path / "key").note(7, ROOT, AT)
    note, signature = Signer.load(tmp_path / "key").note(7, ROOT, AT)
    body, _, last = note.partition("\n\n")
    assert body.split("\n") == ["entrega", "7", base64.b64encode(ROOT).decode(), "time 2026-11-22T09:00:00.000250Z"]
    mark, name, encoded = last.rstrip("\n").split(" ")
    assert (mark, name) == ("\u2014", "entrega")
    key = serialization.load_pem_public_key((tmp_path / "key.pub").read_bytes())
    assert isinstance(key, Ed25519PublicKey)
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    assert base64.b64decode(encoded) == sha256(b"entrega\n\x01" + raw).digest()[:4] + signature
    key.verify(signature, (body + "\n").encode())


def test_a_note_is_read_back_and_no_other(tmp_path: Path) -> None:
    """The verifier returns what was signed, and refuses any edit, another key and another log."""
    signer = Signer.create(tmp_path / "key")
    note, _ = signer.note(7, ROOT, AT)
    verifier = Verifier.load(tmp_path / "key.pub")
    said = verifier.open(note)
    assert (said.size, said.root, said.made_at) == (7, ROOT, AT)
    for bad in (
        note.replace("\n7\n", "\n8\n"),
        note.replace("2026", "2025"),
        note.split("\n\n")[0],
        "",
        note[:-9] + "\n",
    ):
        with pytest.raises(BadNote):
            verifier.open(bad)
    for other in (Signer.create(tmp_path / "other"), Signer.load(tmp_path / "key", "another-log")):
        with pytest.raises(BadNote, match="not signed by this key"):
            verifier.open(other.note(7, ROOT, AT)[0])


def test_keys_open_to_others_stop_the_start(tmp_path: Path) -> None:
    """A signing key or key ring that others may read, is missing, or is none, is a configuration error."""
    Signer.create(tmp_path / "key")
    KeyRing.create(tmp_path / "ring")
    for path, load in ((tmp_path / "key", Signer.load), (tmp_path / "ring", KeyRing)):
        assert path.stat().st_mode & 0o777 == 0o600
        path.chmod(0o640)
        with pytest.raises(ConfigurationError, match="chmod 600"):
            load(path)
        path.write_text("nonsense")
        with pytest.raises(ConfigurationError):
            load(path)
        with pytest.raises(ConfigurationError):
            load(tmp_path / "missing")
    with pytest.raises(ConfigurationError):
        Verifier.load(tmp_path / "ring")


def test_a_key_ring_can_be_renewed(tmp_path: Path) -> None:
    """A new line on top wraps what comes; what the old key wrapped still opens; without it nothing does."""
    path = tmp_path / "ring"
    old = KeyRing.create(path).new_key("document:1")
    first = path.read_text()
    path.write_text("kek-2 " + base64.b64encode(bytes(32)).decode() + "\n" + first)
    ring = KeyRing(path)
    assert ring.new_key("document:1").kek == "kek-2"
    assert ring.unwrap(old.key_id, "document:1", old.kek, old.wrapped) == old
    with pytest.raises(Unreadable):
        ring.unwrap(old.key_id, "document:2", old.kek, old.wrapped)
    with pytest.raises(Unreadable):
        ring.unwrap(old.key_id, "document:1", old.kek, None)
    path.write_text(path.read_text().splitlines(keepends=True)[0])
    with pytest.raises(ConfigurationError, match="kek-1"):
        KeyRing(path).unwrap(old.key_id, "document:1", old.kek, old.wrapped)


def test_personal_details_are_bound_to_their_event(tmp_path: Path) -> None:
    """Sealed details open for their event, key and hash only, and the same details never look the same."""
    key = KeyRing.create(tmp_path / "ring").new_key("document:1")
    other = KeyRing(tmp_path / "ring").new_key("document:1")
    one, again = (seal(key, key.key_id, {"to": "ana@example.com"}) for _ in range(2))
    assert one.hash != again.hash
    assert one.ciphertext != again.ciphertext
    assert unseal(key, key.key_id, one.ciphertext, one.hash) == {"to": "ana@example.com"}
    for wrong in ((other, key.key_id, one.ciphertext, one.hash), (key, other.key_id, one.ciphertext, one.hash),
                  (key, key.key_id, again.ciphertext, one.hash), (key, key.key_id, b"", one.hash)):  # fmt: skip
        with pytest.raises(Unreadable):
            unseal(*wrong)


def test_the_copy_outside_only_grows(tmp_path: Path) -> None:
    """Lines come back as written; what is there already is not written again; an unfinished line is mended."""
    copy = OutsideCopy(tmp_path / "file")
    assert (copy.last(), list(copy.read())) == (None, [])
    copy.add([(1, ROOT, AT, "one"), (5, ROOT, AT, "five")])
    copy.add([(5, ROOT, AT, "again"), (3, ROOT, AT, "late"), (9, ROOT, AT, "nine")])
    assert list(copy.read()) == [(1, ROOT.hex(), "one"), (5, ROOT.hex(), "five"), (9, ROOT.hex(), "nine")]
    with copy.path.open("ab") as file:
        file.write(b'{"tree_size": 10')
    assert copy.last() == (9, ROOT.hex())
    copy.add([(10, ROOT, AT, "ten")])
    assert [size for size, _, _ in copy.read()] == [1, 5, 9, 10]
