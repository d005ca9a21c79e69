"""Texts of all languages: none missing, none empty, none that the font cannot show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from stages.rendering import texts
from stages.rendering.fonts import REPLACEMENT, clean
from stages.rendering.words import LANGUAGES, Words, load, supported


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}")
    else:
        yield path, value


def _texts(language: str) -> dict[str, str]:
    words = load(language)[0]
    return {path: text for each in fields(Words) for path, text in _leaves(getattr(words, each.name), each.name)}


def test_every_file_of_texts_is_a_language() -> None:
    """The languages offered are those whose files are there."""
    files = {path.stem for path in Path(texts.__path__[0]).glob("*.py")} - {"__init__"}
    assert files == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_missing_or_cannot_be_shown(language: str) -> None:
    """Each language has every text that English has, none empty, with the same places to fill in."""
    english, own = _texts("en"), _texts(language)

    def without_forms(names: dict[str, str]) -> set[str]:
        return {re.sub(r"^(units\.\w+)\..*", r"\1", name) for name in names}

    assert without_forms(own) == without_forms(english)
    for name, text in own.items():
        assert text.strip() == text != ""
        assert REPLACEMENT not in clean(text), name
        if name in english:
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[name])), name


@pytest.mark.parametrize("language", [each for each in LANGUAGES if each != "en"])
def test_texts_are_translated(language: str) -> None:
    """No more than a few words are the same as in English."""
    english, own = _texts("en"), _texts(language)
    same = {name for name in own if not name.startswith("units") and own[name] == english.get(name)}
    assert same <= {
        "vat",
        "tax_amount",
        "standard_item",
        "order",
        "project",
        "volume",
        "least",
        "status",
        "transport_mode",
        "payment_means.20",
        "vat_categories.L",
        "vat_categories.M",
    } | {f"{name}" for name in ("tax_amount_accounting",)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_unit_has_the_forms_its_language_needs(language: str) -> None:
    """A unit with more than one form has one for each plural category that whole numbers up to 200 and 1.5 meet."""
    words, locale = load(language)
    for code, forms in words.units.items():
        assert "other" in forms
        if len(forms) > 1:
            needed = {locale.plural_form(number) for number in (*range(200), Decimal("1.5"))}
            assert needed <= set(forms), code


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("1", "godzina"), ("1.00", "godzina"), ("3", "godziny"), ("5", "godzin"), ("22", "godziny"), ("1.5", "godziny")],
)
def test_polish_units_are_inflected(quantity: str, expected: str) -> None:
    """Polish hours follow their number, trailing zeros notwithstanding."""
    words, locale = load("pl")
    assert words.unit("HUR", Decimal(quantity), locale) == expected


def test_unusual_units_keep_their_code() -> None:
    """A unit without a name is shown by its code, as the e-format has it."""
    words, locale = load("en")
    assert words.unit("NIU", Decimal(2), locale) == "NIU"


@pytest.mark.parametrize(
    ("tag", "locale"),
    [("pt", "pt_PT"), ("pt-BR", "pt_BR"), ("en", "en_GB"), ("en-US", "en_US"), ("ES_es", "es_ES"), ("pl-PL", "pl_PL")],
)
def test_the_region_decides_on_figures(tag: str, locale: str) -> None:
    """A tag's region chooses the locale of numbers and dates; a bare language is its European one."""
    assert str(load(tag)[1]) == locale
    assert supported(tag)
    assert not supported("de")
