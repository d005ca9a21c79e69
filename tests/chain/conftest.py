"""What the tests of the pages share: a visit to the house, and one by somebody who has signed in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from portal_visit import Visit


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
