"""The VAT breakdown: computed by category and rate, and an ERP's own rounding stands as far as the rules let it."""

from __future__ import annotations

from decimal import Decimal

import pytest
from plain_invoices import D, document, line, row, said

from schemas.documents import Totals
from stages.conversion.totals import complete


def test_given_vat_within_the_rules_tolerance_stays() -> None:
    """VAT off by less than one unit (BR-CO-17) is kept with a warning, and the amount due follows the given VAT."""
    totals = Totals(tax_amount=D("21.99"), amount_due=D("121.99"))
    result, findings = complete(document(line("1", "100"), vat_breakdown=(row("100", "21.99"),), totals=totals))
    assert said(findings) == [("BR-CO-17", "vat_breakdown[0].tax_amount", "21.99", "21.00", "warning")]
    assert result.totals.amount_due == D("121.99")


@pytest.mark.parametrize("tax", ["22.00", "20.00", "-21.00", "0"])
def test_given_vat_beyond_the_tolerance_is_fatal(tax: str) -> None:
    """VAT off by one unit or more, or of the other sign, is fatal, and shows both."""
    _, findings = complete(document(line("1", "100"), vat_breakdown=(row("100", tax),)))
    assert said(findings) == [("BR-CO-17", "vat_breakdown[0].tax_amount", tax, "21.00", "fatal")]


def test_a_given_taxable_amount() -> None:
    """A taxable amount may be off by less than one unit for a taxed category (BR-S-08), not at all for others."""
    result, findings = complete(document(line("1", "100"), vat_breakdown=(row("100.50", "21.11"),)))
    assert said(findings) == [("BR-S-08", "vat_breakdown[0].taxable_amount", "100.50", "100.00", "warning")]
    assert str(result.vat_breakdown[0].tax_amount) == "21.11"
    _, findings = complete(document(line("1", "100", "0", "Z"), vat_breakdown=(row("100.50", "0", "0", "Z"),)))
    assert said(findings) == [("BR-Z-08", "vat_breakdown[0].taxable_amount", "100.50", "100.00", "fatal")]


def test_rows_that_do_not_fit_the_lines() -> None:
    """A row without lines, one given twice and one that is missing are each named."""
    rows = (row("100", "21"), row("100", "21"), row("50", "3", "6"))
    result, findings = complete(document(line("1", "100"), line("1", "10", None, "E"), vat_breakdown=rows))
    assert said(findings) == [
        ("BR-S-01", "vat_breakdown[1].taxable_amount", "100", None, "fatal"),
        ("BR-S-08", "vat_breakdown[2].taxable_amount", "50", None, "fatal"),
        ("BR-E-01", "vat_breakdown", None, "10.00", "fatal"),
    ]
    assert [(each.category, each.rate) for each in result.vat_breakdown] == [("S", D(21)), ("E", D(0))]


def test_rows_keep_the_given_order_and_reasons() -> None:
    """Rows stand as the ERP ordered them, with its own reason for an exemption."""
    rows = (row("10", "0", None, "E", exemption_reason="Art. 9"), row("100", "21"))
    result, findings = complete(document(line("1", "100"), line("1", "10", None, "E"), vat_breakdown=rows))
    assert findings == ()
    assert [(each.category, each.exemption_reason, each.rate) for each in result.vat_breakdown] == [
        ("E", "Art. 9", D(0)),
        ("S", None, D(21)),
    ]


@pytest.mark.parametrize(
    ("category", "code", "rate"),
    [
        ("AE", "VATEX-EU-AE", D(0)),
        ("K", "VATEX-EU-IC", D(0)),
        ("G", "VATEX-EU-G", D(0)),
        ("O", "VATEX-EU-O", None),
        ("Z", None, D(0)),
        ("E", None, D(0)),
    ],
)
def test_what_the_category_alone_decides(category: str, code: str | None, rate: Decimal | None) -> None:
    """Rate and reason are filled in where the category leaves no other; why something is exempt is not guessed."""
    for written in (None, "0"):
        result, findings = complete(document(line("1", "100", written, category)))
        (found,) = result.vat_breakdown
        assert findings == ()
        assert (found.exemption_reason_code, found.rate, found.tax_amount) == (code, rate, D(0))
        assert result.lines[0].vat_rate == rate
        assert result.totals.amount_due == D(100)


@pytest.mark.parametrize(
    ("category", "rate", "rule"),
    [
        ("AE", "21", "BR-AE-05"),
        ("K", "21", "BR-IC-05"),
        ("O", "21", "BR-O-05"),
        ("S", None, "BR-S-05"),
        ("S", "0", "BR-S-05"),
        ("L", None, "BR-AF-05"),
    ],
)
def test_a_rate_that_does_not_go_with_its_category(category: str, rate: str | None, rule: str) -> None:
    """Reverse charge at 21 per cent, or standard rate without any, is fatal: either could be the mistake."""
    result, findings = complete(document(line("1", "100", rate, category)))
    assert [(each.rule, each.place, each.found) for each in findings] == [(rule, "lines[0].vat_rate", rate)]
    assert result.totals.tax_amount == D(0)


def test_vat_rounded_line_by_line_is_recognised() -> None:
    """Ten lines of 0.07 at 21 % are 0.15 of VAT by rate and 0.10 by line; whichever the ERP's totals say stands."""
    lines = tuple(line("1", "0.07") for _ in range(10))
    for totals in (Totals(tax_amount=D("0.10")), Totals(tax_inclusive=D("0.80")), Totals(amount_due=D("0.80"))):
        result, findings = complete(document(*lines, totals=totals))
        assert said(findings) == [("BR-CO-17", "vat_breakdown[0].tax_amount", "0.10", "0.15", "warning")]
        assert result.totals.amount_due == D("0.80")
    result, findings = complete(document(*lines, totals=Totals(tax_amount=D("0.15"))))
    assert findings == ()


def test_a_vat_total_alone_decides_only_one_taxed_row() -> None:
    """A given VAT total settles the tax of a single taxed row; of two, nobody knows which one was rounded."""
    one = document(line("1", "100"), line("1", "50", None, "E"), totals=Totals(tax_amount=D("21.02")))
    result, findings = complete(one)
    assert [each.severity for each in findings] == ["warning"]
    assert result.totals.tax_inclusive == D("171.02")
    two = document(line("1", "100"), line("1", "50", "6"), totals=Totals(tax_amount=D("24.02")))
    _, findings = complete(two)
    assert said(findings) == [("BR-CO-14", "totals.tax_amount", "24.02", "24.00", "fatal")]


def test_an_undeclared_fee_is_not_taken_for_vat() -> None:
    """What an amount due leaves over is not VAT because it is small enough to pass for rounding."""
    _, findings = complete(document(line("1", "100"), totals=Totals(amount_due=D("121.50"))))
    assert said(findings) == [("BR-CO-16", "totals.amount_due", "121.50", "121.00", "fatal")]


def test_a_currency_without_cents() -> None:
    """VAT in yen is whole yen, and VAT in euro is not."""
    for currency, tax in (("JPY", "212"), ("EUR", "211.89")):
        result, _ = complete(document(line("1", "1009"), currency=currency))
        assert result.totals.tax_amount == D(tax)


def test_the_tolerance_is_measured_as_the_rules_measure_it() -> None:
    """211.89 is the VAT that the rules compare with even where we ask for 212 whole yen."""
    for tax, severity in (("212.88", "warning"), ("212.90", "fatal")):
        _, findings = complete(document(line("1", "1009"), currency="JPY", vat_breakdown=(row("1009", tax),)))
        assert said(findings) == [("BR-CO-17", "vat_breakdown[0].tax_amount", tax, "212.00", severity)]


def test_credit_notes_and_returns() -> None:
    """A credit note's amounts are positive as given; negative quantities give negative amounts and VAT."""
    result, findings = complete(document(line("2", "50"), line("-1", "30"), type_code="381"))
    assert findings == ()
    assert (result.totals.tax_exclusive, result.totals.amount_due) == (D(70), D("84.70"))
    result, findings = complete(document(line("-2", "50"), vat_breakdown=(row("-100", "-21.4"),)))
    assert [each.severity for each in findings] == ["warning"]
    assert result.totals.amount_due == D("-121.40")
