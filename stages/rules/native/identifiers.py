"""Identifiers by their scheme: check digits and shapes, PEPPOL-COMMON-R.

The functions do what the published ones do, also where a stricter check would be possible: equal verdicts are the aim.

Source   OpenPeppol, PEPPOL-COMMON rules; ISO 6523 ICD
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from stages.rules.native.edition import Hits
from stages.rules.native.facts import Facts, plain

_INTEGER = re.compile(r"[ \t\r\n]*[+-]?[0-9]+[ \t\r\n]*\Z")
_LETTERS = re.compile(r"[A-Za-z]*\Z")


def shape(pattern: str) -> Callable[[str], bool]:
    """A check that a whole text has a shape."""
    compiled = re.compile(rf"(?:{pattern})\Z")
    return lambda text: compiled.match(text) is not None


def gln(text: str) -> bool:
    """GS1's check digit: weights three and one from the right."""
    if not text.isascii() or not text.isdigit():
        return False
    digits = [int(digit) for digit in reversed(text[:-1])]
    weighted = sum(digit * (3 if index % 2 == 0 else 1) for index, digit in enumerate(digits))
    return (10 - weighted % 10) % 10 == int(text[-1])


def mod11(text: str) -> bool:
    """Norway's: weights two to seven from the right; not all zeros."""
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        return False
    weighted = sum(int(digit) * (index % 6 + 2) for index, digit in enumerate(reversed(text[:-1])))
    return (11 - weighted % 11) % 11 == int(text[-1])


def belgian(text: str) -> bool:
    """Ten digits, the last two 97 less the rest of the others by 97."""
    return shape("[0-9]{10}")(text) and int(text[8:]) == 97 - int(text[:8]) % 97


def danish(text: str) -> bool:
    """CVR: eight digits, with or without DK."""
    return shape("(?:DK)?[0-9]{8}")(text)


def codice_fiscale(text: str) -> bool:
    """Sixteen characters of the person's shape, or eleven digits."""
    if len(text) == 11:
        return _INTEGER.match(text) is not None
    if len(text) != 16:
        return False
    letters, numbers = (text[:6], text[8:9], text[15:]), (text[6:8], text[9:11], text[14:15])
    return all(_LETTERS.match(each) for each in letters) and all(_INTEGER.match(each) for each in numbers)


def partita_iva(text: str) -> bool:
    """Of numbers that begin with IT: eleven digits whose weighted sum ends with zero. Others are not judged."""
    if text[:2] not in ("IT", "it"):
        return True
    number = text[2:]
    if len(number) != 11 or not number.isascii() or not number.isdigit():
        return False
    doubled = "0246813579"
    return sum(int(doubled[int(each)]) if index % 2 else int(each) for index, each in enumerate(number)) % 10 == 0


def swedish(text: str) -> bool:
    """Organisation number: Luhn over nine digits, the tenth is the check digit."""
    if not text.isascii() or not text.isdigit() or len(text) < 10:
        return False
    total = 0
    for index, digit in enumerate(reversed(text[:9])):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value % 10 + value // 10
    return (10 - total % 10) % 10 == int(text[9])


def australian(text: str) -> bool:
    """ABN: eleven digits, the first less one, weighted, modulo 89."""
    if not shape("[0-9]{11}")(text):
        return False
    weights = (10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)
    digits = [int(text[0]) - 1, *map(int, text[1:])]
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=True)) % 89 == 0


def greek(text: str) -> bool:
    """AFM: eight weighted digits modulo 11 modulo 10 give the ninth."""
    if not shape("[0-9]{9}")(text[:9]):
        return False
    return sum(int(digit) << (8 - index) for index, digit in enumerate(text[:8])) % 11 % 10 == int(text[8])


def number(text: str) -> Decimal | None:
    """XPath's number(), None for what it calls NaN."""
    stripped = text.strip(" \t\r\n")
    if not re.match(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z", stripped):
        return None
    try:
        return Decimal(stripped)
    except InvalidOperation:
        return None


def _swedish_scheme(text: str) -> bool:
    return len(text) == 10 and swedish(text)


# Scheme -> rule and check; 9907 is asked of electronic addresses only. R042, R052 and R053 take the text as it stands.
_SCHEMES: dict[str, tuple[str, Callable[[str], bool]]] = {
    "0088": ("PEPPOL-COMMON-R040", gln),
    "0192": ("PEPPOL-COMMON-R041", lambda text: len(text) == 9 and mod11(text)),
    "0184": ("PEPPOL-COMMON-R042", danish),
    "0096": ("PEPPOL-COMMON-R052", shape("[0-9]{10}")),
    "0198": ("PEPPOL-COMMON-R053", shape("DK[0-9]{8}")),
    "0208": ("PEPPOL-COMMON-R043", belgian),
    "0201": ("PEPPOL-COMMON-R044", shape("[A-Za-z0-9]{6}")),
    "0210": ("PEPPOL-COMMON-R045", codice_fiscale),
    "9907": ("PEPPOL-COMMON-R046", codice_fiscale),
    "0211": ("PEPPOL-COMMON-R047", partita_iva),
    "0007": ("PEPPOL-COMMON-R049", _swedish_scheme),
    "0151": ("PEPPOL-COMMON-R050", australian),
    "0106": ("PEPPOL-COMMON-R054", shape("[0-9]{8}")),
    "0190": ("PEPPOL-COMMON-R055", shape("[0-9]{20}")),
    "9944": ("PEPPOL-COMMON-R056-1", shape("NL[0-9]{9}B[0-9]{2}")),
    "0217": ("PEPPOL-COMMON-R057", shape("[0-9]{12}")),
}
_AS_THEY_STAND = ("0184", "0096", "0198")
_DUTCH = shape("NL[0-9]{9}B[0-9]{2}")


def wrong(scheme: str, text: str) -> str | None:
    """The rule that a number of this scheme breaks, None where it breaks none, or one that only warns.

    >>> wrong("0088", "5609999200016"), wrong("0088", "5609999200017")
    (None, 'PEPPOL-COMMON-R040')
    """
    from stages.rules.native.texts import WARNINGS_OF_PEPPOL

    rule, check = _SCHEMES.get(scheme, ("", None))
    return None if check is None or rule in WARNINGS_OF_PEPPOL or check(text) else rule


def identifiers(f: Facts) -> Hits:
    """Electronic addresses, party identifiers and legal registrations, each by its scheme."""
    for group in (f.endpoints(), f.identified(), f.registered()):
        for place, each in group:
            scheme = each.scheme or ""
            if scheme not in _SCHEMES or (scheme == "9907" and not place.endswith("endpoint")):
                continue
            rule, check = _SCHEMES[scheme]
            if not check(each.value if scheme in _AS_THEY_STAND else plain(each.value)):
                yield rule, place, each.value, None
    for place, vat in f.vat_numbers():
        if vat.startswith("NL") and not _DUTCH(plain(vat)):
            yield "PEPPOL-COMMON-R056-2", place, vat, "NL123456789B01"
