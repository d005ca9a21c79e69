"""What a target cannot carry of a document, found by walking the document beside the list of what it can."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from schemas.documents import Address, Contact, DeliveryHints, Party
from schemas.errors import Finding

_PERSONAL = (Address, Contact, DeliveryHints, Party)
"""What stands here is not repeated: a finding may be shown where personal data may not."""
_SELF = frozenset({"kind"})
"""The word by which the model is told."""


def uncarried(document: BaseModel, carried: frozenset[str], rule: str) -> tuple[Finding, ...]:
    """One finding (severity `warning`) for each field with content that `carried` does not name.

    `carried` has paths such as `seller.name` and `lines[].quantity`; a path covers all that stands below it. A part of
    which nothing is carried is one finding. What stands at a field's default is not told.
    """
    above = frozenset(
        path[:at] for path in carried for at in range(len(path)) if path[at] == "." or path[at : at + 2] == "[]"
    )
    return tuple(
        Finding(rule=rule, message="the target has no place for it", place=place, found=found, severity="warning")
        for place, found in _walk(document, "", "", carried, above)
    )


def _walk(
    part: BaseModel, place: str, pattern: str, carried: frozenset[str], above: frozenset[str]
) -> Iterator[tuple[str, str | None]]:
    fields = type(part).model_fields
    for name, value in part.__dict__.items():
        if value is None or value in ("", (), {}) or name in _SELF:
            continue
        here, like = (f"{place}.{name}", f"{pattern}.{name}") if place else (name, name)
        if like in carried or value == fields[name].default:
            continue
        if isinstance(value, dict):
            yield from ((f"{here}.{key}", said) for key, said in value.items())
        elif isinstance(value, BaseModel):
            if like in above:
                yield from _walk(value, here, like, carried, above)
            else:
                yield here, None
        elif isinstance(value, tuple):
            if like not in above:
                yield here, _told(value[0], part) if len(value) == 1 else None
                continue
            for index, each in enumerate(value):
                if isinstance(each, BaseModel):
                    yield from _walk(each, f"{here}[{index}]", f"{like}[]", carried, above)
        else:
            yield here, _told(value, part)


def _told(value: object, part: BaseModel) -> str | None:
    if isinstance(part, _PERSONAL) or not isinstance(value, (str, Decimal, date, bool)):
        return None
    return f"{value:f}" if isinstance(value, Decimal) else str(value)[:200]
