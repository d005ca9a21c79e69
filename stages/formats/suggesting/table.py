"""A mapping profile for rows with a header, of a CSV or a sheet: which column is which field, and what none tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from stages.formats.reading.table.rows import Row
from stages.formats.suggesting.contents import Seen, decimal_sign, is_number, look, thousands
from stages.formats.suggesting.proposal import VAT_CATEGORY, Blank, Proposal
from stages.formats.suggesting.units import MANY, mapped
from stages.formats.suggesting.words import DATES, IDENTIFIERS, NUMBERS, Match, matches

_HEADER_ROWS = 30
_WITHOUT_ZERO = r"(\d+)(?:[.,]0)?"
"""`14810` of `14810.0`."""
_WITHOUT_PERCENT = r"([\d.,]+)\s*%?"


def propose(rows: Sequence[Row], part: str, settings: dict[str, Any]) -> Proposal:
    """`settings` come first in the profile's part. Raises ValueError, saying why, where no column tells one document
    from the next."""
    width = max(Counter(len(row.cells) for row in rows if any(row.cells)).items(), key=lambda one: one[1])[0]
    at = _header(rows, width)
    if at is None:
        raise ValueError("no row looks like a header with the columns' names")
    names = [cell.strip() for cell in rows[at].cells]
    body = [row.cells for row in rows[at + 1 :] if len(row.cells) == len(names) and any(row.cells)]
    if not body:
        raise ValueError("there is no row below the header")
    columns = {name: look([row[n] for row in body]) for n, name in enumerate(names) if name and names.count(name) == 1}
    chosen = _choose(columns)
    number = next((column for column, match in chosen.items() if match.field == "invoice_number"), None)
    if number is None:
        raise ValueError(f"no column looks like the document's number; there are: {', '.join(columns)[:500]}")
    if at:
        settings["header"] = {"find": [n for n in names if n][:3]}
    return _Writer(columns, chosen, number).proposal(part, settings)


def _header(rows: Sequence[Row], width: int) -> int | None:
    """The first row as wide as most, whose cells are all names and no numbers or days; the best by what they mean."""
    best: tuple[int, int] | None = None
    for n, row in enumerate(rows[:_HEADER_ROWS]):
        said = [cell.strip() for cell in row.cells if cell.strip()]
        if len(row.cells) != width or len(said) < 2 or len(set(said)) < len(said) * 0.8:
            continue
        seen = [look([cell]) for cell in said]
        if sum(one.number or bool(one.dates) for one in seen) > len(said) // 4:
            continue
        known = sum(bool(matches(cell)) for cell in said)
        if best is None or known > best[1]:
            best = (n, known)
    return best[0] if best else None


def _choose(columns: dict[str, Seen]) -> dict[str, Match]:
    """Each column its field, each field one column, the best matches first."""
    every = [
        (match.score + _content(match.field, seen), name, match)
        for name, seen in columns.items()
        for match in matches(name)
        if seen.cells and _possible(match.field, seen)
    ]
    chosen: dict[str, Match] = {}
    for _, name, match in sorted(every, key=lambda one: -one[0]):
        if name not in chosen and match.field not in {m.field for m in chosen.values()}:
            chosen[name] = match
    for field, test in _BY_CONTENT:
        if field not in {m.field for m in chosen.values()}:
            found = [name for name, seen in columns.items() if name not in chosen and test(seen)]
            if len(found) == 1:
                chosen[found[0]] = Match(field, 1, line=False)
    return chosen


_BY_CONTENT: tuple[tuple[str, Any], ...] = (
    ("currency", lambda seen: seen.currency),
    ("buyer.vat_identifier", lambda seen: seen.vat),
    ("buyer.address.country", lambda seen: seen.country),
    ("issue_date", lambda seen: bool(seen.dates)),
)


def _possible(field: str, seen: Seen) -> bool:
    """May a column with such cells be this field?"""
    if field in DATES:
        return bool(seen.dates)
    if field in NUMBERS:
        return seen.number or (field == "vat_rate" and seen.percent)
    if field == "currency":
        return seen.currency
    if field == "buyer.address.country":
        return all(len(cell) > 1 for cell in seen.cells[:50])
    if field in ("name", "buyer.name"):
        return not seen.dates
    return field != "unit" or len(set(seen.cells)) <= MANY


def _content(field: str, seen: Seen) -> int:
    """What the cells add to what the header says."""
    if field == "invoice_number":
        return 10 if seen.filled == 1 and seen.distinct > 1 else 0
    if field in ("name", "buyer.name"):
        return -30 if seen.number or seen.code else 10
    if field == "seller_item_id":
        return 15 if seen.code else -5
    return 5 if seen.filled == 1 else 0


class _Writer:
    def __init__(self, columns: dict[str, Seen], chosen: dict[str, Match], number: str) -> None:
        self.columns, self.chosen, self.number = columns, chosen, number
        self.document: dict[str, Any] = {}
        self.line: dict[str, Any] = {}
        self.constants: dict[str, Any] = {}
        self.unsure: dict[str, str] = {}

    def proposal(self, part: str, settings: dict[str, Any]) -> Proposal:
        for name, match in self.chosen.items():
            fields, path = (self.line, "line") if match.line else (self.document, "document")
            seen = self.columns[name]
            fields[match.field] = name
            if match.score < 100:
                self.unsure[f"{path}.{match.field}"] = f"a column with {seen.words}"
            if match.field in IDENTIFIERS and seen.whole:
                fields[match.field] = {"column": name, "pattern": _WITHOUT_ZERO}
                self.unsure[f"{path}.{match.field}"] = f"a spreadsheet wrote {seen.cells[0]}; what is behind is cut"
            if match.field == "vat_rate" and seen.percent:
                fields[match.field] = {"column": name, "pattern": _WITHOUT_PERCENT}
        self._country()
        self._unit()
        self._needed()
        settings |= self._signs() | {"dates": self._dates(), "layout": "rows", "key": [self.number]}
        order = ["invoice_number", *sorted(k for k in self.document if k != "invoice_number")]
        settings["document"] = {k: self.document[k] for k in order}
        settings["line"] = dict(sorted(self.line.items()))
        unused = [f"{n} ({s.words})" for n, s in self.columns.items() if n not in self.chosen and s.cells]
        self.constants["seller"] = {"name": Blank("the name of your own company; add its vat_identifier, address", "S")}
        return Proposal(part, settings, self.constants, self.unsure, unused)

    def _signs(self) -> dict[str, Any]:
        """How numbers are written, where they are texts."""
        written = [seen for seen in self.columns.values() if seen.written]
        if not written:
            return {}
        decimal, sure = decimal_sign(written)
        if not sure:
            both = any(seen.signs for seen in written)
            self.unsure["decimal"] = "both occur" if both else "no number in the sample tells it"
        settings: dict[str, Any] = {"decimal": decimal}
        if group := thousands(written, decimal):
            settings["thousands"] = group
        if any(seen.trailing_minus for seen in written):
            settings["trailing_minus"] = "true"
        return settings

    def _dates(self) -> list[str]:
        """The ways in which the chosen columns write days; a day that two ways fit is not sure."""
        found: list[str] = []
        for name, match in self.chosen.items():
            dates = self.columns[name].dates
            if match.field in DATES and dates:
                if dates[0] not in found:
                    found.append(dates[0])
                if len({d for d in dates if d in ("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y")}) > 1:
                    self.unsure["dates"] = f"day and month may change places: {' or '.join(dates)}"
        return found or ["%Y-%m-%d"]

    def _country(self) -> None:
        """Names of countries need a map to their codes."""
        name = self.document.get("buyer.address.country")
        if name is None or self.columns[name].country:
            return
        del self.document["buyer.address.country"]
        del self.chosen[name]

    def _unit(self) -> None:
        """An ERP's words for units are no codes, and some are codes of something else."""
        name = self.line.get("unit")
        if name is not None and (codes := mapped(self.columns[name].cells)):
            self.line["unit"] = {"column": name, "map": codes}
            self.unsure["line.unit"] = "what ERPs mean by these words, by UN/ECE Recommendation 20 or 21"

    def _needed(self) -> None:
        """What a document must have and no column gives is left to fill in: nothing is made up."""
        blank = {
            "currency": Blank("the currency of the amounts, as EUR", "EUR"),
            "issue_date": Blank("the day of issue, or under document the column that has it", "2000-01-01"),
        }
        self.constants |= {field: what for field, what in blank.items() if field not in self.document}
        if "buyer.name" not in self.document:
            if customer := self.document.get("buyer.erp_id"):
                cell = customer if isinstance(customer, dict) else {"column": customer}
                self.document["buyer.name"] = {**cell, "template": "Customer {}"}
                self.unsure["document.buyer.name"] = "no column has the customer's name"
            else:
                self.constants["buyer"] = {"name": Blank("the customer's name, or under document its column", "B")}
        line = self._vat() | self._price()
        if "name" not in self.line:
            item = self.line.get("seller_item_id") or self._left()
            if item is None:
                line["name"] = Blank("what is sold", "I")
            else:
                self.line["name"] = item
                self.unsure["line.name"] = "no column is called a description"
        if line:
            self.constants["line"] = line

    def _vat(self) -> dict[str, Any]:
        """A rate above zero is the standard rate or a reduced one (S); what none or zero means, nobody but the operator
        knows."""
        rate = self.line.get("vat_rate")
        if rate is None:
            return {"vat_category": VAT_CATEGORY, "vat_rate": Blank("the VAT rate in per cent", "20")}
        cell = rate if isinstance(rate, dict) else {"column": rate}
        cells = {c.rstrip("% ") for c in self.columns[cell["column"]].cells}
        zero = sorted(c for c in cells if is_number(c) and not c.strip("+-0.,"))
        self.unsure["constants.line" if not zero else "line.vat_category"] = "rates above zero are taken for S"
        if not zero:
            return {"vat_category": "S"}
        self.line["vat_category"] = {**cell, "map": dict.fromkeys(zero, VAT_CATEGORY), "otherwise": "S"}
        return {}

    def _price(self) -> dict[str, Any]:
        """Without a price, the line's amount is that of all its pieces (BT-149 is the quantity)."""
        quantity, price = self.line.get("quantity"), self.line.get("net_price")
        if price is None:
            price = self.line.get("net_amount") or self.document.get("totals.tax_exclusive")
            if price is not None:
                self.line["net_price"] = price
                self.unsure["line.net_price"] = "no column has a price; this is the amount of all pieces"
                if quantity is not None:
                    self.line["base_quantity"] = quantity
        left: dict[str, Any] = {}
        if quantity is None:
            left["quantity"] = Blank("how many; 1 where the price is that of the whole line", "1")
        if price is None:
            left["net_price"] = Blank("the price, or under line the column that has it", "1")
        return left

    def _left(self) -> str | None:
        """The longest text of the columns that are left over."""
        texts = [n for n, s in self.columns.items() if n not in self.chosen and s.words == "text" and s.filled == 1]
        return max(texts, key=lambda n: sum(map(len, self.columns[n].cells)), default=None)
