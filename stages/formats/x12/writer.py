"""Write canonical documents as X12: one transaction set, ST to SE, by the grammar that reads it.

The set goes as it is into an interchange that delivery makes (`envelope.wrap`); its control number is 0001 until then.
Bytes are ASCII with the separators `*`, `>`, `~` and a line feed behind each segment (blanks between segments are
passed over by every reader); the same document always gives the same bytes.

X12 has no way to escape a separator, and partners read the basic and extended character sets only: a sign that cannot
stand is replaced, and a text that is too long is cut. `losses` names both, for it is what a read-back does not give.

Source: ASC X12.6; the sets of release 004010 and 005010.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any

from schemas.errors import DocumentInvalid, Finding
from stages.formats.x12.meaning import Grammar
from stages.formats.x12.sets import grammars
from stages.formats.x12.structure import Use, sort, structure
from stages.formats.x12.syntax import Element, check, segments

ELEMENT, COMPONENT, SEGMENT, REPETITION = "*", ">", "~", "^"
_REPLACED = str.maketrans({ELEMENT: " ", COMPONENT: " ", SEGMENT: " ", REPETITION: " "})
_LETTERS = str.maketrans(
    {"ß": "ss", "Æ": "AE", "æ": "ae", "Ø": "O", "ø": "o", "Œ": "OE", "œ": "oe", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d",
     "–": "-", "—": "-", "‘": "'", "’": "'", "“": '"', "”": '"', "€": "EUR", "\u00a0": " "}
)  # fmt: skip
CONTROL_NUMBER = "0001"
_OMITTED = frozenset({"TXI08"})
"""What may be left out where it has too many digits, for it follows from the rest: the base of a tax."""


def grammar_of(document: Any) -> Grammar:
    """The set that carries a document of this kind."""
    kind = document.kind
    return next(each for each in grammars().values() if each.model.model_fields["kind"].default == kind)


def write(document: Any, release: str) -> bytes:
    """The set of a document (an invoice: a completed one). Raises DocumentInvalid (permanent) for what has no place in
    an element: a number of too many digits, a code that is too long, what the set demands and the document lacks."""
    grammar = grammar_of(document)
    table = segments(release)
    rows: list[list[str]] = []
    _walk(grammar, structure(grammar.code), document, document, "", rows)
    clean = [[row[0], *_cells(row[0], row[1:], table[row[0]])] for row in rows]
    for row in clean:
        if row == ["CTT"]:
            row.append(str(sum(each[0] == grammar.counted for each in clean)))
    whole = [["ST", grammar.code, CONTROL_NUMBER], *clean]
    whole.append(["SE", str(len(whole) + 1), CONTROL_NUMBER])
    _refuse(grammar, whole, release)
    return "".join(ELEMENT.join(row) + SEGMENT + "\n" for row in whole).encode("ascii")


def _walk(grammar: Grammar, uses: Sequence[Use], part: Any, document: Any, variant: str, rows: list[list[str]]) -> None:
    for use in uses:
        path = variant + use.path[use.path.index("/") :] if variant else use.path
        if use.tag == "CTT":
            rows.append(["CTT"])
            _walk(grammar, use.below, document, document, variant, rows)
            continue
        for meaning in grammar.meanings.get(path, ()):
            position = getattr(meaning, "variant", 0)
            for elements, below in meaning.write(part, document):
                rows.append([use.tag, *elements])
                inner = f"{path}:{elements[position - 1]}" if position else variant
                if use.below:
                    _walk(grammar, use.below, below, document, inner, rows)


def _cells(tag: str, elements: Sequence[str], known: tuple[Element, ...]) -> list[str]:
    """Elements as they may stand, without empty ones at the end."""
    texts = []
    for position, text in enumerate(elements):
        if text and not text.isspace():
            if not text.isascii() or not text.isprintable():
                text = plain_text(text)
            text = " ".join(text.translate(_REPLACED).split()) or "?"
        if position < len(known):
            element = known[position]
            if element.kind == "AN":
                text = text[: element.most].rstrip().ljust(element.least if text else 0)
            elif element.kind == "R" and "." in text:
                text = text.rstrip("0").rstrip(".")
            if f"{tag}{position + 1:02}" in _OMITTED and len(text.replace(".", "")) > element.most:
                text = ""
        texts.append(text)
    while texts and not texts[-1]:
        texts.pop()
    return texts


def plain_text(text: str) -> str:
    """In ASCII: letters without their accents, blanks for what cannot be printed, `?` for what has no likeness."""
    known = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    bare = "".join(c for c in known if not unicodedata.combining(c))
    return "".join(
        c if " " <= c <= "~" else " " if c.isspace() or unicodedata.category(c) == "Cc" else "?" for c in bare
    )


def _refuse(grammar: Grammar, whole: list[list[str]], release: str) -> None:
    faults = sort(grammar.code, whole[1:-1])[1]
    for position, row in enumerate(whole, start=1):
        faults += check(row, position, release, None)
    if faults:
        findings = tuple(
            Finding(rule=each.rule, message=each.message, place=each.place, found=each.found, expected=each.expected)
            for each in faults
        )
        raise DocumentInvalid(f"the document cannot be written as X12 {grammar.code}", findings=findings)
