"""What the segments of a set mean in the canonical document, as data that reads and writes.

A grammar (`Grammar`) has for each place of a set's structure its meanings, asked in order: the first that takes the
segment puts its elements into the document; when writing, each gives the segments for what the document has. A meaning
that begins a loop tells which part of the document the segments of that loop speak of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from stages.formats.writing.xml_text import plain
from stages.formats.x12.reading import Data, Reading
from stages.formats.x12.structure import Node
from stages.formats.x12.syntax import cents
from stages.formats.x12.syntax import date as as_date

Written = Iterator[tuple[list[str], Any]]
"""Elements of each segment (without the tag), and the part of which the segments of its loop speak."""


class Meaning(Protocol):
    """What a segment of a set means: read into the document's data, and written out of the document."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        """Take the segment into `target`; what the segments below it go to. None: it is not meant here."""

    def write(self, part: Any, document: Any) -> Written:
        """The segments that say what `part` has."""


@dataclass(frozen=True)
class Value:
    """One element: the field it fills, and how.

    `kind`: text, day (CCYYMMDD), number (R), cents (N2). `codes`: X12's code -> ours; the first is written.
    `strict`: a code that is not listed refuses the set; else it is kept as it stands, with a warning.
    `otherwise`: what is written where the document has nothing, or nothing that X12 has a code for.
    `told`: codes of these that are read with a warning and kept aside, each with what it says of the set.
    """

    path: str
    kind: str = "text"
    codes: Mapping[str, str | None] | None = None
    strict: bool = False
    otherwise: str = ""
    told: Mapping[str, str] = field(default_factory=dict)

    def read(self, reading: Reading, target: Data, node: Node, position: int) -> None:
        text = node.get(position)
        if not text:
            return
        if self.kind == "day":
            text = as_date(text)
        elif self.kind == "cents":
            text = cents(text)
        value: str | None = text
        if self.codes is not None:
            value = self.codes.get(text, text)
            if text not in self.codes:
                reading.code(node, position, text, sorted(self.codes), fatal=self.strict)
            elif text in self.told:
                reading.told(node, position, text, self.told[text])
        if self.path and value is not None:
            reading.put(target, self.path, value, node, position)

    def write(self, part: Any) -> str:
        value = follow(part, self.path) if self.path else None
        if value is None or value == "":
            return self.otherwise
        if self.codes is not None:
            known = next((code for code, ours in self.codes.items() if ours == value), None)
            return known or self.otherwise or str(value)
        return shown(value, self.kind)


def shown(value: Any, kind: str = "text") -> str:
    """A value as an element has it."""
    if kind == "cents":
        return str(int((value * 100).to_integral_value()))
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date):
        return value.strftime("%Y%m%d")
    return str(value).replace("-", "") if kind == "day" else str(value)


def follow(part: Any, path: str) -> Any:
    """The value at a path of attributes and keys; None where anything on the way is not there."""
    for name in path.split("."):
        part = part.get(name) if isinstance(part, dict) else getattr(part, name, None)
        if part is None:
            return None
    return part


_PURPOSES = {"05": "replaces one that was sent", "06": "confirms one that was sent", "07": "is a duplicate"}


def purpose(*told: str, usual: tuple[str, ...] = ()) -> Value:
    """What a set is to do to what was sent before it (353): an original (00) and what is `usual` is read, a whole
    document of another purpose is read with that warning, and any other is refused."""
    codes = dict.fromkeys(("00", *told, *usual))
    return Value("", codes=codes, strict=True, otherwise="00", told={code: _PURPOSES[code] for code in told})


@dataclass(frozen=True)
class Segment:
    """A segment whose elements are fields.

    `when`: elements that must have one of these codes for it to be meant; the first one is written. `into`: the field
    that it begins, a list of parts (`one`: a single part); empty: the part at hand. `quiet`: elements that tell us
    nothing. `always`: written even when the document has none of its fields.
    """

    values: Mapping[int, Value | str] = field(default_factory=dict)
    when: Mapping[int, str | tuple[str, ...]] = field(default_factory=dict)
    into: str = ""
    one: bool = False
    quiet: tuple[int, ...] = ()
    always: bool = False

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        for position, codes in self.when.items():
            text = node.elements[position].strip() if position < len(node.elements) else ""
            if text not in ((codes,) if isinstance(codes, str) else codes):
                return None
        for position in (*self.when, *self.quiet):
            node.get(position)
        if self.into:
            target = reading.part(target, self.into, node, one=self.one)
        for position, value in self.values.items():
            (Value(value) if isinstance(value, str) else value).read(reading, target, node, position)
        return target

    def write(self, part: Any, _document: Any) -> Written:
        parts = [part]
        if self.into:
            found = follow(part, self.into)
            parts = [found] if self.one else list(found or ())
        for each in parts:
            if each is None:
                continue
            texts = {p: (Value(v) if isinstance(v, str) else v).write(each) for p, v in self.values.items()}
            given = any(
                follow(each, v if isinstance(v, str) else v.path) not in (None, "")
                for v in self.values.values()
                if isinstance(v, str) or v.path
            )
            if given or self.always or (self.into and not self.values):
                texts |= {p: codes if isinstance(codes, str) else codes[0] for p, codes in self.when.items()}
                yield row(texts), each


def row(texts: Mapping[int, str]) -> list[str]:
    """Elements by their positions, as a list."""
    return [texts.get(position, "") for position in range(1, max(texts, default=0) + 1)]


def qualified(paths: Mapping[str, str], kind: str = "text", value: int = 2) -> tuple[Segment, ...]:
    """REF, DTM, AMT: one meaning for each qualifier in the first element. Two qualifiers may fill the same field; then
    only the first is written."""
    seen: set[str] = set()
    made = []
    for qualifier, path in paths.items():
        meaning: type[Segment] = ReadOnly if path in seen else Segment
        made.append(meaning({value: Value(path, kind)}, {1: qualifier}))
        seen.add(path)
    return tuple(made)


class ReadOnly(Segment):
    """A segment that is understood, and said by another one when writing."""

    def write(self, part: Any, _document: Any) -> Written:
        yield from ()


@dataclass(frozen=True)
class Either:
    """A segment that may stand once only: of several meanings the first one that has something to say is written."""

    meanings: tuple[Segment, ...]

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        return next((part for each in self.meanings if (part := each.read(reading, target, node)) is not None), None)

    def write(self, part: Any, document: Any) -> Written:
        yield from next((found for each in self.meanings if (found := list(each.write(part, document)))), [])


@dataclass(frozen=True)
class Products:
    """Pairs of a qualifier (235) and a product number, from a position on; the first code of each field is written."""

    first: int
    fields: Mapping[str, str]
    """Qualifier -> field; `@GTIN` is the standard identifier with scheme 0160."""
    lead: Segment = Segment()
    """The elements before the pairs."""

    def read(self, reading: Reading, target: Data, node: Node) -> Data | None:
        line = self.lead.read(reading, target, node)
        if line is None:
            return None
        for position in range(self.first, len(node.elements) - 1, 2):
            qualifier, number = node.elements[position].strip(), node.elements[position + 1].strip()
            path = self.fields.get(qualifier)
            if not path or not number:
                continue
            if path == "@GTIN":
                if "standard_item_id" in line:
                    continue
                reading.put(line, "standard_item_id.value", number, node, position + 1)
                reading.put(line, "standard_item_id.scheme", "0160", node, position)
            elif path.startswith("[]"):
                line.setdefault(path[2:], []).append(number)
            elif path in line:
                continue
            else:
                reading.put(line, path, number, node, position + 1)
            node.taken |= {position, position + 1}
        return line

    def write(self, part: Any, document: Any) -> Written:
        for elements, line in self.lead.write(part, document):
            pairs: list[str] = []
            done: set[str] = set()
            for qualifier, path in self.fields.items():
                if path in done or path == "name":  # PID says the name
                    continue
                done.add(path)
                if path == "@GTIN":
                    given = line.standard_item_id
                    if given and given.scheme in (None, "0160"):
                        lengths = {12: "UP", 13: "EN", 14: "UK", 8: "EO"}
                        pairs += [lengths.get(len(given.value), "EN"), given.value]
                    continue
                value = follow(line, path.removeprefix("[]"))
                for each in (value or ()) if path.startswith("[]") else (value,):
                    if each:
                        pairs += [qualifier, str(each)]
            if pairs:
                elements += [""] * (self.first - 1 - len(elements)) + pairs
            yield elements, line


@dataclass(frozen=True)
class Grammar:
    """Everything of one transaction set that is not its structure."""

    code: str
    group: str
    """Functional identifier code (479) of the groups it travels in."""
    model: type[Any]
    meanings: Mapping[str, tuple[Meaning, ...]]
    finish: Callable[[Reading], None]
    """What follows from several segments together, after all are read."""
    counted: str = ""
    """The segment that CTT01 counts."""
    hashed: tuple[str, int] | None = None
    """The element of which CTT02 is the sum."""
    needs: tuple[str, ...] = ()
    """Fields of an invoice's line that must be given (`completing.complete`)."""
