"""One transaction set on its way into a canonical document: values with their places, warnings, what is kept aside."""

from __future__ import annotations

from typing import Any

from schemas.errors import Finding
from schemas.fields import Path
from schemas.profiles import ExtractionProfile
from stages.formats.reading.records import Warnings, refuse
from stages.formats.x12.interchange import Set
from stages.formats.x12.structure import Node

Data = dict[str, Any]
_EXTRAS = 100


class Reading:
    """One set as it is read: what is known so far, where each value stood, what was kept aside or is wrong."""

    def __init__(self, given: Set, profile: ExtractionProfile | None) -> None:
        self.given, self.profile = given, profile
        self.data: Data = {}
        self.warnings = Warnings()
        self.extras: dict[str, str] = {}
        self.findings: list[Finding] = []
        self.where: dict[tuple[int, str], tuple[Node, int]] = {}
        self.parents: dict[int, Node] = {}
        self.parties: dict[str, Data] = {}
        """N101 -> party, the first of each."""
        self.notes: dict[str, Any] = {}
        """What a grammar's own meanings remember for its `finish`."""

    @property
    def constants(self) -> Data:
        return self.profile.constants if self.profile else {}

    def put(self, target: Data, path: str, value: Any, node: Node, position: int) -> None:
        """Set a field once. A second, different value is kept aside, with a warning."""
        *above, name = path.split(".")
        for step in above:
            target = target.setdefault(step, {})
            self.parents.setdefault(id(target), node)
        if name in target:
            if target[name] != value:
                self.keep(node, "stands here once more with another value; the first one is used")
            return
        target[name] = value
        self.where[id(target), name] = node, position

    def part(self, target: Data, path: str, node: Node, *, one: bool = False) -> Data:
        """A new part of the document: the single one at a path, or one more of a list."""
        *above, name = path.split(".")
        for step in above:
            target = target.setdefault(step, {})
        made: Data = target.setdefault(name, {}) if one else {}
        if not one:
            target.setdefault(name, []).append(made)
        self.parents.setdefault(id(made), node)
        return made

    def code(self, node: Node, position: int, found: str, known: list[str], *, fatal: bool) -> None:
        message = "the code is not one that is read here"
        if fatal and len(self.findings) < 100:
            self.findings.append(refuse("x12-code", message, node.place(position), found, ", ".join(known)[:60]))
        elif not fatal:
            self.warnings.add("x12-code", message + "; it is kept as it stands", node.place(position), found)

    def keep(self, node: Node, message: str = "the canonical document has no place for it; kept aside") -> None:
        """The whole segment goes to `extras`, under its tag and position in the set."""
        key = f"{node.tag}[{node.position}]"
        if key in self.extras:
            return
        text = "*".join(node.elements).rstrip("*")
        self.warnings.add("x12-kept", message, node.place(), text)
        if len(self.extras) < _EXTRAS:
            self.extras[key] = "".join(c if c.isprintable() else " " for c in text[:1000])

    def told(self, node: Node, position: int, code: str, meaning: str) -> None:
        """A code that is read, of a document like any other: it is told, and goes to `extras`."""
        place = f"{node.tag}{position:02}"
        self.warnings.add("x12-purpose", f"the set {meaning}; it is read like a new one", node.place(position), code)
        self.extras[place] = code

    def say(self, rule: str, message: str, place: str = "", found: str | None = None) -> None:
        self.warnings.add(rule, message, place, found)

    def locate(self, path: Path) -> str:
        """The element that gave the field, or the segment that began the part around it."""
        here: Any = self.data
        place = "ST"
        for step in path:
            if isinstance(here, dict):
                known = self.where.get((id(here), str(step)))
                place = known[0].place(known[1]) if known else place
                here = here.get(str(step))
            elif isinstance(here, list) and isinstance(step, int) and step < len(here):
                here = here[step]
            if isinstance(here, dict) and id(here) in self.parents:
                place = self.parents[id(here)].place()
        return place
