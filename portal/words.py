"""What the recipient's page says, in the recipient's language: one `PageWords` a language, in `texts/`.

All fields are required, so a text that a language lacks stops the import; tests hold the placeholders together.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

LANGUAGES = ("pt", "es", "pl", "en")
"""ISO 639-1, in the order in which the page offers them."""


@dataclass(frozen=True, kw_only=True)
class PageWords:
    """The texts of one language. Braces name what is filled in."""

    language: str
    own_name: str
    skip: str
    languages: str
    # what it is
    invoice: str
    credit_note: str
    title: str
    from_seller: str
    amount_due: str
    amount_credited: str
    due_date: str
    issue_date: str
    nothing_due: str
    # the picture
    preview: str
    preview_alt: str
    view: str
    view_hint: str
    # the files
    files: str
    pdf: str
    pdf_hint: str
    e_format: str
    e_format_hint: str
    signature: str
    signature_hint: str
    e_document: str
    e_document_hint: str
    signed_document_hint: str
    download: str
    # confirming
    confirm: str
    confirm_lead: str
    confirmed: str
    confirmed_lead: str
    press_again: str
    # notices
    copy: str
    demonstration: str
    superseded: str
    valid_until: str
    privacy: str
    # pages that offer nothing
    expired: str
    expired_lead: str
    revoked: str
    revoked_lead: str
    unknown: str
    unknown_lead: str
    unavailable: str
    unavailable_lead: str
    not_ready: str


def message_title(kind: str, language: str) -> str:
    """What a message around an invoice is called, as its own page has it; KeyError for what has none."""
    from stages.rendering.words import load as load_printed

    return load_printed(language)[0].titles[kind.replace("-", "_")]


def load(language: str) -> PageWords:
    """The texts of a language of `LANGUAGES`; KeyError for another one."""
    if language not in LANGUAGES:
        raise KeyError(language)
    words = import_module(f"portal.texts.{language}").WORDS
    assert isinstance(words, PageWords)
    return words


def chosen(*tags: str | None) -> str:
    """The first of these BCP 47 tags whose language has texts, region left aside; English where none has.

    >>> chosen(None, "de", "pt-BR")
    'pt'
    """
    for tag in tags:
        language = (tag or "").replace("_", "-").split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return "en"


def accepted(header: str | None) -> str:
    """The best language for an Accept-Language header (RFC 9110, 12.5.4); English where none fits.

    >>> accepted("de;q=0.9, pl;q=0.4, es;q=0.5"), accepted("*"), accepted(None), accepted("pt;q=x")
    ('es', 'en', 'en', 'en')
    """
    weighted: list[tuple[float, str]] = []
    for part in (header or "")[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            weighted.append((float(weight or 1), tag))
        except ValueError:
            continue
    return chosen(*(tag for _, tag in sorted(weighted, key=lambda each: -each[0])))


def locale(tag: str | None, language: str) -> Locale:
    """The locale for numbers and dates: of the recipient's whole tag (`pt-BR`) where it is of this language."""
    from stages.rendering.words import load as load_printed

    same = (tag or "").lower().replace("_", "-").split("-")[0] == language
    return load_printed(tag if same and tag else language)[1]
