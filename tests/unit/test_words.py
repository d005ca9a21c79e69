"""Texts of all languages: each has a room of its own, none missing, none empty, none that the font cannot show."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

import pytest

from pipeline.cli import converting
from schemas.errors import DocumentInvalid
from stages import words
from stages.delivery.compose import gsm
from stages.rendering.fonts import REPLACEMENT, clean
from stages.words import LANGUAGES, VARIANTS, chosen, days, known, load_notice, load_page, load_printed, locale
from stages.words.notice import Notice
from stages.words.page import Page
from stages.words.printed import Printed, form

SPOKEN = [*LANGUAGES, *VARIANTS]
OTHERS = [each for each in SPOKEN if each != "en"]
ALIKE = set(
    """
    vat tax_amount tax_amount_accounting standard_item order project volume least most status transport_mode colon
    version action document kind titles.catalogue per page vat_categories.L vat_categories.M classification pdf
    item payment_means.20 payment_means.97 response_reasons.PRI transport_modes.5
    """.split()
)
"""What another language may write as English does."""


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}")
    else:
        yield path, value


def texts(language: str) -> dict[str, str]:
    """Every text of a language by its path; a plural form's path ends in its category."""
    parts: list[Any] = [load_printed(language), load_notice(language), load_page(language)]
    return {
        path: text
        for part in parts
        for each in dataclasses.fields(part)
        if each.name != "language"
        for path, text in _leaves(getattr(part, each.name), each.name)
    }


def _without_forms(names: Mapping[str, str]) -> set[str]:
    return {re.sub(r"\.(zero|one|two|few|many|other)$", "", name) for name in names}


def test_every_room_is_a_language() -> None:
    """The languages offered, and regions with words of their own, have a room, and each room has the same parts."""
    rooms = {path.name: path for path in Path(words.__path__[0]).iterdir() if (path / "__init__.py").exists()}
    assert sorted(rooms) == sorted([*LANGUAGES, *VARIANTS.values()])
    parts = {name: {part.name for part in room.glob("*.py")} for name, room in rooms.items()}
    assert all(each == {"__init__.py", "notice.py", "page.py", "printed.py", "units.py"} for each in parts.values())


@pytest.mark.parametrize("language", SPOKEN)
def test_no_text_is_missing_or_cannot_be_shown(language: str) -> None:
    """Each language has every text that English has, none empty, with the same places to fill in."""
    english, own = texts("en"), texts(language)
    assert _without_forms(own) == _without_forms(english)
    assert load_printed(language).language == load_page(language).language == language
    for name, text in own.items():
        assert text.strip() == text != "" or name == "colon", name
        assert REPLACEMENT not in clean(text), name
        if name in english:
            assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", english[name])), name


@pytest.mark.parametrize("language", OTHERS)
def test_texts_are_translated(language: str) -> None:
    """No sentence is the English one left standing, and no more than a few words are the same."""
    english, own = texts("en"), texts(language)
    same = {name for name in own if not name.startswith("units") and own[name] == english.get(name)}
    assert same <= ALIKE


def test_the_command_line_names_every_language() -> None:
    """The help of `entrega render --language` lists what there is, written out, for it must cost no import."""
    hints = get_type_hints(converting.render, include_extras=True)
    assert set(re.findall(r"\b[a-z]{2}\b(?=,| or|, with)", hints["language"].__metadata__[0].help)) >= set(LANGUAGES)


@pytest.mark.parametrize("part", [Printed, Notice, Page])
def test_a_missing_text_stops_the_import(part: type[Any]) -> None:
    """A text that a language lacks is an error before it can be a hole in somebody's invoice."""
    names = [field.name for field in dataclasses.fields(part)]
    with pytest.raises(TypeError, match=names[-1]):
        part(**dict.fromkeys(names[:-1], "x"))


@pytest.mark.parametrize("language", SPOKEN)
def test_every_count_has_the_forms_its_language_needs(language: str) -> None:
    """What has more than one form has one for each plural category that whole numbers up to 200 and 1.5 meet."""
    printed, local = load_printed(language), locale(language)
    needed = {local.plural_form(number) for number in (*range(200), Decimal("1.5"))}
    for name, forms in {**printed.units, "lead_days": printed.lead_days}.items():
        assert "other" in forms
        assert len(forms) == 1 or needed <= set(forms), name


@pytest.mark.parametrize("language", SPOKEN)
def test_titles_fit_a_text_message(language: str) -> None:
    """Every title keeps its letters, or their bare ones, in the alphabet of text messages."""
    for name, title in load_printed(language).titles.items():
        assert "?" not in gsm(title), name


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [("1", "godzina"), ("1.00", "godzina"), ("3", "godziny"), ("5", "godzin"), ("22", "godziny"), ("1.5", "godziny")],
)
def test_polish_units_are_inflected(quantity: str, expected: str) -> None:
    """Polish hours follow their number, trailing zeros notwithstanding."""
    assert load_printed("pl").unit("HUR", Decimal(quantity), locale("pl")) == expected


@pytest.mark.parametrize(
    ("language", "days", "expected"),
    [
        ("pl", "1", "Czas realizacji: {days} dzień"),
        ("pl", "1.5", "Czas realizacji: {days} dnia"),
        ("de", "1", "Lieferzeit: {days} Tag"),
        ("fr", "1.5", "Délai\u00a0: {days} jour"),
        ("it", "2", "Tempo di consegna: {days} giorni"),
    ],
)
def test_days_are_counted_in_the_recipients_language(language: str, days: str, expected: str) -> None:
    """One day is no plural; French counts up to two as one."""
    assert form(load_printed(language).lead_days, Decimal(days), locale(language)) == expected


@pytest.mark.parametrize(
    ("tag", "short", "long", "moment"),
    [
        ("de", "01.12.2026", "1. Dezember 2026", "1. Dezember 2026, 09:05"),
        ("fr", "1er déc. 2026", "1er décembre 2026", "1er décembre 2026, 09:05"),
        ("it", "1 dic 2026", "1 dicembre 2026", "1 dicembre 2026, 09:05"),
        ("pt", "01/12/2026", "1 de dezembro de 2026", "1 de dezembro de 2026, 09:05"),
        ("pl", "1 gru 2026", "1 grudnia 2026", "1 grudnia 2026, 09:05"),
    ],
)
def test_days(tag: str, short: str, long: str, moment: str) -> None:
    """Days are written as people write them there; a French month begins on the 1er, and its 11th is the 11."""
    local, at = locale(tag), datetime(2026, 12, 1, 8, 5, tzinfo=UTC)
    assert (days.short(at.date(), local), days.long(at.date(), local)) == (short, long)
    assert days.moment(at, ZoneInfo("Europe/Paris"), local) == moment
    assert "11 " in days.long(date(2026, 12, 11), locale("fr"))


def test_a_brazilian_reads_brazilian_words() -> None:
    """Where a region has words of its own they are read, and the rest is the language's."""
    brazil, portugal = load_page("pt_BR"), load_page("pt-PT")
    assert (brazil.confirm, portugal.confirm) == ("Confirmo o recebimento", "Confirmo a receção")
    assert load_printed("pt-BR").title_of("order") == "Pedido"
    assert load_printed("pt-BR").amount_due == load_printed("pt").amount_due
    spoken = " ".join(texts("pt-BR").values()).lower()
    assert not re.findall(r"\b(?:receção|ficheiro|contacto|encomenda\w*|aceite|fatura eletrónica|registado)\b", spoken)


def test_units_without_a_name() -> None:
    """A symbol is the same everywhere; what is neither named nor a symbol is shown by its code."""
    printed, local = load_printed("fr"), locale("fr")
    assert [printed.unit(code, Decimal(2), local) for code in ("KGM", "NIU", "XBO")] == ["kg", "NIU", "bouteilles"]


def test_french_leaves_a_space_before_the_colon() -> None:
    """A label stands before its value as the language writes it; without a value there is none."""
    assert load_printed("fr").labelled("Période", "mai") == "Période\u00a0: mai"
    assert load_printed("de").labelled("Zeitraum", "Mai") == "Zeitraum: Mai"
    assert load_printed("de").labelled("Zeitraum", "") == ""


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        *(("pt", "pt_PT"), ("pt-BR", "pt_BR"), ("en", "en_GB"), ("en-US", "en_US"), ("ES_es", "es_ES")),
        *(("de", "de_DE"), ("de-AT", "de_AT"), ("de-CH", "de_CH"), ("fr-BE", "fr_BE"), ("it_CH", "it_CH")),
        *(("es-419", "es_419"), ("de-XX", "de_DE"), ("pl-PL-x-erp", "pl_PL")),
    ],
)
def test_the_region_decides_on_figures(tag: str, expected: str) -> None:
    """A tag's region chooses the locale of numbers and dates, seldom the words; an unknown one is the home."""
    assert str(locale(tag)) == expected
    assert (load_printed(tag) is load_printed(tag[:2].lower())) == (known(tag) not in VARIANTS)


def test_the_first_language_that_has_texts_is_chosen() -> None:
    """Wishes are asked in turn, and tidied; where none has texts it is English."""
    assert chosen("fi", None, "") == "en"
    assert chosen("sv", "DE_at", "pl") == "de-AT"
    assert [known(tag) for tag in ("deutsch", "d", "../de", "fi")] == [None] * 4


def test_a_language_without_texts_is_an_error() -> None:
    """There is no page half in another language: the tag stands in the finding, with what would be right."""
    for load in (load_printed, load_notice, load_page, locale):
        with pytest.raises(DocumentInvalid) as raised:
            load("fi")
        assert (raised.value.findings[0].found, raised.value.findings[0].expected) == ("fi", ", ".join(LANGUAGES))
