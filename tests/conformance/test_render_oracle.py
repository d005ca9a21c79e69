"""Rendered documents, judged by veraPDF: PDF/A-3b, with every document of the conformance set and every language."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from message_documents import DOCUMENTS as MESSAGES
from pypdf import PdfReader
from ubl_documents import DOCUMENTS

from schemas.canonical import to_json
from schemas.documents import Invoice, Note, Party
from stages.conversion.totals import complete
from stages.formats.reading.step import read
from stages.formats.ubl.writer import Profile, write
from stages.rendering.brand import Brand
from stages.rendering.figures import Figures
from stages.rendering.layout import render
from stages.rendering.pdfa import EmbeddedFile
from stages.words import LANGUAGES, locale

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora"
ORACLE = Path(__file__).parents[2].parent / "shared" / "oracle" / "oracle"
CREATED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BRAND = Brand(
    "Vinhos do Sul", colour="#7a1f3d", accent="#c9973b", footer="Capital social 50.000 €", demo_signature=True
)

pytestmark = pytest.mark.skipif(
    not (ORACLE.exists() and (ORACLE.parent / "pdf/target/oracle-pdf-1.jar").exists() and shutil.which("java")),
    reason="skipped: no oracle",
)


def _logo(mode: str, colour: object, kind: str) -> bytes:
    from PIL import Image

    out = BytesIO()
    Image.new(mode, (400, 120), colour).save(out, kind)  # type: ignore[arg-type]
    return out.getvalue()


def _hostile(document: Invoice) -> Invoice:
    text = "a\u202eb\u202c \x00\x07 עברית العربية 😀 中文 " + "W" * 3000
    changes = {"buyer": Party(name=text), "notes": (Note(text=text),), "payment_terms": text}
    return document.model_copy(update=changes)


def _long(document: Invoice) -> Invoice:
    return document.model_copy(update={"lines": document.lines * 200})


def _samples() -> Iterator[tuple[str, Invoice, str, Brand]]:
    for at, (name, document) in enumerate(DOCUMENTS.items()):
        yield name, document, LANGUAGES[at % len(LANGUAGES)], BRAND
    first = next(iter(DOCUMENTS.values()))
    for language in LANGUAGES:
        yield f"in-{language}", first, language, replace(BRAND, demo_signature=False)
    for mode, colour, kind in (("RGBA", (9, 99, 9, 90), "PNG"), ("CMYK", (9, 99, 9, 0), "JPEG"), ("1", 1, "PNG")):
        yield f"logo-{mode}", first, "pt", replace(BRAND, logo=_logo(mode, colour, kind))
    yield "hostile", _hostile(first), "pl", BRAND
    yield "long", _long(first), "en", BRAND


def judged(files: list[Path]) -> dict[str, dict[str, Any]]:
    command = [str(ORACLE), "pdfa", "--flavour", "3b", *map(str, files)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert answer.returncode in (0, 1), answer.stderr
    return {Path(row["file"]).stem: row for row in map(json.loads, answer.stdout.splitlines())}


def test_every_document_is_pdf_a_3b(tmp_path: Path) -> None:
    """Each document, each language, flat and odd logos, hostile text and long tables: all are compliant PDF/A-3b."""
    files = []
    plain = write(complete(next(iter(DOCUMENTS.values())))[0], Profile.PEPPOL)
    for name, document, language, brand in _samples():
        completed, _ = complete(document)
        e_format = EmbeddedFile(f"{name}.xml", write(completed, Profile.PEPPOL) if name in DOCUMENTS else plain)
        files.append(tmp_path / f"{name}.pdf")
        files[-1].write_bytes(render(completed, brand=brand, language=language, attachment=e_format, created=CREATED))
    verdicts = judged(files)
    assert {name: verdict["errors"] for name, verdict in verdicts.items()} == {file.stem: [] for file in files}
    assert all(verdict["ok"] and verdict["details"]["declared"] == ["3b"] for verdict in verdicts.values())


def test_the_page_of_every_message_is_pdf_a_3b(tmp_path: Path) -> None:
    """Orders, advices, catalogues, open items and answers, with an e-format inside: all are compliant PDF/A-3b."""
    files = []
    for at, (kind, document) in enumerate(MESSAGES.items()):
        inside = EmbeddedFile(f"{kind}.json", to_json(document), "application/json")
        files.append(tmp_path / f"{kind}.pdf")
        language = LANGUAGES[at % len(LANGUAGES)]
        files[-1].write_bytes(render(document, brand=BRAND, language=language, attachment=inside, created=CREATED))
    verdicts = judged(files)
    assert {name: verdict["errors"] for name, verdict in verdicts.items()} == {file.stem: [] for file in files}
    assert all(verdict["ok"] and verdict["details"]["declared"] == ["3b"] for verdict in verdicts.values())


@pytest.mark.skipif(not CORPORA.exists(), reason="skipped: no corpora")
def test_real_documents_are_rendered_with_their_amount(tmp_path: Path) -> None:
    """Each invoice of the real UBL and INVOIC02 files that can be read becomes a PDF/A-3b with its amount due on it."""
    files, amounts = [], {}
    sources = sorted([*CORPORA.glob("einvoice/ubl/*"), *CORPORA.glob("idoc/*INVOIC02.xml")])
    for at, source in enumerate(sources):
        language = LANGUAGES[at % len(LANGUAGES)]
        with source.open("rb") as export:
            (record,) = read(export, source.name, None, None).records
        assert record.document is not None
        completed, _ = complete(record.document)
        files.append(tmp_path / f"{at}.pdf")
        brand = Brand(completed.seller.name)
        files[-1].write_bytes(render(completed, brand=brand, language=language, attachment=None, created=CREATED))
        assert completed.totals.amount_due is not None
        due = abs(completed.totals.amount_due)
        amounts[files[-1]] = Figures(locale(language), completed.currency).money(due)
    assert len(files) == 22
    assert {name: row["errors"] for name, row in judged(files).items()} == {file.stem: [] for file in files}
    for file, amount in amounts.items():
        text = "".join(page.extract_text() for page in PdfReader(file).pages)
        assert text.replace("\u00a0", " ").count(amount.replace("\u00a0", " ")) >= 2


def test_the_validator_refuses_a_missing_output_intent(tmp_path: Path) -> None:
    """The validator is awake: without the output intent the same file is refused for its colours."""
    import pikepdf

    completed, _ = complete(next(iter(DOCUMENTS.values())))
    good = render(completed, brand=BRAND, language="en", attachment=None, created=CREATED)
    bad = tmp_path / "bad.pdf"
    with pikepdf.open(BytesIO(good)) as file:
        del file.Root.OutputIntents
        file.save(bad)
    verdict = judged([bad])["bad"]
    assert not verdict["ok"]
    assert any("6.2.4.3" in str(error) for error in verdict["errors"])


@pytest.mark.skipif(not shutil.which("pdffonts"), reason="skipped: no pdffonts (poppler-utils)")
def test_poppler_finds_every_font_embedded(tmp_path: Path) -> None:
    """Poppler's list of fonts says embedded, subset and with a map to Unicode for each."""
    completed, _ = complete(next(iter(DOCUMENTS.values())))
    file = tmp_path / "fonts.pdf"
    file.write_bytes(render(completed, brand=BRAND, language="pl", attachment=None, created=CREATED))
    answer = subprocess.run(["pdffonts", str(file)], capture_output=True, text=True, timeout=30, check=True)
    rows = answer.stdout.splitlines()[2:]
    assert len(rows) == 2
    assert all(row.split()[-5:-2] == ["yes", "yes", "yes"] for row in rows), sys.stderr.write(answer.stdout)
