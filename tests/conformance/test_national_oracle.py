"""National invoices written from documents of several readers, judged by phive's schemas and by our sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from test_ubl_oracle import judged, needs_oracle
from ubl_documents import DOCUMENTS

from pipeline import maven
from schemas.documents import Invoice
from schemas.errors import DocumentInvalid, PermanentError
from stages.conversion.totals import complete
from stages.formats import registry
from stages.formats.reading.step import Record, read
from stages.rules.official import RuleEngine, RuleSet

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
FOLDERS = ("einvoice/ubl", "einvoice/cii", "einvoice/facturae", "einvoice/fatturapa", "idoc")
OPTIONS = {
    "facturae": {"correction_reason": "83", "oficina_contable": "L01280653", "organo_gestor": "L01280653"},
    "fatturapa": {"regime_fiscale": "RF01", "natura_ae": "N6.9", "natura_z": "N3.6"},
}
ORACLE_RULES = {"facturae": "facturae", "fatturapa": "fatturapa"}
LEAST = {"facturae": 6, "fatturapa": 10}
"""How many documents of the corpora, of at least three readers, a target can carry."""
KNOWN = {"fatturapa": {"line-rounding": ["00421"]}}
"""VAT rounded line by line: EN 16931 lets it stand, SdI would refuse it, and so do we before it leaves."""


def records(path: Path) -> tuple[Record, ...]:
    with path.open("rb") as file, suppress(PermanentError):
        return read(file, path.name, None, None).records
    return ()


def documents() -> Iterator[tuple[str, Invoice]]:
    """Those written for the tests, and every invoice of the corpora whose amounts agree."""
    given = list(DOCUMENTS.items())
    if CORPORA.is_dir():
        for folder in FOLDERS:
            for path in sorted((CORPORA / folder).iterdir()):
                for number, record in enumerate(records(path)):
                    if isinstance(record.document, Invoice):
                        given.append((f"{Path(folder).name}-{path.stem}-{number}"[:120], record.document))
    for name, document in given:
        completed, findings = complete(document)
        if not any(each.severity == "fatal" for each in findings):
            yield name, completed


def written(target: str) -> dict[str, bytes]:
    """What the target can carry; a document that it cannot is refused with findings that name fields and options."""
    files: dict[str, bytes] = {}
    unnamed: list[str] = []
    for name, document in documents():
        try:
            files[name] = registry.target(target).write(document, OPTIONS[target])
        except DocumentInvalid as refused:
            named = [each for each in refused.findings if each.place and each.message]
            unnamed += [name] if not named or len(named) < len(refused.findings) else []
    assert not unnamed
    return files


@pytest.mark.parametrize("target", sorted(OPTIONS))
def test_what_is_written_is_valid_and_adds_up(target: str) -> None:
    """Every document that a target carries is valid by its schema, and its sums are right."""
    files = written(target)
    readers = Counter(name.partition("-")[0] for name in files if name not in DOCUMENTS)
    assert len(set(files) & set(DOCUMENTS)) > len(DOCUMENTS) // 2
    if CORPORA.is_dir():
        assert len(readers) >= 3
        assert sum(readers.values()) >= LEAST[target]
    wrong = {}
    for name, xml in files.items():
        findings = RuleEngine(maven.jars("rules")).check(xml, RuleSet(target)).findings
        if findings:
            wrong[name] = [each.rule for each in findings]
    assert wrong == KNOWN.get(target, {})


@needs_oracle
@pytest.mark.parametrize("target", sorted(ORACLE_RULES))
def test_what_is_written_passes_the_oracle(target: str, tmp_path: Path) -> None:
    """phive finds nothing wrong with any of them."""
    files = written(target)
    assert judged(tmp_path, ORACLE_RULES[target], files) == {name: [] for name in files}
