"""A mapping profile for a CSV, proposed from a sample: separator, header, encoding, and which column is which field."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

from stages.formats.suggesting.contents import Seen, decimal_sign, look, thousands
from stages.formats.suggesting.proposal import Proposal
from stages.formats.suggesting.words import DATES, IDENTIFIERS, NUMBERS, Match, matches

_SEPARATORS = (";", ",", "\t", "|")
_HEADER_ROWS = 30
_WITHOUT_ZERO = r"(\d+)(?:[.,]0)?"
"""`14810` of `14810.0`."""


def separator(text: str) -> str | None:
    """The sign by which most lines have the same number of cells, more than one; None where there is none."""
    best, score = None, 0.0
    for sign in _SEPARATORS:
        counts = Counter(len(row) for row in _rows(text, sign) if any(row))
        if not counts:
            continue
        cells, often = counts.most_common(1)[0]
        total = sum(counts.values())
        if cells > 1 and often > 1 and often / total >= 0.5 and often / total * (1 + cells / 100) > score:
            best, score = sign, often / total * (1 + cells / 100)
    return best


def _rows(text: str, sign: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=sign))
    except csv.Error:
        return []


def propose(text: str, sign: str, encoding: str) -> Proposal:
    """Raises ValueError, saying why, where no column tells one document from the next."""
    rows = _rows(text, sign)
    width = Counter(len(row) for row in rows if any(row)).most_common(1)[0][0]
    at = _header(rows, width)
    if at is None:
        raise ValueError("no row looks like a header with the columns' names")
    names = [cell.strip() for cell in rows[at]]
    body = [row for row in rows[at + 1 :] if len(row) == len(names) and any(row)]
    if not body:
        raise ValueError("there is no row below the header")
    columns = {name: look([row[n] for row in body]) for n, name in enumerate(names) if name and names.count(name) == 1}
    chosen = _choose(columns)
    number = next((column for column, match in chosen.items() if match.field == "invoice_number"), None)
    if number is None:
        raise ValueError(f"no column looks like the document's number; there are: {', '.join(columns)[:500]}")
    return _Writer(columns, chosen, number).proposal(sign, encoding, at, names)


def _header(rows: list[list[str]], width: int) -> int | None:
    """The first row as wide as most, whose cells are all names and no numbers or days; the best by what they mean."""
    best: tuple[int, int] | None = None
    for n, row in enumerate(rows[:_HEADER_ROWS]):
        said = [cell.strip() for cell in row if cell.strip()]
        if len(row) != width or len(said) < 2 or len(set(said)) < len(said) * 0.8:
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
        return seen.number
    if field == "currency":
        return seen.currency
    if field == "buyer.address.country":
        return all(len(cell) > 1 for cell in seen.cells[:50])
    if field in ("name", "buyer.name"):
        return not seen.dates
    return True


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

    def proposal(self, sign: str, encoding: str, at: int, names: list[str]) -> Proposal:
        for name, match in self.chosen.items():
            part, path = (self.line, "line") if match.line else (self.document, "document")
            seen = self.columns[name]
            part[match.field] = name
            if match.score < 100:
                self.unsure[f"{path}.{match.field}"] = f"a column with {seen.words}"
            if match.field in IDENTIFIERS and seen.whole:
                part[match.field] = {"column": name, "pattern": _WITHOUT_ZERO}
                self.unsure[f"{path}.{match.field}"] = f"a spreadsheet wrote {seen.cells[0]}; what is behind is cut"
        self._country()
        self._needed()
        every = list(self.columns.values())
        decimal, sure = decimal_sign(every)
        settings: dict[str, Any] = {"encoding": encoding, "separator": sign, "decimal": decimal}
        if not sure:
            self.unsure["decimal"] = (
                "no number in the sample tells it" if not any(s.signs for s in every) else "both occur"
            )
        if group := thousands(every, decimal):
            settings["thousands"] = group
        if any(s.trailing_minus for s in every if s.number):
            settings["trailing_minus"] = "true"
        settings["dates"] = self._dates()
        if at:
            settings["header"] = {"find": [n for n in names if n][:3]}
        settings["layout"] = "rows"
        settings["key"] = [self.number]
        order = ["invoice_number", *sorted(k for k in self.document if k != "invoice_number")]
        settings["document"] = {k: self.document[k] for k in order}
        settings["line"] = dict(sorted(self.line.items()))
        unused = [f"{n} ({s.words})" for n, s in self.columns.items() if n not in self.chosen and s.cells]
        self.constants["seller"] = {"name": "YOUR COMPANY"}
        self.unsure["constants.seller"] = "fill in name, vat_identifier and address of your own company"
        return Proposal("csv", settings, self.constants, self.unsure, unused)

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

    def _needed(self) -> None:
        """What a document must have and no column gives: constants, each with a note."""
        if "currency" not in self.document:
            self._constant("currency", "XXX", "no column has currency codes; fill in yours")
        if "issue_date" not in self.document:
            self._constant("issue_date", "2000-01-01", "no column has the day of issue")
        if "buyer.name" not in self.document:
            if customer := self.document.get("buyer.erp_id"):
                cell = customer if isinstance(customer, dict) else {"column": customer}
                self.document["buyer.name"] = {**cell, "template": "Customer {}"}
                self.unsure["document.buyer.name"] = "no column has the customer's name"
            else:
                self._constant("buyer", {"name": "CUSTOMER"}, "no column has the customer's name")
        line: dict[str, Any] = {"vat_category": "S"}
        told = ["vat_category"]
        if "vat_rate" not in self.line:
            told.append("vat_rate (no column has it)")
        if "quantity" not in self.line:
            line["quantity"] = "1"
            told.append("quantity")
        if "net_price" not in self.line:
            amount = self.line.pop("net_amount", None) or self._left("net_amount", number=True)
            if amount is None:
                line["net_price"] = "0"
                told.append("net_price")
            else:
                self.line["net_price"] = amount
                line["quantity"] = "1"
                self.line.pop("quantity", None)
                self.unsure["line.net_price"] = "no column has a price; the amount is taken for one piece"
        if "name" not in self.line:
            item = self.line.get("seller_item_id") or self._left("name", number=False)
            if item is None:
                line["name"] = "Item"
                told.append("name")
            else:
                self.line["name"] = item
                self.unsure["line.name"] = "no column is called a description"
        self._constant("line", line, f"check {', '.join(told)}")

    def _constant(self, name: str, value: Any, note: str) -> None:
        self.constants[name] = value
        self.unsure[f"constants.{name}"] = note

    def _left(self, field: str, *, number: bool) -> str | None:
        """A column that is left over and looks like one: a total for an amount, the longest text for a name."""
        if number:
            return self.document.get("totals.tax_exclusive")
        texts = [n for n, s in self.columns.items() if n not in self.chosen and s.words == "text" and s.filled == 1]
        return max(texts, key=lambda n: sum(map(len, self.columns[n].cells)), default=None)
