"""What EU DSS says of every signature profile with every kind of key, on documents of other makers where they stand."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from test_signing_oracle import EXPECTED_WARNINGS, ORACLE, SHARED, YEAR, judge, pdf_a, put
from time_stamping import authority as time_stamping_authority

from connectors.keys import Signer
from connectors.keys.memory import Authority
from connectors.timestamp.http import HttpTimeStamps
from stages.signing import facturae
from stages.signing.profiles import PROFILES, Made, Means, TimeStampsMissing, sign
from stages.signing.xmldsig import DS

NOW = datetime.now(UTC)
KINDS = ("rsa2048", "rsa3072", "p256")
FACTURAE = sorted((SHARED / "corpora" / "einvoice" / "facturae").glob("*.xml"))
FATTURAPA = sorted((SHARED / "corpora" / "einvoice" / "fatturapa").glob("*.xml"))

pytestmark = [
    pytest.mark.skipif(not ORACLE.exists() or shutil.which("java") is None, reason="skipped: no oracle"),
    pytest.mark.xdist_group("signature-oracle"),
]
needs_corpora = pytest.mark.skipif(not FACTURAE or not FATTURAPA, reason="skipped: no corpora")

UBL = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"><ID>1</ID></Invoice>'


@pytest.fixture(scope="module")
def root() -> Authority:
    return Authority.make(NOW)


@pytest.fixture(scope="module")
def means(root: Authority) -> Iterator[dict[str, Means]]:
    with time_stamping_authority(root, NOW) as tsa:
        stamps = HttpTimeStamps(tsa.url)
        yield {kind: Means(root.issue(NOW - YEAR, NOW + YEAR, kind=kind), NOW, stamps) for kind in KINDS}


@pytest.fixture(scope="module")
def trust(root: Authority, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return put(tmp_path_factory.mktemp("trust") / "ca.pem", root.certificate.public_bytes(Encoding.PEM))


def unsigned(path: Path) -> bytes:
    """The file without the signature that its maker left in it: each of the samples' fails."""
    root = etree.fromstring(path.read_bytes())
    for signature in root.findall(f"{{{DS}}}Signature"):
        root.remove(signature)
    return etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)


def assert_good(verdicts: dict[str, dict[str, Any]], count: int, *, stamped: bool = False) -> None:
    assert len(verdicts) == count
    for name, verdict in verdicts.items():
        (signature,) = verdict["details"]["signatures"]
        assert (name, verdict["errors"], verdict["ok"]) == (name, [], True)
        assert signature["indication"] == "TOTAL_PASSED"
        assert set(signature["warnings"]) <= set(EXPECTED_WARNINGS), name
        assert verdict["details"]["covers_whole_document"], name
        assert len(signature["timestamps"]) == stamped


def made(profile: str, name: str, document: bytes, means: dict[str, Means], folder: Path) -> list[Path]:
    """The document signed by a profile with each kind of key: the file that leaves."""
    paths = []
    for kind, one in means.items():
        first: Made = sign(profile, name, document, one)[0]
        paths.append(put(folder / f"{kind}-{first.name}", first.data))
    return paths


@needs_corpora
def test_facturae_is_signed_under_its_policy(tmp_path: Path, trust: Path, means: dict[str, Means]) -> None:
    """All samples with each key, and once with SHA-512: XAdES under policy 3.1, valid by the XSD."""
    paths = [path for one in FACTURAE for path in made("xades-epes-facturae", one.name, unsigned(one), means, tmp_path)]
    plain = unsigned(FACTURAE[0])
    chosen = sign("xades-epes-facturae", "x.xml", plain, Means(means["rsa2048"].signer, NOW, None, "sha512"))[0]
    assert (chosen.name, chosen.data.count(b"xmlenc#sha512")) == ("x.xsig", 4)
    paths.append(put(tmp_path / chosen.name, chosen.data))
    policy = ("--policy", facturae.POLICY.identifier, "--policy-digest", facturae.POLICY.digest)
    verdicts = judge("sign", "--trust", trust, "--level", "XAdES-BASELINE-B", *policy, *paths)
    assert_good(verdicts, 3 * len(FACTURAE) + 1)
    valid = judge("xml", "--rules", "facturae", *paths)
    assert {name for name, one in valid.items() if not one["ok"]} == set()
    assert len(valid) == len(paths)


@needs_corpora
def test_fatturapa_is_signed_inside_and_around(tmp_path: Path, trust: Path, means: dict[str, Means]) -> None:
    """All samples, one of them in windows-1252: XAdES in the XML, CAdES around it, and the XSD holds as before."""
    documents = {path.name: unsigned(path) for path in FATTURAPA}
    rsa = {"rsa2048": means["rsa2048"]}
    inside, around, plain = [], [], []
    for name, document in documents.items():
        keys = means if name.endswith("FPR01.xml") else rsa
        inside += made("xades-enveloped-fatturapa", name, document, keys, tmp_path / "inside")
        around += made("cades-fatturapa", name, document, keys, tmp_path / "around")
        plain.append(put(tmp_path / "plain" / f"rsa2048-{name}", document))
    verdicts = judge("sign", "--trust", trust, "--level", "XAdES-BASELINE-B", *inside)
    assert_good(verdicts, len(FATTURAPA) + 2)
    assert_good(judge("sign", "--trust", trust, "--level", "CAdES-BASELINE-B", *around), len(FATTURAPA) + 2)
    assert around[0].name.endswith(".xml.p7m")
    before = {name: one["ok"] for name, one in judge("xml", "--rules", "fatturapa", *plain).items()}
    after = judge("xml", "--rules", "fatturapa", *(path for path in inside if path.name in before))
    assert {name: one["ok"] for name, one in after.items()} == before
    assert any(before.values())


def test_containers_and_pdfs_by_profile(tmp_path: Path, trust: Path, means: dict[str, Means]) -> None:
    """ASiC-E and PAdES at level B with each key, through the table."""
    xml = made("xades-b-b-asic-e", "invoice.xml", UBL, means, tmp_path)
    assert_good(judge("sign", "--trust", trust, "--level", "XAdES-BASELINE-B", *xml), 3)
    pdf = made("pades-b-b", "invoice.pdf", pdf_a(UBL), means, tmp_path)
    assert_good(judge("sign", "--trust", trust, "--level", "PAdES-BASELINE-B", *pdf), 3)


def test_time_stamps_reach_level_t(tmp_path: Path, trust: Path, means: dict[str, Means]) -> None:
    """Every stamped profile with each key: BASELINE-T with one time-stamp that holds; the PDF stays PDF/A-3b."""
    fattura = b'<p:FatturaElettronica xmlns:p="http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2"/>'
    documents = {
        "xades-b-t-asic-e": ("invoice.xml", UBL),
        "xades-enveloped-fatturapa-t": ("IT1_1.xml", fattura),
        "cades-fatturapa-t": ("IT1_1.xml", fattura),
        "pades-b-t": ("invoice.pdf", pdf_a(UBL)),
    }
    assert set(documents) == {name for name, profile in PROFILES.items() if profile.stamped}
    levels: dict[str, list[Path]] = {"XAdES": [], "CAdES": [], "PAdES": []}
    for profile, (name, document) in documents.items():
        levels[PROFILES[profile].level[:5]] += made(profile, name, document, means, tmp_path)
    for level, paths in levels.items():
        verdicts = judge("sign", "--trust", trust, "--level", f"{level}-BASELINE-T", *paths)
        assert_good(verdicts, len(paths), stamped=True)
    assert sum(map(len, levels.values())) == 12
    assert all(one["ok"] for one in judge("pdfa", "--flavour", "3b", *levels["PAdES"]).values())


def test_a_level_is_never_lowered_in_silence(means: dict[str, Means]) -> None:
    """Without an authority a stamped profile refuses, before the key is used."""
    signer: Signer = means["p256"].signer
    for name, profile in PROFILES.items():
        if profile.stamped:
            with pytest.raises(TimeStampsMissing, match="tsa_url"):
                sign(name, "invoice.xml", UBL, Means(signer, NOW))
