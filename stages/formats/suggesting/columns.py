"""A mapping profile for fixed-width records, proposed from a sample: which types of record there are, and where fields
begin and end. What a field means nothing in such a file says: every one of them is a guess, and told as one.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from stages.formats.suggesting.contents import look
from stages.formats.suggesting.proposal import Proposal

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
    fields = {kind: _fields(group) for kind, group in groups.items()}
    roles = _roles(groups, fields)
    settings: dict[str, Any] = {"encoding": encoding, "width": width}
    unsure: dict[str, str] = {}
    if {"head", "line"} <= set(roles.values()):
        settings["record_type"] = {"start": 1, "length": 1}
        unsure["record_type"] = "the first character has few values"
        settings["records"] = {
            kind: {"role": roles[kind], **({"fields": fields[kind]} if roles[kind] != "ignore" else {})}
            for kind in groups
        }
        unsure["records"] = "which type is head, line, or skipped"
        heads = next(fields[k] for k, role in roles.items() if role == "head")
        items = next(fields[k] for k, role in roles.items() if role == "line")
    else:
        heads = items = _fields(lines)
        settings["fields"] = heads
    number, day = _number(heads), next((n for n, f in heads.items() if f["type"] == "date"), None)
    if number is None or day is None:
        raise ValueError("no record has a number of its own and a day: where a document begins cannot be told")
    if "fields" in settings:
        settings["key"] = [number]
    days = {f["pattern"] for f in (*heads.values(), *items.values()) if f["type"] == "date"}
    settings["dates"] = [p for p in _DAYS if p in days]
    texts = [n for n, f in heads.items() if f["type"] == "text" and n != number]
    settings["document"] = {"invoice_number": number, "issue_date": day}
    constants: dict[str, Any] = {"currency": "XXX", "seller": {"name": "YOUR COMPANY"}}
    if texts:
        settings["document"]["buyer.name"] = texts[0]
    else:
        constants["buyer"] = {"name": "CUSTOMER"}
    names = [n for n, f in items.items() if f["type"] == "text" and n != number]
    amounts = [n for n, f in items.items() if f["type"] == "number" and n != number]
    settings["line"] = {k: v for k, v in (("name", names[0] if names else None),
                                          ("quantity", amounts[0] if len(amounts) > 1 else None),
                                          ("net_price", amounts[-1] if amounts else None)) if v}  # fmt: skip
    line = {"vat_category": "S"} | ({} if names else {"name": "Item"})
    line |= ({} if len(amounts) > 1 else {"quantity": "1"}) | ({} if amounts else {"net_price": "0"})
    constants["line"] = line
    unsure |= {
        "document": "a file without names says of no field what it is: check each",
        "line": "check each, and the scale (decimal places) of its numbers",
        "constants.currency": "fill in yours", "constants.seller": "fill in your own company",
        "constants.line": "check each, and add vat_rate",
    }  # fmt: skip
    for layout in [settings.get("fields"), *(r.get("fields") for r in settings.get("records", {}).values())]:
        for each in (layout or {}).values():
            each.pop("pattern", None)
            each.pop("distinct", None)
            if each["type"] == "text":
                del each["type"]
    return Proposal("fixed", settings, constants, unsure)


def _groups(lines: list[str]) -> dict[str, list[str]]:
    """Lines by their first character, where that has few values that each look like a type."""
    kinds = Counter(line[0] for line in lines)
    if 1 < len(kinds) <= _TYPES and all(k.isalnum() for k in kinds):
        return {kind: [line for line in lines if line[0] == kind] for kind in kinds}
    return {"": lines}


def _fields(lines: list[str]) -> dict[str, dict[str, Any]]:
    """Fields end where all lines are blank, and where digits become letters in all of them."""
    width = len(lines[0])
    kinds = ["".join(sorted({_kind(line[at]) for line in lines})) for at in range(width)]
    blank = [kind == " " for kind in kinds]
    cuts, start = [], 1 if len({line[0] for line in lines}) == 1 and not blank[0] else 0
    at = start
    while at < width:
        if blank[at]:
            at += 1
            continue
        end = at + 1
        digits = "a" not in kinds[at]
        while end < width and not blank[end] and (("a" not in kinds[end]) == digits or not digits):
            end += 1
        cuts += _days(lines, at, end)
        at = end
    found: dict[str, dict[str, Any]] = {}
    for begin, end in cuts:
        cells = [line[begin:end].strip() for line in lines]
        seen = look(cells)
        days = [p for p in _DAYS if p in seen.dates]
        kind = "date" if days and end - begin == 8 else "number" if seen.number else "text"
        found[f"f{begin + 1}"] = {"start": begin + 1, "length": end - begin, "type": kind,
                                  "pattern": days[0] if days else "", "distinct": len(set(cells))}  # fmt: skip
    return found


def _days(lines: list[str], begin: int, end: int) -> list[tuple[int, int]]:
    """A run is cut around the first eight digits that are a day in every line."""
    for at in range(begin, end - 7):
        seen = look([line[at : at + 8] for line in lines])
        if any(p in seen.dates for p in _DAYS) and all(len(c) == 8 for c in seen.cells) and seen.filled == 1:
            parts = [(begin, at), (at, at + 8), *_days(lines, at + 8, end)]
            return [(a, b) for a, b in parts if a < b]
    return [(begin, end)] if begin < end else []


def _kind(sign: str) -> str:
    return " " if sign == " " else "0" if sign.isdigit() or sign in ".,+-" else "a"


def _number(fields: dict[str, dict[str, Any]]) -> str | None:
    """The first field that is no day and differs most from record to record."""
    others = {n: f["distinct"] for n, f in fields.items() if f["type"] != "date"}
    return max(others, key=lambda n: others[n], default=None)


def _roles(groups: dict[str, list[str]], fields: dict[str, dict[str, dict[str, Any]]]) -> dict[str, str]:
    """The rarer type with a day is the head, the most frequent of the others the line; one alone is skipped."""
    several = {k for k, lines in groups.items() if len(lines) > 1}
    dated = [k for k in several if any(f["type"] == "date" for f in fields[k].values())]
    head = min(dated, key=lambda k: len(groups[k]), default=None)
    line = max((k for k in several if k != head), key=lambda k: len(groups[k]), default=None)
    return {k: "head" if k == head else "line" if k == line else "ignore" for k in groups}
