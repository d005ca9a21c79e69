"""What commands share: the settings, an open store, one question, and who asks."""

from __future__ import annotations

import asyncio
import getpass
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pipeline.store.database import UNAVAILABLE, Connection, Store
from pipeline.store.tenancy import EVERYBODY, Whose
from schemas.errors import ConfigurationError, StoreUnavailable

if TYPE_CHECKING:
    from pipeline.settings import Settings

T = TypeVar("T")


def asking(
    data: Path | None, question: Callable[[Store, Whose], Awaitable[T]], tenant: str | None = None,
    everybody: bool = False,
) -> T:  # fmt: skip
    """Open the store, ask, close it. `tenant` None: the default one, unless everybody's rows are asked for. Raises
    ConfigurationError for a tenant that nobody knows."""
    from pipeline.settings import load

    settings = load(data)
    if tenant is not None and everybody:
        raise ConfigurationError("--tenant and --all-tenants exclude each other")
    whose = EVERYBODY if everybody else Whose(tenant or settings.default_tenant, named=tenant is not None)

    async def go() -> T:
        async with opened(settings) as store:
            if tenant is not None:
                await known(store, settings, tenant)
            return await question(store, whose)

    return asyncio.run(go())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The store, until the block ends. What comes of a full disk is told as that: StoreUnavailable."""
    from pipeline import halt

    store = unopened(settings)
    await store.open()
    try:
        yield store
    except (StoreUnavailable, *UNAVAILABLE) as error:
        halt.disk_guard(settings)
        if isinstance(error, StoreUnavailable):
            raise
        raise StoreUnavailable(f"the database does not answer: {type(error).__name__}") from error
    finally:
        await store.close()


def unopened(settings: Settings) -> Store:
    """The store alone, `await store.open()` it; the broker is not asked. Raises ConfigurationError."""
    from pipeline import wiring

    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # what it says of every try is said at the end
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


def ask(
    data: Path | None, question: Callable[[Connection, Whose], Awaitable[T]], tenant: str | None = None,
    everybody: bool = False,
) -> T:  # fmt: skip
    """The same in one transaction."""

    async def go(store: Store, whose: Whose) -> T:
        async with store.transaction() as conn:
            return await question(conn, whose)

    return asking(data, go, tenant, everybody)


def operator() -> str:
    """The person at the keyboard, as events name an actor."""
    return f"operator:{getpass.getuser()}"
