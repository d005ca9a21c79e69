"""What others send, made fit to be kept: PostgreSQL's text and jsonb take neither NUL, nor lone surrogates, nor NaN."""

from __future__ import annotations

import math
from typing import Any

_DEPTH = 20


def text(value: Any, limit: int = 4000) -> str | None:
    """A string or number as text of at most `limit` characters; None for anything else.

    >>> text("a\\x00b"), text(7), text(["x"])
    ('a\\ufffdb', '7', None)
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    return str(value)[:limit].replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def storable(value: Any, depth: int = 0) -> Any:
    """The same value as plain JSON; what is nested deeper than 20 levels becomes its text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return text(value, 100_000)
    if depth >= _DEPTH:
        return "(nested too deep)"
    if isinstance(value, dict):
        return {text(str(k)): storable(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [storable(v, depth + 1) for v in value]
    return text(str(value))
