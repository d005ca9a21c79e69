"""Where the embedded database lies and as whom it runs: below closed folders, in copies, for users without a name."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from embedded_rows import insert, select

from pipeline import embedded, maven
from pipeline.embedded import postgres as postgres_module
from schemas.errors import ConfigurationError

pytestmark = pytest.mark.xdist_group("embedded")


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory of its own, with nothing left of it afterwards."""
    folder = tmp_path / "data"
    yield folder
    embedded.erase(folder)


def test_the_database_lies_where_its_user_can_reach_it(data: Path) -> None:
    """Below a 0700 folder root's server runs as nobody, from a place that the data directory names."""
    if os.geteuid() != 0:
        pytest.skip("only root runs PostgreSQL as another user")
    data.mkdir(mode=0o700)
    data.chmod(0o700)
    running = embedded.start(data, kafka=False)
    server = psutil.Process(running.pids["postgres"])
    assert server.username() == "nobody"
    home = Path((data / "postgres/location").read_text().strip())
    assert home.parent == Path("/var/lib/entrega")
    assert (home / "cluster").stat().st_uid == server.uids().real
    embedded.erase(data)
    assert not home.exists()


def test_a_copy_of_a_data_folder_does_not_open_its_database(data: Path) -> None:
    """It is refused by name while the original stands, running or not; a folder that was moved keeps its database."""
    if os.geteuid() != 0:
        pytest.skip("only root's database lies outside of its data folder")
    data.mkdir(mode=0o700)
    running = embedded.start(data, kafka=False)
    assert running.database is not None
    insert(running.database, "a row")
    copy, moved = data.with_name("copy"), data.with_name("moved")
    shutil.copytree(data, copy)
    assert embedded.running(copy).pids == {}, "what the copied state names runs for another folder"
    assert embedded.stop(copy) is False
    for _ in ("running", "stopped"):
        with pytest.raises(ConfigurationError, match=f"data: {copy} is a copy of {data}"):
            embedded.start(copy, kafka=False)
        embedded.stop(data)
    embedded.erase(copy)  # takes nothing of the original's along
    data.rename(moved)
    try:
        again = embedded.start(moved, kafka=False)
        assert again.database is not None
        assert select(again.database) == ["a row"]
    finally:
        embedded.erase(moved)


def test_a_user_without_a_name_is_told_so() -> None:
    """A uid that no passwd line names (`docker run -u`): one sentence, where initdb would fail with its own."""
    if os.geteuid() != 0:
        pytest.skip("only root becomes another user")
    script = (
        "import os; from pipeline.embedded import placement; os.setuid(54321)\n"
        "try: placement.account()\nexcept Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("ConfigurationError PostgreSQL must run as a user that has a name, and user id 54321")


def test_programs_out_of_reach_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment below a 0700 home: the server's user gets a copy of the programs, and the home stays closed."""
    if os.geteuid() != 0:
        pytest.skip("only root runs PostgreSQL as another user")
    secret = tmp_path / "home"
    secret.mkdir(mode=0o700)
    wheel = postgres_module._programs()
    for folder in (wheel, wheel.parent.with_suffix(".libs")):
        place = secret / folder.relative_to(wheel.parents[1])
        shutil.copytree(folder, place, ignore=shutil.ignore_patterns("include"))
    programs = secret / wheel.relative_to(wheel.parents[1])
    monkeypatch.setattr(postgres_module, "_programs", lambda: programs)
    data = tmp_path / "data"
    try:
        running = embedded.start(data, kafka=False)
        executable = Path(psutil.Process(running.pids["postgres"]).exe())
        assert executable.parts[-2:] == ("bin", "postgres")
        assert secret not in executable.parents
        assert secret.stat().st_mode & 0o777 == 0o700
    finally:
        embedded.erase(data)


def test_an_ordinary_user_starts_both(tmp_path: Path) -> None:
    """Started by a user without any right, both run as that user, and end when asked."""
    if os.geteuid() != 0:
        pytest.skip("this run is by an ordinary user already")
    account = pwd.getpwnam("nobody")
    script = (
        "import json, sys; from pathlib import Path; from pipeline import embedded; data = Path(sys.argv[1]);"
        "running = embedded.start(data); print(json.dumps({n: s.state for n, s in embedded.status(data).items()}));"
        "embedded.stop(data); print(json.dumps({n: s.state for n, s in embedded.status(data).items()}))"
    )
    home = Path(os.environ["TESTS_OF_ENTREGA_SERVICES"]) / tmp_path.name  # pytest's own folders are closed to others
    home.mkdir()
    os.chown(home, account.pw_uid, account.pw_gid)
    shutil.copytree(maven.cache(), home / "cache/maven")
    root = Path(__file__).parents[2]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "ENTREGA_CACHE_DIR": str(home / "cache"),
        "PYTHONPATH": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            user=account.pw_uid,
            group=account.pw_gid,
            extra_groups=[],
            env=environment,
            cwd="/",
            capture_output=True,
            text=True,
            timeout=120,
        )

    try:
        allowed = run("-c", "import pipeline.embedded, psycopg").returncode == 0
    except PermissionError:
        allowed = False
    if not allowed:
        shutil.rmtree(home)
        pytest.skip(f"{sys.executable} or this checkout cannot be read by another user")
    done = run("-c", script, str(home / "data"))
    assert done.returncode == 0, done.stderr
    before, after = map(json.loads, done.stdout.splitlines())
    assert before == {"kafka": "running", "postgres": "running"}
    assert after == {"kafka": "stopped", "postgres": "stopped"}
