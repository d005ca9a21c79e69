"""Whatever comes in, a completed document is one that the equations of EN 16931 hold for."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from plain_invoices import D, document, line

from schemas.documents import AllowanceCharge, Invoice, Line, Totals
from stages.conversion.totals import complete


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
