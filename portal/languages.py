"""In which language a page speaks: the reader's choice, the recipient's, the browser's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stages.words import LANGUAGES, chosen, known, language_of, locale

if TYPE_CHECKING:
    from babel import Locale


def of_page(wanted: str | None, recipients: str | None) -> str:
    """A language of LANGUAGES: the one that the reader asked for, else the recipient's, else English.

    >>> of_page(None, "de-AT"), of_page("fr", "de-AT"), of_page("xx", None)
    ('de', 'fr', 'en')
    """
    return wanted if wanted in LANGUAGES else language_of(chosen(recipients))


def accepted(header: str | None) -> str:
    """The best language for an Accept-Language header (RFC 9110, 12.5.4); English where none fits.

    >>> accepted("fi;q=0.9, pl;q=0.4, es;q=0.5"), accepted("*"), accepted(None), accepted("pt;q=x")
    ('es', 'en', 'en', 'en')
    """
    weighted: list[tuple[float, str]] = []
    for part in (header or "")[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighted.append((float(weight or 1), tag))
        except ValueError:
            continue
    return language_of(chosen(*(tag for _, tag in sorted(weighted, key=lambda each: -each[0]))))


def figures(tag: str | None, language: str) -> Locale:
    """The locale for numbers and dates: of the recipient's whole tag (`pt-BR`) where it is of this language."""
    own = known(tag)
    return locale(own if own and own[:2] == language else language)
