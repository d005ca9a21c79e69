"""SAC, TXI, ITD: allowances and charges, taxes (see `reading/sales_tax.py`), terms of payment."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from stages.formats.reading.completing import as_day
from stages.formats.reading.sales_tax import Tax, settle
from stages.formats.x12.codes import ALLOWANCE_CODES, ALLOWANCES, CHARGE_CODES, TAX_CHARGES, TAX_TYPES
from stages.formats.x12.faults import whole
from stages.formats.x12.meaning import Written, row, shown
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.structure import Node
from stages.formats.x12.syntax import cents
from stages.formats.x12.syntax import date as as_date

CATEGORIES = frozenset("S Z E AE K G O L M".split())


class Allowance:
    """SAC: indicator A is an allowance, C a charge; N and P say what is settled elsewhere, and are kept aside."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        kind = node.elements[1].strip() if len(node.elements) > 1 else ""
        code = node.elements[2].strip() if len(node.elements) > 2 else ""
        if kind not in ("A", "C"):
            return None
        if code in TAX_CHARGES:
            amount = cents(node.get(5))
            description = node.get(15) or TAX_TYPES["TX"]
            for position in (1, 2, 16):
                node.get(position)
            taxes(target).append(Tax(amount, text=description, place=node.place(5)))
            return target
        made = reading.part(target, "allowances_charges", node)
        node.get(1), node.get(2), node.get(12)
        made["charge"] = kind == "C"
        if amount := cents(node.get(5)):
            reading.put(made, "amount", amount, node, 5)
        if rate := node.get(7):
            node.get(6)
            reading.put(made, "percentage", rate, node, 7)
        standard = (CHARGE_CODES if kind == "C" else ALLOWANCE_CODES).get(code)
        if node.elements[3:4] == ["ZZ"] and node.get(4):
            node.get(3)
            reading.put(made, "reason_code", node.get(4), node, 4)
        elif standard:
            reading.put(made, "reason_code", standard, node, 2)
        reason = node.get(15)
        if not standard and code not in ("ZZZZ", ""):
            if reason:
                reading.extras[f"SAC02[{node.position}]"] = code
            reason = reason or ALLOWANCES.get(code) or f"X12 {code}"
        node.get(16)
        if reason:
            reading.put(made, "reason", reason, node, 15)
        return made

    def write(self, part: Any, _document: Any) -> Written:
        for each in part.allowances_charges:
            codes = CHARGE_CODES if each.charge else ALLOWANCE_CODES
            standard = next((code for code, ours in codes.items() if ours == each.reason_code), "ZZZZ")
            texts = {1: "C" if each.charge else "A", 2: standard, 5: shown(each.amount, "cents")}
            if each.reason_code and standard == "ZZZZ":
                texts |= {3: "ZZ", 4: each.reason_code}
            if each.percentage is not None:
                texts |= {6: "3", 7: shown(each.percentage)}
            texts[12] = "06" if each.charge else "02"
            if each.reason:
                texts[15] = each.reason
            yield row(texts), each


def taxes(target: Data) -> list[Tax]:
    """The taxes said of a part of the document, until `settle_taxes` makes something of them."""
    found: list[Tax] = target.setdefault("#taxes", [])
    return found


class Taxed:
    """TXI. TXI10 (assigned identification) carries the category that we write; X12 has no other place for it."""

    def __init__(self, *, lines: bool) -> None:
        self.lines = lines

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        kind, exempt, category = node.get(1), node.get(6) == "1", node.get(10)
        node.get(7)
        category = category if category in CATEGORIES else "E" if exempt else ""
        name = TAX_TYPES.get(kind, kind)
        taxes(target).append(Tax(node.get(2), node.get(3), node.get(8), category, kind, name, node.place()))
        return target

    def write(self, part: Any, document: Any) -> Written:
        country = document.seller.address.country if document.seller.address else None
        kind = {"US": "ST", "CA": "GS"}.get(country or "", "VA")
        if hasattr(part, "charge"):  # of an allowance or charge
            if part.vat_category:
                yield _tax(kind, None, part.vat_rate, None, part.vat_category), part
        elif self.lines:
            yield _tax(kind, None, part.vat_rate, None, part.vat_category), part
        else:
            for each in part.vat_breakdown:
                yield _tax(kind, each.tax_amount, each.rate, each.taxable_amount, each.category), part


def _tax(kind: str, amount: Decimal | None, rate: Decimal | None, base: Decimal | None, category: str) -> list[str]:
    texts = {1: kind, 10: category}
    for position, value in ((2, amount), (3, rate), (8, base)):
        if value is not None:
            texts[position] = shown(value)
    if category == "E" or (amount is None and rate is None):
        texts[6] = "1" if category in ("E", "O") else "2"
    return row(texts)


def settle_taxes(reading: Reading) -> None:
    """Categories, rates and breakdown from what the set said of taxes."""
    data = reading.data
    whole = data.pop("#taxes", [])
    lines = data.get("lines", ())
    of_lines = [line.pop("#taxes", []) for line in lines]
    for each in data.get("allowances_charges", ()):
        for tax in each.pop("#taxes", [])[:1]:
            if tax.category:
                each["vat_category"] = tax.category
                if tax.category != "O" and tax.rate:
                    each["vat_rate"] = tax.rate
    for line in lines:
        for each in line.get("allowances_charges", ()):
            each.pop("#taxes", None)

    def say(message: str, place: str, found: str | None) -> None:
        reading.say("x12-tax", message, place or "TXI", found)

    settle(data, of_lines, whole, reading.constants, say)


class Terms:
    """ITD: days and discounts as people say them (BT-20), and the day on which all is due (BT-9)."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        for position in (1, 13):
            node.get(position)
        percent, days, day = node.get(3), node.get(5), as_date(node.get(4))
        basis, due, net, text = node.get(2), as_date(node.get(6)), node.get(7), node.get(12)
        said = []
        if percent and (days or day):
            said.append(f"{percent}% discount " + (f"within {days} days" if days else f"until {day}"))
        if net:
            said.append(f"net {net} days")
        words = text or ", ".join(said)
        notes = reading.notes.setdefault("terms", [])
        if words and words not in notes:
            notes.append(words)
            target["payment_terms"] = "; ".join(notes)
            reading.where[id(target), "payment_terms"] = node, 12
        if due and "due_date" in reading.notes["fields"] and "due_date" not in target:
            reading.put(target, "due_date", due, node, 6)
        elif (net_days := whole(net)) is not None and 0 <= net_days <= 999 and basis == "3":
            reading.notes.setdefault("net", (net_days, node))
        return target

    def write(self, part: Any, _document: Any) -> Written:
        due = getattr(part, "due_date", None)
        texts = {1: "14", 2: "3"}
        if due:
            texts[6] = shown(due)
        if part.payment_terms:
            texts[12] = part.payment_terms
        if due or part.payment_terms:
            yield row(texts), part


def settle_terms(reading: Reading) -> None:
    """A net number of days from the invoice's date (ITD02 3) gives the due date."""
    issued = as_day(str(reading.data.get("issue_date", "")))
    if "net" in reading.notes and issued and "due_date" not in reading.data:
        days, node = reading.notes["net"]
        if issued < date(9990, 1, 1):
            reading.put(reading.data, "due_date", (issued + timedelta(days=days)).isoformat(), node, 7)
