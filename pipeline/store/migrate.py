"""Bring a database to the schema of this release.

Everything happens as the owner, in one transaction behind an advisory lock: any number of processes may call it at the
same time, the first does the work and the others find it done. The application itself never logs in as the owner.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.errors import ConfigurationError, StoreUnavailable
from schemas.events import MEANING

if TYPE_CHECKING:
    import psycopg

APPLICATION_ROLE = "entrega_app"
AUDITOR_ROLE = "entrega_auditor"
LOCK = 0x656E7472656761
"""Key of the advisory lock; 'entrega' in ASCII."""

_ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps its context in a global of the process."""

# Roles are shared by all databases of a server, advisory locks are not: so two databases migrated at the same time
# can meet here, and who loses looks again.
_RACES = {"42710", "23505", "XX000", "40P01"}


def migrate(
    owner_url: str,
    app_password: str | None = None,
    auditor_password: str | None = None,
    *,
    first_app_password: str | None = None,
) -> None:
    """Create or upgrade schema `entrega`, the roles and their rights.

    owner_url: libpq URI or key-value string of a role that owns the database and may create roles (CREATEROLE is
    enough; where the two roles exist already, it must have made them or be their admin). A password given is set; None
    leaves the role's password as it is. `first_app_password` is set only if the application's role is made now: one
    that is there is somebody's, and its password too.

    Raises StoreUnavailable (transient) when the server does not answer; ConfigurationError when the owner may not do
    what is needed.
    """
    import psycopg
    import sqlalchemy
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    try:
        with psycopg.connect(owner_url, autocommit=True) as connection:
            _role(connection, APPLICATION_ROLE, app_password, first_app_password)
            _role(connection, AUDITOR_ROLE, auditor_password)
        engine = sqlalchemy.create_engine(
            "postgresql+psycopg://", creator=lambda: psycopg.connect(owner_url), poolclass=sqlalchemy.NullPool
        )
        with _ONE_AT_A_TIME, engine.begin() as connection_:
            connection_.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
            connection_.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS entrega")
            connection_.exec_driver_sql("SET LOCAL search_path = entrega")
            config.attributes["connection"] = connection_
            command.upgrade(config, "head")
            connection_.exec_driver_sql(
                "INSERT INTO entrega.event_meaning (type, meaning) SELECT * FROM unnest(%s::text[], %s::text[]) "
                "ON CONFLICT (type) DO UPDATE SET meaning = excluded.meaning",
                ([str(type_) for type_ in MEANING], list(MEANING.values())),
            )
    except (psycopg.OperationalError, sqlalchemy.exc.OperationalError) as error:
        raise StoreUnavailable(f"the database does not answer: {str(error).strip().splitlines()[-1]}") from error
    except (psycopg.errors.InsufficientPrivilege, sqlalchemy.exc.ProgrammingError) as error:
        cause = getattr(error, "orig", error)
        if not isinstance(cause, psycopg.errors.InsufficientPrivilege):
            raise
        raise ConfigurationError(
            f"database_owner_url: its role may not migrate: {cause.diag.message_primary}"
        ) from error


def newest_version() -> str:
    """The schema of this release, by the newest migration's number."""
    return max(file.name[:4] for file in (Path(__file__).with_name("migrations") / "versions").glob("[0-9]*.py"))


def application_url(owner_url: str, app_password: str | None = None) -> str:
    """The same database for the application's role, as a key-value string that psycopg takes."""
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parts = conninfo_to_dict(owner_url)
    parts.pop("password", None)
    if app_password is not None:
        parts["password"] = app_password
    return make_conninfo("", **{**parts, "user": APPLICATION_ROLE})


def password_of(url: str, role: str) -> str | None:
    """The password in a URL that logs in as `role`; None where it is somebody else's, or is not given there."""
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url)
    password = parts.get("password")
    return str(password) if parts.get("user") == role and password is not None else None


def _role(connection: psycopg.Connection, name: str, password: str | None, first_password: str | None = None) -> None:
    """Make the role if it is missing; its settings count for this database only."""
    import psycopg
    from psycopg import sql

    role, database = sql.Identifier(name), sql.Identifier(connection.info.dbname)
    statements = [
        sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = entrega").format(role, database),
        # An idle transaction holds back the sealing of everybody's events.
        sql.SQL("ALTER ROLE {} IN DATABASE {} SET idle_in_transaction_session_timeout = '10s'").format(role, database),
    ]

    def password_is(text: str) -> sql.Composed:
        # Hashed here: a plain one would stand in the server's log.
        hashed = connection.pgconn.encrypt_password(text.encode(), name.encode(), b"scram-sha-256")
        return sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(hashed.decode()))

    if password is not None:
        statements.append(password_is(password))
    for attempt in range(20):
        try:
            if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is None:
                with connection.transaction():
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
                    if first_password is not None:
                        connection.execute(password_is(first_password))
            for statement in statements:
                connection.execute(statement)
            return
        except psycopg.Error as error:
            if error.sqlstate not in _RACES or attempt == 19:
                raise
            time.sleep(0.05)
