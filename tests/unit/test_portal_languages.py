"""In which language the recipient's page speaks."""

from __future__ import annotations

import pytest

from portal import languages


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("pl,en;q=0.8", "pl"),
        ("fi;q=0.9, pl;q=0.4, fr-CH;q=0.5", "fr"),
        ("pt-BR", "pt"),
        ("de-AT", "de"),
        ("fi", "en"),
        ("", "en"),
        (None, "en"),
        ("q=;;,,;q=z" * 300, "en"),
    ],
)
def test_accept_language(header: str | None, language: str) -> None:
    """Where the recipient is not known, the browser's wish is."""
    assert languages.accepted(header) == language


def test_the_readers_choice_wins() -> None:
    """A language of the list that was clicked comes first, then the recipient's; an address cannot ask for others."""
    assert languages.of_page("it", "de-AT") == "it"
    assert [languages.of_page(wanted, "de-AT") for wanted in (None, "", "fi", "../it")] == ["de"] * 4


def test_region_decides_on_numbers() -> None:
    """A Brazilian reads Portuguese words with Brazilian numbers; another language keeps its own."""
    from babel.numbers import format_currency

    def money(tag: str, language: str) -> str:
        return str(format_currency(1234, "EUR", locale=languages.figures(tag, language))).replace("\xa0", " ")

    assert money("pt-BR", "pt") == "€ 1.234,00"
    assert money("pt", "pt") == "1 234,00 €"
    assert money("de-CH", "de") == "EUR 1’234.00"
    assert money("pt-BR", "en") == "€1,234.00"
