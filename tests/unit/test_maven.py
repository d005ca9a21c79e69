"""Java artefacts by digest: what is there is not fetched, and nothing else than what was pinned is let in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pipeline import maven
from schemas.errors import ConfigurationError

CONTENT = b"PK\x05\x06" + bytes(18)  # an empty zip
COORDINATE = "org.example:thing:1.0"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without a network whose ~/.m2/repository holds one jar, and a lock that pins that jar."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ENTREGA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("M2_REPO", raising=False)
    monkeypatch.setattr(maven, "ATTEMPTS", 1)
    monkeypatch.setattr(maven, "LOCK", tmp_path / "maven.lock")
    pin(tmp_path, CONTENT)
    jar = tmp_path / "home/.m2/repository/org/example/thing/1.0/thing-1.0.jar"
    jar.parent.mkdir(parents=True)
    jar.write_bytes(CONTENT)
    return tmp_path


def pin(root: Path, content: bytes) -> None:
    digest = hashlib.sha256(content).hexdigest()
    line = f'{{ jar = "{COORDINATE}", sha256 = "{digest}", size = {len(content)} }}'
    (root / "maven.lock").write_text(f"[thing]\njars = [{line}]\n")


def test_a_jar_in_the_local_repository_is_copied(machine: Path) -> None:
    """A jar that Maven already has, with the right digest, is copied and found there ever after."""
    assert not maven.available("thing")
    (path,) = maven.jars("thing")
    assert path == machine / "cache/maven/org/example/thing/1.0/thing-1.0.jar"
    assert path.read_bytes() == CONTENT
    assert maven.available("thing")
    assert [p.name for p in (machine / "cache/maven").iterdir()] == ["org"], "nothing of the fetching is left behind"


def test_another_jar_is_not_taken(machine: Path) -> None:
    """A jar of the right size and the wrong digest is not used; the error names the entry."""
    pin(machine, CONTENT[::-1])
    with pytest.raises(ConfigurationError, match="thing: a jar could not be fetched from Maven Central"):
        maven.jars("thing")
    assert not maven.available("thing")


def test_a_truncated_jar_is_fetched_again(machine: Path) -> None:
    """A jar cut short in the cache is not taken for the pinned one."""
    (path,) = maven.jars("thing")
    path.write_bytes(CONTENT[:10])
    assert not maven.available("thing")
    maven.jars("thing")
    assert path.read_bytes() == CONTENT


def test_an_unknown_name_is_said(machine: Path) -> None:
    """Asking for an entry that the lock does not have names it."""
    with pytest.raises(ConfigurationError, match="no entry 'other'"):
        maven.jars("other")


def test_the_mirror_of_the_machine_is_used(machine: Path) -> None:
    """A mirror of Central in ~/.m2/settings.xml replaces Central; blocked ones and others do not."""
    settings = machine / "home/.m2/settings.xml"
    mirrors = (
        "<mirror><mirrorOf>external:http:*</mirrorOf><url>http://0.0.0.0/</url><blocked>true</blocked></mirror>"
        "<mirror><mirrorOf>*,!central</mirrorOf><url>https://all-but-central.example/</url></mirror>"
        "<mirror><mirrorOf>central</mirrorOf><url>https://mirror.example/maven/</url></mirror>"
    )
    settings.write_text(
        f'<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0"><mirrors>{mirrors}</mirrors></settings>'
    )
    assert maven._context(machine).remote_repos["central"] == "https://mirror.example/maven"


def test_the_lock_pins_what_is_asked_for() -> None:
    """Every coordinate asked for stands in the lock, with a digest, and so do the broker's dependencies."""
    for name, (coordinates, _) in maven.WANTED.items():
        pinned = {jar.coordinate: jar for jar in maven.locked(name)}
        assert set(coordinates) <= set(pinned)
        assert all(len(bytes.fromhex(jar.sha256)) == 32 and jar.size > 0 for jar in pinned.values())
    assert "org.apache.kafka:kafka-clients:4.2.0" in {jar.coordinate for jar in maven.locked("kafka")}
