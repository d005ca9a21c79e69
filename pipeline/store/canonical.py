"""One spelling for every value that is hashed.

What may stand in an event is narrower than JSON, so that a value written, stored as jsonb and read back is the same
value: text, whole numbers of at most 53 bits, booleans, null, lists and objects. A float is refused (amounts are
Decimal and stand as text); NUL and lone surrogates, which PostgreSQL cannot store, become U+FFFD.

Source: RFC 8785 (JSON Canonicalization Scheme). Within these types orjson with sorted keys writes the same bytes when
all keys are ASCII (JCS sorts by UTF-16 unit, orjson by code point); other keys take the slower road. Times are text as
RFC 3339 has it, in UTC with a Z, and with six decimals unless they are all zero.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson

LARGEST = 2**53 - 1
"""Whole numbers beyond it do not survive readers that use doubles (RFC 8785, 3.2.2.3)."""


def stamp(at: datetime) -> str:
    """`2026-11-22T11:19:31.000250Z`, `2026-11-22T11:19:31Z`; raises ValueError for a time without zone."""
    if at.tzinfo is None:
        raise ValueError("a time needs a zone")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def plain(value: Any) -> Any:
    """The value in the types above. Raises TypeError for a float or an unknown type, ValueError for a huge number."""
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is str:
        return value if value.isascii() and "\0" not in value else _text(value)
    if kind is int and -LARGEST <= value <= LARGEST:
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        if not -LARGEST <= value <= LARGEST:
            raise ValueError("a number beyond 53 bits stands as text")
        return int(value)
    if isinstance(value, dict):
        return {_text(_key(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"an event holds no {type(value).__name__}")


def canonical(value: Any) -> bytes:
    """The canonical bytes, UTF-8, of what `plain` returned; it may hold dates, ids, and times in UTC beside."""
    spelled = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    if spelled.isascii() or _ascii_keys(value):
        return spelled
    import rfc8785

    return rfc8785.dumps(plain(value))


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError("an object's keys are text")
    return key


def _text(value: str) -> str:
    if value.isascii():
        return value.replace("\0", "�") if "\0" in value else str(value)
    return value.replace("\0", "�").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _ascii_keys(value: Any) -> bool:
    if isinstance(value, dict):
        return all(key.isascii() and _ascii_keys(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_ascii_keys, value))
    return True
