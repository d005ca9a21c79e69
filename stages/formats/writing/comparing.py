"""Two documents side by side, the one that was written and the one that reading it back gives: which values are lost,
and which are altered, field by field."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from schemas.documents import Identifier
from schemas.errors import Finding
from stages.formats.format import SHORTENED, Differences
from stages.formats.writing.field_paths import shown

Implied = Callable[[BaseModel, str], bool]
_OF_THE_ENVELOPE = {"syntax-acknowledgement": frozenset({"number", "issue_date", "sender", "receiver"})}
"""Fields that a message of this kind has from its interchange, which delivery makes."""


def differences(
    name: str,
    derived: frozenset[str] = frozenset(),
    implied: Callable[[BaseModel, str], bool] = lambda _part, _name: False,
) -> Differences:
    """How a document and what was read back of it are compared. `derived` are paths, such as `lines[].net_amount`, of
    what follows from the rest; `implied` tells by a part and the name of its field the same of a single value."""

    def compare(document: BaseModel, again: BaseModel) -> tuple[Finding, ...]:
        walk = _Walk(name, derived | _OF_THE_ENVELOPE.get(getattr(document, "kind", ""), frozenset()), implied)
        return tuple(walk.part(document, again, "", ""))

    return compare


class _Walk:
    def __init__(self, name: str, derived: frozenset[str], implied: Implied) -> None:
        self.name, self.derived, self.implied = name, derived, implied

    def part(self, ours: BaseModel, again: BaseModel | None, place: str, pattern: str) -> Iterator[Finding]:
        fields = type(ours).model_fields
        for name, value in ours.__dict__.items():
            other = getattr(again, name, None)
            if value == other or value in (None, "", (), {}) or name == "kind":
                continue
            where, like = (f"{place}.{name}", f"{pattern}.{name}") if place else (name, name)
            if like in self.derived or self.implied(ours, name):
                continue
            if other is None and value == fields[name].default:
                continue
            yield from self._value(value, other, ours, where, like)

    def _value(self, value: Any, other: Any, part: BaseModel, place: str, pattern: str) -> Iterator[Finding]:
        if isinstance(value, BaseModel) and not (isinstance(value, Identifier) and other is None):
            yield from self.part(value, other, place, pattern)
        elif isinstance(value, tuple):
            rows = other or ()
            for index, each in enumerate(value):
                row = rows[index] if index < len(rows) else None
                if each != row:
                    yield from self._value(each, row, part, f"{place}[{index}]", f"{pattern}[]")
            if len(rows) > len(value):
                yield self._told(place, "more of them are read back than were written", None, altered=True)
        elif isinstance(value, Mapping):
            known = other or {}
            for key, said in value.items():
                if known.get(key) != said:
                    yield self._alone(f"{place}.{key}", said, known.get(key), part)
        else:
            yield self._alone(place, value, other, part)

    def _alone(self, place: str, value: Any, other: Any, part: BaseModel) -> Finding:
        found = shown(value, part)
        if other in (None, ""):
            return self._told(place, "the message has no place for it", found, altered=False)
        return self._told(place, _how(value, other), found, altered=True)

    def _told(self, place: str, message: str, found: str | None, *, altered: bool) -> Finding:
        rule = f"{self.name}-{'altered' if altered else 'loss'}"
        return Finding(rule=rule, message=message, place=place, found=found, severity="warning")


def _how(value: Any, other: Any) -> str:
    if isinstance(value, Decimal) and isinstance(other, Decimal):
        return (
            "rounded"
            if round(value, max(0, -int(other.as_tuple().exponent))) == other
            else "another number is read back"
        )
    if isinstance(value, str) and isinstance(other, str) and value.startswith(other):
        return f"{SHORTENED} {len(other)} characters"
    return "said in other signs or codes, as far as the message can say it"
