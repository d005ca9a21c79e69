"""Sums that may be a cent off for each amount that was added: EXTENDED's way, and of BASIC for what is zero-rated.

Source   Factur-X 1.09 (FNFE-MPE, FeRD), BR-FXEXT-*-08 and BR-FXEXT-*-09
"""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import AllowanceCharge, Line, VatBreakdown
from stages.rules.native.facts import ZERO, cents
from stages.rules.native.factur_x.facts import FacturXFacts

CENT = Decimal("0.01")


class Summed:
    """What a row of the VAT breakdown sums up: lines and the document's charges of its category, and of its rate but
    for O. `none` where it has no rate, and so no such sum."""

    def __init__(self, f: FacturXFacts, row: VatBreakdown) -> None:
        self.row = row
        self.none = row.rate is None and row.category != "O"
        self.explained = bool(row.exemption_reason or row.exemption_reason_code)
        self.lines: list[Line] = [line for line in f.document.lines if self._is_of(line.vat_category, line.vat_rate)]
        self.charges: list[AllowanceCharge] = [
            each.given for each in f.charges if self._is_of(each.given.vat_category, each.given.vat_rate)
        ]

    def _is_of(self, category: str | None, rate: Decimal | None) -> bool:
        return category == self.row.category and (category == "O" or (rate is not None and rate == self.row.rate))

    @property
    def count(self) -> int:
        return len(self.lines) + len(self.charges)

    @property
    def taxable(self) -> Decimal:
        """Each of the three sums is rounded by itself."""
        charged = {True: ZERO, False: ZERO}
        for each in self.charges:
            charged[each.charge] += each.amount
        lines = sum((line.net_amount for line in self.lines if line.net_amount is not None), ZERO)
        return cents(lines) + cents(charged[True]) - cents(charged[False])

    @property
    def fits(self) -> bool:
        """`ini` in the rules' names: whatever the reason of exemption."""
        return not self.none and abs(self.row.taxable_amount - self.taxable) <= CENT * self.count

    @property
    def fits_by_reason(self) -> bool:
        """`rev`: only what has the row's reason of exemption, and a line or charge that is written has none."""
        if self.explained:
            return not self.none and self.row.taxable_amount == ZERO
        return self.fits
