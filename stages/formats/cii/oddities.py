"""Single elements that no plain row of the table says: BT-110 and BT-111, BT-149, EXTENDED's logistics charges.

Source: CEN/TS 16931-3-3; Factur-X 1.09
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lxml import etree

from schemas.documents import Invoice
from stages.formats.binding.attributed import Quantity
from stages.formats.binding.elements import Name, amount, fixed, number, text
from stages.formats.binding.groups import node, wrap
from stages.formats.cii.spaces import name
from stages.formats.reading.xml_walk import Action, Data, Walk
from stages.formats.writing.xml_text import money


@dataclass(frozen=True)
class GrossBase(Quantity):
    """BT-149 stands at the gross price too; where the two differ, that of the net price is the one."""

    def action(self, name: Name) -> Action:
        act = super().action(name)
        net = f"{name('ram:NetPriceProductTradePrice')}/{name('ram:BasisQuantity')}"

        def read(walk: Walk, target: Data, element: etree._Element) -> None:
            price = element.getparent()
            agreement = None if price is None else price.getparent()
            other = None if agreement is None else agreement.find(net)
            if other is None:
                act(walk, target, element)
            elif (other.text, other.get("unitCode")) != (element.text, element.get("unitCode")):
                walk.unknown(element, "repeated", "the gross price is for another quantity than the net price")

        return read


def read_tax_total(walk: Any, _target: Data, element: etree._Element) -> None:
    walk.tax_total(element)


def write_tax_total(document: Invoice, _currency: str) -> str:
    """BT-110, and BT-111 where there is an accounting currency: told apart by their currencies."""
    totals = document.totals
    rows = ((totals.tax_amount, document.currency), (totals.tax_amount_accounting, document.accounting_currency))
    return "".join(
        f'<ram:TaxTotalAmount currencyID="{code}">{money(value)}</ram:TaxTotalAmount>'
        for value, code in rows
        if value is not None and code
    )


def read_service_charge(walk: Walk, target: Data, element: etree._Element) -> None:
    """A logistics charge of EXTENDED is a charge of the document (BG-21) with another name."""
    charge: Data = {"charge": True}
    walk.run(_SERVICE_CHARGE, charge, element)
    walk.append(target, "allowances_charges", charge, element)


_SERVICE_CHARGE = node(
    (
        text("ram:Description", "reason"),
        amount("ram:AppliedAmount", "amount"),
        wrap(
            "ram:AppliedTradeTax",
            fixed("ram:TypeCode", "VAT"),
            text("ram:CategoryCode", "vat_category"),
            number("ram:RateApplicablePercent", "vat_rate"),
        ),
    ),
    name,
)
