"""SAC, TXI, ITD: allowances and charges, taxes, terms of payment.

X12 knows no VAT category. What it says of a tax becomes this: a rate (TXI03; those of one line are added, state and
city) makes category S; a tax without a rate cannot be one of EN 16931, and becomes a charge outside of VAT (category O)
that names it; no tax at all makes O. TXI10 (assigned identification) carries the category that we write.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from stages.formats.reading.completing import NUMBER, as_day
from stages.formats.x12.codes import ALLOWANCES, CHARGE_CODES, TAX_CHARGES, TAX_TYPES
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
            taxes(target).append({"type": "", "amount": amount, "rate": "", "text": description, "node": node})
            return target
        made = reading.part(target, "allowances_charges", node)
        node.get(1), node.get(2), node.get(12)
        made["charge"] = kind == "C"
        if amount := cents(node.get(5)):
            reading.put(made, "amount", amount, node, 5)
        if rate := node.get(7):
            node.get(6)
            reading.put(made, "percentage", rate, node, 7)
        if node.elements[3:4] == ["ZZ"] and node.get(4):
            node.get(3)
            reading.put(made, "reason_code", node.get(4), node, 4)
        reason = node.get(15) or ALLOWANCES.get(code) or (f"X12 {code}" if code and "reason_code" not in made else "")
        node.get(16)
        if reason:
            reading.put(made, "reason", reason, node, 15)
        return made

    def write(self, part: Any, _document: Any) -> Written:
        for each in part.allowances_charges:
            standard = CHARGE_CODES.get(each.reason_code or "", "ZZZZ") if each.charge else "C310"
            texts = {1: "C" if each.charge else "A", 2: standard, 5: shown(each.amount, "cents")}
            if each.reason_code:
                texts |= {3: "ZZ", 4: each.reason_code}
            if each.percentage is not None:
                texts |= {6: "3", 7: shown(each.percentage)}
            texts[12] = "06" if each.charge else "02"
            reason = each.reason or ""
            if reason and reason != ALLOWANCES.get(standard):
                texts[15] = reason
            yield row(texts), each


def taxes(target: Data) -> list[Data]:
    """The taxes said of a part of the document, until `settle` makes something of them."""
    found: list[Data] = target.setdefault("#taxes", [])
    return found


class Tax:
    """TXI."""

    def __init__(self, *, lines: bool) -> None:
        self.lines = lines

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        for position in (6, 7, 8):
            node.get(position)
        category = node.get(10)
        taxes(target).append(
            {
                "type": node.get(1), "amount": node.get(2), "rate": node.get(3), "base": node.get(8), "node": node,
                "category": category if category in CATEGORIES else "E" if node.get(6) == "1" else "",
                "text": TAX_TYPES.get(node.get(1), node.get(1)),
            }
        )  # fmt: skip
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
    said = data.pop("#taxes", [])
    lines = [line for line in data.get("lines", ()) if isinstance(line, dict)]
    of_lines = [line.pop("#taxes", []) for line in lines]
    for each in data.get("allowances_charges", ()):
        _of_charge(each)
    for line in lines:
        for each in line.get("allowances_charges", ()):
            each.pop("#taxes", None)
    rated = [any(tax["rate"] or tax.get("category") for tax in found) for found in of_lines]
    default = reading.constants.get("line", {})
    if any(rated):
        for line, found in zip(lines, of_lines, strict=True):
            _rate(reading, line, found)
        _breakdown(reading, said)
    elif any(tax["rate"] or tax.get("category") for tax in said):
        whole: Data = {}
        if len({tax.get("category") or "S" for tax in said}) == 1 and len({_key(tax) for tax in said}) == len(said):
            _rate(reading, whole, said)
            for line in lines:
                line.update(whole)
            _breakdown(reading, said)
        else:
            message = "several taxes for the whole invoice, and no line says which is its own"
            reading.say("x12-tax", message, said[0]["node"].place())
    elif not default.get("vat_category"):
        for line in lines:
            line["vat_category"] = "O"
        where = (said or [tax for found in of_lines for tax in found] or [None])[0]
        if where:
            _charge(reading, said or [tax for found in of_lines for tax in found])
        else:
            message = "the set says nothing of taxes; its lines are taken as outside of VAT (category O)"
            reading.say("x12-tax", message, "TXI")


def _key(tax: Data) -> tuple[str, str]:
    return tax["type"], tax["rate"]


def _number(text: str) -> Decimal | None:
    return Decimal(text) if NUMBER.match(text or "") and len(text) <= 28 else None


def _rate(reading: Reading, line: Data, found: list[Data]) -> None:
    rates = [_number(tax["rate"]) for tax in found if tax["rate"]]
    category = next((tax["category"] for tax in found if tax.get("category")), "")
    if not category:
        total = sum((rate for rate in rates if rate is not None), Decimal(0))
        category = "S" if total > 0 else "Z"
        if len(rates) > 1:
            reading.say(
                "x12-tax", "several taxes of one line are added to one rate", found[0]["node"].place(), str(total)
            )
        if not found:
            reading.say(
                "x12-tax", "a line without a tax among lines with one is taken as zero rated (category Z)", "TXI"
            )
        line.update(vat_category=category, vat_rate=f"{total:f}")
        return
    line["vat_category"] = category
    if category != "O" and rates and rates[0] is not None:
        line["vat_rate"] = f"{sum(rate for rate in rates if rate is not None):f}"


def _of_charge(each: Data) -> None:
    found = each.pop("#taxes", [])
    if found and (category := found[0].get("category")):
        each["vat_category"] = category
        if category != "O" and found[0]["rate"]:
            each["vat_rate"] = found[0]["rate"]


def _breakdown(reading: Reading, said: list[Data]) -> None:
    """BG-23 from the summary's taxes where we know their category; else their sum is BT-110."""
    rows = [tax for tax in said if tax.get("category") and tax.get("base") and tax["amount"]]
    if said and len(rows) == len(said):
        for tax in rows:
            made = reading.part(reading.data, "vat_breakdown", tax["node"])
            made.update(taxable_amount=tax["base"], tax_amount=tax["amount"], category=tax["category"])
            if tax["rate"] and tax["category"] != "O":
                made["rate"] = tax["rate"]
    amounts = [_number(tax["amount"]) for tax in said if tax["type"]] or [_number(tax["amount"]) for tax in said]
    if amounts and all(amount is not None for amount in amounts):
        total = sum((amount for amount in amounts if amount is not None), Decimal(0))
        reading.put(reading.data, "totals.tax_amount", f"{total:f}", said[0]["node"], 2)


def _charge(reading: Reading, said: list[Data]) -> None:
    """A tax without a rate: a charge that names it, outside of VAT."""
    for tax in said:
        amount = _number(tax["amount"])
        if not amount:
            continue
        made = reading.part(reading.data, "allowances_charges", tax["node"])
        made.update(charge=True, amount=f"{amount:f}", reason=tax["text"] or TAX_TYPES["TX"], vat_category="O")
        message = "a tax without a rate becomes a charge outside of VAT (category O)"
        reading.say("x12-tax", message, tax["node"].place(), tax["amount"])
    for each in reading.data.get("allowances_charges", ()):
        each.setdefault("vat_category", "O")


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
        elif net.isdigit() and len(net) <= 3 and basis == "3":
            reading.notes.setdefault("net", (int(net), node))
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
