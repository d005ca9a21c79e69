"""What stands in an element, and what it is in the canonical document: numbers, dates, parties, codes, long texts.

A codec reads components to a text (or part) for `complete`, which is strict about it. Writing gives components.

Source: UNTDID 2379 (formats of dates), 3055 (agencies), 5305 (duty or tax category), 4461; ISO 9735-1 10 (numbers).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

Read = Callable[[list[str], str], Any]
"""(components, decimal sign: `.`, `,` or both) -> value, or None where there is none. Raises ValueError, in words."""
Write = Callable[[Any], list[str]]


@dataclass(frozen=True)
class Codec:
    """How a term stands in an element, or in `span` of them: read and written."""

    name: str
    read: Read
    write: Write
    span: int = 1


_NUMBER = re.compile(r"-?(?:\d+(?:([.,])\d+)?|([.,])\d+)\Z", re.ASCII)
_DAYS = {
    "102": re.compile(r"(\d{4})(\d\d)(\d\d)(?:\d{4})?\Z"),  # some write a time behind it, as 203 has one
    "203": re.compile(r"(\d{4})(\d\d)(\d\d)\d{4}\Z"),
    "204": re.compile(r"(\d{4})(\d\d)(\d\d)\d{6}\Z"),
    "101": re.compile(r"(\d\d)(\d\d)(\d\d)\Z"),
    "201": re.compile(r"(\d\d)(\d\d)(\d\d)\d{4}\Z"),
    "": re.compile(r"(\d{4})(\d\d)(\d\d)\Z"),
}
"""Format (2379) -> year, month, day. Two digits of a year below 70 are of this century (X/Open), others of the last."""
SCHEMES = {"9": "0088", "16": "0060", "10": "0007", "107": "0002", "17": "0065"}
"""Agency (3055) -> ISO 6523: GS1, DUNS, Swedish organisation number, SIRENE, Teikoku."""
_AGENCIES = {scheme: agency for agency, scheme in SCHEMES.items()}
_UNITS = {"PCE": "H87"}
"""What Recommendation 20 said when the directories were made -> what it says now."""
_OLD_UNITS = {new: old for old, new in _UNITS.items()}
_MEANS = {"58": "30", "59": "31"}
"""SEPA means are newer than the directories: credit and debit transfer."""


def _read_number(parts: list[str], decimal: str) -> Any:
    said = parts[0].strip()
    if not said:
        return None
    match = _NUMBER.match(said)
    if match is None:
        raise ValueError("this is not a number")
    sign = match[1] or match[2]
    if sign and sign not in decimal:
        raise ValueError("this is not the decimal sign that the interchange declares")
    return said.replace(",", ".")


def plain(value: Decimal) -> str:
    return f"{value:f}"


def _read_text(parts: list[str], _decimal: str) -> Any:
    return parts[0].strip() or None


def _read_day(parts: list[str], _decimal: str) -> Any:
    said, form = parts[0].strip(), parts[1].strip()
    if not said:
        return None
    match = _DAYS[form].match(said) if form in _DAYS else None
    if match is None:
        return said
    year = match[1] if len(match[1]) == 4 else f"{'20' if match[1] < '70' else '19'}{match[1]}"
    return f"{year}-{match[2]}-{match[3]}"


def _read_party(parts: list[str], _decimal: str) -> Any:
    value, agency = parts[0].strip(), parts[2].strip()
    return {"value": value, "scheme": SCHEMES.get(agency)} if value else None


def _write_party(value: dict[str, Any]) -> list[str]:
    return [value["value"], "", _AGENCIES.get(value.get("scheme") or "", "ZZZ")]


def _read_item(parts: list[str], _decimal: str) -> Any:
    value = parts[0].strip()
    return {"value": value, "type": parts[1].strip()} if value else None


def _read_charge(parts: list[str], _decimal: str) -> Any:
    return {"A": False, "C": True}.get(parts[0].strip(), parts[0].strip() or None)


CODECS = {
    codec.name: codec
    for codec in (
        Codec("text", _read_text, lambda value: [str(value)]),
        Codec("texts", _read_text, lambda value: [str(value)]),
        Codec("number", _read_number, lambda value: [plain(value)]),
        Codec("day", _read_day, lambda value: [f"{value:%Y%m%d}", "102"], 2),
        Codec("party", _read_party, _write_party, 3),
        Codec("item", _read_item, lambda value: [value["value"], value["type"]], 2),
        Codec("charge", _read_charge, lambda value: ["C" if value else "A"]),
        Codec(
            "unit",
            lambda parts, _: _UNITS.get(parts[0].strip(), parts[0].strip()) or None,
            lambda value: [_OLD_UNITS.get(str(value), str(value))],
        ),
        Codec("means", _read_text, lambda value: [_MEANS.get(str(value), str(value))]),
    )
}


def joined(parts: list[str], length: int, sign: str) -> str:
    """A text over several components: one that is filled to its last place goes on in the next, else `sign` stands
    between them."""
    text = ""
    full = True
    for part in parts:
        if part:
            text += part if full else sign + part
            full = len(part) >= length
    return text


def cut(text: str, length: int, sign: str) -> list[str]:
    """The text in pieces from which `joined` makes it again, but for empty lines: an empty component between others
    says nothing to a reader, and a directory's schema (D.01B in DFDL) takes it for the end of the text."""
    pieces = []
    for row in filter(None, text.split("\n")) if sign == "\n" else [text]:
        while True:
            piece, row = row[:length], row[length:]
            if row and sign == " " and (bare := piece.rstrip(" ")) != piece and bare:
                row = " " * (len(piece) - len(bare) - 1) + row
                piece = bare
            pieces.append(piece)
            if not row:
                break
    return pieces
