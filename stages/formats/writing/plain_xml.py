"""Elements without prefixes, as text, and numbers with a fixed count of places: how the national formats are written.

Each function gives "" for what is not there, so that an element without content never comes into being.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal

from stages.formats.writing.xml_text import escaped

_EXACT = Context(prec=60)


def leaf(tag: str, value: str | date | None) -> str:
    """An element with text; a date as ISO 8601 has it."""
    if not value:
        return ""
    return f"<{tag}>{value.isoformat() if isinstance(value, date) else escaped(value)}</{tag}>"


def branch(tag: str, *children: str) -> str:
    """An element with elements, if there are any."""
    content = "".join(children)
    return f"<{tag}>{content}</{tag}>" if content else ""


def places(value: Decimal, least: int, most: int) -> str:
    """With at least `least` and at most `most` decimal places, half up; zeros beyond `least` are left out."""
    rounded = value.quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP, _EXACT)
    text = f"{rounded + 0 if rounded else abs(rounded):f}"
    if "." in text:
        whole, _, digits = text.partition(".")
        text = f"{whole}.{digits.rstrip('0').ljust(least, '0')}".rstrip(".")
    return text
