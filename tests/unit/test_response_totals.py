"""An order response's amounts: held against each other, never made up."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from schemas.documents import Party
from schemas.errors import DocumentInvalid
from schemas.orders import OrderResponse, OrderResponseLine, OrderTotals
from stages.conversion.checking import Checker
from stages.conversion.making import completed, make
from stages.formats import registry

D = Decimal
PAPER = OrderResponseLine(identifier="1", name="Paper", status="5", quantity=D(2), net_price=D(10))
GONE = OrderResponseLine(identifier="2", name="Ink", status="7", quantity=D(1), net_price=D(3), net_amount=D("3.00"))


def response(*lines: OrderResponseLine, code: str = "AP", **totals: str) -> OrderResponse:
    return OrderResponse(
        number="R-1", issue_date=date(2026, 11, 3), response_code=code, order_reference="O-1", currency="EUR",
        buyer=Party(name="Buyer"), seller=Party(name="Seller"), lines=lines or (PAPER,),
        totals=OrderTotals.model_validate(totals),
    )  # fmt: skip


def told(given: OrderResponse) -> list[tuple[str, str, str | None, str | None, str]]:
    document, found = completed(given)
    assert document == given
    return [(each.rule, each.place, each.found, each.expected, each.severity) for each in found]


def test_what_agrees_says_nothing_and_nothing_is_added() -> None:
    """Lines and totals that agree, and a response without any amount, are left as they are."""
    assert told(response()) == []
    sums = {"line_total": "20.00", "tax_exclusive": "20.00", "tax_amount": "3.80", "tax_inclusive": "23.80"}
    assert told(response(PAPER, GONE, **sums, amount_due="23.80")) == []


@pytest.mark.parametrize(
    ("field", "sums", "found", "expected", "severity"),
    [
        ("line_total", {"line_total": "21.00"}, "21.00", "20.00", "fatal"),
        ("tax_exclusive", {"line_total": "20.00", "charge_total": "5.00", "tax_exclusive": "20.00"}, "20.00", "25.00",
         "fatal"),
        ("tax_inclusive", {"tax_exclusive": "20.00", "tax_amount": "3.80", "tax_inclusive": "23.81"}, "23.81", "23.80",
         "fatal"),
        ("amount_due", {"tax_inclusive": "23.80", "amount_due": "20.00"}, "20.00", "23.80", "warning"),
    ],
)  # fmt: skip
def test_a_total_that_contradicts_its_parts_is_told_with_both(
    field: str, sums: dict[str, Any], found: str, expected: str, severity: str
) -> None:
    """Each total is held against what it is made of; found and expected are both said."""
    assert told(response(**sums)) == [("response-total", f"totals.{field}", found, expected, severity)]


def test_of_a_changed_order_the_lines_may_be_a_part() -> None:
    """A response with changes may have only the lines that change: its sum is told, and stops nothing."""
    assert told(response(code="CA", line_total="90.00")) == [
        ("response-total", "totals.line_total", "90.00", "20.00", "warning")
    ]


def test_a_lines_amount_is_held_against_its_price() -> None:
    """Quantity by price of so many: what differs is told, and a price for nothing is a fault."""
    dozen = PAPER.model_copy(update={"base_quantity": D(4), "net_amount": D("5.01")})
    assert told(response(dozen)) == [("response-line-amount", "lines[0].net_amount", "5.01", "5.00", "warning")]
    nothing = PAPER.model_copy(update={"base_quantity": D(0)})
    assert told(response(nothing)) == [("response-base", "lines[0].base_quantity", "0", None, "fatal")]


def test_a_wrong_total_does_not_leave() -> None:
    """What contradicts itself is refused in every format."""
    document, found = completed(response(line_total="21.00"))
    with pytest.raises(DocumentInvalid) as refused:
        make(document, registry.target("x12-4010"), {}, "report", Checker((), date(2026, 11, 27)), found)
    assert [each.place for each in refused.value.findings] == ["totals.line_total"]
