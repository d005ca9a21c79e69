"""In which language a page speaks: the reader's choice, the recipient's, the browser's."""

from __future__ import annotations

from stages.words import LANGUAGES, chosen, language_of


def of_page(wanted: str | None, recipients: str | None) -> str:
    """A BCP 47 tag that has words: of LANGUAGES the one that the reader asked for, else the recipient's, else English.

    Who asks for the recipient's own language keeps the recipient's region.

    >>> of_page(None, "de-AT"), of_page("fr", "de-AT"), of_page("de", "de-AT"), of_page("xx", None)
    ('de-AT', 'fr', 'de-AT', 'en')
    """
    own = chosen(recipients)
    return wanted if wanted in LANGUAGES and wanted != language_of(own) else own


def accepted(header: str | None) -> str:
    """The best tag for an Accept-Language header (RFC 9110, 12.5.4); English where none fits.

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
    return chosen(*(tag for _, tag in sorted(weighted, key=lambda each: -each[0])))
