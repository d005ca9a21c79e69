"""What a target's fields hold: cut where it must be, refused where it may not be cut, and each of it said.

A writer asks for every text here. What is lost or changed on the way is told (`changes`), what is missing or does not
fit is fatal (`faults`); both name the field, and the second says what to fill in or which option to set. What stands
in the field of a change is told by who has the document (`losses.left_out`).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from schemas.errors import DocumentInvalid, Finding
from stages.formats.format import SHORTENED
from stages.formats.writing.plain_xml import places


class Fitting:
    """`name` is the target's; `letters` changes what its character set has not."""

    def __init__(self, name: str, letters: Callable[[str], str] | None = None) -> None:
        self.name, self.letters = name, letters
        self.changes: list[Finding] = []
        self.faults: list[Finding] = []

    def lost(self, place: str, message: str) -> None:
        """The value stands nowhere in what is written."""
        self._told("loss", place, message)

    def changed(self, place: str, message: str) -> None:
        """It stands there otherwise: shortened, rounded, in other codes or words, in another place."""
        self._told("altered", place, message)

    def _told(self, what: str, place: str, message: str) -> None:
        self.changes.append(Finding(rule=f"{self.name}-{what}", message=message, place=place, severity="warning"))

    def fault(self, place: str, message: str, found: str | None = None, rule: str = "missing") -> None:
        self.faults.append(Finding(rule=f"{self.name}-{rule}", message=message, place=place, found=found))

    def text(
        self,
        place: str,
        value: str | None,
        most: int,
        *,
        lines: bool = False,
        letters: Callable[[str], str] | None = None,
    ) -> str:
        """At most `most` characters, in the target's letters, or in fewer where `letters` are given; line breaks become
        blanks unless `lines`."""
        if not value:
            return ""
        text = value if lines else " ".join(value.split())
        letters = letters or self.letters
        if letters and not text.isascii():
            changed = letters(text)
            if changed != text:
                self.changed(place, "written in the letters that the target has")
                text = changed
        if len(text) > most:
            self.changed(place, f"{SHORTENED} {most} characters")
            text = text[:most].rstrip()
        return text

    def whole(self, place: str, value: str | None, most: int, why: str) -> str:
        """As `text`, but neither missing nor cut: what identifies something."""
        text = " ".join((value or "").split())
        if not text:
            self.fault(place, why)
        elif len(text) > most or (self.letters and self.letters(text) != text):
            self.fault(place, f"at most {most} characters, in the target's letters", rule="length")
        return text

    def reason(self, place: str, given: str | None, word: str) -> str:
        """Why an allowance or charge is made (BT-97, BT-104), where the target wants it and may have to get a word."""
        if not given:
            self.changed(place, f"it has no reason, and one must stand there: {word} is written")
        return given or word

    def number(self, place: str, value: Decimal, least: int, most: int) -> str:
        """With so many decimal places; rounding is said."""
        text = places(value, least, most)
        if Decimal(text) != value:
            self.changed(place, f"rounded to {most} decimal places")
        return text

    def stop(self, title: str) -> None:
        """Raises DocumentInvalid (permanent) with every fault."""
        if self.faults:
            raise DocumentInvalid(f"The document cannot be written as {title}.", findings=tuple(self.faults))
