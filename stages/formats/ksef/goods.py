"""Lines and sums of an FA(3): each amount under its rate. A correction's amounts have the sign that it corrects by.

Source: Ministerstwo Finansów, FA(3) 1-0E, FaWiersz, P_13 to P_15; ustawa o VAT, art. 106e
"""

from __future__ import annotations

from decimal import Decimal

from schemas.documents import AllowanceCharge, Invoice, Line
from stages.formats.ksef.codes import RATE_CODES, RATE_NAME, SUMS, TAXED, UNIT_WORDS, UNITS
from stages.formats.ksef.parties import country
from stages.formats.ksef.terms import ATTRIBUTES
from stages.formats.writing.fitting import Fitting
from stages.formats.writing.plain_xml import branch, leaf, places

ZERO = Decimal(0)
_FIRST = ("UU_ID", "P_6A")
_NAMES = ("PKWiU", "CN", "PKOB")
_LAST = tuple(name for name in ATTRIBUTES if name not in (*_FIRST, *_NAMES))
_MARGIN = "-"


class Goods:
    """`sign`: -1 where amounts change their signs (a credit note)."""

    def __init__(self, document: Invoice, fit: Fitting, *, sign: int) -> None:
        self.document, self.fit, self.sign = document, fit, sign
        self.codes: set[str] = set()
        """The P_12 that were written."""

    def money(self, value: Decimal) -> str:
        return places(value * self.sign, 2, 2)

    def code(self, place: str, category: str, rate: Decimal | None, given: str | None = None) -> str:
        """P_12 of a category and rate; what FA(3) has none for is a fault."""
        text = places(rate or ZERO, 0, 6)
        if given == "XII" and category == "S":
            return given
        if category == "S" and text in TAXED:
            return text
        if given and category == "E" and given == _MARGIN:
            return given
        if category == "AE":
            abroad = country(self.document.buyer) not in ("PL", "")
            return given if given in ("oo", "np II") else "np II" if abroad else "oo"
        if category in RATE_CODES:
            return RATE_CODES[category]
        told = f"FA(3) has no rate of {text} % in category {category}: 23, 22, 8, 7, 5, 4, 3, or none"
        self.fit.fault(f"{place}.vat_rate", told, text, rule="rate")
        return ""

    def lines(self) -> str:
        document = self.document
        parts = [self._line(index, line) for index, line in enumerate(document.lines)]
        number = max(len(document.lines), *(int(e.identifier) for e in document.lines if _is_number(e.identifier)), 0)
        for index, each in enumerate(document.allowances_charges):
            number += 1
            parts.append(self._level(number, index, each))
        if document.allowances_charges:
            for name in ("line_total", "allowance_total", "charge_total"):
                self.fit.changed(f"totals.{name}", "discounts and charges of the whole invoice are lines in FA(3)")
        return "".join(parts)

    def _level(self, number: int, index: int, each: AllowanceCharge) -> str:
        place = f"allowances_charges[{index}]"
        self.fit.changed(place, "FA(3) has no discounts of the whole invoice: written as a line")
        code = self.code(place, each.vat_category or "", each.vat_rate)
        self.codes.add(code)
        amount = each.amount if each.charge else -each.amount
        reason = self.fit.reason(place, each.reason, "Opłata" if each.charge else "Rabat")
        return branch(
            "FaWiersz",
            leaf("NrWierszaFa", str(number)),
            leaf("P_7", self.fit.text(f"{place}.reason", reason, 512)),
            leaf("P_11", self.money(amount)),
            leaf("P_12", code),
        )

    def _line(self, index: int, line: Line) -> str:
        fit, place = self.fit, f"lines[{index}]"
        own = {each.name: each.value for each in line.attributes}
        for number, each in enumerate(line.attributes):
            if each.name not in (*ATTRIBUTES, RATE_NAME, "StanPrzed"):
                fit.lost(f"{place}.attributes[{number}]", "FA(3) has no place for it")
        before = own.get("StanPrzed") == "1"
        sign = -self.sign if before else self.sign
        identifier = line.identifier if _is_number(line.identifier) else str(index + 1)
        if identifier != line.identifier:
            fit.changed(f"{place}.identifier", "a line's number is a number; its place is written")
        code = self.code(place, line.vat_category, line.vat_rate, own.get(RATE_NAME))
        self.codes.add(code)
        if line.description or line.note:
            for name in ("name", "description", "note"):
                fit.changed(f"{place}.{name}", "name, description and note stand together")
        words = " ".join(each for each in (line.name, line.description, line.note) if each)
        unit = UNIT_WORDS.get(line.unit, "" if line.unit == "C62" else line.unit)
        if unit and UNITS.get(unit.lower(), unit) != line.unit:
            fit.changed(f"{place}.unit", "written in the words of Polish systems")
        price, discount = self._price(place, line)
        standard = line.standard_item_id
        if standard and standard.scheme != "0160":
            fit.lost(f"{place}.standard_item_id", "FA(3) has a GTIN there")
        net = line.net_amount or ZERO
        amount = places(net * sign, 2, 2)
        special = code == "XII"
        margin = code == _MARGIN
        return branch(
            "FaWiersz",
            leaf("NrWierszaFa", identifier),
            *(leaf(name, own.get(name)) for name in _FIRST),
            leaf("P_7", fit.text(f"{place}.name", words, 512)),
            leaf("Indeks", fit.text(f"{place}.seller_item_id", line.seller_item_id, 50)),
            leaf("GTIN", standard.value[:20] if standard and standard.scheme == "0160" else None),
            *(leaf(name, fit.text(f"{place}.attributes", own.get(name), 50)) for name in _NAMES),
            leaf("P_8A", fit.text(f"{place}.unit", unit, 256)),
            leaf("P_8B", fit.number(f"{place}.quantity", line.quantity * sign, 0, 6)),
            leaf("P_9A", fit.number(f"{place}.net_price", price, 2, 8)),
            leaf("P_10", places(discount * (-1 if before else 1), 2, 8) if discount else None),
            leaf("P_11A" if margin else "P_11", amount),
            leaf("P_12", None if special or margin else code),
            leaf("P_12_XII", places(line.vat_rate or ZERO, 0, 6) if special else None),
            *(leaf(name, own.get(name)) for name in _ordered(_LAST)),
            leaf("StanPrzed", "1" if before else None),
        )

    def _price(self, place: str, line: Line) -> tuple[Decimal, Decimal]:
        """P_9A for one unit, and P_10: what the line's allowances take off in all."""
        fit, price = self.fit, line.net_price
        if line.base_quantity is not None and line.base_quantity != 1:
            price = price / line.base_quantity
            for name in ("base_quantity", "net_price"):
                fit.changed(f"{place}.{name}", "the price is written for one unit")
        off = [each for each in line.allowances_charges if not each.charge]
        if len(off) < len(line.allowances_charges) or (off and self.sign < 0):
            for name in ("net_price", "allowances_charges"):
                fit.changed(f"{place}.{name}", "FA(3) has no charges of a line: they are part of its price")
            net = line.net_amount or ZERO
            return (net / line.quantity if line.quantity else net), ZERO
        for number, each in enumerate(off):
            place_of = f"{place}.allowances_charges[{number}]"
            if len(off) > 1:
                fit.changed(place_of, "a line's discounts are one sum in FA(3)")
            for name in ("reason", "reason_code", "percentage", "base_amount"):
                if getattr(each, name):
                    fit.lost(f"{place_of}.{name}", "a line's discount is an amount in FA(3)")
        return price, sum((each.amount for each in off), ZERO)

    def sums(self) -> str:
        """P_13 and P_14 by rate, in the schema's order; P_14_W in zlotys where the invoice is in another currency."""
        document = self.document
        sums: dict[str, list[Decimal]] = {}
        for index, row in enumerate(document.vat_breakdown):
            for name in self._names(index, row.category, row.rate):
                amounts = sums.setdefault(name, [ZERO, ZERO])
                share = self._share(name, row.category, row.taxable_amount)
                amounts[0] += share
                amounts[1] += row.tax_amount if row.category == "S" else ZERO
        foreign = document.currency != "PLN"
        taxed = [name for name in sums if name in ("1", "2", "3", "4")]
        zlotys = document.totals.tax_amount_accounting if document.accounting_currency == "PLN" else None
        if foreign and taxed and (zlotys is None or len(taxed) > 1):
            told = "an invoice in another currency says its VAT in zlotys: accounting_currency PLN and its amount "
            told += "(BT-6, BT-111), for one rate of VAT"
            self.fit.fault("totals.tax_amount_accounting", told)
        parts = []
        for name in SUMS:
            if name not in sums:
                continue
            base, tax = sums[name]
            parts.append(leaf(f"P_13_{name}", self.money(base)))
            if name in ("1", "2", "3", "4", "5"):
                parts.append(leaf(f"P_14_{name}", self.money(tax)))
            if name in taxed and foreign and zlotys is not None:
                parts.append(leaf(f"P_14_{name}W", self.money(zlotys)))
        return "".join(parts)

    def _names(self, index: int, category: str, rate: Decimal | None) -> list[str]:
        code = places(rate or ZERO, 0, 6)
        if category == "S" and code not in TAXED:
            if "XII" in self.codes:
                return ["5"]
            self.code(f"vat_breakdown[{index}]", category, rate)
            return []
        if category == "S":
            return [name for name, (of, codes) in SUMS.items() if of == "S" and code in codes]
        if category == "E" and _MARGIN in self.codes:
            return ["7"] * ("zw" in self.codes) + ["11"]
        return [name for name, (of, codes) in SUMS.items() if of == category and codes & self.codes]

    def _share(self, name: str, category: str, taxable: Decimal) -> Decimal:
        """What of a row belongs to this sum: all of it, but for `oo` beside `np II` and the margin beside `zw`."""
        document = self.document
        mine = SUMS[name][1] or {_MARGIN}
        if category == "S" or len([n for n in self._names(0, category, None)]) < 2:
            return taxable
        total = ZERO
        for index, line in enumerate(document.lines):
            given = next((each.value for each in line.attributes if each.name == RATE_NAME), None)
            if line.vat_category == category and self.code(f"lines[{index}]", category, None, given) in mine:
                total += line.net_amount or ZERO
        return total


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < len(text) <= 14 and text.strip("0") != ""


def _ordered(names: tuple[str, ...]) -> tuple[str, ...]:
    """In the schema's order."""
    return tuple(name for name in ("P_12_Zal_15", "KwotaAkcyzy", "GTU", "Procedura", "KursWaluty") if name in names)
