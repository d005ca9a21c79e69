"""The recipient's words: complete in every language, with the same gaps to fill."""

from __future__ import annotations

import dataclasses
import string

import pytest

from portal import words
from portal.words import LANGUAGES, PageWords

FIELDS = [field.name for field in dataclasses.fields(PageWords)]


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_complete(language: str) -> None:
    """Every language has every text, none empty, with the gaps of the English one."""
    texts, english = words.load(language), words.load("en")
    assert texts.language == language
    for name in FIELDS:
        value = getattr(texts, name)
        assert value.strip() == value, name
        assert value, name
        assert gaps(value) == gaps(getattr(english, name)), name


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_translated(language: str) -> None:
    """No sentence is the English one left standing."""
    texts, english = words.load(language), words.load("en")
    same = {name for name in FIELDS if getattr(texts, name) == getattr(english, name)}
    assert same <= {"pdf"}


def test_missing_text() -> None:
    """A text that a language lacks stops its import."""
    given = {field.name: "x" for field in dataclasses.fields(PageWords) if field.name != "confirm"}
    with pytest.raises(TypeError, match="confirm"):
        PageWords(**given)


def test_unknown_language() -> None:
    """There is no page half in another language: an unknown one has no texts, and the choice falls on English."""
    with pytest.raises(KeyError):
        words.load("de")
    assert words.chosen("de", None, "") == "en"
    assert words.chosen("pl-PL") == "pl"
    assert words.chosen("pt_BR", "en") == "pt"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("pl,en;q=0.8", "pl"),
        ("de;q=0.9, pl;q=0.4, es;q=0.5", "es"),
        ("pt-BR", "pt"),
        ("de", "en"),
        ("", "en"),
        (None, "en"),
        ("q=;;,,;q=z" * 300, "en"),
    ],
)
def test_accept_language(header: str | None, language: str) -> None:
    """Where the recipient is not known, the browser's wish is."""
    assert words.accepted(header) == language


def test_region_decides_on_numbers() -> None:
    """A Brazilian reads Portuguese words with Brazilian numbers; another language keeps its own."""
    from babel.numbers import format_currency

    def money(tag: str, language: str) -> str:
        return str(format_currency(1234, "EUR", locale=words.locale(tag, language))).replace("\xa0", " ")

    assert money("pt-BR", "pt") == "€ 1.234,00"
    assert money("pt", "pt") == "1 234,00 €"
    assert money("pt-BR", "en") == "€1,234.00"
