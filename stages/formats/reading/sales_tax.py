"""What an American invoice says of taxes, in the words of EN 16931.

X12 and cXML know no VAT category. What they say of a tax becomes this: a rate (those of one line are added, state and
city) makes category S; a tax without a rate cannot be one of EN 16931, and becomes a charge outside of VAT (category O)
that names it; no tax at all makes O. A category that the message does say is believed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stages.formats.reading.completing import NUMBER

Data = dict[str, Any]
Say = Callable[[str, str, str | None], None]
"""(message, place, found): a warning."""


@dataclass(frozen=True)
class Tax:
    """One tax as it is said: texts as they stand, empty where nothing stands."""

    amount: str = ""
    rate: str = ""
    base: str = ""
    category: str = ""
    """UNTDID 5305, where the message has a place for it."""
    kind: str = ""
    """Code of the tax; empty for a bare sum."""
    text: str = "Tax"
    """Its name, for people."""
    place: str = ""

    @property
    def rated(self) -> bool:
        return bool(self.rate or self.category)


def settle(
    data: Data, of_lines: Sequence[Sequence[Tax]], whole: Sequence[Tax], constants: Mapping[str, Any], say: Say
) -> None:
    """Categories and rates of the lines, breakdown (BG-23) and total (BT-110), from the taxes of each line and of the
    whole invoice. `data` is changed; what the profile's constants say of lines stays theirs to say."""
    lines = data.get("lines", [])
    if any(tax.rated for taxes in of_lines for tax in taxes):
        for line, taxes in zip(lines, of_lines, strict=True):
            line.update(_rate(taxes, say))
        _breakdown(data, whole)
    elif any(tax.rated for tax in whole):
        if len({tax.category or "S" for tax in whole}) == 1 and len({(tax.kind, tax.rate) for tax in whole}) == len(
            whole
        ):
            found = _rate(whole, say)
            for line in lines:
                line.update(found)
            _breakdown(data, whole)
        else:
            say("several taxes for the whole invoice, and no line says which is its own", whole[0].place, None)
    elif not constants.get("line", {}).get("vat_category"):
        for line in lines:
            line["vat_category"] = "O"
        said = list(whole) or [tax for taxes in of_lines for tax in taxes]
        _charges(data, said, say)
        if not said:
            say("nothing is said of taxes; the lines are taken as outside of VAT (category O)", "", None)


def number(text: str) -> Decimal | None:
    return Decimal(text) if len(text) <= 28 and NUMBER.match(text) else None


def _rate(taxes: Sequence[Tax], say: Say) -> Data:
    """Category and rate of one line."""
    rates = [rate for tax in taxes if tax.rate and (rate := number(tax.rate)) is not None]
    category = next((tax.category for tax in taxes if tax.category), "")
    total = sum(rates, Decimal(0))
    if category:
        return {"vat_category": category} | ({"vat_rate": f"{total:f}"} if rates and category != "O" else {})
    if len(rates) > 1:
        say("several taxes of one line are added to one rate", taxes[0].place, f"{total:f}")
    if not taxes:
        say("a line without a tax among lines with one is taken as zero rated (category Z)", "", None)
    return {"vat_category": "S" if total > 0 else "Z", "vat_rate": f"{total:f}"}


def _breakdown(data: Data, whole: Sequence[Tax]) -> None:
    """BG-23 where the category of each tax is said; and their sum, BT-110."""
    if whole and all(tax.category and tax.base and tax.amount for tax in whole):
        for tax in whole:
            row = {"taxable_amount": tax.base, "tax_amount": tax.amount, "category": tax.category}
            if tax.rate and tax.category != "O":
                row["rate"] = tax.rate
            data.setdefault("vat_breakdown", []).append(row)
    amounts = [number(tax.amount) for tax in whole if tax.kind] or [number(tax.amount) for tax in whole]
    if amounts and all(amount is not None for amount in amounts):
        total = sum((amount for amount in amounts if amount is not None), Decimal(0))
        data.setdefault("totals", {}).setdefault("tax_amount", f"{total:f}")


def _charges(data: Data, said: Sequence[Tax], say: Say) -> None:
    for tax in said:
        amount = number(tax.amount)
        if amount:
            charge = {"charge": True, "amount": f"{amount:f}", "reason": tax.text, "vat_category": "O"}
            data.setdefault("allowances_charges", []).append(charge)
            say("a tax without a rate becomes a charge outside of VAT (category O)", tax.place, tax.amount)
    for each in data.get("allowances_charges", ()):
        each.setdefault("vat_category", "O")
