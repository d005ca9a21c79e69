"""The catalogue: which release of which rule set binds a document, and which only looks on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pipeline import maven
from schemas.errors import ConfigurationError
from stages.rules import schemata, stylesheets
from stages.rules.catalogue import RELEASES, Release, RuleSet, applicable, in_force
from stages.rules.official import RuleEngine


def test_the_release_in_force_goes_by_the_day() -> None:
    """On a day the newest mandatory Peppol release holds; before the first pinned one none does."""
    assert in_force(RuleSet.PEPPOL, date(2026, 8, 16)).version == "2025.11"
    assert in_force(RuleSet.PEPPOL, date(2026, 8, 17)).version == "2026.5"
    assert in_force(RuleSet.PEPPOL).label == "peppol-2026.5 / en16931-1.3.16"
    with pytest.raises(ConfigurationError) as caught:
        in_force(RuleSet.PEPPOL, date(2026, 2, 22))
    assert caught.value.text == (
        "no pinned release of peppol holds on 2026-02-22: the first, peppol-2025.11, holds from 2026-02-23"
    )


@pytest.mark.parametrize(
    ("format_name", "label"),
    [
        ("peppol", "peppol-2026.5 / en16931-1.3.16"),
        ("ubl", "en16931-1.3.16"),
        ("cii", "en16931-1.3.16"),
        ("xrechnung-ubl", "xrechnung-3.0.2 / en16931-1.3.15"),
        ("xrechnung-cii", "xrechnung-3.0.2 / en16931-1.3.15"),
        ("factur-x", "factur-x-en16931-1.09.2"),
        ("factur-x-basic", "factur-x-basic-1.09.2"),
        ("facturae", "facturae-3.2.2"),
        ("fatturapa", "fatturapa-1.2.2"),
        ("ksef-fa3", "ksef-fa3-1-0E"),
    ],
)
def test_every_format_has_its_rules(format_name: str, label: str) -> None:
    """What binds follows from format and day."""
    found = applicable(format_name, "DE", "invoice", date(2026, 11, 27))
    assert (found.binding.label, found.shadow) == (label, None)


def test_a_newer_release_looks_on_before_its_day() -> None:
    """Before the day of 2026.5, 2025.11 binds and 2026.5 stands beside it in shadow."""
    found = applicable("peppol", "PT", "invoice", date(2026, 6, 1))
    assert found.binding.version == "2025.11"
    assert found.shadow is not None
    assert found.shadow.version == "2026.5"


def test_countries_and_types_narrow_a_release() -> None:
    """A release that names countries or document types applies to those only; a format without rules is told."""
    norm = in_force(RuleSet.EN16931)
    only: tuple[Release, ...] = (replace(norm, countries=frozenset({"PT"}), document_types=frozenset({"credit-note"})),)
    assert applicable("ubl", "PT", "credit-note", date(2026, 1, 1), only).binding is only[0]
    for country, kind in (("ES", "credit-note"), ("PT", "invoice")):
        with pytest.raises(ConfigurationError):
            applicable("ubl", country, kind, date(2026, 1, 1), only)
    with pytest.raises(ConfigurationError):
        applicable("papyrus", "PT", "invoice", date(2026, 1, 1))


def test_everything_the_catalogue_names_is_there() -> None:
    """Each schema and stylesheet stands in the pinned jars or the wheel, each jar in the lock."""
    jars = maven.jars("rules")
    pinned = {jar.coordinate for jar in maven.locked("rules")}
    for release in RELEASES:
        assert not release.jar or release.jar in pinned
        for layers in release.by_root.values():
            assert layers.schema in schemata.SCHEMAS
            for sheet in layers.sheets:
                assert stylesheets.read(jars, sheet)
    assert {release.kind for release in RELEASES} == {"schematron", "xsd"}


@pytest.mark.parametrize(
    "release", [each for each in RELEASES if each.kind == "schematron"], ids=lambda each: each.label
)
def test_every_rule_set_compiles_and_finds_fault(release: Release) -> None:
    """Each release's stylesheets compile, and find an empty document wrong (else the engine would not have them)."""
    RuleEngine(maven.jars("rules")).warm(release)


def test_a_document_of_another_kind_is_told() -> None:
    """A document that the rule set has no word for is refused, never passed."""
    verdict = RuleEngine(maven.jars("rules")).check(b"<a/>", RuleSet.PEPPOL)
    assert [finding.rule for finding in verdict.findings] == ["document-kind"]
    assert not verdict.ok
