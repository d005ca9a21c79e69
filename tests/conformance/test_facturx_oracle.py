"""Factur-X as we render it, judged by Mustangproject and veraPDF, and read back by our own reader."""

from __future__ import annotations

import io
import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from test_einvoice_corpora import terms
from test_ubl_oracle import ORACLE, completed, needs_oracle
from ubl_documents import DOCUMENTS

from schemas.documents import Invoice
from stages.formats import registry
from stages.formats.cii.profile import FACTUR_X
from stages.formats.reading.step import read
from stages.rendering.brand import Brand
from stages.rendering.layout import render
from stages.rendering.pdfa import embedded_file

SAMPLES = ("small", "mixed", "credit-note", "reverse-charge", "direct-debit")
CONFORMANCE = {
    "basic-wl": "BASIC WL",
    "basic": "BASIC",
    "en16931": "EN 16931",
    "extended": "EXTENDED",
    "xrechnung": "XRECHNUNG",
}


def rendered(document: Invoice, profile: str) -> bytes:
    target, options = registry.target("factur-x"), {"profile": profile}
    inside = embedded_file(target, options, "x.xml", target.write(document, options))
    created = datetime(2026, 11, 22, tzinfo=UTC)
    return render(document, brand=Brand("Seller"), language="en", attachment=inside, created=created)


def judged(command: list[str], files: list[Path]) -> dict[str, dict[str, Any]]:
    answer = subprocess.run(
        [str(ORACLE), *command, *map(str, files)], capture_output=True, text=True, timeout=120, check=False
    )
    assert answer.returncode in (0, 1), answer.stderr
    return {Path(row["file"]).stem: row for row in map(json.loads, answer.stdout.splitlines())}


@needs_oracle
def test_every_profile_is_factur_x_and_pdf_a_3b(tmp_path: Path) -> None:
    """Each profile over five documents: a valid hybrid with valid XML to Mustangproject, PDF/A-3b to veraPDF."""
    files = []
    for name in SAMPLES:
        for profile in FACTUR_X:
            files.append(tmp_path / f"{name}_{profile}.pdf")
            files[-1].write_bytes(rendered(completed(DOCUMENTS[name]), profile))
    hybrids = judged(["facturx"], files)
    assert {name: row["errors"] for name, row in hybrids.items()} == {file.stem: [] for file in files}
    assert {name: row["details"]["profile"] for name, row in hybrids.items()} == {
        file.stem: FACTUR_X[file.stem.split("_")[1]].specification for file in files
    }
    archives = judged(["pdfa", "--flavour", "3b"], files)
    assert {name: row["errors"] for name, row in archives.items()} == {file.stem: [] for file in files}


@needs_oracle
def test_the_validator_refuses_another_level(tmp_path: Path) -> None:
    """The validator is awake: metadata that say EXTENDED of a BASIC invoice are refused."""
    import pikepdf

    bad = tmp_path / "bad.pdf"
    with pikepdf.open(io.BytesIO(rendered(completed(DOCUMENTS["small"]), "basic"))) as file:
        metadata = file.Root.Metadata.read_bytes()
        file.Root.Metadata.write(metadata.replace(b">BASIC<", b">WHATEVER<"))
        file.save(bad, fix_metadata_version=False)
    assert judged(["facturx"], [bad])["bad"]["errors"] != []


@pytest.mark.parametrize("profile", FACTUR_X)
def test_the_pdf_says_what_it_holds(profile: str) -> None:
    """Name, relationship and conformance level follow the profile; equal input gives equal bytes."""
    import pikepdf

    name = "xrechnung.xml" if profile == "xrechnung" else "factur-x.xml"
    content = rendered(completed(DOCUMENTS["small"]), profile)
    assert content == rendered(completed(DOCUMENTS["small"]), profile)
    with pikepdf.open(io.BytesIO(content)) as file:
        (spec,) = file.Root.AF
        assert str(spec.UF) == name
        assert str(spec.AFRelationship) == ("/Data" if profile == "basic-wl" else "/Alternative")
        metadata = file.Root.Metadata.read_bytes().decode()
    assert f"<fx:ConformanceLevel>{CONFORMANCE[profile]}</fx:ConformanceLevel>" in metadata
    assert f"<fx:DocumentFileName>{name}</fx:DocumentFileName>" in metadata


def test_other_targets_make_no_hybrid() -> None:
    """A PDF with a Peppol invoice inside does not claim to be Factur-X."""
    document, target = completed(DOCUMENTS["small"]), registry.target("peppol")
    inside = embedded_file(target, {}, "invoice-1.xml", target.write(document, {}))
    assert (inside.file_name, inside.hybrid) == ("invoice-1.xml", None)
    content = render(
        document, brand=Brand("Seller"), language="en", attachment=inside, created=datetime(2026, 11, 22, tzinfo=UTC)
    )
    assert b"urn:factur-x" not in content


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_we_render_we_read(name: str) -> None:
    """The invoice read from the PDF of profile EXTENDED is the one that was rendered, with its every term."""
    document = completed(DOCUMENTS[name])
    (record,) = read(io.BytesIO(rendered(document, "extended")), "x.pdf", None, None).records
    assert isinstance(record.document, Invoice), record.error
    assert record.warnings == ()
    assert terms(record.document) == terms(document)
