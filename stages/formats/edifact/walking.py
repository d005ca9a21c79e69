"""One message's tree on its way to a document: the grammar's rows put values where they belong, the rest goes aside."""

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
        self.places: dict[tuple[int, str], str] = {}
        self._full: dict[tuple[int, str], bool] = {}
        self._taken: set[int] = set()
        """Parts that a row has begun: another segment of that kind is another party, and is not mixed into it."""
        self._kept: list[Any] = []
        """Parts that were put together: their ids are keys, so they must live on."""

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
            self._aside(node, path, deep=True)
            return
        if rule.tag == "MOA" and (currency := node.value(1, 3)):
            self.currencies.setdefault(currency, self.place(node, 1, 3))
        part = self._part(rule, target)
        if part is None:
            self._aside(node, path, deep=True)
            return
        here = f"{path}{node.tag}/"
        for each in rule.fields:
            self._field(each, rule, node, part, here)
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
        place = self.place(node, field.element, field.component + 1)
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
                self.findings.append(refuse("edifact-number", str(wrong), place, parts[0]))
                return
        if value in (None, ""):
            return
        if name in target:
            if target[name] != value:
                self._aside(node, path.removesuffix(f"{node.tag}/"), deep=False)
            return
        target[name] = value
        self._kept.append(target)
        self.places[id(target), name] = place

    def place(self, node: Node, element: int = 0, component: int = 0) -> str:
        said = f"{self.address}, segment {node.number} {node.tag}"
        return f"{said}, element {element}.{component}" if element else said

    def _aside(self, node: Node, path: str, *, deep: bool) -> None:
        """Kept under its qualifiers, as it stood; a second one of the same name gets a number."""
        key = f"{path}{node.tag}" + (f"+{node.value(1)}" if node.value(1) else "")
        self.keep(key, raw(node.elements))
        for below in node.below if deep else ():
            self._aside(below, f"{key}/", deep=True)

    def keep(self, key: str, value: str) -> None:
        if len(self.extras) >= _EXTRAS or not value:
            return
        name, count = key, 1
        while name in self.extras:
            count += 1
            name = f"{key}[{count}]"
        self.extras[name] = value[:1000]

    def locate(self, path: Path) -> str:
        """The segment that gave the field, or the message."""
        at: Any = self.data
        found = ""
        for step in path:
            if isinstance(at, dict) and isinstance(step, str):
                found = self.places.get((id(at), step), found)
                at = at.get(step)
            elif isinstance(at, list) and isinstance(step, int) and step < len(at):
                at = at[step]
            else:
                break
        said = format_path(path)
        return f"{found or self.address}, {said}" if said else found or self.address


def raw(elements: Elements) -> str:
    """A segment's elements as people read them."""
    return "+".join(":".join(each) for each in elements[1:])
