"""What a person is told to do about a stop: each rule, and the place where it is mended."""

from __future__ import annotations

import pytest
from test_story import row

from pipeline.advising import BY_RULE, advice
from pipeline.story.steps import steps

INVALID = "document-invalid"


def test_each_rule_is_told() -> None:
    """Of several rules none hides another: those with the same remedy stand together, the export is dropped once."""
    said = advice(INVALID, ["PEPPOL-EN16931-R010", "BR-CO-16", "BR-DE-15", "BR-S-02", "BR-CO-16"])
    assert said == (
        "PEPPOL-EN16931-R010: import the recipient with an endpoint (columns endpoint_scheme and endpoint), or give "
        "the document one in the ERP. BR-CO-16, BR-S-02: mend what was found in the ERP. BR-DE-15: give a buyer "
        "reference (BT-10) in the ERP; German authorities call it Leitweg-ID. Then drop the export again."
    )


def test_many_rules_stay_short() -> None:
    """Of a group five rules are named and the others counted."""
    said = advice(INVALID, ["BR-DE-15", *(f"BR-{n:02}" for n in range(1, 10))])
    assert "BR-01, BR-02, BR-03, BR-04, BR-05 and 4 more: mend" in said


@pytest.mark.parametrize("format_", ["csv", "xlsx", "fixed"])
@pytest.mark.parametrize("rules", [["BR-CL-23"], ["BR-CO-16"], ["BR-DE-15", "BR-CO-16"], ["PEPPOL-EN16931-R010"], []])
def test_a_mapping_profile_is_a_place_to_mend(format_: str, rules: list[str]) -> None:
    """What came by a mapping profile may be mended there; what says itself what it means is the ERP's alone."""
    for word in (INVALID, "export-unreadable"):
        assert "in the mapping profile (constants, map) or the ERP" in advice(word, rules, format_)
        assert "profile" not in advice(word, rules, "idoc")
        assert "profile" not in advice(word, rules)


def test_a_table_in_an_archive() -> None:
    """Where the export is an archive, the rule's name tells that a table was read."""
    assert "mapping profile" in advice("export-unreadable", ["csv-map"], "zip")


def test_constants_of_another_party_name_the_profile() -> None:
    """Whatever the format, the profile is the place, and both ways out are told."""
    said = advice("export-unreadable", ["constants-another-party", "field-missing"], "ubl")
    assert "constants of the mapping profile" in said
    assert "--profile" in said


def test_a_number_of_the_directory_is_mended_there() -> None:
    """An endpoint that is none of its scheme may be the directory's: who has only the ERP would look there in vain."""
    assert advice(INVALID, ["PEPPOL-COMMON-R040"]) == (
        "Correct the number that was found where it comes from: in the ERP, or in the directory (entrega recipients "
        "import), which gives a buyer's endpoint where the document has none; then drop the export again."
    )


def test_other_reasons_keep_theirs() -> None:
    """Rules and formats change nothing where a recipient is missing."""
    assert advice("recipient-unknown", ["BR-DE-15"], "csv") == advice("recipient-unknown")
    assert advice(None) == ""


@pytest.mark.parametrize("rule", BY_RULE)
def test_one_rule_is_a_sentence(rule: str) -> None:
    """Alone, a rule's advice begins with a capital and ends with what is done last."""
    said = advice(INVALID, [rule])
    assert said[0].isupper()
    assert said.endswith("; then drop the export again.")
    assert "{" not in said


def test_the_story_names_the_profile() -> None:
    """A refusal's step tells the same, for the format of the export."""
    (step,) = steps(
        [row("refused", reason=INVALID, explanation="It breaks.", rules=["BR-CL-23", "BR-DE-15"])], {}, "csv"
    )
    assert step.do == advice(INVALID, ["BR-CL-23", "BR-DE-15"], "csv")
