"""A field's path in a document, such as `lines[0].net_price`: what stands there, and what of it a finding may show."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from schemas.documents import Address, Contact, DeliveryHints, Identifier, Party

_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+)\]")
_PERSONAL = (Address, Contact, DeliveryHints, Party)
"""What stands here is not repeated: a finding may be shown where personal data may not."""
_MOST = 200


def standing(document: BaseModel, path: str) -> tuple[Any, BaseModel]:
    """The value at a path, None where nothing stands, and the part of the document whose field it is."""
    value: Any = document
    part, at = document, 0
    while at < len(path) and value is not None:
        if isinstance(value, dict):
            return value.get(path[at:].removeprefix(".")), part
        step = _STEP.match(path, at)
        if step is None:
            return None, part
        at = step.end()
        if step[2]:
            value = value[int(step[2])] if isinstance(value, tuple) and int(step[2]) < len(value) else None
        elif isinstance(value, BaseModel):
            part, value = value, getattr(value, step[1], None)
        else:
            value = None
    return value, part


def shown(value: Any, part: BaseModel) -> str | None:
    """A field's value as a finding says it, at most 200 characters; None for what is personal, and for groups."""
    if isinstance(value, tuple) and len(value) == 1:
        value = value[0]
    if isinstance(value, Identifier):
        value = value.value
    if isinstance(part, _PERSONAL) or not isinstance(value, (str, Decimal, date, bool)):
        return None
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value).lower() if isinstance(value, bool) else str(value)[:_MOST]
