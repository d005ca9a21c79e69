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


def test_every_e_format_passes_the_peppol_rules(played: Played, tmp_path: Path) -> None:
    """All 22 that were sent: UBL schema, EN 16931 and Peppol rules, without an error or a warning."""
    files = named(played, "e-format", ".xml", tmp_path)
    verdicts = judge("xml", "--rules", "peppol", *files.values())
    assert len(verdicts) == 22
    said = {name: one["errors"] + one["details"]["warnings"] for name, one in verdicts.items()}
    assert said == {name: [] for name in said}
    assert all(len(one["details"]["layers"]) == 3 for one in verdicts.values())


def test_every_container_is_signed_to_baseline_b(played: Played, trust: Path, tmp_path: Path) -> None:
    """Each ASiC-E: XAdES baseline B, TOTAL_PASSED against the demo's authority, nothing in it left unsigned."""
    verdicts = judge("sign", "--trust", trust, *named(played, "signature", ".asice", tmp_path).values())
    assert len(verdicts) == 22
    for verdict in verdicts.values():
        (signature,) = verdict["details"]["signatures"]
        assert (verdict["ok"], verdict["errors"]) == (True, [])
        assert (signature["indication"], signature["level"]) == ("TOTAL_PASSED", "XAdES-BASELINE-B")
        assert signature["warnings"] == EXPECTED_WARNINGS
        assert verdict["details"]["container"]["type"] == "ASiC-E"
        assert len(verdict["details"]["container"]["signed_files"]) == 1


@pytest.mark.parametrize("number", ["FT 2026/1045", "NC 2026/14"])
def test_the_detached_signature_is_over_the_e_format(played: Played, trust: Path, tmp_path: Path, number: str) -> None:
    """An invoice and a credit note: the signature beside it is over its very bytes, and over no others."""
    folder = tmp_path / "data"
    folder.mkdir()
    signature = named(played, "detached-signature", ".sig.xml", tmp_path)[number]
    document = played.artefacts("e-format")[number][0]
    # a detached signature names its file
    (reference,) = [part for part in signature.read_text().split('"') if part.endswith(".xml")]
    data = folder / reference
    data.write_bytes(document.read_bytes())
    (verdict,) = judge("sign", "--trust", trust, "--detached", data, signature).values()
    assert (verdict["ok"], verdict["errors"]) == (True, [])
    data.write_bytes(document.read_bytes().replace(b"Vinhos", b"Vinhas", 1))
    (altered,) = judge("sign", "--trust", trust, "--detached", data, signature).values()
    assert altered["ok"] is False


def test_every_pdf_is_archivable_and_signed(played: Played, trust: Path, tmp_path: Path) -> None:
    """Each PDF is PDF/A-3b with the e-format inside, and its PAdES baseline B signature covers the whole file."""
    files = named(played, "pdf", ".pdf", tmp_path)
    archivable = judge("pdfa", "--flavour", "3b", *files.values())
    assert len(archivable) == 22
    assert {name: one["errors"] for name, one in archivable.items()} == {name: [] for name in archivable}
    for verdict in judge("sign", "--trust", trust, *files.values()).values():
        (signature,) = verdict["details"]["signatures"]
        assert (verdict["ok"], verdict["errors"]) == (True, [])
        assert (signature["indication"], signature["level"]) == ("TOTAL_PASSED", "PAdES-BASELINE-B")
        assert verdict["details"]["covers_whole_document"]
