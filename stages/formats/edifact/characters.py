"""Service characters and character sets of EDIFACT: what separates, and in which letters a text may be written.

Source: ISO 9735:1988 with Amendment 1, ISO 9735-1:2002 (annex A: UNOA to UNOK, UNOW to UNOY).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

CODECS = {
    "UNOA": "ascii", "UNOB": "ascii", "UNOC": "iso8859-1", "UNOD": "iso8859-2", "UNOE": "iso8859-5",
    "UNOF": "iso8859-7", "UNOG": "iso8859-3", "UNOH": "iso8859-4", "UNOI": "iso8859-6", "UNOJ": "iso8859-8",
    "UNOK": "iso8859-9", "UNOW": "utf-8", "UNOX": "ascii",
}  # fmt: skip
"""Syntax identifier (UNB 0001) -> codec. UNOX is read as long as it does not switch to another set (ISO 2022): the
bytes of a double-byte set may be those of service characters. UNOY (two bytes a character) is not read."""
WRITABLE = tuple(name for name in CODECS if name != "UNOX")
_LEVEL_A = re.compile(r"[A-Z0-9 .,\-()/=!\"%&*;<>'+:?]*\Z")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Service:
    """The service characters, each one ASCII sign: UNA, or those that hold without one."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    repetition: str = " "
    terminator: str = "'"
    told: bool = False
    """By a UNA."""

    @classmethod
    def of(cls, una: str) -> Service | None:
        """From the six signs behind `UNA`; None where they cannot be told apart. `*` for no release is a blank."""
        if len(una) != 6 or not una.isascii() or any(c.isalnum() for c in una):
            return None
        component, element, decimal, release, repetition, terminator = list(una)
        apart = {component, element, terminator} | ({release} - {" "})
        if len(apart) != 3 + (release != " ") or decimal not in ".,":
            return None
        return cls(component, element, decimal, release, repetition, terminator, told=True)


DEFAULT = Service()


def decoded(data: bytes, charset: str) -> tuple[str, str | None]:
    """The text of a segment, and what was wrong with its bytes for the set that the interchange declares.

    What is no ASCII in UNOA and UNOB is read as UTF-8 where it is that, else as ISO 8859-1.
    """
    codec = CODECS.get(charset, "ascii")
    if data.isascii():
        return data.decode("ascii"), None
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        try:
            return data.decode(), f"bytes that {charset} has not; read as UTF-8"
        except UnicodeDecodeError:
            return data.decode("iso8859-1"), f"bytes that {charset} has not; read as ISO 8859-1"
    if codec not in ("utf-8", "ascii"):
        try:
            data.decode()
        except UnicodeDecodeError:
            return text, None
        return text, f"the bytes look like UTF-8, and are read as {charset}, which the interchange declares"
    return text, None


def outside(text: str, charset: str) -> str | None:
    """The first character that the set has not, None where it has them all. No set has control characters."""
    control = _CONTROLS.search(text)
    if control is not None:
        return control.group()
    if charset == "UNOA":
        return next((c for c in text if not _LEVEL_A.match(c)), None)
    codec = CODECS[charset]
    for character in text if not text.isascii() else "":
        try:
            character.encode(codec)
        except UnicodeEncodeError:
            return character
    return None


_PLAIN = str.maketrans({
    "ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "œ": "oe", "Œ": "OE",
    "þ": "th", "Þ": "TH", "ð": "d", "Ð": "D", "ı": "i", "€": "EUR", "–": "-", "—": "-", "−": "-", "‘": "'", "’": "'",
    "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "…": "...", "•": "-", "×": "x", "№": "No", "™": "TM",
    "\u00a0": " ", "\u202f": " ", "\n": " ", "\r": " ", "\t": " ",
})  # fmt: skip
"""What Unicode itself does not take apart."""


def transliterated(text: str, charset: str) -> str:
    """The text with what the set has not written in letters that it has: accents fall, `ß` becomes `ss`. What has no
    such form stays, for the caller to refuse."""
    if charset == "UNOA":
        text = text.translate(_PLAIN).upper()
    if outside(text, charset) is None:
        return text
    return "".join(c if outside(c, charset) is None else _plain(c, charset) for c in text)


def _plain(character: str, charset: str) -> str:
    taken = unicodedata.normalize("NFKD", character.translate(_PLAIN))
    plain = "".join(c for c in taken if not unicodedata.combining(c))
    plain = plain.upper() if charset == "UNOA" else plain
    return plain if plain and outside(plain, charset) is None else character
