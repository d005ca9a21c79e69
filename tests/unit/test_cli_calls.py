"""How every command is called: wrongly, it exits 2 and says in a sentence what is wrong; by scripts; for its help."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest
from reading_samples import ubl

from pipeline.recipients import COLUMNS
from pipeline.store import searching

WRONG: list[tuple[str, str]] = [
    ("nothing", "No such command 'nothing'"),
    # names of files, folders and things
    ("ingest nope", "there is no file nope"),
    ("ingest empty", "there is no file in empty"),
    ("extract nope", "there is no file nope"),
    ("extract good.xml --profile nope", "nope: No such file"),
    ("extract good.xml --profile random.bin", "random.bin: not UTF-8"),
    ("extract good.xml --profile wrong.yaml", "wrong.yaml: the profile cannot be used: foo: there is no such field"),
    ("convert nope --to cii", "there is no file nope"),
    ("convert good.xml", "Missing option '--to'"),
    ("convert good.xml --to nope", "there is no format 'nope'; there are: cii, "),
    ("convert good.xml --to cii --option x", "--option: 'x' is not NAME=VALUE"),
    ("convert good.xml --to cii --option x=1", "cii has no option 'x'"),
    ("convert good.xml --to factur-x --option profile=x -o out", "the option profile takes basic-wl"),
    ("convert good.xml --to cii --losses x", "--losses: there is no 'x'; there are: report, refuse, note"),
    ("convert good.xml --to cii --from ZZ:A --for ZZ:B", "cii travels in no interchange"),
    ("convert good.xml --to x12-4010 --from ZZ:A", "one is missing"),
    ("convert good.xml --to x12-4010 --from house --for ZZ:B", "--from: a mailbox is qualifier:identifier"),
    ("convert good.xml --to x12-4010 --control-number 0", "--control-number"),
    ("convert good.xml --to cii --profile wrong.yaml", "there is no such field"),
    ("convert good.xml --to cii --jobs 0", "--jobs"),
    ("convert good.xml --to json -o /dev/null/x/", "Not a directory"),
    ("render good.xml --to nope", "there is no format 'nope'"),
    ("render good.xml --language xx -o out", "--language: there is no 'xx'; there are: de, en"),
    ("validate nope", "there is no file nope"),
    ("validate good.xml --rules nope", "--rules: there is no 'nope'; there are: en16931"),
    ("validate good.xml --engine nope", "--engine: there is no 'nope'; there are: official, native"),
    ("validate good.xml --on yesterday", "--on: 'yesterday' is not a day"),
    ("validate random.bin --profile wrong.yaml", "there is no such field"),
    ("formats nope", "unexpected extra argument"),
    ("sign nope", "there is no file nope"),
    ("sign good.xml --profile nope", "--profile: there is no 'nope'; there are: xades-b-b-asic-e"),
    ("sign good.xml --key nope", "--key: cannot read nope"),
    ("sign good.xml --key random.bin", "--key: neither PKCS#12 nor PEM"),
    ("verify-signature nope", "there is no file nope"),
    ("verify-signature good.xml --trust nope", "--trust: nope cannot be read as PEM"),
    ("verify-signature good.xml --trust random.bin", "--trust: random.bin holds neither"),
    ("verify-signature good.xml --detached nope", "there is no file nope"),
    ("verify-signature good.xml --at yesterday", "--at"),
    ("profile suggest nope", "file 'nope' does not exist"),
    ("profile check good.xml nope", "file 'nope' does not exist"),
    ("profile check good.xml random.bin", "random.bin: not UTF-8"),
    ("recipients import nope", "there is no file nope"),
    ("recipients import empty", "empty is a folder, and one file is wanted"),
    ("recipients import random.bin", "the recipients file"),
    ("recipients import header.csv", "the recipients file has the wrong header; it may have: erp_id, name"),
    ("bench --documents 0", "--documents"),
    ("sandbox --port 99999", "--port"),
    ("sandbox --rules nope", "nope: No such file"),
    ("sandbox --rules random.bin", "random.bin: Invalid JSON"),
    ("verify --checkpoints nope", "file 'nope' does not exist"),
    # values that no document has
    ("documents --limit 0", "--limit"),
    ("events --type nope", "--type: there is no 'nope'; there are: received"),
    ("events --channel nope", "--channel: there is no 'nope'; there are: email, sms, edi"),
    ("events --export nope", "--export: nope is no receipt"),
    ("events --since yesterday", "--since: yesterday is no ISO 8601 time"),
    ("events --limit -1", "--limit"),
    ("parked list --state nope", "--state: there is no 'nope'; there are: open, replayed, discarded"),
    ("parked replay", "name what is to be put back, or say --all"),
    ("parked replay X --all", "name what is to be put back, or say --all"),
    ("parked replay X --only bug", "--only goes with --all"),
    ("parked discard X", "Missing option '--reason'"),
    ("artefact X nope", "KIND: there is no 'nope'; there are: source, canonical"),
    ("ingest good.xml --timeout -1", "--timeout"),
    # nothing is configured, and nothing runs
    ("ingest good.xml", "none is set and no embedded"),
    ("ingest good.xml --dry-run", "there is no profile for tenant demo"),
    ("ingest good.xml --dry-run --tenant nope", "--tenant: there is no 'nope'; there are none"),
    ("documents", "none is set and no embedded PostgreSQL runs"),
    ("show X", "none is set and no embedded PostgreSQL runs"),
    ("artefact X pdf", "none is set and no embedded PostgreSQL runs"),
    ("undelivered", "none is set and no embedded PostgreSQL runs"),
    ("events", "none is set and no embedded PostgreSQL runs"),
    ("verify", "none is set and no embedded PostgreSQL runs"),
    ("auditor", "none is set and no embedded PostgreSQL runs"),
    ("parked list", "none is set and no embedded PostgreSQL runs"),
    ("parked show X", "none is set and no embedded PostgreSQL runs"),
    ("parked replay X", "none is set and no embedded PostgreSQL runs"),
    ("parked discard X --reason y", "none is set and no embedded PostgreSQL runs"),
    ("resend X", "none is set and no embedded PostgreSQL runs"),
    ("orphans", "none is set and no embedded PostgreSQL runs"),
    ("orphans --limit 0", "--limit"),
    ("suppress list", "none is set and no embedded PostgreSQL runs"),
    ("suppress add X", "Missing option '--why'"),
    ("suppress add X --why y", "none is set and no embedded PostgreSQL runs"),
    ("suppress lift X", "Missing option '--why'"),
    ("suppress lift X --why y", "none is set and no embedded PostgreSQL runs"),
    ("recipients list", "none is set and no embedded PostgreSQL runs"),
    ("recipients show X", "none is set and no embedded PostgreSQL runs"),
    *[(f"{command} --data random.bin", "random.bin is a file, and must be a folder") for command in (
        "up", "down", "status", "doctor", "config show", "web", "worker", "documents", "sign good.xml",
    )],
]  # fmt: skip


@pytest.fixture(scope="module")
def built() -> Any:
    """The commands, put together once: that takes longer than to call one wrongly."""
    from pipeline.cli.app import build

    return build()


@pytest.fixture
def call(built: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[int, str]]:
    """(exit status, what stands on stderr) of a command, in a folder with a few files and nothing else."""
    (tmp_path / "good.xml").write_text(ubl("F-1"))
    (tmp_path / "random.bin").write_bytes(b"\xb1\x93\x01\xfe\x00" * 40)
    (tmp_path / "wrong.yaml").write_text("name: x\nfoo: 1\n")
    (tmp_path / "header.csv").write_text("Nome;Telefone\nA;1\n")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pipeline.cli.app.build", lambda: built)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), "utf-8"))

    def run(words: str) -> tuple[int, str]:
        from pipeline.cli import main

        monkeypatch.setattr(sys, "argv", ["entrega", *words.split()])
        said = io.StringIO()
        with redirect_stderr(said), pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), said.getvalue()

    return run


@pytest.mark.parametrize(("words", "told"), WRONG)
def test_a_wrong_call_exits_2(call: Callable[[str], tuple[int, str]], words: str, told: str) -> None:
    """Nothing is made, no traceback stands anywhere, and the sentence names the option, the file or the setting."""
    code, said = call(words)
    assert (code, told in said) == (2, True), said


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its whole name."""
    from pipeline.cli.app import build

    for name, command in build().commands.items():
        yield from (
            [(f"{name} {word}", below) for word, below in command.commands.items()]
            if hasattr(command, "commands")
            else [(name, command)]
        )


def test_every_command_is_called_wrongly() -> None:
    """A new command gets its line here; `demo` and the hidden `keep` take nothing that could be wrong."""
    called = {words for words, _ in WRONG}
    missing = {name for name, _ in commands() if not any(f"{words} ".startswith(f"{name} ") for words in called)}
    assert missing == {"demo", "keep"}


def test_every_answer_can_be_read_by_a_script() -> None:
    """`--json` is missing only where a process goes on until it is ended."""
    without = {name for name, command in commands() if "json" not in {each.name for each in command.params}}
    assert without == {"worker", "web", "keep"}


def test_help_fits_the_list_of_commands_and_names_what_there_is() -> None:
    """No first sentence is cut off; columns of a recipients file and fields of a search are all named."""
    found = dict(commands())
    assert [name for name, command in found.items() if command.get_short_help_str(limit=56).endswith("...")] == []
    for name, words in (("recipients import", COLUMNS), ("documents", searching.FIELDS)):
        assert set(words) <= set(re.findall(r"[a-z_]+", found[name].help)), name
