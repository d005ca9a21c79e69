"""The words in which a table is written. Each knows how it is read, how it is written, and which field it carries.

`path` is where the value stands: `ram:Name`, or `cac:PartyIdentification/cbc:ID` where an element only wraps it; the
last step has the attributes. Fields are named from the part of the document around: `name`, or `payment.mandate` for
one that the message puts elsewhere than the model does. Where a table has one element several times, what tells them
apart is their fixed content (`fixed("ram:TypeCode", "130")`, or an attribute): the one without any takes the rest.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lxml import etree

from stages.formats.reading import xml_actions
from stages.formats.reading.xml_walk import Action, Data, Walk
from stages.formats.writing.xml_text import attribute, escaped, money, plain

Name = Callable[[str], str]
"""`{namespace}local` of a prefixed tag."""
Write = Callable[[Any, str], str]
"""(part of the document, ` currencyID="EUR"`) -> the element as text; "" for what is not there."""
Mark = tuple[tuple[str, ...], str, str]
"""(tags below the element, attribute or "", the text it must have)."""

READ_ONLY = 99
"""The level of what is understood but never written."""


@dataclass(frozen=True)
class Element:
    """`level` is the least profile of the syntax that has it: a writer of a lower one leaves it out."""

    path: str
    field: str = ""
    level: int = 0
    attributes: Mapping[str, str] = dataclasses.field(default_factory=dict, hash=False)

    @property
    def tag(self) -> str:
        return self.path.split("/", 1)[0]

    @property
    def start(self) -> str:
        """`<cac:PartyIdentification><cbc:ID schemeID="X"`, not closed yet."""
        return "<" + self.path.replace("/", "><") + "".join(attribute(k, v) for k, v in self.attributes.items())

    @property
    def end(self) -> str:
        return "".join(f"</{step}>" for step in reversed(self.path.split("/")))

    def action(self, name: Name) -> Action:
        """How it is read."""
        raise NotImplementedError

    def writer(self, level: int) -> Write:
        """How it is written for a profile."""
        raise NotImplementedError

    def fields(self, level: int) -> Iterator[str]:
        """What it carries: `seller.name`, `lines[].quantity`."""
        if self.field:
            yield self.field

    def marks(self) -> Iterator[Mark]:
        """What is fixed in it."""
        below = tuple(self.path.split("/")[1:])
        for key, value in self.attributes.items():
            yield below, key, value

    def within(self, act: Action, name: Name) -> Action:
        """An action on the last step of the path."""
        for step in reversed(self.path.split("/")[1:]):
            act = xml_actions.within({name(step): act})
        return act


def getter(path: str) -> Callable[[Any], Any]:
    """The value at a field, or one part below; None where that part is not there."""
    first, _, last = path.partition(".")
    if not last:
        return lambda part: getattr(part, first)

    def get(part: Any) -> Any:
        inner = getattr(part, first)
        return None if inner is None else getattr(inner, last)

    return get


def into(path: str, make: Callable[[str], Action]) -> Action:
    """An action on a field, or on one of a part below."""
    first, _, last = path.partition(".")
    if not last:
        return make(first)
    act = make(last)

    def inner(walk: Walk, target: Data, element: etree._Element) -> None:
        below: Data = target.get(first) or {}
        walk.parents.setdefault(id(below), element)
        act(walk, below, element)
        if below:
            target[first] = below

    return inner


@dataclass(frozen=True)
class Leaf(Element):
    """One value: `take` reads it into a field, `show` writes it; `currency` puts the document's currency beside it."""

    take: Callable[[str], Action] = xml_actions.text
    show: Callable[[Any], str] = escaped
    currency: bool = False

    def action(self, name: Name) -> Action:
        return self.within(into(self.field, self.take), name)

    def writer(self, level: int) -> Write:
        get, show, start, end = getter(self.field), self.show, self.start, self.end
        if self.currency:

            def write_money(part: Any, currency: str) -> str:
                value = get(part)
                return "" if value is None else f"{start}{currency}>{show(value)}{end}"

            return write_money
        start += ">"

        def write(part: Any, _currency: str) -> str:
            value = get(part)
            return "" if value is None or value == "" else f"{start}{show(value)}{end}"

        return write


def _flag(value: bool) -> str:
    return "true" if value else "false"


def text(path: str, field: str, level: int = 0, **attributes: str) -> Leaf:
    return Leaf(path, field, level, attributes)


def joined(path: str, field: str, level: int = 0) -> Leaf:
    """A text that may stand several times."""
    return Leaf(path, field, level, take=xml_actions.joined)


def flag(path: str, field: str, level: int = 0) -> Leaf:
    return Leaf(path, field, level, take=xml_actions.flag, show=_flag)


def day(path: str, field: str, level: int = 0) -> Leaf:
    """An ISO 8601 date."""
    return Leaf(path, field, level, take=xml_actions.day, show=lambda value: str(value.isoformat()))


def number(path: str, field: str, level: int = 0, *, currency: bool = False) -> Leaf:
    """A quantity, rate or price: the digits that were given."""
    return Leaf(path, field, level, take=xml_actions.amount, show=plain, currency=currency)


def amount(path: str, field: str, level: int = 0, *, currency: bool = False) -> Leaf:
    """An amount of money, with two places."""
    return Leaf(path, field, level, take=xml_actions.amount, show=money, currency=currency)


@dataclass(frozen=True)
class Fixed(Element):
    """Always the same text, where anything else stands around it. `tells`: whether another text means another term;
    `heeds`: whether another text is told."""

    value: str = ""
    tells: bool = True
    heeds: bool = True

    def action(self, name: Name) -> Action:
        if not self.heeds:
            return xml_actions.ignored

        def act(walk: Walk, _target: Data, element: etree._Element) -> None:
            if (element.text or "").strip().upper() not in ("", self.value.upper()):
                walk.unknown(element, "other", f"only {self.value!r} is understood here")

        return self.within(act, name)

    def writer(self, level: int) -> Write:
        whole = f"{self.start}>{escaped(self.value)}{self.end}"
        return lambda _part, _currency: whole

    def marks(self) -> Iterator[Mark]:
        if self.tells:
            yield tuple(self.path.split("/")[1:]), "", self.value


def fixed(path: str, value: str, level: int = 0, **attributes: str) -> Fixed:
    return Fixed(path, "", level, attributes, value)


def usual(path: str, value: str, level: int = 0) -> Fixed:
    """Written always; where it is missing in what is read, the term is the same."""
    return Fixed(path, "", level, {}, value, tells=False)


def stated(path: str, value: str) -> Fixed:
    """Written always; what others say there says nothing more."""
    return Fixed(path, value=value, tells=False, heeds=False)


def ignored(path: str) -> Special:
    """Carries nothing that the document does not say otherwise."""
    return special(path, xml_actions.ignored)


@dataclass(frozen=True)
class Special(Element):
    """What no other word says: read and written by functions of the table's own."""

    read: Action = xml_actions.ignored
    write: Write = lambda _part, _currency: ""
    carries: tuple[str, ...] = ()

    def action(self, name: Name) -> Action:
        return self.within(self.read, name)

    def writer(self, level: int) -> Write:
        return self.write

    def fields(self, level: int) -> Iterator[str]:
        yield from self.carries


def special(path: str, read: Action, write: Write | None = None, *carries: str, level: int = 0) -> Special:
    """Without `write` it is only read."""
    if write is None:
        return Special(path, "", READ_ONLY, {}, read)
    return Special(path, "", level, {}, read, write, carries)
