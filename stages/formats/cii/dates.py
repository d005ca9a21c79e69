"""Dates as CII writes them: `20261122` with format 102 (UNTDID 2379)."""

from __future__ import annotations

import re

from lxml import etree

from stages.formats.binding.elements import Leaf
from stages.formats.reading.xml_walk import Action, Data, Walk

_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})\Z", re.ASCII)


def _take(field: str) -> Action:
    """What is no such date stays as it was written, for completing to refuse with its place."""

    def act(walk: Walk, target: Data, element: etree._Element) -> None:
        said = (element.text or "").strip()
        compact = _COMPACT.match(said) if element.get("format", "102") == "102" else None
        walk.put(target, field, "-".join(compact.groups()) if compact else said, element)

    return act


def stamp(path: str, field: str, inner: str = "udt:DateTimeString", level: int = 0) -> Leaf:
    """A date inside `inner`."""
    return Leaf(
        f"{path}/{inner}", field, level, {"format": "102"}, take=_take,
        show=lambda value: str(value.isoformat()).replace("-", ""),
    )  # fmt: skip
