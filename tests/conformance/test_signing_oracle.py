"""What other makers' validators say of our signatures: EU DSS of XAdES and PAdES, veraPDF of the signed PDF/A."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
import ttf_opensans
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import ImageCms
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from connectors.keys import Signer, demo
from connectors.keys.files import load
from connectors.keys.memory import Authority
from stages.signing import asic, pades, xades

SHARED = Path(__file__).parents[3] / "shared"
ORACLE = SHARED / "oracle" / "oracle"
NOW = datetime.now(UTC)  # DSS judges at the machine's time
YEAR = timedelta(days=365)
KINDS = ("rsa2048", "rsa3072", "p256", "p384")
INVOICE = '<?xml version="1.0"?>\n<Invoice>zażółć 100.00</Invoice>\n'.encode()
# DSS has no more to say of a certificate whose authority answers no questions.
EXPECTED_WARNINGS = ["The authority info access is not present!"]

pytestmark = pytest.mark.skipif(not ORACLE.exists() or shutil.which("java") is None, reason="skipped: no oracle")


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make(NOW)


@pytest.fixture(scope="module")
def signers(authority: Authority) -> dict[str, Signer]:
    return {kind: authority.issue(NOW - YEAR, NOW + YEAR, kind=kind) for kind in KINDS}


@pytest.fixture
def trust(tmp_path: Path, authority: Authority) -> Path:
    return put(tmp_path / "ca.pem", authority.certificate.public_bytes(Encoding.PEM))


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def judge(*arguments: object) -> dict[str, dict[str, Any]]:
    """The oracle's verdicts by file name."""
    done = subprocess.run([str(ORACLE), *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    return {Path(one["file"]).name: one for one in map(json.loads, done.stdout.splitlines())}


def assert_good(verdict: dict[str, Any], level: str) -> None:
    (signature,) = verdict["details"]["signatures"]
    assert (verdict["errors"], verdict["ok"]) == ([], True)
    assert (signature["indication"], signature["level"]) == ("TOTAL_PASSED", level)
    assert signature["warnings"] == EXPECTED_WARNINGS
    assert verdict["details"]["covers_whole_document"]


def test_containers_of_every_kind_of_key_are_baseline_b(
    tmp_path: Path, trust: Path, signers: dict[str, Signer]
) -> None:
    """ASiC-E with one file and with two: TOTAL_PASSED, every file signed, no warning but the expected one."""
    files = {"invoice.xml": INVOICE, "annex/lines, ä #1.pdf": bytes(range(256))}
    for kind, signer in signers.items():
        put(tmp_path / f"{kind}.asice", asic.seal({"invoice.xml": INVOICE}, signer, NOW))
        put(tmp_path / f"{kind}-two.asice", asic.seal(files, signer, NOW))
    verdicts = judge("sign", "--trust", trust, "--level", "XAdES-BASELINE-B", *sorted(tmp_path.glob("*.asice")))
    assert len(verdicts) == 8
    for name, verdict in verdicts.items():
        assert_good(verdict, "XAdES-BASELINE-B")
        container = verdict["details"]["container"]
        assert container["mimetype"] == asic.MIME_TYPE
        assert sorted(container["signed_files"]) == (sorted(files) if "-two" in name else ["invoice.xml"])
        assert container["unsigned_files"] == []


def test_stand_alone_signatures_are_baseline_b(tmp_path: Path, trust: Path, signers: dict[str, Signer]) -> None:
    """The detached signature file passes beside its invoice, and fails beside another."""
    invoice = put(tmp_path / "invoice.xml", INVOICE)
    for kind, signer in signers.items():
        put(tmp_path / f"{kind}.sig", xades.sign_detached("invoice.xml", INVOICE, signer, NOW))
    signatures = sorted(tmp_path.glob("*.sig"))
    arguments = ["sign", "--trust", trust, "--level", "XAdES-BASELINE-B", "--detached"]
    good = judge(*arguments, invoice, *signatures)
    assert len(good) == 4
    for verdict in good.values():
        assert_good(verdict, "XAdES-BASELINE-B")
    other = put(tmp_path / "other" / "invoice.xml", INVOICE.replace(b"100.00", b"900.00"))
    for verdict in judge(*arguments, other, *signatures).values():
        assert not verdict["ok"]


def test_changed_containers_are_refused(tmp_path: Path, trust: Path, signers: dict[str, Signer]) -> None:
    """Data, signed properties or value changed: DSS refuses each, as our own reader does."""
    signature = xades.sign({"invoice.xml": INVOICE}, signers["rsa2048"], NOW)
    at = signature.index(b">", signature.index(b"<ds:SignatureValue")) + 9
    value = signature[:at] + (b"A" if signature[at : at + 1] != b"A" else b"B") + signature[at + 1 :]
    changed = {
        "data": asic.pack({"invoice.xml": INVOICE.replace(b"100.00", b"900.00")}, signature),
        "properties": asic.pack({"invoice.xml": INVOICE}, signature.replace(b"application/xml", b"application/zip")),
        "value": asic.pack({"invoice.xml": INVOICE}, value),
        "renamed": asic.pack({"credit.xml": INVOICE}, signature),
        "added": asic.pack({"invoice.xml": INVOICE, "more.xml": b"<a/>"}, signature),
    }
    paths = [put(tmp_path / name, content) for name, content in changed.items()]
    verdicts = judge("sign", "--trust", trust, *paths)
    rules = {name: {error["rule"] for error in verdict["errors"]} for name, verdict in verdicts.items()}
    assert {name: verdict["ok"] for name, verdict in verdicts.items()} == dict.fromkeys(changed, False)
    assert "HASH_FAILURE" in str(rules["data"])
    assert "HASH_FAILURE" in str(rules["properties"])
    assert "SIG_CRYPTO_FAILURE" in str(rules["value"])
    assert "unsigned-file" in rules["added"]


def test_the_demo_identity_signs_what_validators_accept(tmp_path: Path) -> None:
    """The demo's own authority as the only anchor: container and PDF pass, and the signer is named a demo."""
    identity = demo.ensure(tmp_path / "keys", NOW)
    signer = load(identity.key_file)
    container = put(tmp_path / "a.asice", asic.seal({"invoice.xml": INVOICE}, signer, NOW))
    pdf = put(tmp_path / "a.pdf", pades.sign_pdf(pdf_a(INVOICE), signer, NOW))
    verdicts = judge("sign", "--trust", identity.ca_file, container, pdf)
    assert_good(verdicts["a.asice"], "XAdES-BASELINE-B")
    assert_good(verdicts["a.pdf"], "PAdES-BASELINE-B")
    for verdict in verdicts.values():
        assert demo.MARKER in verdict["details"]["signatures"][0]["signer"]["subject"]


def test_signed_pdfs_are_baseline_b_and_still_pdf_a(tmp_path: Path, trust: Path, signers: dict[str, Signer]) -> None:
    """PDF/A-3b with an attachment, signed with each kind of key: PAdES-BASELINE-B to DSS, 3b to veraPDF."""
    plain = pdf_a(INVOICE)
    paths = [
        put(tmp_path / f"{kind}.pdf", pades.sign_pdf(plain, signer, NOW, reason="Invoice"))
        for kind, signer in signers.items()
    ]
    for verdict in judge("sign", "--trust", trust, "--level", "PAdES-BASELINE-B", *paths).values():
        assert_good(verdict, "PAdES-BASELINE-B")
        assert set(verdict["details"]["signatures"][0]["changes_after_signing"].values()) == {0}
    verdicts = judge("pdfa", "--flavour", "3b", put(tmp_path / "plain.pdf", plain), *paths)
    assert {name: (one["ok"], one["errors"]) for name, one in verdicts.items()} == dict.fromkeys(
        ["plain.pdf", *(f"{kind}.pdf" for kind in KINDS)], (True, [])
    )


def test_changed_pdfs_are_refused(tmp_path: Path, trust: Path, signers: dict[str, Signer]) -> None:
    """A byte of the page, or of the signature's value, changed: DSS refuses."""
    signed = pades.sign_pdf(pdf_a(INVOICE), signers["rsa2048"], NOW)
    assert signed.count(b"/Rect [ 0 0 0 0 ]") == 1
    end = signed.index(b">", signed.index(b"/Contents <"))
    value = signed[: end - 1] + (b"0" if signed[end - 1 : end] != b"0" else b"1") + signed[end:]
    page = put(tmp_path / "page.pdf", signed.replace(b"/Rect [ 0 0 0 0 ]", b"/Rect [ 0 0 0 9 ]"))
    verdicts = judge("sign", "--trust", trust, page, put(tmp_path / "value.pdf", value))
    assert [verdict["ok"] for verdict in verdicts.values()] == [False, False]
    assert "HASH_FAILURE" in str(verdicts["page.pdf"]["errors"])
    assert "SIG_CRYPTO_FAILURE" in str(verdicts["value.pdf"]["errors"])


def test_real_hybrid_invoices_stay_pdf_a_when_signed(tmp_path: Path, trust: Path, signers: dict[str, Signer]) -> None:
    """Factur-X PDFs of other makers: those that were PDF/A-3b still are with our signature, which DSS accepts."""
    corpus = SHARED / "corpora" / "einvoice" / "zugferd-pdf"
    found = sorted(corpus.rglob("*.pdf"))[:6] if corpus.exists() else []
    if not found:
        pytest.skip("skipped: no corpora")
    originals = [put(tmp_path / "plain" / f"{number}.pdf", path.read_bytes()) for number, path in enumerate(found)]
    signed = [
        put(tmp_path / path.name, pades.sign_pdf(path.read_bytes(), signers["rsa2048"], NOW)) for path in originals
    ]
    before = {name: one["ok"] for name, one in judge("pdfa", "--flavour", "3b", *originals).items()}
    after = {name: one["ok"] for name, one in judge("pdfa", "--flavour", "3b", *signed).items()}
    assert any(before.values())
    assert after == before
    for verdict in judge("sign", "--trust", trust, *signed).values():
        assert_good(verdict, "PAdES-BASELINE-B")


def pdf_a(attachment: bytes) -> bytes:
    """A small PDF/A-3b: embedded font, output intent, one associated file."""
    pdfmetrics.registerFont(TTFont("OpenSans", Path(ttf_opensans.OPENSANS_REGULAR.path)))
    drawn, saved = io.BytesIO(), io.BytesIO()
    canvas = Canvas(drawn, initialFontName="OpenSans")
    canvas.setFont("OpenSans", 11)
    canvas.drawString(50, 700, "Zażółć gęślą jaźń: 100,00 €")
    canvas.save()
    name = pikepdf.Name
    with pikepdf.open(io.BytesIO(drawn.getvalue())) as pdf:
        profile = pdf.make_stream(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(), N=3)
        intent = pikepdf.Dictionary(
            Type=name.OutputIntent, S=name.GTS_PDFA1, OutputConditionIdentifier="sRGB", DestOutputProfile=profile
        )
        pdf.Root.OutputIntents = pikepdf.Array([pdf.make_indirect(intent)])
        spec = pikepdf.AttachedFileSpec(
            pdf, attachment, filename="invoice.xml", mime_type="text/xml", relationship=name.Alternative
        )
        pdf.attachments["invoice.xml"] = spec
        pdf.Root.AF = pikepdf.Array([spec.obj])
        with pdf.open_metadata() as metadata:
            metadata["pdfaid:part"], metadata["pdfaid:conformance"] = "3", "B"
        pdf.save(saved)
    return saved.getvalue()
