"""`up`, `status`, `doctor` and `down` on one data folder, as people call them: one keeper, and what is said is so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from chaos.system import ROOT, command, environment

from pipeline import embedded, kept
from pipeline.embedded.processes import wait_gone

pytestmark = pytest.mark.xdist_group("lifecycle")


def start(data: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command(*arguments, "--data", data), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env=environment(),
    )  # fmt: skip


def call(data: Path, *arguments: str) -> tuple[int, str, str]:
    """Exit status, and what a command wrote to stdout and stderr."""
    process = start(data, *arguments)
    out, said = process.communicate(timeout=180)
    return process.returncode, out, said


def rows(data: Path, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit status and rows of a command, by their first column."""
    code, out, _ = call(data, *arguments, "--json")
    return code, {next(iter(row.values())): row for row in map(json.loads, out.splitlines())}


def ours(data: Path) -> list[str]:
    """Which of our processes run for a folder, by their command's word."""
    lines = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    return sorted(
        line[3] for line in lines if line[1:3] == ["-m", "pipeline"] and str(data) in line and "up" not in line
    )


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[int]]]:
    """A folder on which two people called `up` at the same moment, and their exit statuses."""
    folder = tmp_path_factory.mktemp("lifecycle")
    folder.chmod(0o711)  # the database runs as another user when we are root
    data = folder / "data"
    data.mkdir(mode=0o711)
    both = [start(data, "up"), start(data, "up")]
    said = [process.communicate(timeout=180) for process in both]
    yield data, [process.returncode for process in both]
    call(data, "down")
    assert ours(data) == [], said
    embedded.erase(data)


def test_two_calls_of_up_at_once_start_one_keeper(started: tuple[Path, list[int]]) -> None:
    """Both end well, and one keeper, one worker and one web server run."""
    data, codes = started
    assert codes == [0, 0]
    assert ours(data) == ["keep", "web", "worker"]
    code, services = rows(data, "status")
    assert code == 0
    assert {name: row["is"] for name, row in services.items()} == dict.fromkeys(
        ("kafka", "postgres", "keeper", "worker", "web"), "running"
    )


def test_status_prints_the_links_that_up_printed(started: tuple[Path, list[int]]) -> None:
    """As the sign-in page says, for who has lost them; for scripts there is no token in the rows."""
    data, _ = started
    links = [line for line in call(data, "up")[1].splitlines() if "/operator" in line]
    assert len(links) == 2
    assert [line for line in call(data, "status")[1].splitlines() if "/operator" in line] == links
    assert "/operator" not in call(data, "status", "--json")[1]


def test_a_second_keeper_of_a_folder_ends_at_once(started: tuple[Path, list[int]]) -> None:
    """The hidden command itself finds the folder's lock taken, and leaves everything as it was."""
    data, _ = started
    before = kept.kept(data)
    code, _, said = call(data, "keep")
    assert code == 0
    assert "another-keeper" in said
    assert kept.kept(data) == before


def test_changed_settings_are_told_and_taken_over(started: tuple[Path, list[int]]) -> None:
    """Until `up`, status and doctor name the setting that is not in force; `up` starts workers and pages anew."""
    data, _ = started
    before = kept.kept(data)
    assert before is not None
    (data / "entrega.toml").write_text('email_provider = "smtp"\nsmtp_host = "127.0.0.1"\nsmtp_port = 9\n')
    code, services = rows(data, "status")
    assert code == 0
    assert "set otherwise since its start: email_provider, smtp_host, smtp_port" in services["worker"]["note"]
    code, answers = rows(data, "doctor")
    assert (code, answers["keeper"]["is"], answers["e-mail"]["is"]) == (1, "wrong", "wrong")
    assert "another email_provider" in answers["e-mail"]["detail"]

    code, _, said = call(data, "up")
    assert code == 0, said
    assert "Set otherwise since the last start: email_provider, smtp_host, smtp_port; starting anew" in said
    after = kept.kept(data)
    assert after is not None
    assert after.keeper != before.keeper
    assert not any(process.alive() for process in (before.keeper, *before.children.values()))
    (data / "entrega.toml").unlink()
    assert call(data, "up")[0] == 0
    assert rows(data, "doctor")[1]["keeper"]["detail"] == "runs with these settings"


def test_a_setting_that_is_wrong_leaves_what_runs_alone(started: tuple[Path, list[int]]) -> None:
    """`up` names it and exits 2; the keeper that runs is the one that ran."""
    data, _ = started
    before = kept.kept(data)
    (data / "entrega.toml").write_text('signing_pkcs12_file = "nowhere.p12"\n')
    code, _, said = call(data, "up")
    (data / "entrega.toml").unlink()
    assert code == 2
    assert "signing_pkcs12_file: " in said
    assert kept.kept(data) == before


def test_an_auditor_has_a_way_in(started: tuple[Path, list[int]]) -> None:
    """The address that `auditor` prints lets in the role that reads events, and changes nothing."""
    data, _ = started
    code, out, said = call(data, "auditor")
    assert code == 0, said
    with psycopg.connect(out.strip(), autocommit=True) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("entrega_auditor",)
        connection.execute("SELECT * FROM events_readable")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM event")


def test_a_document_is_sent_again_and_again(started: tuple[Path, list[int]]) -> None:
    """`resend` on what runs: one message more for each request and none for the same one; every message is the stored
    file that the history names; what was refused is not sent, with exit status 2."""
    data, _ = started
    demo = ROOT / "pipeline/demo"
    assert call(data, "recipients", "import", str(demo / "recipients.csv"))[0] == 0
    code, out, said = call(data, "ingest", str(demo / "exports/2-ubl-batch.xml"), "--wait", "--json")
    states = {row["number"]: row["state"] for row in map(json.loads, out.splitlines())}
    assert (code, states["NC 2026/14"], states["FT 2026/1050"]) == (1, "captured", "refused"), said

    for key, expected in (("a", (2, False)), ("a", (2, True)), ("b", (3, False))):
        code, out, said = call(data, "resend", "NC 2026/14", "--why", "lost", "--request", key, "--json")
        assert code == 0, said
        told = json.loads(out)
        assert (told["round"], told["repeated"]) == expected
        for _ in range(120):
            story = json.loads(call(data, "show", "NC 2026/14", "--json")[1])
            if story["document"]["state"] == "captured":
                break
    assert [(row["round"], row["state"]) for row in story["attempts"]] == [(n, "captured") for n in (1, 2, 3)]
    named = [event["data"]["sha256"] for event in story["events"] if event["type"] == "calling"]
    kept_files = {ref["sha256"] for ref in story["artefacts"] if ref["kind"] == "message"}
    assert (len(named), set(named)) == (3, kept_files)
    assert [event["data"]["why"] for event in story["events"] if event["type"] == "resend-requested"] == ["lost"] * 2
    code, _, said = call(data, "resend", "FT 2026/1050")
    assert (code, "never sent: mend it in the ERP" in said) == (2, True)
    code, out, _ = call(data, "suppress", "list", "--json")
    assert (code, out) == (0, "")


def test_verify_reads_the_stored_files(started: tuple[Path, list[int]]) -> None:
    """A byte of a stored file is changed, another file is lost: both are named."""
    data, _ = started
    folder = data / "artefacts"
    exports = ROOT / "pipeline/demo/exports"
    code, _, said = call(data, "ingest", *map(str, sorted(exports.iterdir())[:2]))
    assert code == 0, said
    (proof,) = rows(data, "verify")[1].values()
    assert (proof["ok"], proof["faults"]) == (True, []), proof
    sources = sorted(path for path in folder.glob("demo/*/source/*") if path.is_file() and path.stat().st_size > 100)
    kept_bytes = [path.read_bytes() for path in sources[:2]]
    sources[0].write_bytes(kept_bytes[0].replace(b"1", b"2", 1))
    sources[1].unlink()
    code, found = rows(data, "verify")
    (proof,) = found.values()
    assert (code, proof["ok"], proof["files"] >= 2) == (1, False, True)
    told = {fault["stream"]: fault["what"] for fault in proof["faults"]}
    first, second = (f"export:{path.parts[-3]}" for path in sources[:2])
    assert "was changed" in told[first]
    assert "is not in the store" in told[second]
    assert rows(data, "verify", "--no-files")[0] == 0
    for path, content in zip(sources, kept_bytes, strict=False):
        path.write_bytes(content)


def test_an_up_that_fails_leaves_nothing_running(tmp_path: Path) -> None:
    """The database cannot start: exit 2, and the broker that this call started is stopped again."""
    data = tmp_path / "data"
    (data / "postgres").mkdir(parents=True)
    (data / "postgres/location").write_text(f"{tmp_path / 'gone'}\n")
    code, _, said = call(data, "up")
    assert code == 2
    assert "is not there any more" in said
    assert "Apache Kafka: starting" in said
    assert embedded.running(data).pids == {}
    assert call(data, "down")[2].strip() == "Nothing was running."


def test_a_killed_keeper_is_seen(started: tuple[Path, list[int]]) -> None:
    """Status and doctor say that it died, which is no stop; `up` starts another, with children of its own."""
    data, _ = started
    before = kept.kept(data)
    assert before is not None
    os.kill(before.keeper.pid, signal.SIGKILL)
    assert not wait_gone([before.keeper], 10)
    code, services = rows(data, "status")
    assert (code, services["keeper"]["is"]) == (1, "crashed")
    assert "it died and was not stopped" in services["keeper"]["note"]
    assert rows(data, "doctor")[1]["keeper"]["is"] == "wrong"

    code, _, said = call(data, "up")
    assert code == 0, said
    assert ours(data) == ["keep", "web", "worker"]
    assert rows(data, "status")[0] == 0
