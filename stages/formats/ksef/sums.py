"""What FA's rates and sums say in the words of EN 16931.

P_12 becomes a VAT category and stays with its line where the category does not tell it. A correction (KOR) has the
differences: lines of the state before (StanPrzed) count against those after it, and one that is negative in all is a
credit note (381) with positive amounts. P_10 is a discount of each unit or of the line, whichever makes P_11. What is
deducted (Odliczenia) or paid already counts as paid (BT-113), so that BT-115 is DoZaplaty.

Source: Ministerstwo Finansów, FA(3) 1-0E; ustawa o VAT, art. 106e, 106f, 106j
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lxml import etree

from stages.formats.ksef.codes import CATEGORIES, PREFIX, RATE_CODES, RATE_NAME, SUMS, TAXED
from stages.formats.ksef.payments import settle_payment
from stages.formats.ksef.terms import attribute
from stages.formats.ksef.walk import Walk
from stages.formats.reading.completing import NUMBER, decimal
from stages.formats.reading.xml_walk import Data, said

ZERO = Decimal(0)
_CENT = Decimal("0.01")
_ADVANCES = ("ZAL", "KOR_ZAL")
_SIGNED = ("quantity", "net_amount", "amount", "taxable_amount", "tax_amount", "tax_inclusive", "paid_amount",
           "amount_due", "tax_amount_accounting")  # fmt: skip


def settle_sums(walk: Walk, data: Data) -> None:
    kind = _first(walk, data, "RodzajFaktury")
    total = _first(walk, data, "P_15")
    turned = kind.startswith("KOR") and total.startswith("-")
    if kind.startswith("KOR"):
        data["type_code"] = "381" if turned else "384"
    elif kind in _ADVANCES:
        data["type_code"] = "386"
    walk.extras[f"{PREFIX}RodzajFaktury"] = kind
    notes = next(iter(walk.waiting(data, "Adnotacje")), None)
    if notes is not None:
        _annotations(walk, data, notes)
    for line in data.get("lines", []):
        _line(walk, line)
    if not data.get("lines"):
        _lines_of_sums(walk, data)
    _breakdown(walk, data, notes)
    _totals(walk, data, kind, total)
    settle_payment(walk, data)
    if turned:
        turn(data)


def _first(walk: Walk, data: Data, key: str) -> str:
    found = walk.waiting(data, key)
    return (found[0].text or "").strip() if found else ""


def _annotations(walk: Walk, data: Data, notes: etree._Element) -> None:
    if said(notes, "P_16") == "1":
        data["tax_point_code"] = "432"
    if said(notes, "P_17") == "1" and "type_code" not in data:
        data["type_code"] = "389"
    for name in ("P_18A", "P_23"):
        if said(notes, name) == "1":
            walk.extras[PREFIX + name] = "1"
    for name in ("P_19A", "P_19B", "P_19C"):
        if said(notes, f"Zwolnienie/{name}"):
            walk.extras[PREFIX + name] = said(notes, f"Zwolnienie/{name}")
    for path in ("NoweSrodkiTransportu", "PMarzy"):
        below = notes.find(path)
        if below is not None and not {"P_22N", "P_PMarzyN"} & {str(each.tag) for each in below}:
            walk.keep(PREFIX + path, below)


def _rate(walk: Walk, line: Data) -> None:
    code, special = _first(walk, line, "P_12"), _first(walk, line, "P_12_XII")
    element = walk.parents[id(line)]
    if special:
        line["vat_category"], line["vat_rate"] = "S", special
        attribute(walk, line, RATE_NAME, "XII", element)
    elif code in TAXED:
        line["vat_category"], line["vat_rate"] = "S", code
    elif code in CATEGORIES:
        category = CATEGORIES[code]
        line["vat_category"] = category
        if category != "O":
            line["vat_rate"] = "0"
        if RATE_CODES.get(category) != code:
            attribute(walk, line, RATE_NAME, code, element)
    elif decimal(_first(walk, line, "P_11A")):  # the margin scheme has no rate on its lines
        line["vat_category"], line["vat_rate"] = "E", "0"
        attribute(walk, line, RATE_NAME, "-", element)


def _line(walk: Walk, line: Data) -> None:
    _rate(walk, line)
    line.setdefault("unit", "C62")
    rate = decimal(line.get("vat_rate"))
    gross_price, gross, tax = (_first(walk, line, name) for name in ("P_9B", "P_11A", "P_11Vat"))
    if "net_amount" not in line and gross:
        net = decimal(gross) - decimal(tax) if tax else _net(decimal(gross), rate)
        line["net_amount"] = f"{net:f}"
        message = "the line has its amount with VAT; the net amount is computed"
        walk.warnings.add("ksef-net", message, walk.place(walk.parents[id(line)]), gross)
    line.setdefault("quantity", "1")
    quantity, net = decimal(line["quantity"]), decimal(line.get("net_amount"))
    discount = decimal(_first(walk, line, "P_10"))
    if "net_price" not in line:
        if gross_price and not gross:
            line["net_price"] = f"{_net(decimal(gross_price), rate):f}"
        elif quantity:
            line["net_price"] = f"{_shortest(net / quantity):f}"
        elif line.get("net_amount"):
            line["net_price"] = line["net_amount"]
        discount = ZERO if gross_price else discount
    if discount:
        _discount(line, quantity, net, discount)
    price = decimal(line.get("net_price"))
    if price < 0:
        line["net_price"], line["quantity"] = f"{-price:f}", _negated(line["quantity"])
    if _first(walk, line, "StanPrzed") == "1":
        line["quantity"] = _negated(line["quantity"])
        if "net_amount" in line:
            line["net_amount"] = _negated(line["net_amount"])
        attribute(walk, line, "StanPrzed", "1", walk.parents[id(line)])


def _net(gross: Decimal, rate: Decimal) -> Decimal:
    return (gross * 100 / (100 + rate)).quantize(_CENT, ROUND_HALF_UP)


def _shortest(value: Decimal) -> Decimal:
    return value.quantize(Decimal("1e-8"), ROUND_HALF_UP).normalize() + ZERO


def _discount(line: Data, quantity: Decimal, net: Decimal, discount: Decimal) -> None:
    price = decimal(line.get("net_price"))
    if abs(quantity * (price - discount) - net) < _CENT and price - discount >= 0:
        line["gross_price"], line["price_discount"] = line["net_price"], f"{discount:f}"
        line["net_price"] = f"{price - discount:f}"
    else:
        line["allowances_charges"] = [{"charge": False, "amount": f"{discount:f}", "reason": "Opust"}]


def _negated(text: str) -> str:
    text = text.strip()
    if not NUMBER.match(text) or not text.lstrip("+-").strip("0."):
        return text.lstrip("-")
    return text[1:] if text.startswith("-") else f"-{text.lstrip('+')}"


def _sums(walk: Walk, data: Data) -> list[tuple[str, Decimal, Decimal, etree._Element]]:
    found = []
    for name in SUMS:
        for element in walk.waiting(data, f"P_13_{name}")[:1]:
            tax = walk.waiting(data, f"P_14_{name}")
            found.append((name, decimal(element.text), decimal(tax[0].text) if tax else ZERO, element))
    return found


def _stated_rate(name: str, base: Decimal, tax: Decimal) -> str:
    """The rate of a sum that has no lines: of those that may stand there, the one that explains the tax."""
    rates = sorted((rate for rate in SUMS[name][1] if rate in TAXED), key=int, reverse=True)
    if not rates:
        return f"{(tax * 100 / base).quantize(Decimal(1), ROUND_HALF_UP):f}" if base and tax else "0"
    return min(rates, key=lambda rate: abs(base * Decimal(rate) / 100 - tax))


def _lines_of_sums(walk: Walk, data: Data) -> None:
    """An advance (ZAL) has no lines but sums: one line for each."""
    lines: list[Data] = []
    for name, base, tax, element in _sums(walk, data):
        category = SUMS[name][0]
        words = "Zaliczka" if data.get("type_code") == "386" else "Suma"
        line: Data = {
            "identifier": str(len(lines) + 1), "name": f"{words} P_13_{name}", "quantity": "1" if base >= 0 else "-1",
            "net_price": f"{abs(base):f}", "net_amount": f"{base:f}", "unit": "C62", "vat_category": category,
        }  # fmt: skip
        if category != "O":
            line["vat_rate"] = _stated_rate(name, base, tax)
        walk.parents[id(line)] = element
        lines.append(line)
    if lines:
        walk.warnings.add("ksef-advance", "the invoice has no lines; each of its sums is made one")
        data["lines"] = lines


def _breakdown(walk: Walk, data: Data, notes: etree._Element | None) -> None:
    """BG-23, where each sum belongs to one rate; else completion makes it from the lines."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    taxed = {str(line.get("vat_rate")) for line in data.get("lines", []) if line.get("vat_category") == "S"}
    bases = [said(notes, f"Zwolnienie/P_19{part}") for part in "ABC"] if notes is not None else []
    reason = next((each for each in bases if each), "")
    for name, base, tax, element in _sums(walk, data):
        category, codes = SUMS[name]
        rates = sorted((codes or taxed - TAXED) & taxed) if category == "S" else ["0"]
        if category == "S" and not rates:
            rates = [_stated_rate(name, base, tax)]
        if len(rates) > 1:
            return
        row = rows.setdefault((category, rates[0]), {"category": category, "rate": rates[0]})
        row["taxable_amount"] = row.get("taxable_amount", ZERO) + base
        row["tax_amount"] = row.get("tax_amount", ZERO) + tax
        walk.parents.setdefault(id(row), element)
        if category == "E":
            row["exemption_reason"] = reason or ("procedura marży" if name == "11" else None)
        if category == "O":
            row["rate"] = None
    for row in rows.values():
        for field in ("taxable_amount", "tax_amount"):
            row[field] = f"{row[field]:f}"
    sold = sum((decimal(line.get("net_amount")) for line in data.get("lines", [])), ZERO)
    if (
        abs(sum((decimal(row["taxable_amount"]) for row in rows.values()), ZERO) - sold)
        < len(data.get("lines", [])) + 1
    ):
        data["vat_breakdown"] = [row for row in rows.values() if decimal(row["taxable_amount"]) or len(rows) == 1]


def _totals(walk: Walk, data: Data, kind: str, total: str) -> None:
    """P_15 is BT-112; of a final invoice after advances (ROZ) it is what is left of it."""
    totals: Data = {}
    paid = ZERO
    if kind.endswith("ROZ") and "vat_breakdown" not in data:
        totals["amount_due"] = total
        whole = sum(
            ((decimal(line.get("net_amount")) * (100 + decimal(line.get("vat_rate"))) / 100) for line in data["lines"]),
            ZERO,
        )
        paid = whole.quantize(_CENT, ROUND_HALF_UP) - decimal(total)
    elif total:
        totals["tax_inclusive"] = total
    for element in walk.waiting(data, "Rozliczenie")[:1]:
        added = sum((decimal(e.text) for e in element.iterfind("Obciazenia/Kwota")), ZERO)
        taken = sum((decimal(e.text) for e in element.iterfind("Odliczenia/Kwota")), ZERO)
        paid += taken - added
        for name in ("Obciazenia", "Odliczenia"):
            for each in element.iterfind(name):
                if decimal(said(each, "Kwota")):
                    walk.keep(f"{PREFIX}{name}", each)
        due = said(element, "DoZaplaty")
        if due and due != total:
            totals["amount_due"] = due
    for element in walk.waiting(data, "Platnosc")[:1]:
        if said(element, "Zaplacono") == "1":
            paid = decimal(total)
            walk.extras[f"{PREFIX}DataZaplaty"] = said(element, "DataZaplaty")
        paid += sum((decimal(e.text) for e in element.iterfind("ZaplataCzesciowa/KwotaZaplatyCzesciowej")), ZERO)
        for each in element.iterfind("ZaplataCzesciowa"):
            walk.keep(f"{PREFIX}ZaplataCzesciowa", each)
        if said(element, "Zaplacono") == "1":
            totals.pop("amount_due", None)
    if paid:
        totals["paid_amount"] = f"{paid:f}"
    converted = [walk.waiting(data, f"P_14_{name}W") for name in ("1", "2", "3", "4")]
    if any(converted):
        data["accounting_currency"] = "PLN"
        totals["tax_amount_accounting"] = f"{sum((decimal(e[0].text) for e in converted if e), ZERO):f}"
    data["totals"] = totals


def turn(value: Any) -> None:
    """A credit note's amounts are positive here and negative there."""
    if isinstance(value, list):
        for each in value:
            turn(each)
    elif isinstance(value, dict):
        for name, below in value.items():
            if name in _SIGNED and isinstance(below, str):
                value[name] = _negated(below)
            else:
                turn(below)
