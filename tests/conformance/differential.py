"""Two engines about one document: what is compared, and how."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from lxml import etree

from pipeline import maven
from schemas.documents import Invoice
from stages.conversion import totals
from stages.formats import registry
from stages.formats.pdf.embedded import extract
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import Record
from stages.formats.reading.step import read
from stages.rules import native, stylesheets
from stages.rules.catalogue import Release, RuleSet, in_force
from stages.rules.judging import natively_judged
from stages.rules.native.edition import Edition
from stages.rules.official import RuleEngine
from stages.rules.shown import is_whole
from stages.rules.verdicts import Verdict
from tests.conformance.ubl_documents import DOCUMENTS

CORPORA = Path(__file__).parents[2].parent / "shared/corpora/einvoice"


@dataclass(frozen=True)
class Case:
    """One edition of the native rules, and the target that writes for it. `folder` has real files of its syntax.

    `fit` makes of a document, and of what was written of it, one that we do not write ourselves.
    """

    name: str
    rules: RuleSet
    target: str
    kind: str
    folder: str
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    on: date | None = None
    fit: Callable[[Invoice, bytes, int], tuple[Invoice, bytes]] | None = None

    @property
    def release(self) -> Release:
        return in_force(self.rules, self.on)

    @property
    def edition(self) -> Edition:
        edition = native.edition_of(self.release, self.kind)
        assert edition is not None
        return edition


def self_billed(document: Invoice, content: bytes, number: int) -> tuple[Invoice, bytes]:
    """The process of self-billing, and its specification but for every tenth document."""
    bis = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:{}:3.0"
    own = bis.format("billing" if number % 10 == 0 else "selfbilling")
    said = {"specification": own, "business_process": "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0"}
    content = content.replace(b":poacc:billing:01:1.0", b":poacc:selfbilling:01:1.0")
    return document.model_copy(update=said), content.replace(bis.format("billing").encode(), own.encode())


def _hybrid(profile: str) -> Case:
    name = f"factur-x-{profile}"
    return Case(
        name,
        RuleSet(name),
        "factur-x",
        "cii",
        "cii" if profile in ("en16931", "extended") else "",
        {"profile": profile},
    )


CASES = (
    Case("peppol", RuleSet.PEPPOL, "peppol", "ubl-invoice", "ubl"),
    Case("peppol-2025", RuleSet.PEPPOL, "peppol", "ubl-invoice", "ubl", on=date(2026, 3, 1)),
    Case("self-billing", RuleSet.PEPPOL, "peppol", "ubl-invoice-self-billing", "", fit=self_billed),
    Case("ubl", RuleSet.EN16931, "ubl", "ubl-invoice", "ubl"),
    Case("xrechnung-ubl", RuleSet.XRECHNUNG, "xrechnung-ubl", "ubl-invoice", "ubl"),
    Case("cii", RuleSet.EN16931, "cii", "cii", "cii"),
    Case("xrechnung-cii", RuleSet.XRECHNUNG, "xrechnung-cii", "cii", "cii"),
    *(_hybrid(profile) for profile in ("basic-wl", "basic", "en16931", "extended")),
)


def real(folder: str) -> Iterator[tuple[str, bytes, Record]]:
    """The corpora's files of one syntax, also inside a PDF: name, content, and what the reader reads of it."""
    for path in sorted((CORPORA / folder).rglob("*.*")):
        content = _inside(path)
        for record in read(io.BytesIO(content), path.name, None, None).records if content else ():
            if isinstance(record.document, Invoice):
                yield path.name, content, record


def _inside(path: Path) -> bytes:
    if path.suffix.lower() != ".pdf":
        return path.read_bytes() if path.suffix.lower() == ".xml" else b""
    with contextlib.suppress(Unfit):
        return extract(io.BytesIO(path.read_bytes())).documents[0].content
    return b""


def seeds() -> list[Invoice]:
    """What mutants are made of, whatever the syntax that they are written in."""
    found = [record.document for folder in ("ubl", "cii") for *_, record in real(folder)]
    own = [totals.complete(document)[0] for document in DOCUMENTS.values()]
    return own + [document for document in found if isinstance(document, Invoice)]


def differences(engine: RuleEngine, case: Case, documents: Sequence[Invoice]) -> tuple[list[str], Counter[str]]:
    """What differs, document by document; and how often each outcome was seen (rule ids, and `XSD`)."""
    release, seen, wrong = case.release, Counter[str](), []
    known = set(case.edition.texts)
    for number, document in enumerate(documents):
        content, verdict = judged(case, document, number)
        ours = {finding.rule for finding in verdict.findings} - {"more"}
        official = engine.check(content, release)
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


def judged(case: Case, document: Invoice, number: int) -> tuple[bytes, Verdict]:
    """A document as the case has it, and what the native rules say of it."""
    content = registry.target(case.target).write(document, case.options)
    if case.fit is not None:
        document, content = case.fit(document, content, number)
    return content, native.check(document, case.release, case.kind)


def as_read(engine: RuleEngine, case: Case, content: bytes, record: Record) -> tuple[set[str], set[str]] | None:
    """The rules that native and official engine name of a file and what was read of it, those that the native one has;
    None of a file that is the official engine's, or breaks the schema."""
    by_schema = natively_judged(content, case.release, maven.jars("rules"))
    document = record.document
    if by_schema is None or by_schema.verdict.findings or record.warnings:
        return None
    if not isinstance(document, Invoice) or not is_whole(by_schema.root, document):
        return None
    theirs = {finding.rule for finding in engine.check(content, case.release).findings}
    verdict = native.check(document, case.release, by_schema.kind, written=False)
    ours = {finding.rule for finding in verdict.findings}
    return None if "rules-not-evaluated" in theirs else (ours, theirs & set(case.edition.texts))


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
