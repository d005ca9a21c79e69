"""How many segments a text message takes, and in which alphabet.

Source: 3GPP TS 23.038, 6.2.1 (GSM 7 bit default alphabet) and 6.2.1.1 (extension table, two septets a character);
TS 23.040, 9.2.3.24.1 (a concatenated message gives up 6 octets of each segment to its header)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True)
class Size:
    """`units`: septets (gsm-7) or UTF-16 units (ucs-2)."""

    alphabet: Literal["gsm-7", "ucs-2"]
    units: int
    segments: int


def measure(text: str) -> Size:
    """The size of a text.

    >>> measure("x" * 160).segments, measure("x" * 161).segments, measure("€").units, measure("ł" * 71).segments
    (1, 2, 2, 2)
    """
    if all(character in BASIC or character in EXTENSION for character in text):
        widths = [2 if character in EXTENSION else 1 for character in text]
        return Size("gsm-7", sum(widths), _segments(widths, 160, 153))
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return Size("ucs-2", sum(widths), _segments(widths, 70, 67))


def _segments(widths: list[int], alone: int, joined: int) -> int:
    """A character of two units never stands across two segments."""
    if sum(widths) <= alone:
        return 1
    segments, free = 1, joined
    for width in widths:
        if width > free:
            segments, free = segments + 1, joined
        free -= width
    return segments
