"""Amounts are computed as EN 16931 says, and what the ERP gave is never changed without being shown."""

from __future__ import annotations

import pytest
from plain_invoices import D, document, line, said

from schemas.documents import AllowanceCharge, Totals
from stages.conversion.totals import complete


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
