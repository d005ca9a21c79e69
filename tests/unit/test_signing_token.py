"""A key in a PKCS#11 token signs as one in a file does: SoftHSM2 stands in for the hardware."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from reportlab.pdfgen.canvas import Canvas

from connectors.keys import Signer, key_id, tokens
from connectors.keys.files import KeyInMemory
from connectors.keys.memory import Authority
from connectors.keys.source import KeyOnToken
from schemas.errors import ConfigurationError, SignerUnavailable
from stages.signing.profiles import Means, sign
from stages.signing.verification import judge
from stages.signing.verification.trust import Trust
from stages.signing.verification.verdict import Indication

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
PIN = "1234"
MODULES = [
    path
    for folder in ("/usr/lib/softhsm", "/usr/lib64/softhsm", "/usr/local/lib/softhsm", "/usr/lib64/pkcs11")
    if (path := Path(folder) / "libsofthsm2.so").exists()
]

pytestmark = [
    pytest.mark.skipif(
        not MODULES or shutil.which("softhsm2-util") is None, reason="skipped: SoftHSM2 is not installed (softhsm2)"
    ),
    # one library a process, and it reads where its tokens are when it is loaded
    pytest.mark.xdist_group("softhsm"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """SoftHSM2's tokens, in a folder of this run."""
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    yield folder
    os.environ.pop("SOFTHSM2_CONF")
    if before is not None:
        os.environ["SOFTHSM2_CONF"] = before


KINDS = ("rsa2048", "rsa3072", "p256")


@pytest.fixture(scope="module")
def keys(folder: Path) -> dict[str, KeyInMemory]:
    """One token with a key of each kind, and beside each its certificate and authority."""
    util("--init-token", "--free", "--label", "entrega", "--pin", PIN, "--so-pin", "5678")
    authority = Authority.make(AT)
    made = {}
    for number, kind in enumerate(KINDS, 1):
        signer = authority.issue(AT - YEAR, AT + YEAR, kind=kind)
        file = folder / f"{kind}.pem"
        file.write_bytes(signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        util("--import", file, "--token", "entrega", "--label", kind, "--id", f"0{number}", "--pin", PIN)
        chain = b"".join(one.public_bytes(Encoding.PEM) for one in (*signer.chain, signer.certificate))
        (folder / f"{kind}-chain.pem").write_bytes(chain)
        made[kind] = signer
    store(made)
    return made


def util(*arguments: object) -> None:
    subprocess.run(["softhsm2-util", *map(str, arguments)], check=True, capture_output=True)


def store(signers: dict[str, KeyInMemory]) -> None:
    """Puts the certificates in the token, as an authority's enrolment does."""
    import pkcs11

    token = pkcs11.lib(str(MODULES[0])).get_token(token_label="entrega")  # noqa: S106 - a token's name
    with token.open(rw=True, user_pin=PIN) as session:
        for number, signer in enumerate(signers.values(), 1):
            session.create_object(
                {
                    pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
                    pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
                    pkcs11.Attribute.TOKEN: True,
                    pkcs11.Attribute.ID: bytes([number]),
                    pkcs11.Attribute.SUBJECT: signer.certificate.subject.public_bytes(),
                    pkcs11.Attribute.VALUE: signer.certificate.public_bytes(Encoding.DER),
                }
            )


def verify(signer: Signer, signature: bytes, data: bytes) -> None:
    key = signer.certificate.public_key()
    if isinstance(key, RSAPublicKey):
        key.verify(signature, data, padding.PKCS1v15(), SHA256())
    else:
        assert isinstance(key, ec.EllipticCurvePublicKey)
        key.verify(signature, data, ec.ECDSA(SHA256()))


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_in_a_token_signs(folder: Path, keys: dict[str, KeyInMemory], kind: str) -> None:
    """Each kind of key, with its certificate from the token or from a file; the signature fits, also from threads."""
    for certificates in (None, folder / f"{kind}-chain.pem"):
        signer = tokens.load(MODULES[0], "entrega", kind, PIN, certificates)
        assert isinstance(signer, Signer)
        assert signer.certificate == keys[kind].certificate
        assert signer.key_id == key_id(keys[kind].certificate)
        assert signer.chain == (() if certificates is None else keys[kind].chain)
        verify(signer, signer.sign(b"invoice" * 1000), b"invoice" * 1000)
        with ThreadPoolExecutor(4) as pool:
            for number, signature in enumerate(pool.map(signer.sign, [b"%d" % n for n in range(20)])):
                verify(signer, signature, b"%d" % number)


def test_a_lost_session_is_opened_again(keys: dict[str, KeyInMemory]) -> None:
    """The session is closed, or the whole library restarted, behind the signer's back: it signs on."""
    import pkcs11

    signer = tokens.load(MODULES[0], "entrega", "p256", PIN)
    signer._opened._session.close()
    verify(signer, signer.sign(b"1"), b"1")
    pkcs11.lib(str(MODULES[0])).reinitialize()
    verify(signer, signer.sign(b"2"), b"2")


@contextmanager
def gone(folder: Path) -> Iterator[None]:
    (folder / "tokens").rename(folder / "away")
    try:
        yield
    finally:
        (folder / "away").rename(folder / "tokens")


def test_a_token_that_is_gone_is_waited_for(folder: Path, keys: dict[str, KeyInMemory]) -> None:
    """Pulled out: SignerUnavailable, so the document waits; put back: the same signer signs."""
    signer = tokens.load(MODULES[0], "entrega", "rsa2048", PIN)
    with gone(folder):
        signer._opened._session.close()
        with pytest.raises(SignerUnavailable):
            signer.sign(b"1")
    verify(signer, signer.sign(b"2"), b"2")


def test_wrong_settings_are_named(folder: Path, keys: dict[str, KeyInMemory]) -> None:
    """Module, token, label, PIN or certificate: the error begins with the setting, and never holds the PIN."""
    import pkcs11

    chain = folder / "rsa2048-chain.pem"
    other = folder / "p256-chain.pem"
    none = folder / "softhsm2.conf"
    cases: list[tuple[tuple[Path, str, str, str, Path | None], str]] = [
        ((folder / "nothing.so", "entrega", "rsa2048", PIN, chain), "signing_pkcs11_module"),
        ((none, "entrega", "rsa2048", PIN, chain), "signing_pkcs11_module"),
        ((MODULES[0], "other", "rsa2048", PIN, chain), "signing_pkcs11_token"),
        ((MODULES[0], "entrega", "other", PIN, chain), "signing_pkcs11_label"),
        ((MODULES[0], "entrega", "rsa2048", "987654", chain), "signing_pkcs11_pin"),
        ((MODULES[0], "entrega", "rsa2048", PIN, other), "signing_certificate_file"),
    ]
    for arguments, setting in cases:
        pkcs11.lib(str(MODULES[0])).reinitialize()  # nobody is logged in
        with pytest.raises(ConfigurationError) as caught:
            tokens.load(*arguments)
        assert caught.value.text.startswith(f"{setting}: "), setting
        assert "987654" not in caught.value.text
    assert PIN not in repr(KeyOnToken(MODULES[0], "entrega", "rsa2048", PIN))


@pytest.mark.parametrize("kind", ["rsa2048", "p256"])
def test_every_profile_may_be_signed_in_a_token(folder: Path, keys: dict[str, KeyInMemory], kind: str) -> None:
    """XML, CMS and PDF ask the key holder for nothing but a signature over some octets: each result verifies."""
    source = KeyOnToken(MODULES[0], "entrega", kind, PIN, folder / f"{kind}-chain.pem")
    signer = source.signer()
    assert source.signer() is signer  # opened once a process
    trust = Trust((keys[kind].chain[0],))
    documents = {
        "xades-b-b-asic-e": b"<Invoice/>",
        "xades-epes-facturae": b"<Facturae/>",
        "xades-enveloped-fatturapa": b"<FatturaElettronica/>",
        "cades-fatturapa": b"<FatturaElettronica/>",
        "pades-b-b": page(),
    }
    for profile, document in documents.items():
        signed = sign(profile, "a.xml", document, Means(signer, AT))[0].data
        assert judge(signed, trust, AT).indication is Indication.TOTAL_PASSED, profile


def page() -> bytes:
    drawn = io.BytesIO()
    canvas = Canvas(drawn)
    canvas.showPage()
    canvas.save()
    return drawn.getvalue()
