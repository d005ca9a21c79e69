"""What lies inside a .p7m is found in whatever way it was encoded, or refused with the reason."""

from __future__ import annotations

import base64
import contextlib
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from connectors.keys.memory import Authority
from schemas.errors import ExportUnreadable, LimitExceeded
from stages.formats.p7m import MAX_LAYERS, is_p7m, open_p7m, signed_content

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
INVOICE = '<?xml version="1.0"?>\r\n<Fattura>però 100.00</Fattura>\n'.encode() * 200  # more than one split string
CORPORA = Path(__file__).parents[3] / "shared" / "corpora"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    signer = Authority.make(AT).issue(AT - YEAR, AT + YEAR, kind="p256")
    path = tmp_path_factory.mktemp("p7m") / "key.pem"
    path.write_bytes(
        signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + signer.certificate.public_bytes(Encoding.PEM)
    )
    return path


def signed(key: Path, content: bytes, *options: str) -> bytes:
    """As OpenSSL signs it."""
    command = ["openssl", "cms", "-sign", "-binary", "-signer", str(key), "-md", "sha256", *options]
    return subprocess.run(command, input=content, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "options",
    [("-nodetach", "-outform", "DER"), ("-nodetach", "-outform", "PEM"), ("-nodetach", "-stream", "-outform", "DER")],
)
def test_every_encoding_gives_the_content(key: Path, options: tuple[str, ...]) -> None:
    """DER, PEM, and BER with indefinite lengths and split strings, each bare and in base64 with line breaks."""
    p7m = signed(key, INVOICE, *options)
    assert is_p7m(p7m)
    assert open_p7m(p7m) == INVOICE
    if "DER" in options:
        for text in (base64.b64encode(p7m), base64.encodebytes(p7m), base64.encodebytes(p7m).replace(b"\n", b"\r\n")):
            assert is_p7m(text)
            assert open_p7m(text) == INVOICE


def test_a_signed_signature_is_opened_to_the_document(key: Path) -> None:
    """Two signers one after the other: the document comes out; more layers than anybody makes are refused."""
    p7m = signed(key, INVOICE, "-nodetach", "-outform", "DER")
    twice = signed(key, p7m, "-nodetach", "-outform", "DER")
    assert open_p7m(twice) == INVOICE
    assert signed_content(twice) == p7m
    for _ in range(MAX_LAYERS):
        p7m = signed(key, p7m, "-nodetach", "-outform", "DER")
    with pytest.raises(LimitExceeded, match="more than 4"):
        open_p7m(p7m)


def test_what_is_no_document_in_a_signature_is_refused(key: Path) -> None:
    """Content apart, cut off, XML, a certificate, nothing: each refused as `p7m`, none with a Python error."""
    p7m = signed(key, INVOICE, "-nodetach", "-outform", "DER")
    apart = signed(key, INVOICE, "-outform", "DER")
    for data in (apart, p7m[:200], p7m[:-1], p7m + b"x", INVOICE, b"", b"0", b"\x30\x80" * 5000, b"MIAG!"):
        with pytest.raises(ExportUnreadable) as caught:
            open_p7m(data)
        assert [each.rule for each in caught.value.findings] == ["p7m"]


@given(st.binary(max_size=200), st.data())
def test_anything_is_opened_or_refused(noise: bytes, data: st.DataObject) -> None:
    """Random bytes, and a signature's head with a random tail."""
    head = bytes.fromhex(
        "308006092a864886f70d010702a0803080020101310f300d06096086480165030402010500308006092a864886f70d01"
    )
    for one in (noise, head[: data.draw(st.integers(0, len(head)))] + noise):
        is_p7m(one)
        with contextlib.suppress(ExportUnreadable):
            open_p7m(one)


def test_a_real_signed_invoice_is_opened() -> None:
    """The corpora's .p7m (BER, indefinite lengths) gives the XML that OpenSSL takes out of it."""
    path = CORPORA / "einvoice" / "fatturapa" / "IT02182030391_31.xml.p7m"
    if not path.exists():
        pytest.skip("skipped: no corpora")
    command = ["openssl", "cms", "-verify", "-noverify", "-inform", "DER", "-binary", "-in", str(path)]
    content = open_p7m(path.read_bytes())
    assert content == subprocess.run(command, capture_output=True, check=True).stdout
    assert content.startswith(b"\xef\xbb\xbf<?xml")
