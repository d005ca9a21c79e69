"""Invoices of a few words for the tests of amounts, and what was found as tuples."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from schemas.documents import Invoice, Line, Party, VatBreakdown
from schemas.errors import Finding

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


def row(taxable: str, tax: str, rate: str | None = "21", category: str = "S", **more: Any) -> VatBreakdown:
    return VatBreakdown(
        taxable_amount=D(taxable), tax_amount=D(tax), category=category, rate=None if rate is None else D(rate), **more
    )
