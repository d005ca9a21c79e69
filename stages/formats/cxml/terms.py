"""PaymentTerm: days and discounts as people say them (BT-20), and the day on which all is due (BT-9)."""

from __future__ import annotations

from datetime import date, timedelta

from lxml import etree

from stages.formats.cxml.walk import CxmlWalk
from stages.formats.reading.completing import as_day
from stages.formats.reading.xml_walk import Data


def pay(walk: CxmlWalk, target: Data, element: etree._Element) -> None:
    """One term: so many days, with a discount or a penalty, or net."""
    days = (element.get("payInNumberOfDays") or "").strip()
    rate = element.find("Discount/DiscountPercent")
    percent = rate.get("percent") if rate is not None else None
    amount = element.findtext("Discount/DiscountAmount/Money")
    if percent:
        target.setdefault("#terms", []).append(f"{percent}% discount within {days} days")
    elif amount:
        target.setdefault("#terms", []).append(f"{amount.strip()} discount within {days} days")
    elif days:
        target.setdefault("#terms", []).append(f"net {days} days")
        target.setdefault("#net", days)
    for child in element:
        if child.tag == "Extrinsic":
            walk.unknown(child)


def settle_terms(walk: CxmlWalk, data: Data, *, due: bool = False) -> None:
    """`due`: the document has a due date, counted from its own."""
    if terms := data.pop("#terms", None):
        data["payment_terms"] = ", ".join(terms)
    net = data.pop("#net", "")
    issued = as_day(str(data.get("issue_date", "")))
    if due and net.isdecimal() and len(net) <= 3 and issued and issued < date(9990, 1, 1) and "due_date" not in data:
        data["due_date"] = (issued + timedelta(days=int(net))).isoformat()
