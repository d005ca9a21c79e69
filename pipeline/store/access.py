"""Whether a configured database lets us in, asked once, quickly, and without the pool that would wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.store.migrate import APPLICATION_ROLE, newest_version
from schemas.errors import ConfigurationError

if TYPE_CHECKING:
    import psycopg

SECONDS = 5


def log_in(setting: str, url: str) -> psycopg.Connection[Any]:
    """A connection. Raises ConfigurationError in the server's own words, which never hold the password."""
    import psycopg

    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=SECONDS)
    except psycopg.ProgrammingError as error:  # its text repeats the URL, password and all
        raise ConfigurationError(f"{setting}: is no postgresql:// URL") from error
    except psycopg.OperationalError as error:
        # a hint stands indented below the words
        said = [line for line in str(error).splitlines() if line and not line[0].isspace()][-1]
        raise ConfigurationError(f"{setting}: {said.removeprefix('connection failed: ')}") from error


def application(url: str) -> None:
    """Log in as the application: the right role, and a schema that is not too old. Raises ConfigurationError."""
    with log_in("database_url", url) as connection:
        row = connection.execute("SELECT current_user, to_regclass('entrega.schema_version') IS NOT NULL").fetchone()
        assert row is not None
        role, has_schema = row
        if role != APPLICATION_ROLE:
            # anybody else has either no rights, or those to rewrite the history
            raise ConfigurationError(f"database_url: logs in as {role}; the application's role is {APPLICATION_ROLE}")
        row = connection.execute("SELECT version_num FROM entrega.schema_version").fetchone() if has_schema else None
    needed, found = newest_version(), row[0] if row else None
    if found is None or found < needed:
        state = f"at schema {found}" if found else "without our schema"
        raise ConfigurationError(
            f"database_url: the database is {state}, and this release needs {needed}; "
            f"`entrega up` with database_owner_url migrates it"
        )
