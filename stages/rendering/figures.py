"""Numbers, money, dates and places as the recipient writes them (CLDR, by Babel).

Values come as `Decimal` and are never rounded here: a page that shows less than the e-format says is another invoice.
No-break spaces keep a figure on one line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from schemas.codes import CURRENCY_EXPONENT
from schemas.documents import Address, Period
from stages.words import days

if TYPE_CHECKING:
    from babel import Locale
    from babel.numbers import NumberPattern

_MINUS = "\u2212"
_NBSP = "\u00a0"


def _scale(value: Decimal) -> int:
    """Decimal places that carry something: 3 of 1.2500 would be 2."""
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


@lru_cache(maxsize=64)
def _pattern(places: int) -> NumberPattern:
    """Grouped, with so many decimal places. Babel would parse the pattern anew for each number of a page."""
    from babel.numbers import parse_pattern

    return parse_pattern("#,##0." + "0" * places if places else "#,##0")


@dataclass(frozen=True)
class Figures:
    """Formats for one locale and one currency (BT-5)."""

    locale: Locale
    currency: str

    def number(self, value: Decimal, least: int = 0) -> str:
        """Grouped, with at least `least` decimal places, and all that the value has."""
        from babel.numbers import format_decimal

        places = max(least, _scale(value))
        return format_decimal(value, _pattern(places), locale=self.locale).replace("-", _MINUS)

    def amount(self, value: Decimal) -> str:
        """An amount without its currency: as many places as the currency has, two at most unless it has more."""
        return self.number(value, min(2, CURRENCY_EXPONENT.get(self.currency, 2)))

    def money(self, value: Decimal, currency: str | None = None) -> str:
        """An amount with the sign or code of its currency, where the locale puts it."""
        from babel.numbers import format_currency

        currency = currency or self.currency
        places = max(min(2, CURRENCY_EXPONENT.get(currency, 2)), _scale(value))
        pattern = self.locale.currency_formats["standard"].pattern
        pattern = pattern.replace("0.00", "0." + "0" * places if places else "0")
        shown = format_currency(value, currency, pattern, locale=self.locale, currency_digits=False)
        return shown.replace("-", _MINUS).replace(" ", _NBSP)

    def price(self, value: Decimal) -> str:
        """A unit price (BT-146): two places at least."""
        return self.number(value, 2)

    def percent(self, value: Decimal) -> str:
        """A rate given in per cent: 23 is 23 %."""
        blank = _NBSP if f"{_NBSP}%" in self.locale.percent_formats[None].pattern else ""
        return f"{self.number(value)}{blank}%"

    def day(self, value: date) -> str:
        """A date in a row of facts: short, the year in full."""
        return days.short(value, self.locale).replace(" ", _NBSP)

    def long_day(self, value: date) -> str:
        """A date with its month in words, which nobody can misread."""
        return days.long(value, self.locale)

    def period(self, period: Period) -> str:
        """BG-14, BG-26: from, to, or both; empty where neither is given."""
        start = self.day(period.start) if period.start else ""
        end = self.day(period.end) if period.end else ""
        return f"{start} – {end}" if start or end else ""

    def country(self, code: str) -> str:
        """A country's name; the code where CLDR has none."""
        return str(self.locale.territories.get(code, code))

    def address(self, address: Address | None) -> list[str]:
        """An address as the lines of a letter; the country always named, for post crosses borders."""
        if address is None:
            return []
        town = " ".join(part for part in (address.post_code, address.city) if part)
        country = self.country(address.country) if address.country else None
        lines = (address.line_1, address.line_2, address.line_3, town, address.subdivision, country)
        return [each for each in lines if each]


def grouped(account: str) -> str:
    """An IBAN in groups of four, as it is printed on paper (ISO 13616-1); other accounts as they are.

    >>> grouped("PT50000201231234567890154").replace(chr(160), " ")
    'PT50 0002 0123 1234 5678 9015 4'
    """
    from stdnum import iban

    compact = "".join(account.split()).upper()
    if not iban.is_valid(compact):
        return account
    return _NBSP.join(compact[at : at + 4] for at in range(0, len(compact), 4))
