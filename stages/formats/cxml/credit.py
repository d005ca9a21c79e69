"""Credit memos: of negative quantities and amounts in cXML, of positive ones in EN 16931.

Source: cXML User's Guide 1.2 (InvoiceDetailRequest, purpose creditMemo and lineLevelCreditMemo)
"""

from __future__ import annotations

from lxml import etree

from stages.formats.cxml.walk import CxmlWalk
from stages.formats.reading.xml_walk import Data

_SIGNED = frozenset(
    "quantity net_amount amount line_total tax_exclusive tax_inclusive tax_amount amount_due paid_amount".split()
)


def positive(walk: CxmlWalk, data: Data, payload: etree._Element) -> None:
    """Turn its signs, in place, where every line has a negative quantity; that is told."""
    lines = data.get("lines", [])
    if not lines or not all(str(line.get("quantity", "")).startswith("-") for line in lines):
        return
    parts = [*lines, *data.get("allowances_charges", ()), data.get("totals", {})]
    parts += [each for line in lines for each in line.get("allowances_charges", ())]
    for each in parts:
        for name in _SIGNED:
            value = each.get(name)
            if isinstance(value, str) and value.strip("-0. "):
                each[name] = value[1:] if value.startswith("-") else f"-{value}"
    walk.say("sign", "a credit memo of negative quantities is read as one of positive ones", payload)
