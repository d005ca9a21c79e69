"""A table as a whole: the message's root, its namespaces, and what is made of its elements."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from stages.formats.binding.elements import Element
from stages.formats.binding.groups import content, node
from stages.formats.reading.xml_walk import Node


class Table:
    """`root` and the tags of `children` are prefixed; `namespaces` has the prefixes ("" for the root's own)."""

    def __init__(self, root: str, namespaces: Mapping[str, str], *children: Element) -> None:
        self.root, self.namespaces, self.children = root, namespaces, children
        self._writers: dict[int, Any] = {}
        self._carried: dict[int, frozenset[str]] = {}

    def name(self, tag: str) -> str:
        """`{namespace}local` of a prefixed tag."""
        prefix, _, local = tag.rpartition(":")
        return f"{{{self.namespaces[prefix]}}}{local}"

    @cached_property
    def node(self) -> Node:
        """For a walk."""
        return node(self.children, self.name)

    def write(self, document: Any, level: int = 0, currency: str = "") -> str:
        """The whole message as text, with its declaration. `currency` is the attribute beside amounts, if any."""
        if level not in self._writers:
            self._writers[level] = content(self.children, level)
        declared = "".join(
            f' xmlns:{prefix}="{uri}"' if prefix else f' xmlns="{uri}"' for prefix, uri in self.namespaces.items()
        )
        inside = self._writers[level](document, currency)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<{self.root}{declared}>{inside}</{self.root}>\n'

    def carried(self, level: int = 0) -> frozenset[str]:
        """Every field that the message has a place for, at a profile: `seller.name`, `lines[].quantity`."""
        if level not in self._carried:
            self._carried[level] = frozenset(
                each for child in self.children if child.level <= level for each in child.fields(level)
            )
        return self._carried[level]
