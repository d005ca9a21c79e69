"""The native rules are equal to the official ones: the same rule ids fire on every document."""

from __future__ import annotations

import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from lxml import etree

from pipeline import maven
from schemas.documents import Invoice
from stages.conversion import totals
from stages.formats import registry
from stages.formats.reading.step import read
from stages.rules import native, stylesheets
from stages.rules.catalogue import RuleSet, in_force
from stages.rules.native import code_lists
from stages.rules.native.guarantees import MODEL, writers_reason
from stages.rules.native.texts import is_warning, texts
from stages.rules.official import RuleEngine
from tests.conformance.mutants import mutants
from tests.conformance.ubl_documents import DOCUMENTS

CORPORA = Path(__file__).parents[2].parent / "shared/corpora/einvoice/ubl"
MUTANTS = int(os.environ.get("MUTANTS", "400"))
TARGETS = {RuleSet.PEPPOL: "peppol", RuleSet.EN16931: "ubl", RuleSet.XRECHNUNG: "xrechnung-ubl"}


@pytest.fixture(scope="module")
def engine() -> RuleEngine:
    return RuleEngine(maven.jars("rules"))


def seeds() -> list[Invoice]:
    return [totals.complete(document)[0] for document in DOCUMENTS.values()] + [one for _, one in real()]


def real() -> Iterator[tuple[Path, Invoice]]:
    """What the reader reads of the corpora's UBL files."""
    for path in sorted(CORPORA.glob("*.[xX][mM][lL]")):
        for record in read(io.BytesIO(path.read_bytes()), path.name, None, None).records:
            if isinstance(record.document, Invoice):
                yield path, record.document


def differences(engine: RuleEngine, rules: RuleSet, documents: Sequence[Invoice]) -> tuple[list[str], Counter[str]]:
    """What differs, document by document; and how often each outcome was seen (rule ids, and `XSD`)."""
    release, seen, wrong = in_force(rules), Counter[str](), []
    known = set(texts(rules))
    write = registry.target(TARGETS[rules]).write
    for number, document in enumerate(documents):
        verdict = native.check(document, release)
        ours = {finding.rule for finding in verdict.findings} - {"more"}
        theirs = {finding.rule for finding in engine.check(write(document, {}), release).findings} - {"more"}
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


@pytest.mark.parametrize("rules", [each for each in TARGETS if TARGETS[each] in registry.targets()])
def test_mutants_get_the_same_verdict(engine: RuleEngine, rules: RuleSet) -> None:
    """For every mutant that the schema lets through, native and official rules fire alike."""
    wrong, seen = differences(engine, rules, list(mutants(seeds(), MUTANTS, seed=16931)))
    print(f"\n{rules}: {seen.pop('judged')} documents, {len(seen)} rules seen, {len(wrong)} differences")
    print(f"  native rules that no mutant broke: {', '.join(sorted(set(texts(rules)) - set(seen)))}")
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")
def test_real_files_get_the_same_verdict(engine: RuleEngine) -> None:
    """For every UBL file of the corpora that is read, the native rules judge what was read as the official ones judge
    the file, rule by rule; the rules of pure syntax stand aside."""
    compared = 0
    for path, document in real():
        for rules in TARGETS:
            release = in_force(rules)
            official = {finding.rule for finding in engine.check(path.read_bytes(), release).findings}
            ours = {finding.rule for finding in native.check(document, release, written=False).findings}
            assert ours == official & set(texts(rules)), (path.name, rules)
            compared += 1
    assert compared >= 50


def flags(rules: RuleSet) -> dict[str, set[str]]:
    """Rule id -> the flags that the published stylesheets of a rule set give it."""
    found: dict[str, set[str]] = {}
    for name in in_force(rules).by_root["ubl-invoice"].sheets:
        sheet = etree.fromstring(stylesheets.read(maven.jars("rules"), name))
        for failed in sheet.iter(f"{stylesheets.SVRL}failed-assert", f"{stylesheets.SVRL}successful-report"):
            given = {str(each.get("name")): str(each.text) for each in failed.iter(f"{stylesheets.XSL}attribute")}
            found.setdefault(given["id"], set()).add("fatal" if given["flag"] == "fatal" else "warning")
    return found


@pytest.mark.parametrize("rules", TARGETS)
def test_no_official_rule_is_forgotten(rules: RuleSet) -> None:
    """Every id of the official stylesheets is native, the writer's guarantee or the model's: exactly one of them."""
    official, ours = set(flags(rules)), set(texts(rules))
    assert ours <= official
    for rule in official:
        claimed = [rule in ours, rule in MODEL, writers_reason(rule) is not None and rule not in ours]
        assert claimed.count(True) == 1, (rule, claimed)
    print(f"\n{rules}: {len(official)} official, {len(ours)} native, {len(official & set(MODEL))} by the model")


@pytest.mark.parametrize("rules", TARGETS)
def test_a_rule_is_as_grave_as_the_official_one(rules: RuleSet) -> None:
    """What warns officially warns here, and what stops a document stops it."""
    for rule, given in flags(rules).items():
        if rule in texts(rules):
            told = {"warning"} if rule in in_force(rules).warns else given
            assert told == {"warning" if is_warning(rules, rule) else "fatal"}, rule


def test_the_code_lists_are_the_official_ones() -> None:
    """`code_lists.json` is what the pinned stylesheets have inside them (`make golden` writes it anew)."""
    release, jars = in_force(RuleSet.PEPPOL), maven.jars("rules")
    older = {"1.3.15": stylesheets.read(jars, in_force(RuleSet.XRECHNUNG).by_root["ubl-invoice"].sheets[0])}
    lists = code_lists.derive((stylesheets.read(jars, name) for name in release.by_root["ubl-invoice"].sheets), older)
    source = f"{release.label} and {', '.join(f'en16931-{each}' for each in older)}; {release.jar}"
    text = json.dumps({"source": source} | lists, indent=1) + "\n"
    if os.environ.get("GOLDEN") == "write":
        code_lists.FILE.write_text(text)
    assert code_lists.FILE.read_text() == text
