"""`--profile NAME` of ingest: a name that is not there is answered by where names stand and what is beside."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TENANT = "tenant: demo\nbrand: {name: Vinhos}\nlanguage: en\npolicy: {channels: [email]}\nextraction: [default.yaml]\n"


def entrega(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "pipeline", *words], capture_output=True, text=True, check=False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    profiles = tmp_path / "data" / "profiles"
    profiles.mkdir(parents=True)
    (profiles / "demo.yaml").write_text(TENANT)
    (profiles / "default.yaml").write_text("name: default\n")
    (profiles / "broken.yaml").write_text("- [")
    (tmp_path / "a.csv").write_text("a;b\n1;2\n")
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("file", "name", "told"),
    [
        (None, None, ""),
        ("sales.yaml", "rechnungen", "; sales.yaml stands there with the name rechnungen, and is not listed"),
        ("shop.yaml", "sales", "; shop.yaml stands there with that name, and is not listed"),
        ("sales.yaml", "sales", "; sales.yaml stands there with that name, and is not listed"),
    ],
)
def test_a_profile_that_is_not_listed(data: Path, file: str | None, name: str | None, told: str) -> None:
    """It says that the name is the one inside, where it is to be listed, and which file is meant."""
    if file is not None:
        (data / "profiles" / file).write_text(f'name: "{name}"\nconstants: {{currency: "FILL IN: x"}}\n')
    answer = entrega("ingest", str(data.parent / "a.csv"), "--dry-run", "--profile", "sales", "--data", str(data))
    assert answer.returncode == 2
    assert " ".join(answer.stderr.split()).endswith(
        "--profile: there is no 'sales'; there is only default. A profile is called by the name: in its file, which is "
        f"listed under extraction: in {data}/profiles/demo.yaml{told}"
    ), answer.stderr


def test_a_listed_file_of_another_name(data: Path) -> None:
    """A file that is listed is called by the name inside of it."""
    (data / "profiles" / "demo.yaml").write_text(TENANT.replace("default.yaml", "default.yaml, sales.yaml"))
    (data / "profiles" / "sales.yaml").write_text("name: rechnungen\n")
    answer = entrega("ingest", str(data.parent / "a.csv"), "--dry-run", "--profile", "sales", "--data", str(data))
    assert "; sales.yaml stands there with the name rechnungen" in " ".join(answer.stderr.split())
    assert "not listed" not in answer.stderr


def test_suggest_names_the_profile_as_its_file(tmp_path: Path) -> None:
    """Written to sales.yaml it is called sales; --name goes before, and without a file it is the sample's name."""
    sample = tmp_path / "shop.csv"
    sample.write_text("Invoice No;Invoice Date;Customer;Item;Quantity;Unit Price\nF1;2026-11-02;A;Pen;6;2.95\n")
    names = []
    for words in (("-o", str(tmp_path / "sales.yaml")), ("-o", str(tmp_path / "sales.yaml"), "--name", "x")):
        assert entrega("profile", "suggest", str(sample), *words).returncode == 0
        names.append((tmp_path / "sales.yaml").read_text().splitlines()[0])
    names.append(entrega("profile", "suggest", str(sample)).stdout.splitlines()[0])
    assert names == ["name: sales", "name: x", "name: shop"]
