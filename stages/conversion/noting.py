"""What a target does not carry, as lines of a note (BG-1): every value below a place, by its name.

The values are those of the document, not of the findings: these leave personal data out, for they may be shown where
such data may not, and the note stands in the document itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from schemas.canonical import Document
from schemas.documents import Identifier, Note
from schemas.errors import Finding
from stages.formats.writing.field_paths import standing

_NEVER = frozenset({"kind", "content_base64"})
"""A file is no text."""
_MOST = 5000
"""Characters of a note."""


def lines(document: Document, losses: Sequence[Finding]) -> tuple[list[tuple[str, str]], set[str]]:
    """(place of the loss, its line) for each value, and the places of which a value fits no line."""
    told: list[tuple[str, str]] = []
    unfit: set[str] = set()
    for place in dict.fromkeys(each.place for each in losses if each.place):
        found = list(_values(standing(document, place)[0], place))
        if not found:
            unfit.add(place)
        for where, text in found:
            if text is None or len(where) + len(text) + 2 > _MOST:
                unfit.add(place)
            else:
                told.append((place, f"{where}: {text}"))
    return told, unfit


def with_notes(document: Document, told: Sequence[str]) -> Document:
    """The document with these lines in notes of its own, as few as hold them."""
    texts: list[str] = []
    for line in told:
        if texts and len(texts[-1]) + len(line) < _MOST:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    notes = tuple(Note(text=text) for text in texts)
    return document.model_copy(update={"notes": (*getattr(document, "notes", ()), *notes)})


def _values(value: Any, place: str) -> Iterator[tuple[str, str | None]]:
    """Each value at or below, as text; None for what is no text."""
    if isinstance(value, Identifier):
        yield place, f"{value.value} ({value.scheme})" if value.scheme else value.value
    elif isinstance(value, BaseModel):
        for name, below in value.__dict__.items():
            if name in _NEVER:
                yield from [(f"{place}.{name}", None)] if below else []
            elif below != type(value).model_fields[name].default:
                yield from _values(below, f"{place}.{name}")
    elif isinstance(value, (tuple, dict)):
        for key, below in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _values(below, f"{place}.{key}" if isinstance(value, dict) else f"{place}[{key}]")
    elif isinstance(value, bool):
        yield place, str(value).lower()
    elif isinstance(value, Decimal):
        yield place, f"{value:f}"
    elif isinstance(value, date):
        yield place, value.isoformat()
    elif isinstance(value, str) and value:
        yield place, " ".join(value.split())
