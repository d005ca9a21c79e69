"""A row in an embedded database, to see whether it is still there."""

from __future__ import annotations

import psycopg


def insert(url: str, value: str) -> None:
    """Keep a value."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def select(url: str) -> list[str]:
    """All that were kept."""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value")]
