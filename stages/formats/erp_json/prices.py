"""Price, discounts and taxes of an invoice line, so that they lead to the amount that the ERP billed."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from schemas.profiles import ErpMapping
from stages.formats.erp_json.row import Reading, Row
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import refuse

_CENT = Decimal("0.01")
_PRICE_PLACES = Decimal("0.0000000001")


def priced(
    row: Row, quantity: Decimal, price: Decimal | None, net: Decimal | None, discounts: list[dict[str, Any]]
) -> dict[str, Any]:
    """Where quantity by price less discounts is the net amount to the cent they stay apart (BG-27); else the price is
    net amount by quantity. Never does a line's amount differ from the ERP's. Raises Unfit.
    """
    taken = [d for d in discounts if d["amount"]]
    if net is None:
        return {"net_price": price, "allowances_charges": taken}
    gross = (quantity * price).quantize(_CENT, ROUND_HALF_UP) if price is not None else None
    if gross is not None and gross - sum((d["amount"] for d in taken), Decimal(0)) == net:
        return {"net_price": price, "net_amount": net, "allowances_charges": taken}
    if not quantity:
        if not net:
            return {"net_price": price or Decimal(0), "net_amount": net}
        raise Unfit(refuse("erp-quantity", "an amount for a quantity of zero", row.place(), str(net)))
    unrounded = net / quantity
    rounded = unrounded.quantize(_PRICE_PLACES, ROUND_HALF_UP).normalize()
    return {"net_price": Decimal(format(rounded, "f")), "net_amount": net}


def taxed(
    reading: Reading, row: Row, erp: ErpMapping, code: str | None, rate: Decimal | None
) -> tuple[str | None, Decimal | None]:
    """Category and rate. The profile knows what a tax means; else the rate tells, zero with a warning."""
    known = erp.tax_codes.get(code or "")
    if known:
        rate = Decimal(known.rate) if known.rate is not None else rate
        return known.category, None if known.category == "O" else rate if rate is not None else Decimal(0)
    if rate is None:
        return None, None
    if rate:
        return "S", rate
    message = "a rate of zero is taken as zero rated (Z); the profile's erp.tax_codes can say what this tax means"
    reading.warnings.add("erp-tax-code", message, row.place(), code)
    return "Z", rate


def known_party(party: dict[str, Any], erp: ErpMapping) -> dict[str, Any]:
    """The party with what the profile knows of its number, where the export leaves it empty."""
    for key, value in erp.parties.get(str(party.get("erp_id")), {}).items():
        if party.get(key) in (None, "", {}, []):
            party[key] = value
    return party
