"""How SAP writes values in an IDoc, and what its codes mean: numbers, dates, languages, document types.

Source: SAP's documentation of the segments of INVOIC02 (transaction WE60); ISO 639-1.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

LANGUAGES = dict(
    pair.split(":")
    for pair in """
    B:he C:cs D:de E:en F:fr G:el H:hu I:it J:ja K:da L:pl N:nl O:no P:pt Q:sk R:ru S:es T:tr U:fi V:sv W:bg X:lt Y:lv
    1:zh 3:ko 4:ro 5:sl 6:hr 8:uk 9:et""".split()
)
"""SPRAS, SAP's one-letter language -> BCP 47."""

CREDIT_BILLING_TYPES = frozenset({"G2", "RE", "S1", "CR", "CBRE", "IG", "IVS", "PC", "RK", "G2S", "S3"})
"""E1EDK14 qualifier 015: SAP's standard billing types that credit (credit memo, returns, cancellation)."""

STANDARD_SEGMENTS = frozenset(
    {"EDI_DC40", "E1EDK01", "E1EDKA1", "E1EDK02", "E1EDK03", "E1EDK04", "E1EDK05", "E1EDK18", "E1EDK28", "E1EDKT1",
     "E1EDP01", "E1EDS01"}
)  # fmt: skip
"""Header segments that are mapped; every other one is kept aside."""
STANDARD_ITEM_SEGMENTS = frozenset(
    {"E1EDP02", "E1EDP19", "E1EDP26", "E1EDP04", "E1EDP05", "E1EDP28", "E1EDPT1", "E1EDP03", "E1EDPA1"}
)
"""As above, below E1EDP01. E1EDP03 and E1EDPA1 repeat the header's dates and parties."""

_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}\Z", re.ASCII)
_NUMBER = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(-?)\Z", re.ASCII)


def number(text: str) -> Decimal | None:
    """SAP's numbers: a point before decimals, the minus behind. None when it is no number of that kind."""
    match = _NUMBER.match(text)
    if not match or (match[1] and match[3]) or len(text) > 40:
        return None
    value = Decimal(match[2])
    return -value if match[1] == "-" or match[3] else value


def plain(value: Decimal) -> Decimal:
    """Without the zeros that SAP pads with: 320.000 is 320."""
    whole = value == value.to_integral_value()
    return value.quantize(Decimal(1)) if whole else value.normalize()


def day(text: str) -> date | None:
    """DATS: `20181026`. None when it is no date of the calendar."""
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def is_gtin(text: str) -> bool:
    return any(is_gs1(text, digits) for digits in (8, 12, 13, 14))


def is_gs1(text: str, digits: int = 13) -> bool:
    """GLN or GTIN with a check digit that fits (GS1 General Specifications, 7.9)."""
    if len(text) != digits or not text.isascii() or not text.isdigit():
        return False
    total = sum(int(c) * (3 if n % 2 else 1) for n, c in enumerate(reversed(text[:-1]), start=1))
    return (10 - total % 10) % 10 == int(text[-1])


def is_iban(text: str) -> bool:
    """Shape and check digits (ISO 13616; ISO 7064, modulo 97-10)."""
    return bool(_IBAN.match(text)) and int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1
