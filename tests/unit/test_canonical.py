"""One spelling: what is hashed is RFC 8785, however it is computed."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson
import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from pipeline.store.canonical import LARGEST, canonical, plain, stamp
from schemas.events import EventType

texts = st.text()
values = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_canonical_is_rfc_8785(value: Any) -> None:
    """For every value an event may hold the bytes are those of an independent implementation."""
    clean = plain(value)
    assert canonical(clean) == rfc8785.dumps(clean)


@given(values)
def test_a_value_comes_back_the_same(value: Any) -> None:
    """Written as JSON in any spelling and read again, a value has the same canonical bytes."""
    clean = plain(value)
    assert canonical(json.loads(json.dumps(clean, indent=1))) == canonical(clean) == canonical(plain(clean))
    assert canonical(orjson.loads(orjson.dumps(clean))) == canonical(clean)


def test_keys_beyond_the_basic_plane_are_sorted_by_utf_16() -> None:
    """JCS sorts by UTF-16 unit: an emoji stands before U+FFFD, which has the smaller code point."""
    assert canonical({"\ufffd": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ufffd":1}'.encode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (EventType.BOUNCED, "bounced"),
        (Decimal("12.50"), "12.50"),
        (Decimal("0.00000001"), "0.00000001"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (date(2026, 11, 22), "2026-11-22"),
        (datetime(2026, 11, 22, 10, tzinfo=timezone(timedelta(hours=1))), "2026-11-22T09:00:00Z"),
        ((1, [True]), [1, [True]]),
        ("a\0\ud800b", "a\ufffd\ufffdb"),
        ("\ud83d\ude00", "\U0001f600"),
    ],
)
def test_plain_values(value: Any, expected: Any) -> None:
    """What our own types become."""
    assert plain({"k": value}) == {"k": expected}


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (1.0, TypeError),
        (b"x", TypeError),
        ({1: 2}, TypeError),
        (LARGEST + 1, ValueError),
        (datetime(2026, 1, 1), ValueError),  # noqa: DTZ001
    ],
)
def test_what_is_refused(value: Any, error: type[Exception]) -> None:
    """Floats, bytes, keys that are no text, numbers beyond 53 bits, times without zone."""
    with pytest.raises(error):
        plain({"k": [value]})


@given(st.datetimes(min_value=datetime(1, 1, 2), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_are_spelled_alike_on_both_roads(at: datetime) -> None:
    """The fast writer and `stamp` agree on every time in UTC."""
    assert orjson.loads(canonical(at)) == stamp(at) == plain(at)
    assert datetime.fromisoformat(stamp(at)) == at
