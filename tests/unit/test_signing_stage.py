"""The stage signs by the plan's profile, and stores what the law wants to leave."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from asn1crypto import cms
from lxml import etree
from pyhanko.pdf_utils.reader import PdfFileReader
from reportlab.pdfgen.canvas import Canvas
from time_stamping import Tsa, authority

from connectors.keys import Signer
from connectors.keys.memory import Authority
from connectors.storage import get, put
from connectors.storage.folder import FolderStorage
from connectors.timestamp.http import HttpTimeStamps
from pipeline import preparing, settings
from schemas.errors import ConfigurationError, NotSignable
from schemas.messages import ArtefactKind, Converted, MadeRendition, Plan, Rendition
from schemas.outcomes import Done
from stages.formats.p7m import open_p7m
from stages.signing import Signing, pades
from stages.signing.profiles import PROFILES, Means, TimeStampsMissing, sign
from stages.signing.verification import containers
from stages.signing.xmldsig import DS

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
AUTHORITY = Authority.make(AT)
DOCUMENTS = {
    "xades-b-b-asic-e": b"<Invoice/>",
    "xades-epes-facturae": b'<fe:Facturae xmlns:fe="http://www.facturae.gob.es/formato/Versiones/Facturaev3_2_2.xml"/>',
    "xades-enveloped-fatturapa": b'<p:FatturaElettronica xmlns:p="urn:x"/>',
    "cades-fatturapa": b'<p:FatturaElettronica xmlns:p="urn:x"/>',
    "none": b"<Invoice/>",
}


class Keys:
    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def signer(self) -> Signer:
        return self._signer


@pytest.fixture(scope="module")
def signer() -> Signer:
    return AUTHORITY.issue(AT - YEAR, AT + YEAR, kind="p256")


@pytest.fixture(scope="module")
def tsa() -> Iterator[Tsa]:
    with authority(AUTHORITY, AT) as running:
        yield running


async def signed(folder: Path, signer: Signer, profile: str, document: bytes) -> tuple[Done, FolderStorage]:
    storage, document_id = FolderStorage(folder), uuid.uuid4()
    ref = put(
        storage, "demo", document_id, ArtefactKind.E_FORMAT, document, media_type="application/xml", name="A-1.xml"
    )
    message = Converted(
        tenant="demo",
        export_id=uuid.uuid4(),
        document_id=document_id,
        canonical=ref,
        completed=ref,
        plan=Plan(
            party=uuid.uuid4(),
            party_rule="vat",
            renditions=(Rendition(format="x", rules="x", signature=profile),),  # type: ignore[arg-type]
            language="en",
            brand="x@1",
            profile="x@1",
        ),
        renditions=(MadeRendition(format="x", document=ref, rule_set="x"),),
    )
    return await Signing(storage, Keys(signer), lambda: AT).handle(message), storage


@pytest.mark.parametrize(
    ("profile", "field", "name", "media_type"),
    [
        ("xades-b-b-asic-e", "signature", "A-1.asice", "application/vnd.etsi.asic-e+zip"),
        ("xades-epes-facturae", "signed_document", "A-1.xsig", "application/xml"),
        ("xades-enveloped-fatturapa", "signed_document", "A-1.xml", "application/xml"),
        ("cades-fatturapa", "signed_document", "A-1.xml.p7m", "application/pkcs7-mime"),
    ],
)
async def test_each_profile_stores_what_leaves(
    tmp_path: Path, signer: Signer, profile: str, field: str, name: str, media_type: str
) -> None:
    """Container and signature beside the e-format, or one signed file in its stead; the event says which profile."""
    done, storage = await signed(tmp_path, signer, profile, DOCUMENTS[profile])
    part = done.message.renditions[0]  # type: ignore[union-attr]
    ref = getattr(part, field)
    assert (ref.name, ref.media_type) == (name, media_type)
    assert part.signed
    assert part.leaving == (part.document if field == "signature" else ref)
    assert ref in done.artefacts
    (fact,) = done.facts
    assert (fact.data["profile"], fact.data["level"]) == (profile, PROFILES[profile].level)
    assert fact.data["sha256"] == ref.sha256
    content = get(storage, ref)
    if profile == "cades-fatturapa":
        assert open_p7m(content) == DOCUMENTS[profile]
    elif field == "signed_document":
        assert [child.tag for child in etree.fromstring(content)] == [f"{{{DS}}}Signature"]
    else:
        assert containers.unpack(content).files == {"A-1.xml": DOCUMENTS[profile]}


async def test_none_is_a_result_that_says_why(tmp_path: Path, signer: Signer) -> None:
    """No signature by plan: skipped with the reason, and the e-format itself leaves."""
    done, _ = await signed(tmp_path, signer, "none", b"<Invoice/>")
    part = done.message.renditions[0]  # type: ignore[union-attr]
    assert (part.signed, part.signature_skipped) == (False, "the plan asks for no signature")
    assert part.leaving == part.document


async def test_a_document_that_is_not_the_laws_is_refused(tmp_path: Path, signer: Signer) -> None:
    """Another root, a signature already there, a DOCTYPE, no XML: refused, and the key is not used."""
    facturae = DOCUMENTS["xades-epes-facturae"]
    for document, says in (
        (b"<Invoice/>", "for Facturae"),
        (facturae.replace(b"/>", b'><s:Signature xmlns:s="%s"/></fe:Facturae>' % DS.encode()), "signed already"),
        (facturae.replace(b"http://www.facturae.gob.es/", b""), "no canonical form"),
        (b"<!DOCTYPE x>" + facturae, "document type"),
        (b"%PDF", "not well-formed"),
    ):  # fmt: skip
        with pytest.raises(NotSignable, match=says):
            await signed(tmp_path, signer, "xades-epes-facturae", document)


async def test_a_time_stamp_without_an_authority_is_refused(tmp_path: Path, signer: Signer) -> None:
    """The document is parked rather than signed at a lower level."""
    with pytest.raises(TimeStampsMissing):
        await signed(tmp_path, signer, "xades-b-t-asic-e", b"<Invoice/>")


def test_a_profile_with_time_stamps_needs_an_authority_to_start(tmp_path: Path) -> None:
    """A tenant asks for B-T: the start stops and names `tsa_url`; with one it goes on."""
    profile = tmp_path / "profiles" / "demo.yaml"
    profile.parent.mkdir()
    for line in ("signature: xades-b-t-asic-e", "pdf_signature: pades-b-t"):
        profile.write_text(f"tenant: demo\nbrand: {{name: Demo}}\n{line}\n")
        with pytest.raises(ConfigurationError, match="tsa_url"):
            preparing.check(settings.load(tmp_path))
        preparing.check(settings.load(tmp_path, tsa_url="http://127.0.0.1:9/"))


def test_a_larger_token_than_expected_is_made_room_for(signer: Signer, tsa: Tsa) -> None:
    """The reserve was learnt from smaller tokens: the PDF is signed once more with room for this one."""
    drawn = io.BytesIO()
    canvas = Canvas(drawn)
    canvas.drawString(50, 700, "one")
    canvas.save()
    stamps = HttpTimeStamps(tsa.url)
    asked = tsa.asked
    stamps._seen["largest"] = 1000
    pdf = pades.sign_pdf(drawn.getvalue(), signer, AT, stamps=stamps)
    assert tsa.asked - asked == 2
    (embedded,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
    assert [one["type"].native for one in embedded.signer_info["unsigned_attrs"]] == ["signature_time_stamp_token"]
    pades.sign_pdf(drawn.getvalue(), signer, AT, stamps=stamps)
    assert tsa.asked - asked == 3


def test_cms_has_the_attributes_of_the_baseline(signer: Signer) -> None:
    """CAdES-B-B: content type, digest, signing certificate and signing time; the document is in it, DER throughout."""
    data = sign("cades-fatturapa", "a.xml", b"<p:FatturaElettronica xmlns:p='x'/>", Means(signer, AT))[0].data
    signed_data = cms.ContentInfo.load(data, strict=True)["content"]
    (info,) = signed_data["signer_infos"]
    kinds = sorted(one["type"].native for one in info["signed_attrs"])
    assert kinds == ["content_type", "message_digest", "signing_certificate_v2", "signing_time"]
    assert cms.ContentInfo.load(data).dump(force=True) == data
