"""The language in which a message is described once, for reading and writing: rows that look like its segments.

    Row("DTM+137|3:{issue_date|day}")
    Row("NAD+SU|SE+{id|party}++{name|5}", into="seller", rows=(Row("RFF+VA:{vat_identifier}"),))
    Row("FTX+{subject_code=ZZZ}+++{text|5}", into="notes[]")

- `137|3` a qualifier: the first is written, any is read; the first row of a place that fits a segment takes it.
- `=9` is written, and says nothing when read; so do others behind it (`=9|7`, `?` for none). An empty component is
  anything. What a row does not name, or does not expect, keeps its segment aside (`Rule.leaves`).
- `{field}` a text, `{field|codec}` something else (`codecs.py`), `{field|5}` a text over five components. `{field=ZZZ}`
  has a value that is written where there is none, and read as none. A field that begins with `_` belongs to the
  message's own `shape`.
- `into` is the part of the document that the row's fields belong to; with `[]` each repetition is one more of them;
  with `/` it counts from the document, not from the group around. `rows` are the segments of the group that it begins.
- `more`: what one segment cannot hold goes on in the next. `only_read`: another way in which senders say the same.
A row is written where one of its fields, or a row below it, has content; one without any fields always.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from pydantic import BaseModel

from stages.formats.edifact.codecs import CODECS, Codec
from stages.formats.edifact.elements import lengths
from stages.formats.edifact.structure import Slot, slots

Data = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One row of a message's table: the segment's template, where it goes (`into`), and the rows below it."""

    template: str
    into: str = ""
    rows: tuple[Row, ...] = ()
    more: bool = False
    only_read: bool = False


@dataclass(frozen=True)
class Message:
    """A message: its rows, the model that it is read into, and what no row can say.

    `read_shape` makes of the rows' data that of the model (in place), `write_shape` the other way round. `codes` are
    the function codes by release where rows differ between directories: `{placeholder}` in a template is replaced.
    """

    name: str
    model: type[BaseModel]
    rows: tuple[Row, ...]
    read_shape: Callable[[Data, Any], None]
    write_shape: Callable[[Data, str], None]
    differences: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Release -> word that stands as `<word>` in a template -> what stands there in that release; a row with a word
    that the release does not have is left out."""
    told: tuple[str, ...] = ()
    """Functions (1225) with which it is read though it is no original (9): that is told."""
    own: frozenset[str] = frozenset()
    """Functions that the message itself understands."""


@dataclass(frozen=True, eq=False)
class Fixed:
    """A component whose value is given: any of `read` says that the row is meant, `written` is what we write."""

    element: int
    component: int
    read: frozenset[str] | None
    written: str


@dataclass(frozen=True, eq=False)
class Field:
    """A component that holds a term: where it stands, and its path in the document."""

    element: int
    component: int
    path: str
    codec: Codec
    span: int
    default: str | None
    number: bool
    length: int
    sign: str
    """What stands between the components of a text where it does not simply go on."""


@dataclass(frozen=True, eq=False)
class Rule:
    """A compiled row, bound to its slot."""

    tag: str
    fixed: tuple[Fixed, ...]
    fields: tuple[Field, ...]
    into: str
    each: bool
    root: bool
    more: bool
    only_read: bool
    below: Mapping[Slot, tuple[Rule, ...]]
    taken: tuple[int, ...]
    """For each element, how many components from its first one on the row takes, whatever they say."""
    silent: Mapping[tuple[int, int], Container[str]]
    """(element, component) behind those -> what says nothing there, or is taken."""

    def leaves(self, elements: list[list[str]]) -> bool:
        """Does the segment say what the row does not take?"""
        for at, given in enumerate(elements):
            taken = self.taken[at] if at < len(self.taken) else 0
            if len(given) > taken:
                for component, said in enumerate(given[taken:], start=taken):
                    if said and not said.isspace() and said not in self.silent.get((at, component), ()):
                        return True
        return False

    def fits(self, elements: list[list[str]]) -> bool:
        for each in self.fixed:
            if each.read is not None:
                try:
                    said = elements[each.element][each.component]
                except IndexError:
                    said = ""
                if said not in each.read:
                    return False
        return True


@dataclass(frozen=True)
class Grammar:
    """A message of one release, compiled: its table of segments, and the rules bound to each place."""

    message: Message
    release: str
    table: tuple[Slot, ...]
    rules: Mapping[Slot, tuple[Rule, ...]]


def compiled(message: Message, release: str) -> Grammar:
    """The grammar of a message in a release. Costly: once for each."""
    table = slots(message.name, release)
    words = message.differences.get(release, {})
    compiler = _Compiler(release, words)
    return Grammar(message, release, table, compiler.bind(table, message.rows))


class _Anything:
    def __contains__(self, _said: object) -> bool:
        return True


_ANYTHING = _Anything()
_CURRENCY = ((1, 2), (1, 3))
"""MOA's currency, which the walk compares with the document's, and what currency it is."""


def _taken(
    fixed: list[Fixed], fields: list[Field], silent: dict[tuple[int, int], Container[str]]
) -> tuple[tuple[int, ...], dict[tuple[int, int], Container[str]]]:
    """`Rule.taken` and `Rule.silent`."""
    places = {(each.element, each.component) for each in fixed if each.read is not None}
    places |= {(each.element, each.component + offset) for each in fields for offset in range(each.span)}
    counts = [1]
    for element in range(1, max((element for element, _ in places), default=0) + 1):
        counts.append(next(component for component in count() if (element, component) not in places))
    return tuple(counts), {**silent, **dict.fromkeys(places, _ANYTHING)}


_WORD = re.compile(r"<(\w+)>")


class _Compiler:
    def __init__(self, release: str, words: Mapping[str, str]) -> None:
        self.words, self.lengths = words, lengths(release)

    def bind(self, table: tuple[Slot, ...], rows: tuple[Row, ...]) -> dict[Slot, tuple[Rule, ...]]:
        """Rows to slots by their tag: those in front of UNS to the slots in front of it, the others to those behind."""
        found: dict[Slot, tuple[Rule, ...]] = {}
        summary = next((i for i, slot in enumerate(table) if slot.tag == "UNS"), len(table))
        turn = next((i for i, row in enumerate(rows) if row.template.startswith("UNS")), len(rows))
        for slots_, rows_ in ((table[:summary], rows[:turn]), (table[summary:], rows[turn:])):
            for row in rows_:
                slot = next((each for each in slots_ if each.tag == row.template[:3]), None)
                if slot is None or any(word not in self.words for word in _WORD.findall(row.template)):
                    continue
                found[slot] = (*found.get(slot, ()), self.rule(row, slot))
        return found

    def rule(self, row: Row, slot: Slot) -> Rule:
        template = _WORD.sub(lambda match: self.words[match[1]], row.template)
        tag, *elements = _split(template, "+")
        fixed: list[Fixed] = []
        fields: list[Field] = []
        silent: dict[tuple[int, int], Container[str]] = dict.fromkeys(_CURRENCY, _ANYTHING) if tag == "MOA" else {}
        for at, element in enumerate(elements, start=1):
            component = 0
            for said in _split(element, ":"):
                if said.startswith("{"):
                    fields.append(self.field(tag, at, component, said[1:-1]))
                    component += fields[-1].span
                    continue
                if said.startswith("="):
                    values = said[1:].split("|")
                    fixed.append(Fixed(at, component, None, "" if values[0] == "?" else values[0]))
                    silent[at, component] = frozenset(values)
                elif said:
                    values = said.split("|")
                    fixed.append(
                        Fixed(at, component, frozenset(values) - {"?"} | ({""} if "?" in values else set()), values[0])
                    )
                component += 1
        into = row.into.removeprefix("/")
        return Rule(
            tag, tuple(fixed), tuple(fields), into.removesuffix("[]"), into.endswith("[]"), row.into.startswith("/"),
            row.more, row.only_read, self.bind(slot.below, row.rows), *_taken(fixed, fields, silent),
        )  # fmt: skip

    def field(self, tag: str, element: int, component: int, said: str) -> Field:
        said, _, default = said.partition("=")
        path, _, word = said.partition("|")
        number, length = self.lengths[tag][element - 1][component]
        codec = CODECS["text"] if word.isdigit() or not word else CODECS[word]
        span = int(word) if word.isdigit() else codec.span
        if word.isdigit():  # the same text goes on, as far as the directory has components of this length
            codec = CODECS["texts"]
        sign = "\n" if tag == "FTX" or path.endswith(("_street", "_plain")) else " "
        return Field(element, component, path, codec, span, default or None, number, length, sign)


def _split(text: str, sign: str) -> list[str]:
    """By a sign that stands outside of braces."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "{") - (character == "}")
        if character == sign and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts
