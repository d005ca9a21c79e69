"""What every file of an ERP or a bank in the corpora becomes: the table `erp_corpora.md` says it, record by record.

Where an operator would write a profile for a source it stands in `erp_corpora/`, named after the folder.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from corpora_table import CORPORA, agreed, drawn

from schemas.errors import EntregaError
from schemas.profiles import ExtractionProfile, load_profile
from stages.formats.reading.step import Record, read

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from test_read_fixed import PROFILE as FIXED
from test_read_spool import PDF, TEXT
from test_read_xlsx import PROFILE as XLSX

HERE = Path(__file__).parent
CSV = load_profile((HERE / "real_exports" / "retail.yaml").read_text("utf-8"))
FOLDERS = ("idoc", "s4-odata", "business-central", "cnab", "csv", "bad/json", "bad/text")
OTHERS = (".edi", "OrderRequest.xml")
"""Messages of other makers that lie beside the IDocs: the tables of their formats have them."""
pytestmark = pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")


def files() -> Iterator[tuple[Path, str, ExtractionProfile | None]]:
    for folder in FOLDERS:
        written = HERE / "erp_corpora" / f"{folder.replace('/', '-')}.yaml"
        profile = load_profile(written.read_text("utf-8")) if written.exists() else None
        for path in sorted((CORPORA / folder).iterdir()):
            if not path.name.endswith(OTHERS):
                yield path, written.name if profile else "", profile


def test_the_table_is_as_it_was_reviewed() -> None:
    """What each file becomes is what a person has read in erp_corpora.md."""
    agreed(
        drawn("# Exports of ERPs and banks, and hostile files: what becomes of each", files()), HERE / "erp_corpora.md"
    )


@pytest.mark.parametrize(
    "profile", [None, CSV, FIXED, XLSX, TEXT, PDF], ids=["none", "csv", "fixed", "xlsx", "text", "pdf"]
)
@pytest.mark.parametrize("folder", ["bad/json", "bad/text", "bad/xml", "bad/pdf"])
def test_every_hostile_file_is_refused_with_a_reason(folder: str, profile: ExtractionProfile | None) -> None:
    """Whatever reader it comes to, by itself or by a profile, a hostile file gives no document and says why."""
    for path in sorted((CORPORA / folder).iterdir()):
        try:
            records = read(io.BytesIO(path.read_bytes()), path.name, profile, None).records
        except EntregaError as error:
            records = (Record("the file", error=error),)
        for one in records:
            assert one.document is None, path.name
            assert one.error is not None
            assert one.error.findings[0].message, path.name
