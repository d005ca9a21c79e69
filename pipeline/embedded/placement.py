"""Whom the database server runs as, and where its cluster lies.

PostgreSQL refuses to run as root. Started by root it runs as `nobody`, who must be able to reach its folder and its
programs. Where that is not so (a data directory or an environment below somebody's 0700 home), others' permissions
are left alone; instead the cluster lies in `/var/lib/entrega/<id>`, named by the file `postgres/location` in the data
directory, and the programs are copied beside it (30 MB). `/var/tmp` would not do: systemd empties it by age. The file
`belongs-to` there names the data directory: of two that name one cluster, one is a copy, and must not open it.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ConfigurationError

ELSEWHERE = Path("/var/lib/entrega")
UNPRIVILEGED = "nobody"
FOLDER = "postgres"
"""In the data directory."""
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


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
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
        )

    def own(self, path: Path) -> None:
        """Make a path this account's."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)


def account() -> Account:
    """Whom the server is to run as. Raises ConfigurationError where there is nobody."""
    if os.geteuid() != 0:
        _named(os.geteuid())
        return Account(None, None)
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise ConfigurationError(f"PostgreSQL must not run as root, and there is no user {UNPRIVILEGED!r}") from None
    found = Account(entry.pw_uid, entry.pw_gid)
    if not found.may("true"):
        raise ConfigurationError(f"PostgreSQL must not run as root, and this root may not become {UNPRIVILEGED!r}")
    return found


def _named(uid: int) -> None:
    """PostgreSQL's programs ask for the name of who runs them. Raises ConfigurationError."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        raise ConfigurationError(
            f"PostgreSQL must run as a user that has a name, and user id {uid} has none in /etc/passwd: run as one "
            f"that has, or add a line for {uid}; or set database_url to a server elsewhere"
        ) from None


def home_of(data: Path, account: Account) -> Path:
    """The folder of the cluster: in the data directory, or where `location` says because that is out of reach."""
    inside = data / FOLDER
    inside.mkdir(parents=True, exist_ok=True, mode=0o711)
    location = inside / "location"
    if location.exists():
        home = Path(location.read_text().strip())
        if not home.is_dir():
            raise ConfigurationError(f"the database of {data} lay in {home}, and is not there any more")
        _claim(data, home)
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


def _claim(data: Path, home: Path) -> None:
    """The cluster is this data directory's, or becomes so where the former was moved away; else ConfigurationError."""
    former = owner_of(home)
    if former == data:
        return
    if former is not None and outside(former) == home:
        raise ConfigurationError(
            f"data: {data} is a copy of {former}, whose database lies outside of both, in {home}, and stays its own. "
            f"To go on here, move {former} away or remove it; for a system of its own, begin with an empty folder"
        )
    (home / "belongs-to").write_text(f"{data}\n")


def owner_of(home: Path) -> Path | None:
    """The data directory to which a cluster outside belongs."""
    try:
        return Path((home / "belongs-to").read_text().rstrip("\n"))
    except OSError:
        return None


def outside(data: Path) -> Path | None:
    """Where the database of a data directory lies; None where that is inside of it, or there is none."""
    try:
        return Path((data / FOLDER / "location").read_text().strip())
    except OSError:
        return None


def reachable(programs: Path, home: Path, account: Account) -> Path:
    """The programs where the account can run them: in place, or a copy beside the cluster."""
    if account.may(programs / "bin" / "postgres", "--version"):
        return programs
    package, libraries = programs.parent, programs.parent.with_suffix(".libs")  # found by their place beside each other
    copy = home / "programs" / package.name / programs.name
    # the environment may have been set up anew with another version since
    if not (copy / "bin" / "postgres").exists() or version(copy) != version(programs):
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


def version(programs: Path) -> str:
    """As `postgres --version` prints it."""
    done = subprocess.run([programs / "bin" / "postgres", "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()
