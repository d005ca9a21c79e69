"""What every test may ask for: a real broker and a real database server, one of each for the whole run.

They start when the first test asks, in whichever xdist worker that is; the others find them (the data directory's
lock orders the starters). The process that started the run, the only one that knows when all are done, ends them.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest

from pipeline import embedded
from pipeline.embedded import placement
from pipeline.embedded.processes import Identity, identify

FOLDER = "TESTS_OF_ENTREGA_SERVICES"  # inherited by the workers; ENTREGA_… would be taken for a setting
PREFIX = "entrega-test-"


def pytest_configure(config: pytest.Config) -> None:
    """Name the run's folder; end what a run left that was killed."""
    if hasattr(config, "workerinput"):
        return
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _end_if_orphaned(folder)
    _drop_strays()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX))
    folder.chmod(0o711)  # the database runs as another user when we are root
    me = identify(os.getpid())
    assert me is not None
    (folder / "run-by.json").write_text(json.dumps(asdict(me)))
    os.environ[FOLDER] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the services."""
    if not hasattr(config, "workerinput") and FOLDER in os.environ:
        folder = Path(os.environ.pop(FOLDER))
        embedded.erase(folder / "data")
        shutil.rmtree(folder)


def _end_if_orphaned(folder: Path) -> None:
    with suppress(OSError, ValueError):  # another user's, or just being removed
        if not Identity(**json.loads((folder / "run-by.json").read_text())).alive():
            embedded.erase(folder / "data")
            shutil.rmtree(folder)


def _drop_strays() -> None:
    """Clusters outside their data folder (tests run as root), of tests that were killed: that folder is gone."""
    an_hour_ago = time.time() - 3600  # a folder that a test is moving just now is gone too
    for home in placement.ELSEWHERE.glob("*"):
        with suppress(OSError):
            owner = placement.owner_of(home)
            ours = owner is not None and owner.is_relative_to(tempfile.gettempdir()) and not owner.exists()
            if ours and home.stat().st_mtime < an_hour_ago:
                shutil.rmtree(home)


@pytest.fixture(scope="session")
def kafka() -> str:
    """Bootstrap servers of a real Apache Kafka, shared by all tests: each makes topics and groups of its own."""
    running = embedded.start(Path(os.environ[FOLDER]) / "data", postgres=False)
    assert running.kafka is not None
    return running.kafka


@pytest.fixture(scope="session")
def postgres() -> Callable[[], str]:
    """Makes an empty database on a real PostgreSQL at each call, and gives the URL of its owner, a superuser."""
    running = embedded.start(Path(os.environ[FOLDER]) / "data", kafka=False)
    assert running.database is not None
    server = running.database

    return lambda: _database(server)


PASSWORD = "for tests only"  # noqa: S105  of the application's role on the tests' own server
TEMPLATE = "template_migrated"


@pytest.fixture(scope="session")
def migrated(postgres: Callable[[], str]) -> Callable[[], str]:
    """The same at the newest schema; the application's role logs in with PASSWORD. Migrated once a run, then copied."""
    import psycopg

    from pipeline.store.migrate import migrate

    running = embedded.running(Path(os.environ[FOLDER]) / "data")
    assert running.database is not None
    server = running.database
    with open(Path(os.environ[FOLDER]) / "template.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(server, autocommit=True) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [TEMPLATE]).fetchone() is None:
                made = _database(server)
                migrate(made, PASSWORD)
                connection.execute(f"ALTER DATABASE {made.rpartition('/')[2]} RENAME TO {TEMPLATE}")

    def make() -> str:
        made = _database(server, f"TEMPLATE {TEMPLATE}")
        migrate(made)  # nothing to do but the settings of the roles, which a copy has not
        return made

    return make


def _database(server: str, options: str = "") -> str:
    import psycopg

    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {options}")
    return f"{server.rpartition('/')[0]}/{name}"
