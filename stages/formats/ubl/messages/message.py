"""One UBL message: its model, its table, and what is done before writing and after reading.

Source: OASIS UBL 2.1; Peppol BIS (Order, Order Response, Despatch Advice, Catalogue, Invoice Response), version 3
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from schemas.errors import Finding
from schemas.fields import Path
from stages.formats.binding import Table
from stages.formats.binding.elements import Element, special
from stages.formats.reading import xml_actions
from stages.formats.reading.completing import complete_as
from stages.formats.reading.xml_walk import Data, Walk
from stages.formats.ubl.messages.attached import untyped
from stages.formats.ubl.spaces import spaces
from stages.formats.writing.losses import told, uncarried
from stages.formats.writing.xml_text import attribute, checked

_ALTERED = frozenset({"response_code", "notes"})
"""Places where a condition changes what is said, and does not leave it out."""


def _same(document: Any) -> Any:
    return document


def _nothing(_walk: Walk, _data: Data) -> None:
    return None


def _none(_document: Any) -> Iterator[tuple[str, str]]:
    yield from ()


@dataclass(frozen=True)
class Message:
    """`roles` are the fields that are parties, of whose identifiers one is written. `prepare` gives what the table
    writes, `settle` mends what it read, `conditional` are losses (place, reason) that the table cannot know, `also` are
    fields that `prepare` carries elsewhere."""

    root: str
    model: type[BaseModel]
    table: Table
    roles: tuple[str, ...]
    written: bool = True
    prepare: Callable[[Any], Any] = _same
    settle: Callable[[Walk, Data], None] = _nothing
    conditional: Callable[[Any], Iterator[tuple[str, str]]] = _none
    also: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        return str(self.model.model_fields["kind"].default)

    def write(self, document: Any) -> bytes:
        """UTF-8 with declaration. Raises DocumentInvalid (permanent) for characters that XML cannot carry."""
        currency = attribute("currencyID", getattr(document, "currency", None))
        return checked(self.table.write(self.prepare(document), 0, currency), document)

    def read(self, walk: Walk) -> Any:
        """The document of a walk over this message. Raises Unfit."""
        data = walk.data
        walk.run(self.table.node, data, walk.root)
        for role in self.roles:
            named(walk, data, role)
        self.settle(walk, data)
        walk.foreign(data)
        if walk.extras:
            data["extras"] = walk.extras
        return complete_as(self.model, data, walk.locate)

    def losses(self, document: Any) -> tuple[Finding, ...]:
        """Every field with content that is left out or changed."""
        found = uncarried(document, self.table.carried() | self.also, "ubl-loss")
        more = told(document, (*_of_any(document, self.roles), *self.conditional(document)), "ubl", _ALTERED)
        return (*found, *more, *untyped(getattr(document, "attachments", ())))


def table(root: str, *children: Element) -> Table:
    """A message's table."""
    return Table(root, spaces(root), *children)


def says(path: str, value: str) -> Element:
    """What a writer says of its own message; that of others is theirs to say."""
    return special(path, xml_actions.ignored, lambda _part, _currency: f"<{path}>{value}</{path}>")


def _of_any(document: Any, roles: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if len(document.notes) > 1:
        yield "notes", "Peppol takes one note: several become paragraphs of one"
    for role in roles:
        party = getattr(document, role)
        for index in range(1, len(party.identifiers) if party else 0):
            yield f"{role}.identifiers[{index}]", "Peppol takes one identifier of a party"


def named(walk: Walk, data: Data, role: str) -> None:
    """A party that has no name but a trading name or a number: that is what it is called, and it is told."""
    party = data.get(role)
    if not isinstance(party, dict) or "name" in party:
        return
    if "trading_name" in party:
        party["name"] = party.pop("trading_name")
        return
    numbers = [*party.get("identifiers", ()), *filter(None, (party.get("endpoint"),))]
    if numbers:
        party["name"] = numbers[0]["value"]
        path: Path = (role,)
        message = "the party has a number and no name; the number is taken for it"
        walk.warnings.add(f"{walk.syntax.name}-name", message, walk.locate(path))
