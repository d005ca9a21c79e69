"""What the parts of `verify` share: a fault, and rows read without holding them all."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any, NamedTuple

import psycopg
from psycopg.rows import tuple_row

ROWS_AT_ONCE = 2000
FAULTS = 100
"""As many are told of each kind."""


class Fault(NamedTuple):
    """The first thing that is wrong. Without stream and version (None) where the tree as a whole is."""

    stream: str | None
    ver: int | None
    what: str


async def rows_of(
    conn: psycopg.AsyncConnection[Any], name: str, query: str, parameters: Any = None
) -> AsyncGenerator[tuple[Any, ...], None]:
    """All rows, a few thousand at a time, through a cursor that stays on the server."""
    async with conn.cursor(f"verify_{name}", binary=True, row_factory=tuple_row) as cursor:
        await cursor.execute(query.encode(), parameters)
        while rows := await cursor.fetchmany(ROWS_AT_ONCE):
            for row in rows:
                yield row


async def row_of(conn: psycopg.AsyncConnection[Any], query: str, *values: Any, **named: Any) -> tuple[Any, ...] | None:
    """The one row of a question; None where there is none."""
    cursor = conn.cursor(row_factory=tuple_row)
    await cursor.execute(query.encode(), values or named)
    return await cursor.fetchone()
