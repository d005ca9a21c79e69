"""Keys in files, and the demo's authority."""

from __future__ import annotations

import pickle
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from connectors.keys import Signer, demo, key_id
from connectors.keys.files import KeyInMemory, load
from connectors.keys.memory import Authority, new_key
from schemas.errors import ConfigurationError

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


@pytest.fixture(scope="module")
def signer() -> KeyInMemory:
    return Authority.make(AT).issue(AT - YEAR, AT + YEAR, kind="p256")


def pem(signer: KeyInMemory, password: str | None = None, *, key: bool = True, certificates: bool = True) -> bytes:
    how = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    content = signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how) if key else b""
    for one in (*signer.chain, signer.certificate) if certificates else ():  # the root first: order must not matter
        content += one.public_bytes(Encoding.PEM)
    return content


def p12(signer: KeyInMemory, password: str) -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"x", signer.private_key, signer.certificate, list(signer.chain), BestAvailableEncryption(password.encode())
    )


def put(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def test_a_key_is_read_from_each_kind_of_file(tmp_path: Path, signer: KeyInMemory) -> None:
    """PKCS#12, plain PEM, encrypted PEM and PEM with the chain beside it give the same key, certificate and chain."""
    read = [
        load(put(tmp_path, "a.p12", p12(signer, "geheim")), "geheim"),
        load(put(tmp_path, "a.pem", pem(signer))),
        load(put(tmp_path, "b.pem", pem(signer, "zażółć")), "zażółć"),
        load(
            put(tmp_path, "c.pem", pem(signer, certificates=False)),
            None,
            put(tmp_path, "ca.pem", pem(signer, key=False)),
        ),
    ]
    assert len(signer.chain) == 1
    for one in read:
        assert isinstance(one, Signer)
        assert (one.certificate, one.chain, one.key_id) == (
            signer.certificate,
            signer.chain,
            key_id(signer.certificate),
        )


def test_a_password_for_a_key_that_has_none_is_superfluous_not_wrong(tmp_path: Path, signer: KeyInMemory) -> None:
    """A plain PEM key is read although a password is set."""
    assert load(put(tmp_path, "a.pem", pem(signer)), "x").certificate == signer.certificate


@pytest.mark.parametrize("kind", ["p12", "pem"])
@pytest.mark.parametrize("password", ["wrong", None, ""])
def test_a_wrong_password_names_its_setting(
    tmp_path: Path, signer: KeyInMemory, kind: str, password: str | None
) -> None:
    """A wrong or missing password stops the start, and the text names the password's setting and not the password."""
    path = put(tmp_path, "key", p12(signer, "right") if kind == "p12" else pem(signer, "right"))
    with pytest.raises(ConfigurationError, match=r"^SIGN_PASS: ") as refused:
        load(path, password, setting="SIGN_FILE", password_setting="SIGN_PASS")  # noqa: S106 - a setting's name
    assert "wrong password" in refused.value.text or "missing" in refused.value.text
    assert "right" not in refused.value.text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "neither PKCS#12 nor PEM"),
        (b"\x30\x82 garbage", "neither PKCS#12 nor PEM"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "cannot be read"),
    ],
)
def test_a_file_that_holds_no_key_names_its_setting(tmp_path: Path, content: bytes, says: str) -> None:
    """What is no key stops the start with the setting's name."""
    with pytest.raises(ConfigurationError, match=r"^SIGN_FILE: ") as refused:
        load(put(tmp_path, "key", content), setting="SIGN_FILE")
    assert says in refused.value.text


def test_a_missing_file_names_its_setting(tmp_path: Path, signer: KeyInMemory) -> None:
    """A file that is not there stops the start; so does a chain that is not there, under its own setting."""
    with pytest.raises(ConfigurationError, match=r"^SIGN_FILE: cannot read"):
        load(tmp_path / "none.p12", setting="SIGN_FILE")
    with pytest.raises(ConfigurationError, match=r"^SIGN_CHAIN: cannot read"):
        load(put(tmp_path, "a.pem", pem(signer)), None, tmp_path / "none.pem", chain_setting="SIGN_CHAIN")


def test_a_key_without_certificate_is_refused(tmp_path: Path, signer: KeyInMemory) -> None:
    """A key alone cannot sign: nobody could tell whose it is."""
    with pytest.raises(ConfigurationError, match="no certificate"):
        load(put(tmp_path, "a.pem", pem(signer, certificates=False)))


def test_a_certificate_of_another_key_is_refused(tmp_path: Path, signer: KeyInMemory) -> None:
    """Key and certificate must belong together; found at the start, not by the first receiver."""
    stranger = new_key("p256").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ConfigurationError, match="another key"):
        load(put(tmp_path, "a.pem", stranger + pem(signer, key=False)))


def test_after_a_renewal_the_longer_certificate_is_taken() -> None:
    """Two certificates over one key: the one that lasts longest signs."""
    from connectors.keys.files import assemble
    from connectors.keys.memory import certify

    authority = Authority.make(AT)
    old = authority.issue(AT - YEAR, AT, kind="p256")
    usage = ("digital_signature",)
    new = certify(
        "Renewed", old.private_key, "Authority in memory", authority.private_key, AT, AT + YEAR, ca=False, usage=usage
    )
    renewed = assemble(old.private_key, [old.certificate, new, authority.certificate], "x")
    assert renewed.certificate == new
    assert renewed.key_id == old.key_id


def test_the_private_key_shows_nowhere(signer: KeyInMemory) -> None:
    """Neither repr nor pickle gives the key away."""
    assert "private_key" not in repr(signer)
    with pytest.raises(TypeError, match="not sent to another process"):
        pickle.dumps(signer)


def test_the_demo_identity_is_made_once(tmp_path: Path) -> None:
    """Processes that start together, and later ones, get one key; only its owner may read it; it says what it is."""
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: demo.ensure(tmp_path / "keys", AT), range(4)))
    content = made[0].key_file.read_bytes()
    again = demo.ensure(tmp_path / "keys", AT + timedelta(days=600))
    assert {one.key_file.read_bytes() for one in [*made, again]} == {content}
    assert stat.S_IMODE(made[0].key_file.stat().st_mode) == 0o600
    signer = load(made[0].key_file)
    assert demo.is_demo(signer.certificate)
    assert [one.public_bytes(Encoding.PEM) for one in signer.chain] == [made[0].ca_file.read_bytes()]
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == [".lock", "demo-ca.pem", "demo-signing.pem"]


def test_a_demo_identity_about_to_expire_is_made_anew(tmp_path: Path) -> None:
    """The new one is valid, and the old authority stays in the public file: its signatures are still to be verified."""
    old = load(demo.ensure(tmp_path, AT).key_file)
    later = AT + demo.VALIDITY - timedelta(days=10)
    identity = demo.ensure(tmp_path, later)
    new = load(identity.key_file)
    assert new.key_id != old.key_id
    assert new.certificate.not_valid_after_utc == later + demo.VALIDITY
    both = [one.public_bytes(Encoding.PEM) for one in (*new.chain, *old.chain)]
    assert identity.ca_file.read_bytes() == b"".join(both)


def test_a_crash_between_the_two_demo_files_is_mended(tmp_path: Path) -> None:
    """Without the public file, the next start writes it again from the key's file."""
    identity = demo.ensure(tmp_path, AT)
    before = identity.ca_file.read_bytes()
    identity.ca_file.unlink()
    assert demo.ensure(tmp_path, AT).ca_file.read_bytes() == before


def test_only_the_demo_certificate_is_called_one(signer: KeyInMemory) -> None:
    """A certificate from elsewhere is not taken for the demo's."""
    assert not demo.is_demo(signer.certificate)
