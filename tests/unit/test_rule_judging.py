"""Which engine judges: by the profile's choice, by what was proven, and what happens where two disagree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from pipeline import maven
from schemas.documents import Invoice
from schemas.errors import DocumentInvalid, EngineUnavailable, Finding
from schemas.tenants import TenantProfile
from stages.conversion import making, totals
from stages.conversion.checking import Checker
from stages.formats import registry
from stages.rules import native
from stages.rules.catalogue import Applicable, Release, RuleSet, in_force, with_shadow
from stages.rules.judging import EngineChoice, judge
from stages.rules.official import RuleEngine
from stages.rules.verdicts import Verdict
from tests.unit.test_native_findings import invoice

PEPPOL = in_force(RuleSet.PEPPOL)
ALWAYS = EngineChoice("native", Decimal(1))


@pytest.fixture(scope="module")
def engine() -> RuleEngine:
    return RuleEngine(maven.jars("rules"))


def written(document: Invoice) -> bytes:
    return registry.target("peppol").write(document, {})


def wrong() -> Invoice:
    right = invoice()
    return right.model_copy(update={"totals": right.totals.model_copy(update={"amount_due": Decimal("122.99")})})


def nobody(content: bytes, release: Release) -> Verdict:
    raise AssertionError("the official engine was not to be asked")


def test_the_official_engine_judges_unless_the_profile_says_otherwise(engine: RuleEngine) -> None:
    """By default the verdict is the published rules' own."""
    verdict = judge(written(wrong()), Applicable(PEPPOL), wrong(), engine.check, EngineChoice())
    assert verdict.version == "peppol-2026.5 / en16931-1.3.16"
    assert [finding.place for finding in verdict.findings] == ["/Invoice/cac:LegalMonetaryTotal[1]"]


def test_the_native_engine_judges_alone() -> None:
    """With the native engine and no sample nobody else is asked; findings name the fields."""
    verdict = judge(written(wrong()), Applicable(PEPPOL), wrong(), nobody, EngineChoice("native"))
    assert verdict.version == "peppol-2026.5 / en16931-1.3.16 (native)"
    assert [(finding.rule, finding.place) for finding in verdict.findings] == [("BR-CO-16", "totals.amount_due")]


def test_on_the_sample_both_judge_and_agree(engine: RuleEngine) -> None:
    """Where both ran and named the same rules, the version says so."""
    for document in (invoice(), wrong()):
        verdict = judge(written(document), Applicable(PEPPOL), document, engine.check, ALWAYS)
        assert verdict.version == "peppol-2026.5 / en16931-1.3.16 (native, as official)"
        assert verdict.findings == native.check(document, PEPPOL).findings


def test_a_difference_stops_the_document() -> None:
    """Where the two disagree nothing leaves, and the finding says which rules only one of them named."""

    def other(content: bytes, release: Release) -> Verdict:
        return Verdict("peppol", release.label, (Finding(rule="BR-99", message="x"),))

    verdict = judge(written(wrong()), Applicable(PEPPOL), wrong(), other, ALWAYS)
    first = verdict.findings[0]
    assert (first.rule, first.severity, verdict.ok) == ("engines-differ", "fatal", False)
    assert (first.found, first.expected) == ("only native: BR-CO-16", "only official: BR-99")


def test_an_older_release_and_a_self_billed_document_have_native_rules_of_their_own(engine: RuleEngine) -> None:
    """Both engines agree about them, each by the rules of that release and that process."""
    old = in_force(RuleSet.PEPPOL, date(2026, 3, 1))
    verdict = judge(written(invoice()), Applicable(old), invoice(), engine.check, ALWAYS)
    assert (verdict.version, verdict.ok) == ("peppol-2025.11 (native, as official)", True)
    process = "urn:fdc:peppol.eu:2017:poacc:{}:01:1.0"
    billed = written(invoice()).replace(process.format("billing").encode(), process.format("selfbilling").encode())
    document = invoice().model_copy(update={"business_process": process.format("selfbilling")})
    verdict = judge(billed, Applicable(PEPPOL), document, engine.check, ALWAYS)
    assert verdict.version == "peppol-2026.5 / en16931-1.3.16 (native, as official)"
    assert {finding.rule for finding in verdict.findings} == {"PEPPOL-EN16931-R004", "PEPPOL-EN16931-P0100"}


def test_what_the_native_rules_were_not_proven_for_goes_to_the_official_engine(engine: RuleEngine) -> None:
    """CII is nothing that Peppol's rules know, and the native ones do not pretend to."""
    content = registry.target("cii").write(invoice(), {})
    verdict = judge(content, Applicable(PEPPOL), invoice(), engine.check, EngineChoice("native"))
    assert (verdict.version, verdict.ok) == (PEPPOL.label, False)
    assert [finding.rule for finding in verdict.findings] == ["document-kind"]


def test_what_the_schema_refuses_is_not_passed_by_the_native_engine() -> None:
    """The schema judges first, as it does officially."""
    content = (
        written(invoice()).replace(b"<cbc:IssueDate>", b"<cbc:Issued>").replace(b"</cbc:IssueDate>", b"</cbc:Issued>")
    )
    verdict = judge(content, Applicable(PEPPOL), invoice(), nobody, EngineChoice("native"))
    assert {finding.rule for finding in verdict.findings} == {"XSD"}


def test_the_sample_goes_by_the_bytes() -> None:
    """A replay belongs to the sample, or not, as the first time; the share is about what was asked for."""
    choice = EngineChoice("native", Decimal("0.25"))
    taken = [choice.takes(str(number).encode()) for number in range(4000)]
    assert taken == [choice.takes(str(number).encode()) for number in range(4000)]
    assert 900 < sum(taken) < 1100
    assert not EngineChoice("native", Decimal(0)).takes(b"x")


def test_a_newer_release_looks_on_and_stops_nothing(engine: RuleEngine) -> None:
    """In shadow the newer release finds what it finds; the verdict stays that of the one that binds."""
    both = with_shadow(RuleSet.PEPPOL, date(2026, 6, 1))
    assert both.shadow is PEPPOL
    bgn = totals.complete(invoice(type_code="380"))[0]
    verdict = judge(written(bgn), both, bgn, engine.check, EngineChoice())
    assert (verdict.version, verdict.ok) == ("peppol-2025.11", True)
    assert verdict.shadow == Verdict("peppol", PEPPOL.label, ())
    stricter = replace(both, binding=PEPPOL, shadow=in_force(RuleSet.XRECHNUNG))
    verdict = judge(written(bgn), stricter, bgn, engine.check, EngineChoice())
    assert verdict.ok
    assert verdict.shadow is not None
    assert "BR-DE-1" in {finding.rule for finding in verdict.shadow.findings}
    assert not verdict.shadow.ok


def test_a_shadow_that_cannot_judge_stops_nothing() -> None:
    """Not even its absence: it is told as a warning."""

    def only_peppol(content: bytes, release: Release) -> Verdict:
        if release is PEPPOL:
            return Verdict("peppol", release.label, ())
        raise EngineUnavailable("no jar of the rule sets holds it")

    both = Applicable(PEPPOL, in_force(RuleSet.XRECHNUNG))
    verdict = judge(written(invoice()), both, invoice(), only_peppol, EngineChoice())
    assert verdict.ok
    assert verdict.shadow is not None
    assert [finding.rule for finding in verdict.shadow.findings] == ["shadow-not-judged"]


@pytest.mark.parametrize(
    ("target", "version"),
    [
        ("peppol", "peppol-2026.5 / en16931-1.3.16 (native, as official)"),
        ("ubl", "en16931-1.3.16 (native, as official)"),
        ("cii", "en16931-1.3.16 (native, as official)"),
        ("factur-x", "factur-x-en16931-1.09.2 (native, as official)"),
    ],
)
def test_conversion_judges_by_the_profiles_choice(target: str, version: str) -> None:
    """What conversion makes is judged by the engine that the rendition names, and the version that goes to the event
    says by whom."""
    check = Checker(maven.jars("rules"), date(2026, 11, 27), ALWAYS)
    made = making.make(invoice(), registry.target(target), {}, "report", check)
    assert made.rule_set == version
    with pytest.raises(DocumentInvalid) as caught:
        making.make(wrong(), registry.target(target), {}, "report", check)
    assert [finding.rule for finding in caught.value.findings] == ["BR-CO-16"]


def test_the_tenants_profile_has_the_choice() -> None:
    """Engine and share are the profile's to say; the default is the official engine, and a share is at most one."""
    brand = {"name": "A"}
    chosen = TenantProfile.model_validate(
        {"tenant": "a", "brand": brand, "rule_engine": "native", "rule_sample": "0.5"}
    )
    assert (chosen.rule_engine, chosen.rule_sample) == ("native", Decimal("0.5"))
    assert TenantProfile.model_validate({"tenant": "a", "brand": brand}).rule_engine == "official"
    with pytest.raises(ValueError, match="less than or equal to 1"):
        TenantProfile.model_validate({"tenant": "a", "brand": brand, "rule_sample": 2})
