"""XML as text: escaped, numbers without exponents, nothing that XML cannot carry.

Text instead of a tree, for every byte is then ours (the same document gives the same bytes whatever libxml2 is
installed) and 20 lines take a tenth of the time.

Source: XML 1.0 (Fifth Edition) 2.2, 2.4, 3.3.3.
"""

from __future__ import annotations

import re
from decimal import Decimal

from pydantic import BaseModel

from schemas.errors import DocumentInvalid, Finding

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, not even escaped."""

_SPECIAL = re.compile('[&<>"\t\n\r]')


def escaped(value: str) -> str:
    """Character data. A bare carriage return would be read as a line feed."""
    if _SPECIAL.search(value) is None:
        return value
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def attribute(name: str, value: str | None) -> str:
    """` name="value"`, or nothing. Line breaks and tabs would be read as blanks if they were not escaped."""
    if not value:
        return ""
    value = escaped(value).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")
    return f' {name}="{value}"'


def money(value: Decimal) -> str:
    """An amount with two places. One with more keeps them, for the rules to refuse it (BR-DEC): rounding is not a
    writer's to do."""
    exponent = value.as_tuple().exponent
    shown = f"{value:.2f}" if isinstance(exponent, int) and exponent >= -2 else f"{value:f}"
    return shown if value else shown.lstrip("-")


def plain(value: Decimal) -> str:
    """Digits, point, sign: no exponent, no negative zero."""
    return f"{value:f}" if value else f"{abs(value):f}"


def checked(written: str, document: BaseModel) -> bytes:
    """The message as UTF-8. Raises DocumentInvalid (permanent) for characters that XML cannot carry, each with its
    field."""
    if _ILLEGAL.search(written) is not None:
        raise DocumentInvalid("characters that XML cannot carry", findings=tuple(_illegal("", document)))
    return written.encode()


def _illegal(place: str, value: object) -> list[Finding]:
    if isinstance(value, str):
        match = _ILLEGAL.search(value)
        if match is None:
            return []
        code = f"U+{ord(match.group()):04X}"
        return [Finding(rule="xml-character", message="a character that XML cannot carry", place=place, found=code)]
    if isinstance(value, BaseModel):
        written = ((name, each) for name, each in value.__dict__.items() if name not in ("hints", "extras"))
        members = [(f"{place}.{name}" if place else name, each) for name, each in written]
    elif isinstance(value, tuple):
        members = [(f"{place}[{index}]", each) for index, each in enumerate(value)]
    else:
        return []
    return [finding for where, each in members for finding in _illegal(where, each)]
