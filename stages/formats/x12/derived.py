"""What X12 does not say because it follows from what it says: no loss, for completing gives it again."""

from __future__ import annotations

from pydantic import BaseModel

DERIVED = frozenset(
    {
        "totals.line_total", "totals.allowance_total", "totals.charge_total", "totals.tax_exclusive",
        "totals.tax_amount", "totals.tax_inclusive", "totals.amount_due",
        "lines[].net_amount",
        "lines[].standard_item_id.scheme",
    }
)  # fmt: skip
"""Computed anew from what the set carries."""
_ONLY_REASON = {"AE": "VATEX-EU-AE", "K": "VATEX-EU-IC", "G": "VATEX-EU-G", "O": "VATEX-EU-O"}
"""Categories with one exemption code only (BT-121)."""


def implied(part: BaseModel, name: str) -> bool:
    """Is it the one exemption code that the part's category can have?"""
    if name != "exemption_reason_code":
        return False
    return bool(_ONLY_REASON.get(part.__dict__.get("category", "")) == part.__dict__[name])
