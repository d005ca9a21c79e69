"""What a finding of the native rules says, and what the engine does at its limits."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from schemas.documents import Address, Identifier, Invoice, Line, Note, Party
from schemas.errors import ConfigurationError, Finding
from stages.conversion import totals
from stages.rules import native
from stages.rules.catalogue import RELEASES, RuleSet, in_force
from stages.rules.native import identifiers

PEPPOL, NORM = in_force(RuleSet.PEPPOL), in_force(RuleSet.EN16931)


def party(country: str, vat: str) -> Party:
    return Party(
        name=f"{country} Ltd",
        vat_identifier=vat,
        endpoint=Identifier(value="5600000000007", scheme="0088"),
        address=Address(line_1="Street 1", city="City", post_code="1000", country=country),
    )


def invoice(**changes: object) -> Invoice:
    given = Invoice(
        invoice_number="A-1",
        issue_date=date(2026, 11, 2),
        due_date=date(2026, 12, 2),
        currency="EUR",
        buyer_reference="R",
        seller=party("PT", "PT505123456"),
        buyer=party("ES", "ESA50000000"),
        lines=(
            Line(identifier="1", name="Item", quantity=Decimal(3), net_price=Decimal("33.333"), vat_rate=Decimal(23)),
        ),
    )
    return totals.complete(given)[0].model_copy(update=changes)


def test_a_right_document_passes_and_the_version_says_which_engine() -> None:
    """Nothing is found, and the verdict names the release and that the rules were ours."""
    verdict = native.check(invoice(), PEPPOL)
    assert (verdict.findings, verdict.ok) == ((), True)
    assert (verdict.rule_set, verdict.version) == ("peppol", "peppol-2026.5 / en16931-1.3.16 (native)")


def test_a_finding_has_rule_field_and_both_amounts() -> None:
    """One cent too little is told with the field, the amount that stands there and the one that should."""
    right = invoice()
    wrong = right.model_copy(update={"totals": right.totals.model_copy(update={"amount_due": Decimal("122.99")})})
    assert native.check(wrong, PEPPOL).findings == (
        Finding(
            rule="BR-CO-16",
            message="the amount due (BT-115) is not the total with VAT less what was paid, with the rounding amount",
            place="totals.amount_due",
            found="122.99",
            expected="123.00",
        ),
    )


def test_what_the_writer_sees_to_is_asked_of_others_only() -> None:
    """Two notes and no specification are our writer's care; in a document of others Peppol finds them wrong."""
    document = invoice(notes=(Note(text="a"), Note(text="b")))
    assert native.check(document, PEPPOL).ok
    found = {finding.rule for finding in native.check(document, PEPPOL, written=False).findings}
    assert found == {
        "BR-01",
        "PEPPOL-EN16931-R001",
        "PEPPOL-EN16931-R002",
        "PEPPOL-EN16931-R004",
        "PEPPOL-EN16931-R007",
    }
    assert {f.rule for f in native.check(document, NORM, written=False).findings} == {"BR-01"}


def test_no_more_than_200_findings_and_fatal_ones_first() -> None:
    """One cause on every line is told 200 times, and the rest is counted; a fatal one is never among the rest."""
    line = invoice().lines[0]
    cards = invoice(lines=(line.model_copy(update={"unit": "bottle"}),) * 250)
    findings = native.check(cards, NORM).findings
    assert len(findings) == 201
    assert (findings[-1].rule, findings[-1].severity) == ("more", "fatal")


def test_each_syntax_asks_a_rule_in_its_own_way() -> None:
    """UBL asks for a country where there is an address, CII anyway; BASIC calls the same rules by numbers, and asks
    for the address once more."""
    homeless = invoice().model_copy(update={"buyer": party("ES", "ESA50000000").model_copy(update={"address": None})})
    ubl, cii = native.check(homeless, NORM), native.check(homeless, NORM, "cii")
    assert [finding.rule for finding in ubl.findings] == ["BR-10"]
    assert [(finding.rule, finding.place) for finding in cii.findings] == [
        ("BR-10", "buyer.address"),
        ("BR-11", "buyer.address.country"),
    ]
    basic = native.check(homeless, in_force(RuleSet.FACTUR_X_BASIC), "cii")
    told = {finding.rule: finding.message for finding in basic.findings if finding.severity == "fatal"}
    assert told == {
        "FX-SCH-A-000156": "the buyer has a postal address (BG-8)",
        "FX-SCH-A-000157": "the buyer's address has a country (BT-55)",
        "FX-SCH-A-000032": "there is PostalTradeAddress",
    }


def test_a_release_without_native_rules_is_refused() -> None:
    """Where no equality was proven there is no native verdict."""
    other = next(each for each in RELEASES if each.rule_set is RuleSet.FACTURAE)
    with pytest.raises(ConfigurationError, match=r"facturae-3\.2\.2"):
        native.check(invoice(), other)


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (identifiers.gln, "5909876543213", ("5909876543214", "59098765432AB", "")),
        (identifiers.mod11, "974760673", ("974760674", "000000000", "97476067A")),
        (identifiers.belgian, "0202239951", ("0202239952", "202239951")),
        (identifiers.danish, "DK12345678", ("DK1234567", "dk12345678")),
        (identifiers.codice_fiscale, "RSSMRA85T10A562S", ("RSSMRA85T10A5621", "123")),
        (identifiers.partita_iva, "IT12345678903", ("IT12345678901", "IT123")),
        (identifiers.swedish, "5567037485", ("5567037486", "556703748")),
        (identifiers.australian, "53004085616", ("53004085617", "5300408561")),
        (identifiers.greek, "094259216", ("094259217", "09425921")),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_check_digits(check: object, right: str, wrong: tuple[str, ...]) -> None:
    """A real number is right; one digit away, too short or of other characters it is not."""
    assert callable(check)
    assert check(right)
    assert not [each for each in wrong if check(each)]


def test_numbers_are_what_xpath_calls_numbers() -> None:
    """`number()` takes signs, points and exponents, and neither commas nor words."""
    assert identifiers.number(" -1.5e1 ") == Decimal(-15)
    assert [identifiers.number(each) for each in ("1,5", "", "x", "INF")] == [None] * 4
