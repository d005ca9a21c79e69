"""A mapping profile for fixed-width records, proposed from a sample: which types of record there are, and where fields
begin and end. What a field means nothing in such a file says: every one of them is a guess, and told as one.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from stages.formats.suggesting.contents import decimal_sign, is_day, look
from stages.formats.suggesting.proposal import VAT_CATEGORY, Blank, Proposal

_TYPES = 8
"""The most types of record."""
_DAYS = ("%Y%m%d", "%d%m%Y")


def looks_fixed(text: str) -> bool:
    """Nearly all lines are of one length, of more than 20 characters."""
    lengths = Counter(len(line) for line in text.splitlines() if line.strip())
    if not lengths:
        return False
    length, often = lengths.most_common(1)[0]
    return length > 20 and often > 1 and often >= 0.9 * sum(lengths.values())


def propose(text: str, encoding: str) -> Proposal:
    """Raises ValueError, saying why, where no record has a number of its own and a day."""
    lines = [line for line in text.splitlines() if line.strip()]
    width = Counter(map(len, lines)).most_common(1)[0][0]
    lines = [line for line in lines if len(line) == width]
    groups = _groups(lines)
    fields = {kind: _fields(group, 1 if kind else 0) for kind, group in groups.items()}
    roles = _roles(groups, fields)
    settings: dict[str, Any] = {"encoding": encoding, "width": width}
    unsure: dict[str, str] = {}
    typed = {"head", "line"} <= set(roles.values())
    if typed:
        settings["record_type"] = {"start": 1, "length": 1}
        unsure["record_type"] = "the first character has few values"
        unsure["records"] = "which type is head, line, or skipped"
        head, item = (next(k for k, role in roles.items() if role == wanted) for wanted in ("head", "line"))
        heads, items = fields[head], fields[item]
        number = _number(heads, repeats=False)
    else:
        heads = items = _fields(lines, 0)
        number = _number(heads, repeats=True)
    day = next((n for n, f in heads.items() if f["type"] == "date"), None)
    if number is None or day is None:
        raise ValueError("no record has a number of its own and a day: where a document begins cannot be told")
    days = {f["pattern"] for f in (*heads.values(), *items.values()) if f["type"] == "date"}
    settings["dates"] = [p for p in _DAYS if p in days]
    document: dict[str, Any] = {"invoice_number": number, "issue_date": day}
    constants: dict[str, Any] = {
        "currency": Blank("the currency of the amounts, as EUR", "EUR"),
        "seller": {"name": Blank("the name of your own company; add its vat_identifier, address", "S")},
    }
    texts = [n for n, f in heads.items() if f["type"] == "text" and n != number]
    if texts:
        document["buyer.name"] = texts[0]
    else:
        constants["buyer"] = {"name": Blank("the customer's name, or under document its field", "B")}
    used = {number, day, *texts[:1]} if not typed else {number}
    names = [n for n, f in items.items() if f["type"] == "text" and n not in used]
    amounts = [n for n, f in items.items() if f["type"] == "number" and n not in used]
    line, missing = _line(names, amounts)
    constants["line"] = missing
    decimal, told = decimal_sign([look(items[n]["cells"]) for n in amounts])
    if told:
        settings["decimal"] = decimal
    for name in (line.get("quantity"), line.get("net_price")):
        if name is not None and not look(items[name]["cells"]).signs:
            items[name]["scale"] = Blank("how many of its digits are decimal places", "0")
    settings |= {"document": document, "line": line}
    unsure |= {
        "document": "a file without names says of no field what it is: check each",
        "line": "check each",
    }  # fmt: skip
    if typed:
        settings["records"] = {
            kind: {"role": role, **({"fields": _layout(fields[kind])} if role != "ignore" else {})}
            for kind, role in roles.items()
        }
    else:
        settings |= {"fields": _layout(heads), "key": [number]}
    return Proposal("fixed", settings, constants, unsure)


def _line(names: list[str], amounts: list[str]) -> tuple[dict[str, str], dict[str, Any]]:
    """(fields of a line, what is to be filled in). The first of several numbers is a quantity, the last a price."""
    line: dict[str, str] = {}
    missing: dict[str, Any] = {
        "vat_category": VAT_CATEGORY,
        "vat_rate": Blank("the VAT rate in per cent", "20"),
    }
    if names:
        line["name"] = names[0]
    else:
        missing["name"] = Blank("what is sold", "I")
    if len(amounts) > 1:
        line["quantity"] = amounts[0]
    else:
        missing["quantity"] = Blank("how many; 1 where the price is that of the whole line", "1")
    if amounts:
        line["net_price"] = amounts[-1]
    else:
        missing["net_price"] = Blank("the price, or under line the field that has it", "1")
    return line, missing


def _layout(fields: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Fields as a profile has them."""
    found = {}
    for name, each in fields.items():
        signs = {c[0] for c in each["cells"] if c} | {c[-1] for c in each["cells"] if c}
        found[name] = {k: v for k, v in each.items() if k in ("start", "length", "scale")}
        if each["type"] != "text":
            found[name]["type"] = each["type"]
        if each["type"] == "number" and signs & set("+-"):
            found[name]["sign"] = "trailing" if any(c.endswith(("+", "-")) for c in each["cells"]) else "leading"
    return found


def _groups(lines: list[str]) -> dict[str, list[str]]:
    """Lines by their first character, where that has few values that each look like a type."""
    kinds = Counter(line[0] for line in lines)
    if 1 < len(kinds) <= _TYPES and all(k.isalnum() for k in kinds):
        return {kind: [line for line in lines if line[0] == kind] for kind in kinds}
    return {"": lines}


def _fields(lines: list[str], start: int) -> dict[str, dict[str, Any]]:
    """Fields end where all lines are blank, and where digits become letters in all of them; `start` is behind the
    record's type. One blank between two texts is within a text."""
    width = len(lines[0])
    kinds = ["".join(sorted({_kind(line[at]) for line in lines})) for at in range(width)]
    blank = [kind == " " for kind in kinds]
    runs: list[tuple[int, int]] = []
    at = start
    while at < width:
        if blank[at]:
            at += 1
            continue
        end = at + 1
        digits = "a" not in kinds[at]
        while end < width and not blank[end] and (("a" not in kinds[end]) == digits or not digits):
            end += 1
        runs += _days(lines, at, end)
        at = end
    found: dict[str, dict[str, Any]] = {}
    for begin, end in _joined(lines, runs):
        cells = [line[begin:end].strip() for line in lines]
        days = [p for p in _DAYS if end - begin == 8 and _all_days(cells, p)]
        kind = "date" if days else "number" if look(cells).number else "text"
        found[f"f{begin + 1}"] = {"start": begin + 1, "length": end - begin, "type": kind,
                                  "pattern": days[0] if days else "", "cells": cells}  # fmt: skip
    return found


def _joined(lines: list[str], runs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Runs of letters that one blank parts are one text, `Item A`."""
    found: list[tuple[int, int]] = []
    for begin, end in runs:
        if found and begin == found[-1][1] + 1 and all(_is_text(lines, *each) for each in (found[-1], (begin, end))):
            found[-1] = (found[-1][0], end)
        else:
            found.append((begin, end))
    return found


def _is_text(lines: list[str], begin: int, end: int) -> bool:
    return all(any(sign.isalpha() for sign in line[begin:end]) for line in lines if line[begin:end].strip())


def _all_days(cells: list[str], pattern: str) -> bool:
    said = [cell for cell in cells if cell]
    return bool(said) and all(is_day(cell, pattern) for cell in said)


def _days(lines: list[str], begin: int, end: int) -> list[tuple[int, int]]:
    """A run is cut around the first eight digits that are a day in every line."""
    for at in range(begin, end - 7):
        cells = [line[at : at + 8] for line in lines]
        if any(all(is_day(cell, p) for cell in cells) for p in _DAYS):
            parts = [(begin, at), (at, at + 8), *_days(lines, at + 8, end)]
            return [(a, b) for a, b in parts if a < b]
    return [(begin, end)] if begin < end else []


def _kind(sign: str) -> str:
    return " " if sign == " " else "0" if sign.isdigit() or sign in ".,+-" else "a"


def _number(fields: dict[str, dict[str, Any]], *, repeats: bool) -> str | None:
    """The leftmost field with digits in every record whose equal values stand together. Where records are lines, one
    that `repeats` goes before: a line's own number does not. Where they are heads, one that does not."""
    found: list[tuple[bool, str]] = []
    for name, each in fields.items():
        cells = each["cells"]
        together = 1 + sum(one != other for one, other in pairwise(cells))
        if each["type"] != "date" and all(any(c.isdigit() for c in cell) for cell in cells):
            distinct = len(set(cells))
            if distinct == together and (distinct > 1 or len(cells) == 1):
                found.append(((distinct == len(cells)) == repeats, name))
    return min(found, key=lambda one: one[0], default=(False, None))[1]


def _roles(groups: dict[str, list[str]], fields: dict[str, dict[str, dict[str, Any]]]) -> dict[str, str]:
    """The rarer type with a day is the head, the most frequent of the others the line; one alone is skipped."""
    several = {k for k, lines in groups.items() if len(lines) > 1}
    dated = [k for k in several if any(f["type"] == "date" for f in fields[k].values())]
    head = min(dated, key=lambda k: len(groups[k]), default=None)
    line = max((k for k in several if k != head), key=lambda k: len(groups[k]), default=None)
    return {k: "head" if k == head else "line" if k == line else "ignore" for k in groups}
