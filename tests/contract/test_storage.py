"""What every artefact store must do; one subclass a provider. S3 is moto's server, spoken to by the real boto3."""

from __future__ import annotations

import hashlib
import pickle
import socket
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connectors.storage import Storage, get, put
from connectors.storage.folder import FolderStorage
from connectors.storage.s3 import S3Storage
from schemas.errors import ArtefactDamaged, StoreUnavailable
from schemas.messages import ArtefactKind

OWNER = uuid.UUID("6dbd2c4e-0a52-4d11-9a4b-8a4b6a1c0f11")


def stored(storage: Storage, data: bytes = b"an invoice") -> object:
    return put(storage, "demo", OWNER, ArtefactKind.PDF, data, media_type="application/pdf", name="invoice.pdf")


class StorageContract:
    """Subclasses give a fixture `storage`, and say how to damage what stands under a key."""

    def damage(self, storage: Storage, key: str) -> None:
        raise NotImplementedError

    def test_what_was_put_is_what_is_got(self, storage: Storage) -> None:
        """Bytes come back as they were, under tenant, owner, kind and digest."""
        ref = put(storage, "demo", OWNER, ArtefactKind.PDF, b"an invoice", media_type="application/pdf", name="i.pdf")
        assert get(storage, ref) == b"an invoice"
        assert ref.key == f"demo/{OWNER}/pdf/{hashlib.sha256(b'an invoice').hexdigest()}"

    def test_putting_again_changes_nothing(self, storage: Storage) -> None:
        """The same bytes give the same reference, also from several threads at once."""
        with ThreadPoolExecutor(8) as pool:
            refs = list(pool.map(lambda _: stored(storage), range(16)))
        assert len(set(refs)) == 1
        assert get(storage, refs[0]) == b"an invoice"  # type: ignore[arg-type]

    def test_damaged_bytes_are_never_given_out(self, storage: Storage) -> None:
        """Every read verifies the digest."""
        ref = put(storage, "demo", OWNER, ArtefactKind.PDF, b"an invoice", media_type="application/pdf", name="i.pdf")
        self.damage(storage, ref.key)
        with pytest.raises(ArtefactDamaged):
            get(storage, ref)

    def test_missing_bytes_are_said(self, storage: Storage) -> None:
        """A reference to nothing is a permanent error, not an empty file."""
        ref = put(storage, "demo", OWNER, ArtefactKind.PDF, b"x", media_type="application/pdf", name="i.pdf")
        gone = ref.model_copy(update={"key": ref.key[:-1] + ("0" if ref.key[-1] != "0" else "1")})
        with pytest.raises(ArtefactDamaged):
            get(storage, gone)

    def test_an_opened_artefact_can_be_read_in_steps(self, storage: Storage) -> None:
        """Exports are read from a cursor: the stream is seekable."""
        ref = put(storage, "demo", OWNER, ArtefactKind.SOURCE, b"0123456789", media_type="text/plain", name="e.txt")
        with storage.open(ref.key) as file:
            file.seek(4)
            assert file.read(3) == b"456"

    def test_a_batch_can_be_read_before_and_after_its_end(self, storage: Storage) -> None:
        """Within a batch what was just put can be read, and all of it stands afterwards."""
        with storage.batch():
            first, second = stored(storage), stored(storage, b"another")
            assert get(storage, first) == b"an invoice"  # type: ignore[arg-type]
        assert get(storage, second) == b"another"  # type: ignore[arg-type]

    def test_a_store_travels_to_another_process(self, storage: Storage) -> None:
        """Stages run in child processes, so the store must be picklable."""
        ref = put(storage, "demo", OWNER, ArtefactKind.PDF, b"x", media_type="application/pdf", name="i.pdf")
        assert get(pickle.loads(pickle.dumps(storage)), ref) == b"x"  # noqa: S301  our own bytes


class TestFolder(StorageContract):
    @pytest.fixture
    def storage(self, tmp_path: Path) -> FolderStorage:
        return FolderStorage(tmp_path)

    def damage(self, storage: Storage, key: str) -> None:
        assert isinstance(storage, FolderStorage)
        (storage.root / key).write_bytes(b"an invoicf")

    @pytest.mark.parametrize("key", ["../../etc/passwd", "/etc/passwd", "demo/x", "demo/../demo", "demo\x00/a/b/c"])
    def test_no_key_leads_out_of_the_folder(self, tmp_path: Path, key: str) -> None:
        """What is not tenant/owner/kind/sha256 never becomes a path."""
        storage = FolderStorage(tmp_path)
        with pytest.raises(ArtefactDamaged):
            storage.read(key)
        with pytest.raises(ArtefactDamaged):
            storage.write(key, b"x")

    def test_files_are_for_their_owner_only(self, tmp_path: Path) -> None:
        """People's invoices: 0600 in folders that others cannot enter."""
        storage = FolderStorage(tmp_path / "artefacts")
        stored(storage)
        files = [path for path in storage.root.rglob("*") if path.is_file()]
        assert [path.stat().st_mode & 0o077 for path in files] == [0]

    @pytest.mark.parametrize("left", [b"", b"an inv", b"\0" * 10])
    def test_what_a_power_cut_left_is_written_again(self, tmp_path: Path, left: bytes) -> None:
        """A file in its place whose bytes never came to disk does not pass for the artefact."""
        storage = FolderStorage(tmp_path)
        ref = put(storage, "demo", OWNER, ArtefactKind.PDF, b"an invoice", media_type="application/pdf", name="i.pdf")
        (tmp_path / ref.key).write_bytes(left)
        assert get(storage, stored(storage)) == b"an invoice"  # type: ignore[arg-type]

    def test_a_batch_that_cannot_be_made_durable_is_none(self, tmp_path: Path) -> None:
        """When the disk fails at the end of a batch, none of its writes counts, and the next batch starts anew."""
        storage = FolderStorage(tmp_path / "artefacts")

        def fail() -> None:
            with storage.batch():
                stored(storage)
                storage.root.rename(tmp_path / "gone")

        with pytest.raises(StoreUnavailable):
            fail()
        assert get(storage, stored(storage)) == b"an invoice"  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """Where moto's S3 answers."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class TestS3(StorageContract):
    @pytest.fixture
    def storage(self, endpoint: str) -> S3Storage:
        storage = S3Storage(f"bucket-{uuid.uuid4().hex[:8]}", endpoint, "us-east-1", "key", "secret")
        storage._s3.create_bucket(Bucket=storage.bucket)
        return storage

    def damage(self, storage: Storage, key: str) -> None:
        assert isinstance(storage, S3Storage)
        storage._s3.put_object(Bucket=storage.bucket, Key=key, Body=b"an invoicf")

    def test_a_store_that_is_away_is_a_transient_error(self) -> None:
        """Nobody parks a document because the object store restarts."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        storage = S3Storage("bucket", f"http://127.0.0.1:{port}", "us-east-1", "key", "secret")
        with pytest.raises(StoreUnavailable):
            stored(storage)

    def test_the_secret_is_not_shown(self) -> None:
        """A store's repr goes to logs."""
        assert "topsecret" not in repr(S3Storage("bucket", secret_key="topsecret"))  # noqa: S106
