"""One message's tree on its way to a document: the grammar's rows put values where they belong, the rest goes aside.

A segment of which a row takes only a part goes aside whole, so that what was left stands with what it belongs to.
"""

from __future__ import annotations

from typing import Any

from schemas.errors import Finding
from schemas.fields import Path, format_path
from stages.formats.edifact.codecs import joined
from stages.formats.edifact.grammar import Data, Field, Grammar, Rule
from stages.formats.edifact.scanning import Elements
from stages.formats.edifact.structure import Node
from stages.formats.reading.records import Warnings, refuse

_EXTRAS = 300
_REPEATED = {"PIA": 2, "GIN": 2}
"""Segments whose element from there on may stand several times: each is read as a segment of its own."""


class Walk:
    """`data` becomes the document's; `places` remembers which segment gave which field."""

    def __init__(self, grammar: Grammar, decimal: str, address: str) -> None:
        self.grammar, self.decimal, self.address = grammar, decimal, address
        self.data: Data = {}
        self.warnings = Warnings()
        self.findings: list[Finding] = []
        self.extras: dict[str, str] = {}
        self.currencies: dict[str, str] = {}
        self.places: dict[tuple[int, str], tuple[Node, int, int, str]] = {}
        """(id of a part, field) -> the segment that gave it, element, component, groups around."""
        self._full: dict[tuple[int, str], bool] = {}
        self._taken: set[int] = set()
        """Parts that a row has begun: another segment of that kind is another party, and is not mixed into it."""
        self._kept: list[Any] = []
        """Parts that were put together: their ids are keys, so they must live on."""
        self._aside: dict[int, str] = {}
        """Segments that were kept aside, and as what."""
        self._counts: dict[str, int] = {}
        self._more = 0

    def run(self, nodes: list[Node]) -> None:
        for node in nodes:
            self._node(node, self.grammar.rules, self.data, "")

    def _node(self, node: Node, rules: Any, target: Data, path: str) -> None:
        repeated = _REPEATED.get(node.tag)
        if repeated is not None and len(node.elements) > repeated + 1:
            for element in node.elements[repeated:]:
                if any(element):
                    self._node(Node(node.number, [*node.elements[:repeated], element], node.slot), rules, target, path)
            return
        rule = next((each for each in rules.get(node.slot, ()) if each.fits(node.elements)), None)
        if rule is None:
            self.keep_segment(node, path, deep=True)
            return
        if rule.tag == "MOA" and (currency := node.value(1, 3)):
            self.currencies.setdefault(currency, self.place(node, 1, 3))
        part = self._part(rule, target)
        if part is None:
            self.keep_segment(node, path, deep=True)
            return
        here = f"{path}{node.tag}/"
        for each in rule.fields:
            self._field(each, rule, node, part, path)
        if rule.leaves(node.elements):
            self.keep_segment(node, path)
        for below in node.below:
            self._node(below, rule.below, part, here)

    def _part(self, rule: Rule, target: Data) -> Data | None:
        """Where the row's fields go; None where a part is given a second time."""
        if rule.root:
            target = self.data
        *above, last = rule.into.split(".") if rule.into else [""]
        for step in above:
            target = target.setdefault(step, {})
        if not last:
            return target
        part: Data = {}
        self._kept.append(part)
        if rule.each:
            target.setdefault(last, []).append(part)
            return part
        part = target.setdefault(last, part)
        if id(part) in self._taken and not rule.more:
            return None
        self._taken.add(id(part))
        return part

    def _field(self, field: Field, rule: Rule, node: Node, part: Data, path: str) -> None:
        try:
            element = node.elements[field.element]
        except IndexError:
            return
        parts = element[field.component : field.component + field.span]
        if not any(parts):
            return
        target = part
        *above, name = field.path.split(".")
        for step in above:
            target = target.setdefault(step, {})
        if field.codec.name == "texts":
            sign = field.sign
            value: Any = joined(parts, field.length, sign).strip()
            if rule.more and name in target:
                target[name] += ("" if self._full[id(target), name] else sign) + value
                value = None
            self._full[id(target), name] = len(parts) == field.span and len(parts[-1]) >= field.length
            if value is None:
                return
        else:
            try:
                value = field.codec.read([*parts, *[""] * (field.codec.span - len(parts))], self.decimal)
            except ValueError as wrong:
                place = self.place(node, field.element, field.component + 1)
                self.findings.append(refuse("edifact-number", str(wrong), place, parts[0]))
                return
        if value in (None, "", field.default):
            return
        if name in target:
            if target[name] != value:
                self.keep_segment(node, path)
            return
        target[name] = value
        self._kept.append(target)
        self.places[id(target), name] = node, field.element, field.component + 1, path

    def place(self, node: Node, element: int = 0, component: int = 0) -> str:
        said = f"{self.address}, segment {node.number} {node.tag}"
        return f"{said}, element {element}.{component}" if element else said

    def keep_segment(self, node: Node, path: str, *, deep: bool = False) -> None:
        """Under its qualifiers, as it stood, with a warning at the first of its name; `deep`: with its group."""
        key = f"{path}{node.tag}" + (f"+{node.value(1)}" if node.value(1) else "")
        if node.number not in self._aside:
            self._aside[node.number] = key
            if key not in self._counts:
                message = "the canonical document has no place for it, or for a part of it; kept aside"
                self.warnings.add("edifact-kept", message, self.place(node), raw(node.elements))
            self.keep(key, raw(node.elements))
        for below in node.below if deep else ():
            self.keep_segment(below, f"{key}/", deep=True)

    def unused(self, part: Data, *names: str) -> None:
        """Fields of a part that lead nowhere: they are gone, and their segments are kept aside."""
        for name in names:
            known = self.places.get((id(part), name))
            if part.pop(name, None) is not None and known is not None:
                self.keep_segment(known[0], known[3])

    def rename(self, part: Data, name: str, other: str) -> None:
        """A field under another name, with its place."""
        part[other] = part.pop(name)
        if (known := self.places.get((id(part), name))) is not None:
            self.places[id(part), other] = known

    def keep(self, key: str, value: str) -> None:
        if not value:
            return
        count = self._counts[key] = self._counts.get(key, 0) + 1
        if len(self.extras) >= _EXTRAS:
            self._more += 1
            return
        self.extras[key if count == 1 else f"{key}[{count}]"] = value[:1000]

    def finish(self) -> None:
        """Say how much was too much to be kept."""
        if self._more:
            message = f"{self._more} more segments than the {_EXTRAS} that are kept aside"
            self.warnings.add("edifact-limit", message, self.address)

    def locate(self, path: Path) -> str:
        """The segment that gave the field, or the message."""
        at: Any = self.data
        found: tuple[Node, int, int, str] | None = None
        for step in path:
            if isinstance(at, dict) and isinstance(step, str):
                found = self.places.get((id(at), step), found)
                at = at.get(step)
            elif isinstance(at, list) and isinstance(step, int) and step < len(at):
                at = at[step]
            else:
                break
        said = format_path(path)
        place = self.place(*found[:3]) if found else self.address
        return f"{place}, {said}" if said else place


def raw(elements: Elements) -> str:
    """A segment's elements as people read them."""
    return "+".join(":".join(each) for each in elements[1:])
