"""Amounts are computed as EN 16931 says, and what the ERP gave is never changed without being shown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.documents import AllowanceCharge, Invoice, Line, Party, Totals, VatBreakdown
from schemas.errors import Finding
from stages.conversion.totals import complete

D = Decimal


def line(quantity: str, price: str, rate: str | None = "21", category: str = "S", **more: Any) -> Line:
    return Line(
        identifier="1",
        quantity=D(quantity),
        net_price=D(price),
        vat_rate=None if rate is None else D(rate),
        vat_category=category,
        name="x",
        **more,
    )


def document(*lines: Line, **more: Any) -> Invoice:
    given_: dict[str, Any] = {
        "invoice_number": "1",
        "issue_date": date(2026, 1, 1),
        "currency": "EUR",
        "seller": Party(name="a"),
        "buyer": Party(name="b"),
        "lines": lines,
    }
    return Invoice(**(given_ | more))


def said(findings: tuple[Finding, ...]) -> list[tuple[str, str, str | None, str | None, str]]:
    return [(each.rule, each.place, each.found, each.expected, each.severity) for each in findings]


def test_everything_is_computed_from_lines() -> None:
    """From quantity, price and rate follow line amounts, VAT rows in line order, totals and amount due."""
    result, findings = complete(document(line("3", "33.335"), line("2", "10", "6"), line("1", "5")))
    assert findings == ()
    assert [str(each.net_amount) for each in result.lines] == ["100.01", "20.00", "5.00"]
    assert [
        (each.category, str(each.rate), str(each.taxable_amount), str(each.tax_amount)) for each in result.vat_breakdown
    ] == [
        ("S", "21", "105.01", "22.05"),
        ("S", "6", "20.00", "1.20"),
    ]
    assert result.totals == Totals(
        line_total=D("125.01"),
        tax_exclusive=D("125.01"),
        tax_amount=D("23.25"),
        tax_inclusive=D("148.26"),
        amount_due=D("148.26"),
    )


def test_rounding_is_half_up_and_symmetric() -> None:
    """Half a cent rounds away from zero on both sides, and a tiny negative amount is not minus zero."""
    result, _ = complete(document(line("1", "0.125"), line("-1", "0.125"), line("-1", "0.001")))
    assert [str(each.net_amount) for each in result.lines] == ["0.13", "-0.13", "0.00"]


def test_base_quantity_and_line_charges() -> None:
    """BT-131 is quantity x price / base quantity, plus charges, less allowances."""
    extras = (AllowanceCharge(charge=True, amount=D("2.5")), AllowanceCharge(charge=False, amount=D("1.25")))
    result, _ = complete(document(line("1000", "0.12345", base_quantity=D(100), allowances_charges=extras)))
    assert str(result.lines[0].net_amount) == "2.48"


def test_document_allowances_and_charges_change_their_own_rate() -> None:
    """An allowance lowers and a charge raises the taxable amount of its own category and rate (BR-S-08)."""
    extras = (
        AllowanceCharge(charge=False, amount=D(10), vat_category="S", vat_rate=D("21.0")),
        AllowanceCharge(charge=True, amount=D(4), vat_category="Z", vat_rate=None),
    )
    result, findings = complete(document(line("1", "100"), allowances_charges=extras))
    assert findings == ()
    assert [(each.category, each.taxable_amount, each.tax_amount) for each in result.vat_breakdown] == [
        ("S", D(90), D("18.90")),
        ("Z", D(4), D(0)),
    ]
    totals = result.totals
    assert (totals.allowance_total, totals.charge_total, totals.tax_exclusive) == (D(10), D(4), D(94))
    assert (totals.tax_inclusive, totals.amount_due) == (D("112.90"), D("112.90"))


def test_an_allowance_without_category_takes_the_only_one_there_is() -> None:
    """BT-95 follows from the lines if they have one category and rate, with a warning; if several, it is fatal."""
    extras = (AllowanceCharge(charge=False, amount=D(10)),)
    result, findings = complete(document(line("1", "100"), allowances_charges=extras))
    assert result.allowances_charges[0].vat_rate == D(21)
    assert said(findings) == [("BR-32", "allowances_charges[0].vat_category", None, None, "warning")]
    _, findings = complete(document(line("1", "100"), line("1", "100", "6"), allowances_charges=extras))
    assert said(findings) == [("BR-32", "allowances_charges[0].vat_category", None, None, "fatal")]


@pytest.mark.parametrize(
    ("given_net", "severity"), [("10.01", "warning"), ("9.99", "warning"), ("10.02", "fatal"), ("9", "fatal")]
)
def test_a_given_line_amount_stays(given_net: str, severity: str) -> None:
    """A line amount off by a cent is the ERP's rounding, by more an error; both amounts are shown either way."""
    result, findings = complete(document(line("1", "10", net_amount=D(given_net))))
    assert result.totals.line_total == D(given_net)
    assert said(findings) == [("PEPPOL-EN16931-R120", "lines[0].net_amount", given_net, "10.00", severity)]


@pytest.mark.parametrize(
    ("field", "rule", "expected"),
    [
        ("line_total", "BR-CO-10", "100.00"),
        ("allowance_total", "BR-CO-11", "0.00"),
        ("charge_total", "BR-CO-12", "0.00"),
        ("tax_exclusive", "BR-CO-13", "100.00"),
        ("tax_inclusive", "BR-CO-15", "121.00"),
        ("amount_due", "BR-CO-16", "121.00"),
    ],
)
def test_a_given_total_that_contradicts_is_fatal(field: str, rule: str, expected: str) -> None:
    """Each total of BG-22 that differs from the computed one is fatal under its own rule, with both amounts."""
    _, findings = complete(document(line("1", "100"), totals=Totals(**{field: D("99.5")})))
    assert said(findings) == [(rule, f"totals.{field}", "99.5", expected, "fatal")]


def test_no_gap_is_closed_with_an_invented_amount() -> None:
    """An amount due of zero does not make a paid amount, and one rounded to five cents no rounding amount."""
    for due in ("0", "121.05"):
        result, findings = complete(document(line("1", "100.02"), totals=Totals(amount_due=D(due))))
        assert [(each.rule, each.severity) for each in findings] == [("BR-CO-16", "fatal")]
        assert "paid amount not given and rounding amount not given" in findings[0].message
        assert (result.totals.paid_amount, result.totals.rounding_amount) == (None, None)


def test_paid_and_rounding_amounts_count() -> None:
    """BT-115 = BT-112 - BT-113 + BT-114, and a given amount due that agrees is left in peace."""
    totals = Totals(paid_amount=D(21), rounding_amount=D("-0.02"), amount_due=D("100"))
    result, findings = complete(document(line("1", "100.02"), totals=totals))
    assert findings == ()
    assert (result.totals.tax_inclusive, result.totals.amount_due) == (D("121.02"), D(100))


def test_more_than_two_places() -> None:
    """Surplus digits of a line amount are rounded with a warning; of an amount that is paid they are fatal."""
    _, findings = complete(document(line("3", "3.3333", net_amount=D("9.9999"))))
    assert said(findings) == [("BR-DEC-23", "lines[0].net_amount", "9.9999", "10.00", "warning")]
    _, findings = complete(document(line("1", "100"), totals=Totals(tax_exclusive=D("100.001"))))
    assert said(findings) == [("BR-CO-13", "totals.tax_exclusive", "100.001", "100.00", "warning")]
    _, findings = complete(document(line("1", "100"), totals=Totals(amount_due=D("121.001"))))
    assert said(findings) == [("BR-CO-16", "totals.amount_due", "121.001", "121.00", "fatal")]
    _, findings = complete(document(line("1", "100"), totals=Totals(paid_amount=D("1.005"))))
    assert said(findings) == [("BR-DEC-16", "totals.paid_amount", "1.005", "1.01", "fatal")]


def row(taxable: str, tax: str, rate: str | None = "21", category: str = "S", **more: Any) -> VatBreakdown:
    return VatBreakdown(
        taxable_amount=D(taxable), tax_amount=D(tax), category=category, rate=None if rate is None else D(rate), **more
    )


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


def test_accounting_currency() -> None:
    """BT-111 is the ERP's to give, for nobody else knows the rate; the invoice's own currency is no other one."""
    result, findings = complete(document(line("1", "100"), accounting_currency="SEK"))
    assert said(findings) == [("BR-53", "totals.tax_amount_accounting", None, None, "fatal")]
    result, findings = complete(document(line("1", "100", None, "E"), accounting_currency="SEK"))
    assert findings == ()
    assert result.totals.tax_amount_accounting == D(0)
    result, findings = complete(document(line("1", "100"), accounting_currency="EUR"))
    assert findings == ()
    assert result.accounting_currency is None


def test_a_base_quantity_of_zero() -> None:
    """A price for zero pieces is an error with a place, not a division by zero."""
    _, findings = complete(document(line("1", "100", base_quantity=D(0))))
    assert said(findings) == [("PEPPOL-EN16931-R121", "lines[0].base_quantity", "0", None, "fatal")]


def test_amounts_too_large_for_the_document() -> None:
    """A product beyond 18 digits is named, for no reader of the result could hold it."""
    _, findings = complete(document(line("9" * 14, "9" * 14)))
    assert {each.rule for each in findings} == {"amount-size"}
    assert findings[0].place == "lines[0].net_amount"


def test_a_gross_price_gives_the_discount() -> None:
    """BT-147 is what lies between gross and net price, as long as a price can hold its digits."""
    result, _ = complete(document(line("1", "1.50", gross_price=D("1.75"))))
    assert result.lines[0].price_discount == D("0.25")
    result, _ = complete(document(line("1", "0.0000000000000001", gross_price=D("1E15"))))
    assert result.lines[0].price_discount is None


def test_completing_twice_changes_nothing() -> None:
    """What was completed is complete: a second time finds the same document and nothing to say of its totals."""
    first, _ = complete(document(line("3", "33.335"), line("7", "1.115", "6"), line("1", "4", None, "AE")))
    second, findings = complete(first)
    assert findings == ()
    assert second == first


rates = st.sampled_from(
    [("S", D(21)), ("S", D(6)), ("S", D("5.5")), ("Z", None), ("E", D(0)), ("AE", None), ("L", D(7))]
)
amounts = st.decimals(min_value=-10_000, max_value=10_000, places=2)
numbers = st.decimals(min_value=-100_000, max_value=100_000, places=4)


@st.composite
def charges(draw: st.DrawFn, categories: bool) -> AllowanceCharge:
    category, rate = draw(rates) if categories else (None, None)
    return AllowanceCharge(
        charge=draw(st.booleans()), amount=draw(amounts), vat_category=category, vat_rate=rate, reason="x"
    )


@st.composite
def lines_(draw: st.DrawFn) -> Line:
    category, rate = draw(rates)
    return Line(
        identifier=str(draw(st.integers(1, 99))),
        name="x",
        quantity=draw(numbers),
        net_price=draw(numbers),
        net_amount=draw(st.none() | amounts),
        base_quantity=draw(st.none() | st.integers(1, 1000).map(Decimal)),
        vat_category=category,
        vat_rate=rate,
        allowances_charges=tuple(draw(st.lists(charges(False), max_size=2))),
    )


@st.composite
def documents(draw: st.DrawFn) -> Invoice:
    maybe = st.none() | amounts
    return document(
        *draw(st.lists(lines_(), min_size=1, max_size=6)),
        type_code=draw(st.sampled_from(["380", "381"])),
        currency=draw(st.sampled_from(["EUR", "JPY"])),
        allowances_charges=tuple(draw(st.lists(charges(True), max_size=3))),
        totals=Totals(
            paid_amount=draw(maybe), rounding_amount=draw(maybe), tax_amount=draw(maybe), amount_due=draw(maybe)
        ),
    )


@settings(max_examples=200, deadline=None)
@given(documents())
def test_every_completed_document_satisfies_the_equations(given_: Invoice) -> None:
    """Whatever comes in, the completed document satisfies BR-CO-10 to BR-CO-17 and the VAT rules of each category."""
    result, findings = complete(given_)
    totals, extras = result.totals, result.allowances_charges
    allowances = sum((each.amount for each in extras if not each.charge), D(0))
    charged = sum((each.amount for each in extras if each.charge), D(0))
    assert totals.line_total == sum(each.net_amount or D(0) for each in result.lines)
    assert (totals.allowance_total or D(0)) == allowances
    assert (totals.charge_total or D(0)) == charged
    assert totals.tax_exclusive == (totals.line_total or D(0)) - allowances + charged
    assert totals.tax_amount == sum(each.tax_amount for each in result.vat_breakdown)
    assert totals.tax_inclusive == totals.tax_exclusive + (totals.tax_amount or D(0))
    assert totals.amount_due == totals.tax_inclusive - (totals.paid_amount or D(0)) + (totals.rounding_amount or D(0))
    assert totals.tax_exclusive == sum(each.taxable_amount for each in result.vat_breakdown)
    for each in result.vat_breakdown:
        if each.category in ("S", "L"):
            assert abs(abs(each.tax_amount) - abs(each.taxable_amount) * (each.rate or D(0)) / 100) <= 1
        else:
            assert (each.tax_amount, each.rate) == (D(0), D(0))
    # The buyer never owes another amount than the ERP said without a fatal finding that names it.
    due = given_.totals.amount_due
    if due is not None and due != totals.amount_due:
        assert ("BR-CO-16", "fatal") in [(each.rule, each.severity) for each in findings]
    again, _ = complete(result)
    assert again == result
