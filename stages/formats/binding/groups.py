"""Elements that hold others: a wrapper, a part of the document, a list of parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from lxml import etree

from stages.formats.binding.elements import Element, Fixed, Mark, Name, Write, getter, into
from stages.formats.reading import xml_actions
from stages.formats.reading.xml_walk import Action, Data, Node, Walk


def node(children: Sequence[Element], name: Name) -> Node:
    """What a walk is led by."""
    by_tag: dict[str, list[Element]] = {}
    for child in children:
        by_tag.setdefault(child.tag, []).append(child)
    return {name(tag): _one_of(same, name) for tag, same in by_tag.items()}


def _one_of(same: list[Element], name: Name) -> Action:
    """Of several elements with one tag, the first whose fixed content is there; else the one without any."""
    if len(same) == 1:
        return same[0].action(name)
    choices = [([_test(mark, name) for mark in each.marks()], each.action(name)) for each in same]
    choices.sort(key=lambda choice: not choice[0])

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        for tests, action in choices:
            if all(test(element) for test in tests):
                action(walk, target, element)
                return
        walk.unknown(element)

    return act


def _test(mark: Mark, name: Name) -> Callable[[etree._Element], bool]:
    path, key, value = mark
    below = "/".join(name(step) for step in path)

    def test(element: etree._Element) -> bool:
        at = element.find(below) if below else element
        said = None if at is None else at.get(key) if key else at.text
        return (said or "").strip().upper() == value.upper()

    return test


@dataclass(frozen=True)
class Group(Element):
    """`needs` names the field without which the element is not written, whatever else is there."""

    children: tuple[Element, ...] = ()
    many: bool = False
    merge: bool = False
    """Whether other elements give fields of the same part."""
    needs: str = ""
    always: bool = False
    """The schema wants it even with nothing in it."""

    def action(self, name: Name) -> Action:
        below = node(self.children, name)
        if not self.field:
            return self.within(xml_actions.within(below), name)
        make = xml_actions.groups if self.many else xml_actions.merged if self.merge else xml_actions.group
        return self.within(into(self.field, lambda last: make(last, below)), name)

    def writer(self, level: int) -> Write:
        inside = content(self.children, level)
        start, end, always, needs = f"{self.start}>", self.end, self.always, self.needs

        def one(part: Any, currency: str) -> str:
            if needs and getattr(part, needs) in (None, ""):
                return ""
            said = inside(part, currency)
            return f"{start}{said}{end}" if said or always else ""

        if not self.field:
            return one
        get = getter(self.field)
        if self.many:
            return lambda part, currency: "".join([one(each, currency) for each in get(part) or ()])

        def write(part: Any, currency: str) -> str:
            value = get(part)
            return "" if value is None else one(value, currency)

        return write

    def fields(self, level: int) -> Iterator[str]:
        before = f"{self.field}[]." if self.many else f"{self.field}." if self.field else ""
        for child in self.children:
            if child.level <= level:
                yield from (before + each for each in child.fields(level))

    def marks(self) -> Iterator[Mark]:
        yield from super().marks()
        inner = tuple(self.path.split("/")[1:])
        for child in self.children:
            yield from (((*inner, child.tag, *path), key, value) for path, key, value in child.marks())


def content(children: Sequence[Element], level: int) -> Write:
    """The children's text in their order; "" where only what is fixed stands there."""
    kept = [child for child in children if child.level <= level]
    runs = [(fixed, [each.writer(level) for each in run]) for fixed, run in groupby(kept, key=_is_fixed)]
    if all(not fixed for fixed, _ in runs):
        writers = [each for _, run in runs for each in run]
        return lambda part, currency: "".join([write(part, currency) for write in writers])

    def write(part: Any, currency: str) -> str:
        pieces: list[str] = []
        found = False
        for fixed, run in runs:
            said = "".join([write(part, currency) for write in run])
            pieces.append(said)
            found = found or bool(said and not fixed)
        return "".join(pieces) if found else ""

    return write


def _is_fixed(element: Element) -> bool:
    return isinstance(element, Fixed)


def wrap(tag: str, *children: Element, level: int = 0, needs: str = "", always: bool = False) -> Group:
    """An element whose children belong to the part around it."""
    return Group(tag, "", level, {}, children, needs=needs, always=always)


def part(tag: str, field: str, *children: Element, level: int = 0, merge: bool = False) -> Group:
    return Group(tag, field, level, {}, children, merge=merge)


def parts(tag: str, field: str, *children: Element, level: int = 0) -> Group:
    return Group(tag, field, level, {}, children, many=True)
