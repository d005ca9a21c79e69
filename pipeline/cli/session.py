"""What commands share: the settings, an open store, one question, and who asks."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline.store.database import Connection, Store

if TYPE_CHECKING:
    from pipeline.settings import Settings

T = TypeVar("T")


def asking(data: Path | None, question: Callable[[Store], Awaitable[T]], tenant: str | None = None) -> T:
    """Open the store, ask, close it. Raises ConfigurationError for a tenant that nobody knows."""
    from pipeline.settings import load

    settings = load(data)

    async def go() -> T:
        store = unopened(settings)
        await store.open()
        try:
            if tenant is not None:
                await known(store, settings, tenant)
            return await question(store)
        finally:
            await store.close()

    return asyncio.run(go())


def unopened(settings: Settings) -> Store:
    """The store alone, `await store.open()` it; the broker is not asked. Raises ConfigurationError."""
    from pipeline import wiring

    return wiring.open_store(settings, wiring.Endpoints("not asked", *wiring.database_urls(settings)), size=2)


async def known(store: Store, settings: Settings, tenant: str) -> None:
    """Raises ConfigurationError for a tenant that has neither a profile nor anything in the database."""
    from pipeline import wiring
    from pipeline.cli.options import one_of
    from pipeline.store import queries

    configured = wiring.profiles(settings).tenants()
    if tenant in configured:
        return
    async with store.transaction() as conn:
        if not await queries.has_tenant(conn, tenant):
            one_of("--tenant", tenant, sorted(configured))


def ask(data: Path | None, question: Callable[[Connection], Awaitable[T]], tenant: str | None = None) -> T:
    """The same in one transaction."""

    async def go(store: Store) -> T:
        async with store.transaction() as conn:
            return await question(conn)

    return asking(data, go, tenant)


def operator() -> str:
    """The person at the keyboard, as events name an actor."""
    return f"operator:{getpass.getuser()}"
