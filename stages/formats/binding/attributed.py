"""Values that have something beside them in an attribute: a scheme, a unit, a file's name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lxml import etree

from stages.formats.binding.elements import Element, Leaf, Mark, Name, Special, Write, getter, into, special
from stages.formats.reading import xml_actions
from stages.formats.reading.xml_walk import Action, Data, Walk
from stages.formats.writing.xml_text import attribute, escaped, plain


@dataclass(frozen=True)
class Numbered(Element):
    """An identifier with its scheme, or several. `schemed`: only those with a scheme (True) or without (False) are
    written here; `most` is how many are written at all, of both together."""

    scheme: str = "schemeID"
    many: bool = False
    schemed: bool | None = None
    most: int | None = None
    version: str = ""

    def action(self, name: Name) -> Action:
        def make(last: str) -> Action:
            if self.many:
                return xml_actions.identifiers(last, self.scheme, self.version)
            return xml_actions.identifier(last, self.scheme)

        return self.within(into(self.field, make), name)

    def writer(self, level: int) -> Write:
        get, start, end, scheme, schemed = getter(self.field), self.start, self.end, self.scheme, self.schemed
        version = self.version

        def one(each: Any) -> str:
            if not each.value or (schemed is not None and bool(each.scheme) is not schemed):
                return ""
            of = attribute(version, each.version) if version else ""
            return f"{start}{attribute(scheme, each.scheme)}{of}>{escaped(each.value)}{end}"

        if self.many:
            most = self.most
            return lambda part, _currency: "".join([one(each) for each in (get(part) or ())[:most]])

        def write(part: Any, _currency: str) -> str:
            value = get(part)
            return "" if value is None else one(value)

        return write


def identifier(
    path: str, field: str, level: int = 0, *, scheme: str = "schemeID", schemed: bool | None = None
) -> Numbered:
    return Numbered(path, field, level, {}, scheme, False, schemed)


def identifiers(
    path: str, field: str, level: int = 0, *, scheme: str = "schemeID", schemed: bool | None = None,
    most: int | None = None,
) -> Numbered:  # fmt: skip
    return Numbered(path, field, level, {}, scheme, True, schemed, most)


@dataclass(frozen=True)
class Quantity(Element):
    """A number with its unit in an attribute."""

    unit: str = ""

    def action(self, name: Name) -> Action:
        return self.within(xml_actions.quantity(self.field, self.unit), name)

    def writer(self, level: int) -> Write:
        name, unit, start, end = self.field, self.unit, self.start, self.end

        def write(part: Any, _currency: str) -> str:
            value: Decimal | None = getattr(part, name)
            return "" if value is None else f"{start}{attribute('unitCode', getattr(part, unit))}>{plain(value)}{end}"

        return write

    def fields(self, level: int) -> Iterator[str]:
        yield self.field
        yield self.unit


def quantity(path: str, field: str, unit: str, level: int = 0) -> Quantity:
    return Quantity(path, field, level, {}, unit)


@dataclass(frozen=True)
class Measure(Leaf):
    """A number whose unit the model fixes: another unit is not understood."""

    unit: str = ""

    def action(self, name: Name) -> Action:
        take = into(self.field, self.take)

        def act(walk: Walk, target: Data, element: etree._Element) -> None:
            if element.get("unitCode", self.unit) == self.unit:
                take(walk, target, element)
            else:
                walk.unknown(element, "unit", f"only the unit {self.unit} is understood here")

        return self.within(act, name)

    def marks(self) -> Iterator[Mark]:
        yield from ()


def measure(path: str, field: str, unit: str) -> Measure:
    return Measure(path, field, 0, {"unitCode": unit}, show=plain, unit=unit)


def embedded(path: str) -> Special:
    """BT-125: an attachment's file in Base64, with its media type and name."""

    def write(part: Any, _currency: str) -> str:
        if not part.content_base64:
            return ""
        attributes = attribute("mimeCode", part.media_type) + attribute("filename", part.file_name)
        return f"<{path}{attributes}>{escaped(part.content_base64)}</{path}>"

    return special(path, xml_actions.embedded, write, "content_base64", "media_type", "file_name")


def classifications(path: str, level: int = 0) -> Numbered:
    """BT-158, each with its list and the list's version."""
    return Numbered(path, "classifications", level, {}, "listID", True, version="listVersionID")
