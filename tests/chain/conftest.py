"""What several tests of this folder ask for: an empty event log, a house that delivers, a visit to the pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from delivery_house import House
    from event_store import Log
    from portal_visit import Visit
    from reporting_providers import Providers


@pytest.fixture
async def visit(postgres: Callable[[], str], tmp_path: Path) -> AsyncIterator[Visit]:
    """An empty house whose pages are served, and a client that is nobody yet."""
    from portal_house import open_house
    from portal_visit import served

    async with open_house(postgres(), tmp_path) as house, served(house) as client:
        yield house, client


@pytest.fixture
async def desk(visit: Visit) -> Visit:
    """The same, the client being the operator's."""
    from portal_visit import sign_in

    await sign_in(visit[1])
    return visit


@pytest.fixture(scope="module")
def made_log(postgres: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Log:
    """The event log of a test file, made once."""
    from event_store import make_log

    return make_log(postgres(), tmp_path_factory.mktemp("log"))


@pytest.fixture
def log(made_log: Log, tmp_path: Path) -> Log:
    """An empty log."""
    from event_store import restored

    return restored(made_log, tmp_path / "log")


@pytest.fixture
async def house(postgres: Callable[[], str], tmp_path: Path) -> AsyncIterator[House]:
    """A house that delivers, on a database of its own."""
    from delivery_house import make_database, open_house

    async with open_house(make_database(postgres()), tmp_path) as house:
        yield house


@pytest.fixture
def providers(house: House) -> Providers:
    """Who carries its messages, and reports later."""
    from reporting_providers import Providers

    return Providers(house)
