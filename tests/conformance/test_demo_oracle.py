"""Every document of the demo, judged by validators that nobody here wrote: phive, EU DSS and veraPDF."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from demo_house import Played, first_run, folder_of_tests

SHARED = Path(__file__).parents[2].parent / "shared"
ORACLE = SHARED / "oracle" / "oracle"
BUILT = all((SHARED / f"oracle/{part}/target/oracle-{part}-1.jar").exists() for part in ("xml", "sign", "pdf"))
# DSS has no more to say of a certificate whose authority answers no questions.
EXPECTED_WARNINGS = ["The authority info access is not present!"]

ABROAD = {
    "FT EX/2026/101": "xrechnung",
    "FT EX/2026/102": "facturae",
    "FT EX/2026/103": "fatturapa",
    "FT EX/2026/105": "factur-x",
}
"""What has another e-format than Peppol's, and by which rules the oracle judges it; EDI is judged in its mailbox."""
EDI = {"FT EX/2026/104", "FT 2026/1061"}
SIGNED_INSIDE = {"FT EX/2026/102": ".xsig", "FT EX/2026/103": ".xml.p7m"}

pytestmark = [
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(not (BUILT and shutil.which("java")), reason="skipped: no oracle"),
]


@pytest.fixture(scope="module")
def played() -> Played:
    played = first_run(folder_of_tests())
    assert played.code == 0, played.said
    return played


@pytest.fixture(scope="module")
def trust(played: Played) -> Path:
    return played.data / "secrets" / "demo-ca" / "demo-ca.pem"


def named(played: Played, kind: str, suffix: str, folder: Path) -> dict[str, Path]:
    """The one file of this kind of each document that has one, under a name that tells which it is."""
    found = {}
    for number, files in played.artefacts(kind).items():
        assert len(files) == 1
        found[number] = folder / f"{number.replace('/', '_').replace(' ', '_')}{suffix}"
        found[number].write_bytes(files[0].read_bytes())
    return found


def judge(*arguments: object) -> dict[str, dict[str, Any]]:
    """The verdicts by file name; one call for all, for the validators take seconds to start."""
    command = [str(ORACLE), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode in (0, 1), done.stderr
    return {Path(one["file"]).name: one for one in map(json.loads, done.stdout.splitlines())}


def test_every_e_format_passes_its_rules(played: Played, tmp_path: Path) -> None:
    """Peppol, XRechnung, Facturae, FatturaPA, Factur-X: schema and rules without an error, Peppol without a warning."""
    files = named(played, "e-format", ".xml", tmp_path)
    assert len(files) == 28
    peppol = [path for number, path in files.items() if number not in {*ABROAD, *EDI}]
    verdicts = judge("xml", "--rules", "peppol", *peppol)
    said = {name: one["errors"] + one["details"]["warnings"] for name, one in verdicts.items()}
    assert said == {path.name: [] for path in peppol}
    assert all(len(one["details"]["layers"]) == 3 for one in verdicts.values())
    for number, rules in ABROAD.items():
        (verdict,) = judge("xml", "--rules", rules, files[number]).values()
        assert (verdict["ok"], verdict["errors"]) == (True, []), number


def test_every_interchange_stands_in_its_mailbox(played: Played) -> None:
    """EDIFACT and X12: envelope, counts and control numbers, as StAEDI and the directories' schemas see them."""
    files = list((played.data / "mailboxes").glob("[0-9A-Z]*/*.edi"))
    verdicts = judge("edi", *files)
    assert len(verdicts) == len(EDI)
    assert {name: one["errors"] for name, one in verdicts.items()} == {name: [] for name in verdicts}


def test_every_container_is_signed_to_baseline_b(played: Played, trust: Path, tmp_path: Path) -> None:
    """Each ASiC-E: XAdES baseline B, TOTAL_PASSED against the demo's authority, nothing in it left unsigned."""
    verdicts = judge("sign", "--trust", trust, *named(played, "signature", ".asice", tmp_path).values())
    assert len(verdicts) == 28 - len(EDI) - len(SIGNED_INSIDE) - 1  # Factur-X is signed as the PDF it is
    for verdict in verdicts.values():
        (signature,) = verdict["details"]["signatures"]
        assert (verdict["ok"], verdict["errors"]) == (True, [])
        assert (signature["indication"], signature["level"]) == ("TOTAL_PASSED", "XAdES-BASELINE-B")
        assert signature["warnings"] == EXPECTED_WARNINGS
        assert verdict["details"]["container"]["type"] == "ASiC-E"
        assert len(verdict["details"]["container"]["signed_files"]) == 1


def test_what_the_law_wants_signed_inside_is(played: Played, trust: Path, tmp_path: Path) -> None:
    """Facturae under its policy, FatturaPA as CAdES: TOTAL_PASSED against the demo's authority."""
    signed = played.artefacts("signed-document")
    assert set(signed) == set(SIGNED_INSIDE)
    for number, suffix in SIGNED_INSIDE.items():
        path = tmp_path / f"{number.replace('/', '_')}{suffix}"
        path.write_bytes(signed[number][0].read_bytes())
        (verdict,) = judge("sign", "--trust", trust, path).values()
        assert (verdict["ok"], verdict["errors"]) == (True, [])


def test_the_french_pdf_is_factur_x(played: Played, tmp_path: Path) -> None:
    """Mustangproject reads the invoice in it, and finds nothing wrong."""
    path = named(played, "pdf", ".pdf", tmp_path)["FT EX/2026/105"]
    (verdict,) = judge("facturx", path).values()
    assert (verdict["ok"], verdict["errors"]) == (True, [])


def test_every_detached_signature_is_over_its_e_format(played: Played, trust: Path, tmp_path: Path) -> None:
    """The signature beside each document is over its very bytes, and over no others."""
    folder = tmp_path / "data"
    folder.mkdir()
    signatures = named(played, "detached-signature", ".sig.xml", tmp_path)
    assert len(signatures) == 28 - len(EDI) - len(SIGNED_INSIDE) - 1  # Factur-X is signed as the PDF it is
    beside: list[Path] = []
    for number, signature in signatures.items():
        # a detached signature names its file
        (reference,) = [part for part in signature.read_text().split('"') if part.endswith(".xml")]
        beside.append(folder / reference)
        shutil.copy(played.artefacts("e-format")[number][0], beside[-1])
    assert len(set(beside)) == len(signatures)
    named_files = [word for path in beside for word in ("--detached", path)]
    verdicts = judge("sign", "--trust", trust, *named_files, *signatures.values())
    assert {name: (one["ok"], one["errors"]) for name, one in verdicts.items()} == {
        path.name: (True, []) for path in signatures.values()
    }
    for path in beside:
        path.chmod(0o600)
        path.write_bytes(path.read_bytes().replace(b"<cbc:ID>", b"<cbc:ID> ", 1))
    altered = judge("sign", "--trust", trust, *named_files, *signatures.values())
    assert {one["ok"] for one in altered.values()} == {False}


def test_every_pdf_is_archivable_and_signed(played: Played, trust: Path, tmp_path: Path) -> None:
    """Each PDF is PDF/A-3b with the e-format inside, and its PAdES baseline B signature covers the whole file."""
    files = named(played, "pdf", ".pdf", tmp_path)
    archivable = judge("pdfa", "--flavour", "3b", *files.values())
    assert len(archivable) == 28
    assert {name: one["errors"] for name, one in archivable.items()} == {name: [] for name in archivable}
    for verdict in judge("sign", "--trust", trust, *files.values()).values():
        (signature,) = verdict["details"]["signatures"]
        assert (verdict["ok"], verdict["errors"]) == (True, [])
        assert (signature["indication"], signature["level"]) == ("TOTAL_PASSED", "PAdES-BASELINE-B")
        assert verdict["details"]["covers_whole_document"]
