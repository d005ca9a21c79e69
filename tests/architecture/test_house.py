"""The house keeps its own rules: imports, published schemas, the README's picture, words that mean something."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import topology
from pipeline.settings import Settings
from schemas import publishing
from schemas.events import MEANING, EventType

ROOT = Path(__file__).parents[2]
FOLDERS = ("schemas", "connectors", "stages", "pipeline", "portal")


def test_imports_go_one_way() -> None:
    """No folder imports one that stands above it, and no stage another stage."""
    program = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    result = subprocess.run(
        [sys.executable, "-c", program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("folder", ["schemas", "connectors", "stages"])
def test_only_the_pipeline_knows_faust_and_kafka(folder: str) -> None:
    """Below pipeline/ nothing imports Faust, mode or aiokafka."""
    guilty = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / folder).rglob("*.py")
        for name in _imported(path)
        if name.split(".")[0] in ("faust", "mode", "aiokafka")
    ]
    assert guilty == []


def test_only_the_store_speaks_sql() -> None:
    """psycopg is imported by pipeline/store alone, and by what starts or asks for a database server."""
    allowed = {"pipeline/embedded/postgres.py"}
    guilty = [
        str(path.relative_to(ROOT))
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if any(name.split(".")[0] in ("psycopg", "psycopg_pool", "sqlalchemy") for name in _imported(path))
        and "pipeline/store" not in str(path)
    ]
    assert set(guilty) <= allowed


def test_published_schemas_are_those_of_the_models() -> None:
    """`python -m schemas.publishing` would write what stands there."""
    written = {path.name: path.read_text("utf-8") for path in publishing.FOLDER.glob("*.json")}
    assert written == publishing.texts()


def test_the_readme_shows_the_topology_as_it_is() -> None:
    """The picture of the chain is made from pipeline/topology.py."""
    assert topology.picture() in (ROOT / "README.md").read_text("utf-8")


def test_each_stage_says_in_out_effects_replay_source() -> None:
    """Every stage's module begins with the five labels."""
    for stage in topology.STAGES:
        text = (ROOT / "stages" / stage.name / "__init__.py").read_text("utf-8")
        doc = ast.get_docstring(ast.parse(text)) or ""
        assert [label for label in ("In", "Out", "Effects", "Replay", "Source") if f"\n{label}" not in doc] == [], (
            stage.name
        )


def test_each_event_word_has_a_sentence() -> None:
    """An auditor can look up every word."""
    assert set(MEANING) == set(EventType)
    assert all(sentence.endswith(".") for sentence in MEANING.values())


def test_each_error_stands_in_the_tree() -> None:
    """Who looks for a reason finds it at the head of schemas/errors.py, wherever its class is."""
    tree = ast.get_docstring(ast.parse((ROOT / "schemas" / "errors.py").read_text("utf-8"))) or ""
    roots = {"EntregaError", "PermanentError", "TransientError"}
    classes = [
        node.name
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef) and roots & {base.id for base in node.bases if isinstance(base, ast.Name)}
    ]
    assert len(classes) > 15
    assert [name for name in classes if name not in tree] == []


def test_each_setting_says_what_it_is() -> None:
    """`config show` is where settings are documented."""
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_each_top_folder_has_a_readme() -> None:
    """What lives there, what it may import, how to add one more."""
    assert [folder for folder in FOLDERS if not (ROOT / folder / "README.md").is_file()] == []


def test_help_imports_nothing_heavy() -> None:
    """`entrega --help` loads no stage, broker, database or page library."""
    program = (
        "import sys; from pipeline.cli.app import build; build()\n"
        "heavy = {'faust', 'aiokafka', 'psycopg', 'lxml', 'reportlab', 'saxonche', 'fastapi', 'boto3', 'pydantic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def _imported(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return names
