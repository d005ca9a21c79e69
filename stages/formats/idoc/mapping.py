"""One IDoc on its way to a document: its values as SAP writes them, where each stood, and what has no place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from schemas.fields import Path, format_path
from schemas.profiles import ExtractionProfile, IdocMapping
from stages.formats.idoc import values as sap
from stages.formats.idoc.segments import RAW, Segment
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import Warnings, refuse
from stages.formats.reading.units import unit_code

_EXTRAS = 500
_SLACK = Decimal("0.02")
"""By how much an amount may differ from base by percentage (PEPPOL-EN16931-R040)."""


class Mapping:
    """One IDoc on its way to a document. `extras` and `warnings` gather what has no place."""

    NUMBERS: tuple[tuple[str, str, str | None, str], ...]
    """Where the document's number stands: (segment, qualifier's field, qualifier, field), the first that is there."""

    def __init__(self, root: Segment, profile: ExtractionProfile | None) -> None:
        self.root, self.line = root, root.line
        self.customs = profile.idoc if profile else IdocMapping()
        self.counts = profile.counts if profile else "refuse"
        self.warnings = Warnings()
        self.extras: dict[str, str] = {}
        self.sources: dict[Path, Segment] = {}
        self.segments: dict[str, list[Segment]] = {}
        for segment in root.below:
            self.segments.setdefault(segment.tag, []).append(segment)

    # reading values

    @staticmethod
    def text(segment: Segment | None, field: str) -> str | None:
        return None if segment is None else segment.fields.get(field)

    def number(self, segment: Segment | None, field: str) -> Decimal | None:
        """Raises Unfit when the field holds something that SAP never writes."""
        said = self.text(segment, field)
        if said is None or segment is None:
            return None
        value = sap.number(said)
        if value is None:
            raise Unfit(
                refuse("idoc-number", "this is not a number as SAP writes them", self.place(segment, field), said)
            )
        return value

    def positive(self, segment: Segment | None, field: str) -> Decimal | None:
        """A weight, a volume or a count; SAP's zeros say that there is none. Raises Unfit."""
        value = self.number(segment, field)
        return sap.plain(value) if value else None

    def day(self, segment: Segment | None, field: str) -> date | None:
        """Raises Unfit when the field holds no date of the calendar; SAP's empty date, 00000000, is none."""
        said = self.text(segment, field)
        if said is None or segment is None or not said.strip("0"):
            return None
        value = sap.day(said)
        if value is None:
            message = "this is not a date of the calendar"
            raise Unfit(refuse("idoc-date", message, self.place(segment, field), said, "20261122"))
        return value

    def qualified(self, tag: str, by: str, value: str) -> Segment | None:
        return next((s for s in self.segments.get(tag, ()) if self.text(s, by) == value), None)

    def place(self, segment: Segment, field: str = "") -> str:
        same = self.segments.get(segment.tag, [])
        name = f"{segment.tag}[{same.index(segment) + 1}]" if len(same) > 1 and segment in same else segment.tag
        return f"line {segment.line_of(field)}, {name}" + (f"/{field}" if field else "")

    def locate(self, path: Path) -> str:
        for end in range(len(path), 0, -1):
            if path[:end] in self.sources:
                return f"{self.place(self.sources[path[:end]])}, {format_path(path)}"
        return f"line {self.line}, {format_path(path)}" if path else f"line {self.line}"

    def head(self, tag: str) -> Segment:
        """The segment with which the message begins. Raises Unfit."""
        segment = next(iter(self.segments.get(tag, ())), None)
        if segment is None:
            raise Unfit(refuse("idoc-segment", f"the header segment {tag} is missing", f"line {self.line}"))
        return segment

    def unit(self, segment: Segment, field: str) -> str:
        return unit_code(self.text(segment, field), self.customs.units)

    def keep(self, key: str, value: str | None) -> None:
        if value and len(self.extras) < _EXTRAS:
            self.extras[key] = value[:1000]

    def first_day(self, *qualifiers: str) -> date | None:
        for qualifier in qualifiers:
            segment = self.qualified("E1EDK03", "IDDAT", qualifier)
            if (found := self.day(segment, "DATUM")) is not None:
                return found
        return None

    # terms that several messages have

    def data(self) -> dict[str, Any]:
        """The document as a dictionary. Raises Unfit."""
        raise NotImplementedError

    def named(self) -> str | None:
        """The document's number where that much can be read, for people who look for it."""
        for tag, by, value, field in self.NUMBERS:
            found = next((s for s in self.segments.get(tag, ()) if value is None or self.text(s, by) == value), None)
            if said := self.text(found, field):
                return said
        return None

    def counted(self, segment: Segment, field: str, count: int) -> None:
        """A control count that is wrong refuses the document, or warns, as the profile says. Raises Unfit."""
        said = self.number(segment, field)
        if said is None or said == count:
            return
        message, place = "the IDoc says another number of items than it has", self.place(segment, field)
        if self.counts == "refuse":
            raise Unfit(refuse("idoc-count", message, place, str(said), str(count)))
        self.warnings.add("idoc-count", message, place, str(said))

    def condition(self, segment: Segment, amount: Decimal) -> dict[str, Any]:
        """An allowance or charge of BG-20, BG-21, BG-27 or BG-28; ALCKZ is the sign, amounts are positive."""
        percent, base = self.number(segment, "KPERC"), self.number(segment, "KOBAS")
        charge = (self.text(segment, "ALCKZ") or "+") == "+"
        if amount < 0:
            charge, amount = not charge, -amount
        reason = self.text(segment, "KOTXT") or self.text(segment, "KSCHL")
        if percent and base and abs(abs(base * percent) / 100 - amount) > _SLACK:
            # SAP rounds by the piece: 10.5 % of 265.63 is 27.89, and that 320 times is not 10.5 % of the whole
            reason, percent, base = f"{reason or ''} {sap.plain(abs(percent))} %".strip(), None, None
        found = {
            "charge": charge,
            "amount": amount,
            "percentage": sap.plain(abs(percent)) if percent and base else None,
            "base_amount": base if percent else None,
            "reason": reason,
        }
        return {k: v for k, v in found.items() if v is not None}

    def vat(self, segment: Segment, code: str | None, rate: Decimal | None) -> tuple[str | None, Decimal | None]:
        """Category and rate. The profile knows what a tax code means; else the rate tells, zero with a warning."""
        rate = None if rate is None else sap.plain(rate)
        if code in self.customs.tax_codes:
            category = self.customs.tax_codes[code].category
            return category, None if category == "O" else rate if rate is not None else Decimal(0)
        if rate is None:
            return None, None
        if rate:
            return "S", rate
        message = "a rate of zero is taken as zero rated (Z); the profile's tax_codes can say what this tax code means"
        self.warnings.add("idoc-tax-code", message, self.place(segment), code)
        return "Z", rate

    def terms(self) -> str | None:
        said = [self.text(s, "ZTERM_TXT") for s in self.segments.get("E1EDK18", ())]
        return "\n".join(s for s in said if s) or None

    def notes(self) -> list[dict[str, str]]:
        """Header texts as one note: Peppol allows one (PEPPOL-EN16931-R002)."""
        told = []
        for segment in self.segments.get("E1EDKT1", ()):
            kind = self.text(segment, "TDID") or ""
            said = "\n".join(t for t in (self.text(line, "TDLINE") for line in segment.all("E1EDKT2")) if t)
            if self.customs.notes is None or kind in self.customs.notes:
                told.append(said)
            else:
                self.keep(f"E1EDKT1[{kind}]", said)
        text = "\n".join(t for t in told if t)
        return [{"text": text}] if text else []

    def aside(self, name: str, segment: Segment) -> None:
        """Keep a whole segment that nothing is mapped from; a customer's own, and what no definition knows, is told."""
        if not segment.tag.startswith("E1"):
            self.warnings.add("idoc-extension", "a segment of a customer's own; kept aside", self.place(segment), name)
        for key, value in segment.leaves(name):
            self.keep(key, value)

    def leftovers(self, mapped: frozenset[str]) -> None:
        """Keep every segment below the IDoc that is not mapped, and data behind the end of known definitions."""
        control = next(iter(self.segments.get("EDI_DC40", ())), None)
        if self.text(control, "TEST") and control is not None:
            message = "SAP marks this IDoc as a test; whether it may go out is for people to say"
            self.warnings.add("idoc-test", message, self.place(control, "TEST"), self.text(control, "TEST"))
        for tag, segments in self.segments.items():
            if tag not in mapped:
                for n, segment in enumerate(segments, start=1):
                    self.aside(f"{tag}[{n}]" if len(segments) > 1 else tag, segment)
            else:
                for segment in segments:
                    self._longer(segment)

    def _longer(self, segment: Segment) -> None:
        if rest := segment.fields.get(RAW):
            message = "the segment is longer than its definition that is known here; the rest is kept aside"
            self.warnings.add("idoc-longer", message, self.place(segment), rest)
            self.keep(f"{segment.tag}, line {segment.line}/{RAW}", rest)
        for below in segment.below:
            self._longer(below)
