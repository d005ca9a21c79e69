"""Numbers, money, dates: shown as the locale writes them, and never rounded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from schemas.documents import Address, Period
from stages.rendering.figures import Figures, grouped
from stages.words import locale


def figures(language: str, currency: str = "EUR") -> Figures:
    return Figures(locale(language), currency)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("language", "currency", "value", "expected"),
    [
        ("en", "EUR", "1234567.5", "€1,234,567.50"),
        ("es", "EUR", "1234567.5", "1.234.567,50 €"),
        ("pl", "PLN", "1234567.5", "1 234 567,50 zł"),
        ("pt", "EUR", "1234567.5", "1 234 567,50 €"),
        ("pt-BR", "BRL", "1234567.5", "R$ 1.234.567,50"),
        ("en", "JPY", "1200", "JP¥1,200"),
        ("en", "JPY", "1200.50", "JP¥1,200.5"),
        ("en", "EUR", "-3", "−€3.00"),
        ("en", "EUR", "99999999999999999999.999", "€99,999,999,999,999,999,999.999"),
    ],
)
def test_money(language: str, currency: str, value: str, expected: str) -> None:
    """Amounts have the currency's places and the locale's separators; what is finer is shown too."""
    assert plain(figures(language, currency).money(Decimal(value))) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("23", "23 %"), ("23.00", "23 %"), ("5.5", "5,5 %"), ("0", "0 %"), ("100", "100 %")]
)
def test_percent(value: str, expected: str) -> None:
    """A rate is shown without trailing zeros, with the locale's blank."""
    assert plain(figures("es").percent(Decimal(value))) == expected


def test_prices_keep_their_places() -> None:
    """A unit price has two places at least, and all that it has."""
    english = figures("en")
    assert english.price(Decimal("0.0004567")) == "0.0004567"
    assert english.price(Decimal(12)) == "12.00"
    assert english.number(Decimal("1E+3")) == "1,000"


def test_dates_and_periods() -> None:
    """Dates have their year in full, and a period may be open."""
    english = figures("en")
    assert english.long_day(date(2026, 2, 3)) == "3 February 2026"
    assert plain(english.period(Period(start=date(2026, 1, 1), end=date(2026, 1, 31)))) == "1 Jan 2026 – 31 Jan 2026"
    assert plain(english.period(Period(start=date(2026, 1, 1)))) == "1 Jan 2026 – "
    assert english.period(Period()) == ""


def test_an_address_is_a_letters() -> None:
    """Post code before the town, the country by its name; what is missing leaves no empty line."""
    address = Address(line_1="ul. Długa 1", post_code="90-001", city="Łódź", country="PL")
    assert figures("pt").address(address) == ["ul. Długa 1", "90-001 Łódź", "Polónia"]
    assert figures("pt").address(None) == []


def test_only_an_iban_is_grouped() -> None:
    """A valid IBAN is printed in fours; another account stays as it is."""
    assert plain(grouped("es9121000418450200051332")) == "ES91 2100 0418 4502 0005 1332"
    assert grouped("ES9121000418450200051333") == "ES9121000418450200051333"
    assert grouped("12-345-678") == "12-345-678"
