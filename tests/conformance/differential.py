"""Two engines about one document: what is compared, and how."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lxml import etree

from pipeline import maven
from schemas.documents import Invoice
from stages.conversion import totals
from stages.formats import registry
from stages.formats.reading.step import read
from stages.rules import native, stylesheets
from stages.rules.catalogue import Release, RuleSet, in_force
from stages.rules.native.edition import Edition
from stages.rules.official import RuleEngine
from tests.conformance.ubl_documents import DOCUMENTS

CORPORA = Path(__file__).parents[2].parent / "shared/corpora/einvoice"


@dataclass(frozen=True)
class Case:
    """One edition of the native rules, and the target that writes for it. `folder` has real files of its syntax."""

    name: str
    rules: RuleSet
    target: str
    kind: str
    folder: str
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    on: date | None = None

    @property
    def release(self) -> Release:
        return in_force(self.rules, self.on)

    @property
    def edition(self) -> Edition:
        edition = native.edition_of(self.release, self.kind)
        assert edition is not None
        return edition


CASES = (
    Case("peppol", RuleSet.PEPPOL, "peppol", "ubl-invoice", "ubl"),
    Case("ubl", RuleSet.EN16931, "ubl", "ubl-invoice", "ubl"),
    Case("xrechnung-ubl", RuleSet.XRECHNUNG, "xrechnung-ubl", "ubl-invoice", "ubl"),
    Case("cii", RuleSet.EN16931, "cii", "cii", "cii"),
    Case("xrechnung-cii", RuleSet.XRECHNUNG, "xrechnung-cii", "cii", "cii"),
)


def real(folder: str) -> Iterator[tuple[Path, Invoice]]:
    """What the reader reads of the corpora's files of one syntax."""
    for path in sorted((CORPORA / folder).glob("*.[xX][mM][lL]")):
        for record in read(io.BytesIO(path.read_bytes()), path.name, None, None).records:
            if isinstance(record.document, Invoice):
                yield path, record.document


def seeds() -> list[Invoice]:
    """What mutants are made of, whatever the syntax that they are written in."""
    found = [document for folder in ("ubl", "cii") for _, document in real(folder)]
    return [totals.complete(document)[0] for document in DOCUMENTS.values()] + found


def differences(engine: RuleEngine, case: Case, documents: Sequence[Invoice]) -> tuple[list[str], Counter[str]]:
    """What differs, document by document; and how often each outcome was seen (rule ids, and `XSD`)."""
    release, seen, wrong = case.release, Counter[str](), []
    known = set(case.edition.texts)
    write = registry.target(case.target).write
    for number, document in enumerate(documents):
        verdict = native.check(document, release, case.kind)
        ours = {finding.rule for finding in verdict.findings} - {"more"}
        official = engine.check(write(document, case.options), release)
        theirs = {finding.rule for finding in official.findings} - {"more"}
        seen.update(theirs)
        if theirs == {"XSD"} or "rules-not-evaluated" in theirs:
            if verdict.ok:
                wrong.append(f"document {number}: {theirs}, and the native rules let it pass")
            continue
        seen["judged"] += 1
        if ours != theirs:
            wrong.append(
                f"document {number}: only official {sorted(theirs - ours)}, only native {sorted(ours - theirs)}"
            )
        assert ours <= known
    return wrong, seen


def flags(case: Case) -> dict[str, set[str]]:
    """Rule id -> how grave the published stylesheets of a case say that it is; without a flag it is fatal."""
    found: dict[str, set[str]] = {}
    for name in case.release.by_root[case.kind].sheets:
        sheet = etree.fromstring(stylesheets.read(maven.jars("rules"), name))
        for failed in sheet.iter(f"{stylesheets.SVRL}failed-assert", f"{stylesheets.SVRL}successful-report"):
            given = {str(each.get("name")): str(each.text) for each in failed.iter(f"{stylesheets.XSL}attribute")}
            grave = given.get("flag", given.get("role", "fatal")) not in ("warning", "information")
            found.setdefault(given.get("id", "unnamed"), set()).add("fatal" if grave else "warning")
    return found
