"""A PDF is signed as a whole, and nothing else in it changes."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pikepdf
import pypdf
import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from reportlab.pdfgen.canvas import Canvas

from connectors.keys.files import KeyInMemory
from connectors.keys.memory import Authority, Recording
from stages.signing.pades import sign_pdf

AT = datetime(2026, 3, 1, 12, 30, 15, tzinfo=UTC)
YEAR = timedelta(days=365)
AUTHORITY = Authority.make(AT)


def document(*, compressed: bool) -> bytes:
    """Two pages with an attachment and XMP; the cross-reference as a table, or `compressed` as a stream."""
    drawn = io.BytesIO()
    canvas = Canvas(drawn)
    for text in ("one", "two"):
        canvas.drawString(50, 700, text)
        canvas.showPage()
    canvas.save()
    saved = io.BytesIO()
    mode = pikepdf.ObjectStreamMode.generate if compressed else pikepdf.ObjectStreamMode.disable
    with pikepdf.open(io.BytesIO(drawn.getvalue())) as pdf:
        pdf.attachments["invoice.xml"] = pikepdf.AttachedFileSpec(pdf, b"<Invoice/>", mime_type="text/xml")
        with pdf.open_metadata() as metadata:
            metadata["dc:title"] = "Invoice"
        pdf.save(saved, object_stream_mode=mode)
    return saved.getvalue()


PDF = document(compressed=False)


@pytest.fixture(scope="module", params=["rsa2048", "rsa3072", "p256", "p384"])
def any_signer(request: pytest.FixtureRequest) -> KeyInMemory:
    return AUTHORITY.issue(AT - YEAR, AT + YEAR, kind=request.param)


@pytest.fixture(scope="module")
def signer() -> KeyInMemory:
    return AUTHORITY.issue(AT - YEAR, AT + YEAR)


def status(pdf: bytes) -> Any:
    """What pyHanko's validator, which shares only its parser with our signing, says of the one signature."""
    (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    context = ValidationContext(trust_roots=[pyhanko(AUTHORITY.certificate)], moment=AT, allow_fetching=False)
    return validate_pdf_signature(signature, signer_validation_context=context)


def pyhanko(certificate: Any) -> Any:
    from asn1crypto.x509 import Certificate
    from cryptography.hazmat.primitives.serialization import Encoding

    return Certificate.load(certificate.public_bytes(Encoding.DER))


@pytest.mark.parametrize("compressed", [False, True])
def test_a_signed_pdf_is_valid_as_a_whole(any_signer: KeyInMemory, compressed: bool) -> None:
    """Intact, trusted, covering the whole file, for each kind of key and of cross-reference; one use of the key."""
    recording = Recording(any_signer)
    judged = status(sign_pdf(document(compressed=compressed), recording, AT))
    assert judged.bottom_line
    assert judged.coverage.name == "ENTIRE_FILE"
    assert judged.signer_reported_dt == AT
    assert len(recording.asked) == 1


def test_the_original_bytes_stand_at_the_head(signer: KeyInMemory) -> None:
    """An update is added behind; pages, attachment and metadata are untouched."""
    signed = sign_pdf(PDF, signer, AT)
    assert signed.startswith(PDF)
    with pikepdf.open(io.BytesIO(PDF)) as before, pikepdf.open(io.BytesIO(signed)) as after:
        assert after.Root.Metadata.read_bytes() == before.Root.Metadata.read_bytes()
        assert dict(after.docinfo) == dict(before.docinfo)
        assert after.attachments["invoice.xml"].get_file().read_bytes() == b"<Invoice/>"
        assert len(after.pages) == 2


def test_the_field_is_invisible_and_says_what_it_was_told(signer: KeyInMemory) -> None:
    """Nothing is drawn: an empty rectangle, not hidden (PDF/A forbids that); reason and place are there."""
    signed = sign_pdf(PDF, signer, AT, field="Seal", reason="Invoice", location="Gdańsk")
    field = pypdf.PdfReader(io.BytesIO(signed)).get_fields()["Seal"]  # type: ignore[index]
    value = field["/V"]
    assert (value["/SubFilter"], value["/Reason"], value["/Location"]) == ("/ETSI.CAdES.detached", "Invoice", "Gdańsk")
    widget = pypdf.PdfReader(io.BytesIO(signed)).pages[0]["/Annots"][0]
    assert [float(edge) for edge in widget["/Rect"]] == [0, 0, 0, 0]
    assert int(widget["/F"]) & 0b100111 == 0b100  # print; not invisible, hidden, no-view


def test_the_same_signature_twice_is_the_same_bytes(signer: KeyInMemory) -> None:
    """With RSA neither clock nor chance shows in the PDF; from 8 threads at once neither."""
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: sign_pdf(PDF, signer, AT), range(40)))) == 1


def test_the_space_for_the_signature_is_what_it_needs(any_signer: KeyInMemory) -> None:
    """Recipients limit mail sizes: with RSA no octet is left over, with ECDSA a few."""
    signed = sign_pdf(PDF, any_signer, AT)
    contents = bytes(PdfFileReader(io.BytesIO(signed)).embedded_signatures[0].pkcs7_content)
    spare = len(contents) - len(cms.ContentInfo.load(contents).dump())
    assert spare <= (0 if isinstance(any_signer.private_key, RSAPrivateKey) else 10)


def test_baseline_b_attributes_and_no_more(signer: KeyInMemory) -> None:
    """Content type, message digest, signing certificate; no signing time, which PAdES forbids; the chain is there."""
    embedded = PdfFileReader(io.BytesIO(sign_pdf(PDF, signer, AT))).embedded_signatures[0]
    attributes = [one["type"].native for one in embedded.signer_info["signed_attrs"]]
    assert sorted(attributes) == ["content_type", "message_digest", "signing_certificate_v2"]
    assert len(embedded.signed_data["certificates"]) == 2


def test_a_changed_pdf_is_refused(signer: KeyInMemory) -> None:
    """One byte of the document, or of the signature's value, and it is no longer valid."""
    signed = sign_pdf(PDF, signer, AT)
    changed = signed.replace(b"/Rect [ 0 0 0 0 ]", b"/Rect [ 0 0 0 9 ]")
    assert changed != signed
    judged = status(changed)
    assert (judged.intact, judged.bottom_line) == (False, False)
    # The value is the last octet string of the CMS, which ends where the hexadecimal string does.
    end = signed.index(b">", signed.index(b"/Contents <"))
    changed = signed[: end - 1] + (b"0" if signed[end - 1 : end] != b"0" else b"1") + signed[end:]
    judged = status(changed)
    assert (judged.intact, judged.valid, judged.bottom_line) == (True, False, False)
