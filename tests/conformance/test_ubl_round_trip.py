"""Reading UBL and writing it again keeps every business term, and what was valid stays valid."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from test_ubl_oracle import ORACLE, SHARED, judged, needs_oracle
from ubl_documents import DOCUMENTS

from schemas.documents import Invoice
from stages.conversion.totals import complete
from stages.formats.reading.step import read
from stages.formats.ubl.writer import Profile, losses, write

CORPORA = SHARED / "corpora" / "einvoice" / "ubl"
FILES = sorted(CORPORA.glob("*")) if CORPORA.exists() else []

needs_corpora = pytest.mark.skipif(not FILES, reason="skipped: no corpora")

# What a writer says of itself, and what the reader keeps aside because EN 16931 has no term for it.
NOT_TERMS = {"specification", "business_process", "extras", "hints"}

# These official examples have lines whose net amount is not quantity x price: EN 16931 itself asks for no such thing,
# Peppol's R120 and our totals do. They are read and written, but conversion stops them.
CONTRADICTING = {
    "guide-example1": ["lines[19].net_amount"],
    "guide-example2": ["lines[0].net_amount"],
    "guide-example3": ["lines[0].net_amount", "lines[1].net_amount"],
    "ubl-tc434-example1": ["lines[19].net_amount"],
    "ubl-tc434-example10": ["lines[19].net_amount"],
    "ubl-tc434-example2": ["lines[0].net_amount"],
    "ubl-tc434-example3": ["lines[0].net_amount", "lines[1].net_amount"],
}


def read_one(content: bytes) -> Invoice:
    (record,) = read(io.BytesIO(content), "export.xml", None, None).records
    assert record.document is not None, record.error
    return record.document


def terms(document: Invoice) -> dict[str, Any]:
    return document.model_dump(exclude=NOT_TERMS)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_our_documents_come_back(name: str) -> None:
    """A document of ours is the same after writing and reading, but for what `losses` named."""
    document, _ = complete(DOCUMENTS[name])
    lost = losses(document, Profile.EN16931)
    assert lost == ()
    back = read_one(write(document, Profile.EN16931))
    if document.sales_order_reference and not document.order_reference:
        assert back.order_reference in (None, "NA")
        back = back.model_copy(update={"order_reference": None})
    assert terms(complete(back)[0]) == terms(document)


@needs_corpora
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.parametrize("profile", Profile)
def test_official_examples_come_back(path: Path, profile: Profile) -> None:
    """Every official UBL example keeps all its terms through reading, completing, writing and reading."""
    document, findings = complete(read_one(path.read_bytes()))
    fatal = [each.place for each in findings if each.severity == "fatal"]
    assert fatal == CONTRADICTING.get(path.stem, [])
    written = write(document, profile)
    again, _ = complete(read_one(written))
    assert terms(again) == terms(document)
    assert write(again, profile) == written


@needs_corpora
def test_completing_changes_nothing_that_was_given() -> None:
    """A valid file's amounts, rates and reasons are the same before and after completion."""
    for path in FILES:
        given = read_one(path.read_bytes())
        document, _ = complete(given)
        # One example names its own currency as accounting currency, which is saying nothing.
        redundant = {"accounting_currency"} if given.accounting_currency == given.currency else set()
        before, after = given.model_dump(exclude=redundant), document.model_dump(exclude=redundant)
        assert [name for name in before if before[name] != after[name]] == [], path.name


@needs_corpora
@needs_oracle
def test_what_was_valid_stays_valid(tmp_path: Path) -> None:
    """All official examples pass the EN 16931 rules before and after; those valid under Peppol still are."""
    assert ORACLE.exists()
    originals = {path.stem: path.read_bytes() for path in FILES}
    for rules, profile in (("en16931-ubl", Profile.EN16931), ("peppol", Profile.PEPPOL)):
        before, after = tmp_path / f"{rules}-before", tmp_path / f"{rules}-after"
        before.mkdir()
        after.mkdir()
        judged_before = judged(before, rules, originals)
        rewritten = {name: write(complete(read_one(content))[0], profile) for name, content in originals.items()}
        judged_after = judged(after, rules, rewritten)
        valid = {name for name, errors in judged_before.items() if not fatal(errors)}
        assert len(valid) == (len(FILES) if profile is Profile.EN16931 else 2)
        assert {name: fatal(judged_after[name]) for name in valid} == {name: [] for name in valid}


def fatal(errors: list[str]) -> list[str]:
    """Warnings of the rules (dictionaries as text) do not make a document invalid."""
    return [each for each in errors if not each.startswith("{")]
