"""What a seal is made of: form, bytes, key use; and other makers' verifiers agree with it."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest
import signxml
from lxml import etree

from connectors.keys.files import KeyInMemory
from connectors.keys.memory import Authority, Recording
from schemas.errors import SignerUnavailable
from stages.signing import asic, xades
from stages.signing.verification import judge as judged
from stages.signing.verification.trust import Trust
from stages.signing.verification.verdict import Indication

AT = datetime(2026, 3, 1, 12, 30, 15, 999, tzinfo=UTC)
YEAR = timedelta(days=365)
AUTHORITY = Authority.make(AT)
TRUST = Trust((AUTHORITY.certificate,))
FILES = {"invoice.xml": "<Invoice>zażółć</Invoice>".encode(), "annex/lines, ä #1.pdf": bytes(range(256)) * 40}


@pytest.fixture(scope="module", params=["rsa2048", "rsa3072", "p256", "p384"])
def any_signer(request: pytest.FixtureRequest) -> KeyInMemory:
    return AUTHORITY.issue(AT - YEAR, AT + YEAR, kind=request.param)


@pytest.fixture(scope="module")
def signer() -> KeyInMemory:
    return AUTHORITY.issue(AT - YEAR, AT + YEAR)


def test_what_was_sealed_is_read_back(any_signer: KeyInMemory) -> None:
    """Files, signer, level and time come back as they went in, to the second, for each kind of key."""
    report = judged(asic.seal(FILES, any_signer, AT), TRUST, AT)
    (one,) = report.signatures
    assert (report.indication, report.kind, one.level) == (Indication.TOTAL_PASSED, "ASiC-E", "XAdES-BASELINE-B")
    assert one.content == FILES
    assert (one.signer, one.claimed_time) == (any_signer.certificate, AT.replace(microsecond=0))


def test_the_stand_alone_signature_is_the_one_in_the_container(any_signer: KeyInMemory) -> None:
    """One use of the key serves both forms, and each verifies."""
    signature = xades.sign({"invoice.xml": b"<a/>"}, any_signer, AT)
    container, alone = asic.pack({"invoice.xml": b"<a/>"}, signature), xades.stand_alone(signature)
    inner = etree.fromstring(signatures_of(container))[0]
    assert etree.tostring(inner, method="c14n", exclusive=True) == etree.tostring(
        etree.fromstring(alone), method="c14n", exclusive=True
    )
    for report in (judged(container, TRUST, AT), judged(alone, TRUST, AT, {"invoice.xml": b"<a/>"})):
        assert report.indication is Indication.TOTAL_PASSED


def signatures_of(container: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(container)) as archive:
        return archive.read(asic.SIGNATURES_NAME)


def test_the_same_seal_twice_is_the_same_bytes(signer: KeyInMemory) -> None:
    """With RSA neither clock, zone nor chance shows in the container."""
    elsewhere = AT.astimezone(timezone(timedelta(hours=5)))
    container = asic.seal(FILES, signer, AT)
    assert container == asic.seal(FILES, signer, elsewhere)
    assert xades.sign_detached("a", b"1", signer, AT) == xades.sign_detached("a", b"1", signer, elsewhere)


def test_the_container_has_the_form_of_the_standard(signer: KeyInMemory) -> None:
    """`mimetype` first, stored, without extra field; then data, manifest, signature; the URI is percent-encoded."""
    container = asic.seal(FILES, signer, AT)
    assert container[30:69] == b"mimetypeapplication/vnd.etsi.asic-e+zip"
    with zipfile.ZipFile(io.BytesIO(container)) as archive:
        names = archive.namelist()
    assert names == ["mimetype", *FILES, "META-INF/manifest.xml", "META-INF/signatures001.xml"]
    assert b'URI="annex/lines%2C%20%C3%A4%20%231.pdf"' in signatures_of(container)


def test_every_issuer_is_in_the_signature(signer: KeyInMemory) -> None:
    """KeyInfo carries the signing certificate first and then its chain."""
    root = etree.fromstring(xades.sign_detached("a", b"1", signer, AT))
    assert len(root.findall(".//ds:X509Certificate", {"ds": xades.DS})) == 2


def test_the_key_sees_nothing_but_the_digests(signer: KeyInMemory) -> None:
    """What is handed to the key holder is the canonical SignedInfo: digests, no content of a document."""
    recording = Recording(signer)
    xades.sign(FILES, recording, AT)
    (asked,) = recording.asked
    assert asked.startswith(b'<ds:SignedInfo xmlns:ds="')
    (digest, *_) = re.findall(rb"<ds:DigestValue>(.*?)</ds:DigestValue>", asked)
    assert b64decode(digest) == hashlib.sha256(FILES["invoice.xml"]).digest()
    assert b"Invoice" not in asked


def test_a_key_holder_that_does_not_answer_is_transient() -> None:
    """SignerUnavailable goes through unchanged: the stage tries again."""

    class Silent(Recording):
        def sign(self, data: bytes) -> bytes:
            raise SignerUnavailable("no answer", retry_after=3.0)

    with pytest.raises(SignerUnavailable) as raised:
        asic.seal(FILES, Silent(AUTHORITY.issue(AT - YEAR, AT + YEAR, kind="p256")), AT)
    assert raised.value.retry_after == 3.0


@pytest.mark.parametrize(
    "name",
    ["", "/a", "../a", "a/../b", "./a", "a//b", "a\\b", "mimetype", "META-INF/x.xml", "meta-inf/x", "a\n", "file:a"],
)
def test_a_name_that_leads_astray_is_not_packed(signer: KeyInMemory, name: str) -> None:
    """Names are relative and plain, and never the container's own."""
    with pytest.raises(ValueError, match="not a name"):
        asic.seal({name: b"1"}, signer, AT)


def test_threads_do_not_mix_files(signer: KeyInMemory) -> None:
    """Signing and verifying in 8 threads at once, each thread sees its own files."""

    def once(number: int) -> bool:
        files = {"invoice.xml": f"<a>{number}</a>".encode() * (number % 7 + 1)}
        return judged(asic.seal(files, signer, AT), TRUST, AT).signatures[0].content == files

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(once, range(200)))


def test_a_second_verifier_agrees(any_signer: KeyInMemory) -> None:
    """signxml, which shares no signature code with us, accepts the signature, and refuses it over other data."""
    signature = xades.sign_detached("invoice.xml", FILES["invoice.xml"], any_signer, AT)

    def judge(data: bytes) -> None:
        signxml.XMLVerifier().verify(
            signature,
            x509_cert=any_signer.certificate,
            uri_resolver=lambda uri: {"invoice.xml": data}[uri],
            expect_config=signxml.SignatureConfiguration(require_x509=True, location="./", expect_references=2),
        )

    judge(FILES["invoice.xml"])
    with pytest.raises(signxml.InvalidSignature):
        judge(FILES["invoice.xml"] + b" ")
