"""What commands share: the settings, an open store, one question, and who asks."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from pipeline.store.database import Connection, Store

T = TypeVar("T")


def asking(data: Path | None, question: Callable[[Store], Awaitable[T]]) -> T:
    """Open the store, ask, close it."""
    from pipeline import wiring
    from pipeline.settings import load

    settings = load(data)

    async def go() -> T:
        store = wiring.open_store(settings, wiring.endpoints(settings), size=2)
        await store.open()
        try:
            return await question(store)
        finally:
            await store.close()

    return asyncio.run(go())


def ask(data: Path | None, question: Callable[[Connection], Awaitable[T]]) -> T:
    """The same in one transaction."""

    async def go(store: Store) -> T:
        async with store.transaction() as conn:
            return await question(conn)

    return asking(data, go)


def operator() -> str:
    """The person at the keyboard, as events name an actor."""
    return f"operator:{getpass.getuser()}"
