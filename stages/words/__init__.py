"""Every text that a recipient reads and Entrega itself wrote: a room a language, the same parts in each.

`printed` is the PDF's and what mail and page say alike, `notice` the mail's, `page` the recipient's page, `units` the
names of units. Which languages there are stands here and nowhere else.

Source: BCP 47 (RFC 5646), CLDR by Babel
"""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, TypeVar

from schemas.errors import DocumentInvalid, Finding
from stages.words.notice import Notice
from stages.words.page import Page
from stages.words.printed import Printed

if TYPE_CHECKING:
    from babel import Locale

_HOMES = {"de": "DE", "en": "GB", "es": "ES", "fr": "FR", "it": "IT", "pl": "PL", "pt": "PT"}
"""ISO 639-1 -> whose numbers and dates a bare language follows: not CLDR's, where `pt` is Brazil's and `en` the
month-first one."""
LANGUAGES = tuple(_HOMES)
"""In the order of their own names, Deutsch to Português."""

VARIANTS = {"pt-BR": "pt_br"}
"""A region with words of its own -> its room, which holds what differs. All others read their language's."""

Part = TypeVar("Part")
_TAG = re.compile(r"([a-z]{2})(?:[-_]([a-z]{2}|[0-9]{3}))?(?:[-_][a-z0-9-_]*)?", re.ASCII | re.IGNORECASE)


def known(tag: str | None) -> str | None:
    """The tag as `de` or `de-AT`, where its language is one of LANGUAGES; None where it is not.

    >>> known("DE_at"), known("pt-BR-x-erp"), known("fi"), known(None)
    ('de-AT', 'pt-BR', None, None)
    """
    found = _TAG.fullmatch(tag or "")
    if found is None or found[1].lower() not in LANGUAGES:
        return None
    return f"{found[1].lower()}-{found[2].upper()}" if found[2] else found[1].lower()


def chosen(*wanted: str | None) -> str:
    """The first of these BCP 47 tags whose language has texts, with its region; English where none has.

    >>> chosen(None, "fi", "pt-BR"), chosen("sv")
    ('pt-BR', 'en')
    """
    return next((tag for each in wanted if (tag := known(each))), "en")


def language_of(tag: str) -> str:
    """The language of a tag: `de` of `de-AT`. The region decides on numbers and dates; on words where VARIANTS has it.

    Raises DocumentInvalid (permanent) where there are none: a page half in another language is worse than none.
    """
    tidy = known(tag)
    if tidy is None:
        expected = ", ".join(LANGUAGES)
        finding = Finding(rule="language", message="no texts in this language", found=tag[:35], expected=expected)
        raise DocumentInvalid("the recipient's language has no texts", findings=(finding,))
    return tidy[:2]


@lru_cache(maxsize=256)
def locale(tag: str) -> Locale:
    """What numbers and dates follow: of the region where CLDR knows it, else of the language's home.

    Raises DocumentInvalid, see `language_of`.
    """
    from babel import Locale, UnknownLocaleError

    language = language_of(tag)
    home = f"{language}_{_HOMES[language]}"
    try:
        return Locale.parse((known(tag) or "").replace("-", "_") if known(tag) != language else home)
    except UnknownLocaleError:
        return Locale.parse(home)


@lru_cache(maxsize=256)
def load_printed(tag: str) -> Printed:
    """Raises DocumentInvalid, see `language_of`."""
    return _room(tag, "printed", Printed)


@lru_cache(maxsize=256)
def load_notice(tag: str) -> Notice:
    """Raises DocumentInvalid, see `language_of`."""
    return _room(tag, "notice", Notice)


@lru_cache(maxsize=256)
def load_page(tag: str) -> Page:
    """Raises DocumentInvalid, see `language_of`."""
    return _room(tag, "page", Page)


def _room(tag: str, part: str, kind: type[Part]) -> Part:
    language = language_of(tag)
    words = import_module(f"stages.words.{VARIANTS.get(known(tag) or '', language)}.{part}").WORDS
    assert isinstance(words, kind)
    return words
