"""An order's amounts: computed where nobody gave them, challenged where they contradict each other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from pipeline import maven
from schemas.documents import Address, AllowanceCharge, Identifier, Party
from schemas.errors import DocumentInvalid
from schemas.orders import Order, OrderLine, OrderTotals
from stages.conversion.checking import Checker
from stages.conversion.making import binding, completed, make
from stages.formats import registry

D = Decimal
BERLIN = Address(line_1="Hauptstraße 1", city="Berlin", post_code="10115", country="DE")
BUYER = Party(name="Käufer", endpoint=Identifier(value="4000001000005", scheme="0088"), address=BERLIN)
SELLER = Party(name="Händler", endpoint=Identifier(value="4000001000012", scheme="0088"), address=BERLIN)
PAPER = OrderLine(identifier="1", name="Paper", quantity=D(2), net_price=D(10))
RULES = Checker(maven.jars("rules"), date(2026, 11, 27))


def order(*lines: OrderLine, **more: Any) -> Order:
    return Order(
        number="O-1", issue_date=date(2026, 11, 2), currency="EUR", buyer=BUYER, seller=SELLER, lines=lines or (PAPER,),
        **more,
    )  # fmt: skip


def totals(given: Order) -> dict[str, Decimal]:
    document, _ = completed(given)
    assert isinstance(document, Order)
    return {name: value for name, value in document.totals.__dict__.items() if value is not None}


def test_an_order_of_quantity_and_price_passes_peppols_rules() -> None:
    """An ordinary order says no amounts: its lines' and the expected total are computed, and Peppol takes it."""
    document, found = completed(order())
    made = make(document, registry.target("peppol"), {}, "refuse", RULES, found)
    root = etree.fromstring(made.content)
    assert [root.findtext(f".//{{*}}{name}") for name in ("LineExtensionAmount", "PayableAmount")] == ["20.00", "20.00"]


def test_one_given_total_is_no_reason_to_break_the_schema() -> None:
    """Where any total is written, UBL wants what is to be paid: it is there."""
    document, found = completed(order(totals=OrderTotals(line_total=D("20.00"))))
    made = make(document, registry.target("peppol"), {}, "refuse", RULES, found)
    assert etree.fromstring(made.content).findtext("{*}AnticipatedMonetaryTotal/{*}PayableAmount") == "20.00"


def test_vat_is_computed_where_every_line_says_its_own() -> None:
    """With category and rate on all lines and charges the expected total has its VAT, else there is none."""
    paper = PAPER.model_copy(update={"vat_category": "S", "vat_rate": D(19)})
    freight = AllowanceCharge(charge=True, amount=D("5.00"), vat_category="S", vat_rate=D(19))
    assert totals(order(paper, allowances_charges=(freight,))) == {
        "line_total": D("20.00"), "charge_total": D("5.00"), "tax_exclusive": D("25.00"), "tax_amount": D("4.75"),
        "tax_inclusive": D("29.75"), "amount_due": D("29.75"),
    }  # fmt: skip
    assert totals(order(paper, PAPER)) == {
        "line_total": D("40.00"), "tax_exclusive": D("40.00"), "amount_due": D("40.00"),
    }  # fmt: skip


def test_nothing_is_made_up_without_a_price() -> None:
    """A line without a price has no amount, and the order no total; what was given stays."""
    free = PAPER.model_copy(update={"net_price": None})
    assert totals(order(PAPER, free)) == {}
    assert totals(order(free, totals=OrderTotals(tax_exclusive=D("7.00")))) == {
        "tax_exclusive": D("7.00"), "amount_due": D("7.00"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("field", "rule"),
    [("line_total", "R008"), ("allowance_total", "R009"), ("charge_total", "R010"), ("tax_exclusive", "R011"),
     ("tax_inclusive", "R017")],
)  # fmt: skip
def test_a_total_that_contradicts_its_parts_stops_the_order(field: str, rule: str) -> None:
    """Given 99.99 where the parts say otherwise: fatal in every target, with both numbers."""
    parts = tuple(AllowanceCharge(charge=charge, amount=D("1.00"), reason="x") for charge in (False, True))
    given = OrderTotals.model_validate({"tax_amount": "3.80", field: "99.99"})
    document, found = completed(order(allowances_charges=parts, totals=given))
    assert (f"PEPPOL-T01-{rule}", f"totals.{field}", "99.99", "fatal") in [
        (each.rule, each.place, each.found, each.severity) for each in found
    ]
    with pytest.raises(DocumentInvalid):
        make(document, registry.target("edifact-d96a"), {}, "report", RULES, found)


def test_a_lines_amount_is_peppols_to_refuse() -> None:
    """What is not quantity x price is fatal for Peppol and told elsewhere; two cents are let pass (R024)."""
    for amount, severities in (("20.02", ["warning", "warning"]), ("21.00", ["fatal", "warning"])):
        _, found = completed(order(PAPER.model_copy(update={"net_amount": D(amount)})))
        told = [each for rules in (("peppol",), ()) for each in binding(found, rules)]
        assert [(each.rule, each.severity) for each in told] == [("PEPPOL-T01-R024", each) for each in severities]


def test_a_price_for_nothing_is_no_price() -> None:
    """A price of zero units cannot be divided: it is fatal, and no amount is computed."""
    document, found = completed(order(PAPER.model_copy(update={"base_quantity": D(0)})))
    assert [(each.rule, each.place) for each in found] == [("PEPPOL-T01-R025", "lines[0].base_quantity")]
    assert document.lines[0].net_amount is None
