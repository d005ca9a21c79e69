"""The lock files hold what pyproject.toml asks for, and nothing of the machine that wrote them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
RUNTIME = PROJECT["project"]["dependencies"]
DEV = PROJECT["dependency-groups"]["dev"]


def pinned(name: str) -> dict[str, str]:
    """Versions by package; where a package is pinned twice by environment, the first."""
    found: dict[str, str] = {}
    for package, version in re.findall(
        r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE
    ):
        found.setdefault(canonicalize_name(package), version)
    return found


@pytest.mark.parametrize(
    ("lock", "asked"), [("requirements.lock", RUNTIME), ("requirements-dev.lock", [*RUNTIME, *DEV])]
)
def test_the_lock_fits_the_project(lock: str, asked: list[str]) -> None:
    """Every dependency is pinned at a version that its bounds allow; if not, `make lock` was forgotten."""
    versions = pinned(lock)
    for requirement in map(Requirement, asked):
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{requirement.name} is not in {lock}: run make lock"
        assert requirement.specifier.contains(version, prereleases=True), f"{requirement} is {version}: run make lock"


def test_both_locks_agree() -> None:
    """The development lock holds every runtime package at the same version, so one environment serves both."""
    runtime, dev = pinned("requirements.lock"), pinned("requirements-dev.lock")
    assert {name: dev.get(name) for name in runtime} == runtime


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_names_no_place(lock: str) -> None:
    """Every package stands with its digest, and neither an index nor a folder is named: the installer's own hold."""
    text = (ROOT / lock).read_text()
    assert not re.search(r"https?://|file:|^\s*--(?!hash=)", text, re.MULTILINE)
    assert len(re.findall(r"^[\w.-]+.*== ?\S", text, re.MULTILINE)) > 100
    for block in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block
