"""One pass over one XML document, in its own order, led by a table: what stands where, and what nobody understood.

A table (`Node`) has for each element the `Action` that takes its content into the document. The walk remembers which
element gave which field, so that every finding has a line and a path. An element that the table does not have is a
warning, and its text goes to `extras` under its path: nothing is lost, nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from schemas.errors import Finding
from schemas.fields import Path
from stages.formats.reading.completing import Unfit
from stages.formats.reading.records import Warnings, refuse

Data = dict[str, Any]
Action = Callable[[Any, Data, etree._Element], None]
"""(walk, the part that is being filled, the element)."""
Node = dict[str, Action]
"""Name of an element, `{namespace}local` -> what is done with it."""

_EXTRAS = 100


@dataclass(frozen=True)
class Syntax:
    """What a walk calls things: `name` begins its rules (`ubl-unknown`), `prefixes` has `{namespace}` -> `cbc:`."""

    name: str
    prefixes: Mapping[str, str]
    standard: str = "EN 16931"


def _line(element: etree._Element) -> int:
    return element.sourceline if isinstance(element.sourceline, int) else 1


def said(element: etree._Element, path: str) -> str:
    """The trimmed text of an element below; "" where there is none."""
    return (element.findtext(path) or "").strip()


class Walk:
    """`root` was parsed from a piece that begins at `line` of the file."""

    def __init__(self, root: etree._Element, line: int, syntax: Syntax) -> None:
        self.root, self.line, self.syntax = root, line, syntax
        self.warnings = Warnings()
        self.extras: dict[str, str] = {}
        self.where: dict[tuple[int, str], etree._Element] = {}
        self.parents: dict[int, etree._Element] = {}
        self.currencies: dict[str, etree._Element] = {}
        self.data: Data = {}
        self._later: dict[tuple[int, str], list[etree._Element]] = {}

    def later(self, target: Data, key: str, element: etree._Element) -> None:
        """Put aside what is understood when all is read."""
        self._later.setdefault((id(target), key), []).append(element)

    def waiting(self, target: Data, key: str) -> list[etree._Element]:
        """What was put aside for a part of the document, in its order."""
        return self._later.get((id(target), key), [])

    def run(self, node: Node, target: Data, element: etree._Element) -> None:
        """Take the children of an element into `target`."""
        self.parents.setdefault(id(target), element)
        for child in element:
            act = node.get(str(child.tag))
            if act is None:
                self.unknown(child)
            else:
                act(self, target, child)

    def put(self, target: Data, field: str, value: Any, element: etree._Element) -> None:
        """Set a field once. Empty is nothing; a second, different value is not lost but warned of."""
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == "":
            return
        if field in target:
            if target[field] != value:
                self._keep(element, str(value))
                message = "stands here once more with another value; the first one is used"
                self.warnings.add(f"{self.syntax.name}-repeated", message, self.place(element), str(value))
            return
        target[field] = value
        self.where[id(target), field] = element

    def put_part(self, target: Data, field: str, part: Data, element: etree._Element) -> None:
        """Set a group of fields once."""
        if field in target:
            if target[field] != part:
                self.unknown(element, "repeated", "stands here once more; the first one is used")
            return
        target[field] = part
        self.parents.setdefault(id(part), element)
        self.where[id(target), field] = element

    def append(self, target: Data, field: str, part: Any, element: etree._Element) -> None:
        """One more of a list."""
        target.setdefault(field, []).append(part)
        if isinstance(part, dict):
            self.parents[id(part)] = element

    def currency(self, element: etree._Element) -> None:
        """Remember in which currency an amount says it is."""
        code = element.get("currencyID")
        if code and code not in self.currencies:
            self.currencies[code] = element

    def unknown(self, element: etree._Element, rule: str = "unknown", message: str = "") -> None:
        """Nobody understood this element: warn, and keep its texts aside."""
        if not isinstance(element.tag, str):
            return
        place = "" if self.warnings.full else self.place(element)
        message = message or f"{self.syntax.standard} has no such element"
        rule = f"{self.syntax.name}-{rule}"
        self.warnings.add(rule, f"{message}; its text is kept aside", place, (element.text or "").strip() or None)
        for leaf in element.iter():
            if len(self.extras) >= _EXTRAS:
                break
            if isinstance(leaf.tag, str) and leaf.text and leaf.text.strip():
                self._keep(leaf, leaf.text.strip())

    def _keep(self, element: etree._Element, value: str) -> None:
        if len(self.extras) < _EXTRAS:
            self.extras.setdefault(self.path(element), value[:1000])

    def keep(self, key: str, element: etree._Element) -> None:
        """Put the texts of an element among the extras, under a key of its format."""
        said = (element.text or "").strip()
        if said and len(self.extras) < _EXTRAS:
            while key in self.extras:
                stem, _, count = key.partition("#")
                key = f"{stem}#{int(count or 1) + 1}"
            self.extras[key] = said[:5000]
        for child in element:
            if isinstance(child.tag, str):
                self.keep(f"{key}.{child.tag.rpartition('}')[2]}", child)

    def path(self, element: etree._Element) -> str:
        """`/Invoice/cac:InvoiceLine[2]/cbc:ID`: numbered where the name stands several times."""
        steps = []
        for node in (element, *element.iterancestors()):
            parent = node.getparent()
            if parent is None:
                break
            name = str(node.tag)
            namespace = name[: name.rfind("}") + 1]
            step = self.syntax.prefixes.get(namespace, "") + name[len(namespace) :]
            if node is self.root:
                steps.append(step)
                break
            before = sum(1 for _ in node.itersiblings(node.tag, preceding=True))
            alone = not before and next(node.itersiblings(node.tag), None) is None
            steps.append(step if alone else f"{step}[{before + 1}]")
        return "/" + "/".join(reversed(steps))

    def place(self, element: etree._Element) -> str:
        """Line of the file, and path."""
        return f"line {self.line + _line(element) - 1}, {self.path(element)}"

    def locate(self, path: Path) -> str:
        """The element that gave the field, or the nearest one around it."""
        here: Any = self.data
        at = self.root
        for step in path:
            if isinstance(here, dict):
                at = self.where.get((id(here), str(step)), at)
                here = here.get(str(step))
            elif isinstance(here, list) and isinstance(step, int) and step < len(here):
                here = here[step]
            if isinstance(here, dict):
                at = self.parents.get(id(here), at)
        return self.place(at)

    def foreign(self, data: Data) -> None:
        """An amount in a currency that is not the invoice's would be written as one that is. Raises Unfit."""
        wrong: list[Finding] = []
        for code, element in self.currencies.items():
            if data.get("currency") and code != data["currency"]:
                message = "an amount stands in another currency than the document's"
                rule = f"{self.syntax.name}-currency"
                wrong.append(refuse(rule, message, self.place(element), code, str(data["currency"])))
        if wrong:
            raise Unfit(*wrong)
