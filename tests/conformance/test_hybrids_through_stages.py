"""Factur-X in, Factur-X out: hybrids by other makers and UBL through all stages, to a hybrid that others accept."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from export_run import Ended, House
from test_facturx_oracle import judged
from test_ubl_oracle import needs_oracle

from schemas.messages import ArtefactKind
from stages.formats.reading.step import read

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora" / "einvoice"
pytestmark = pytest.mark.skipif(not CORPORA.exists(), reason="skipped: no corpora")

RECIPIENTS = """name,erp_id,vat,gln,endpoint_scheme,endpoint,country,language,email
Kunden AG Mitte,GE2020211,,,,,DE,en,rechnung@kunden.example
Muster-Kunde Gmbh,,,4304171000002,,,DE,en,einkauf@kunde.example
Buyercompany ltd,,,5790000436057,,,DK,en,invoices@buyercompany.example
"""
SOURCES = ("zugferd-pdf/pdf_zf_en16931_1.pdf", "zugferd-pdf/pdf_zf_extended_1.pdf", "cii/CII_example4.xml")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    folder = tmp_path_factory.mktemp("hybrids")
    profiles = folder / "profiles"
    profiles.mkdir()
    (profiles / "hybrid.yaml").write_text(
        "tenant: hybrid\nbrand: {name: Sender}\nformats: [ubl, factur-x]\nlearn_parties: true\n"
        "format_options: {factur-x: {profile: basic}}\n"
    )
    return House(folder, RECIPIENTS)


@needs_oracle
def test_hybrids_come_through_as_hybrids(house: House, tmp_path: Path) -> None:
    """Each comes to delivery with UBL beside, and a PDF that is Factur-X of the profile that the tenant asks for; read
    again, its invoice has the number and the amount that came in."""
    files: dict[str, Path] = {}
    for source in SOURCES:
        (ended,) = house.run("hybrid", CORPORA / source)
        assert _told(ended) == ("delivery", []), source
        files[source] = tmp_path / f"{len(files)}.pdf"
        files[source].write_bytes(ended.files[ArtefactKind.PDF])
    verdicts = judged(["facturx"], list(files.values()))
    assert {name: row["errors"] for name, row in verdicts.items()} == {file.stem: [] for file in files.values()}
    for source, file in files.items():
        came, went = (_read(path.read_bytes()) for path in (CORPORA / source, file))
        assert (went.number, went.totals.amount_due) == (came.number, came.totals.amount_due)
        assert went.specification == "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic"


def _told(ended: Ended) -> tuple[str, list[str]]:
    return ended.stage, ended.rules


def _read(content: bytes):  # type: ignore[no-untyped-def]
    (record,) = read(io.BytesIO(content), "x", None, None).records
    return record.document
