"""`entrega demo`, played for real: every document to its end, judged by what the sandbox took."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from demo_house import Played, first_run, folder_of_tests, run

from pipeline import background, embedded, kept

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def played() -> Played:
    return first_run(folder_of_tests())


def test_each_document_ends_as_it_should(played: Played) -> None:
    """35 documents of six drops: exit 0, and each row says that it is what it should be."""
    assert played.code == 0, played.said
    assert len(played.rows) == 35
    assert [row["number"] for row in played.rows if not row["as_expected"]] == []
    assert Counter(row["end"] for row in played.rows) == {
        "delivered": 26, "accepted": 2, "duplicate": 5, "refused": 1, "parked": 1,
    }  # fmt: skip
    assert played.summary["as_expected"] is True


def test_the_table_says_why(played: Played) -> None:
    """Both amounts of the broken one, whom to import for the unknown buyer, the way of the one that bounced."""
    rows = {row["number"]: row for row in played.rows if row["end"] != "duplicate"}
    assert rows["FT 2026/1050"]["reason"].endswith("found 448.45, expected 484.45.")
    assert "BR-CO-16" in rows["FT 2026/1050"]["reason"]
    assert re.search(
        r"Import the recipient.*, then replay: `entrega parked replay \w{8}`\.$", rows["LJ 2026/383"]["reason"]
    )
    assert rows["FT 2026/1046"]["channel"] == "email → sms"
    assert rows["LJ 2026/377"]["channel"] == "sms"


def test_the_sandbox_took_each_message_once(played: Played) -> None:
    """By the providers' log: 25 e-mails and 2 text messages, one for each attempt, and the links in them differ."""
    accepted = played.accepted()
    assert Counter(entry["provider"] for entry in accepted) == {"sendgrid": 25, "twilio": 2}
    assert max(Counter(entry["attempt"] for entry in accepted).values()) == 1
    links = [re.search(r"/d/([a-z2-7]{32})", entry["text"]) for entry in accepted]
    assert len({link[1] for link in links if link}) == 27
    subjects = {entry["subject"] for entry in accepted}
    assert "Nota de crédito NC 2026/14 de Vinhos do Vale Escondido" in subjects
    assert {subject.split()[0] for subject in subjects if subject} == {
        "Fatura", "Factura", "Facture", "Faktura", "Fattura", "Invoice", "Nota", "Rechnung",
    }  # fmt: skip


def test_it_prints_the_addresses_to_click(played: Played) -> None:
    """The operator's page with its token, a recipient's page that a provider was given, the outbox, the sandbox."""
    addresses = played.summary["addresses"]
    assert re.search(r"^http://127\.0\.0\.1:\d+/operator/login\?token=\S{20,}$", addresses["operator's page"])
    assert addresses["a recipient's page"] in "".join(entry["text"] for entry in played.accepted())
    assert Path(addresses["the same as a file"]) == played.data / "sandbox" / "accepted.jsonl"


def test_the_same_folder_again_sends_nothing(played: Played) -> None:
    """A second run on kept data: all duplicates but the one that was refused, which is refused again; nothing sent."""
    before = len(played.accepted())
    again = run(played.data)
    assert again.code == 0, again.said
    assert len(again.rows) == 35
    assert [row["number"] for row in again.rows if row["end"] != "duplicate"] == ["FT 2026/1050"]
    assert len(again.accepted()) == before
    # and what it started it stopped
    assert kept.kept(played.data) is None
    running = embedded.running(played.data)
    assert (running.kafka, running.database) == (None, None)


def test_sigterm_stops_everything(tmp_path: Path) -> None:
    """A demo that is told to end while it starts takes its services with it."""
    data = tmp_path / "demo"
    command = [sys.executable, "-m", "pipeline", "demo", "--exit", "--data", str(data)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while embedded.running(data).database is None and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 1
    finally:
        if process.poll() is None:
            process.kill()
        background.down(data)
    assert kept.kept(data) is None
    assert embedded.running(data).database is None
    embedded.erase(data)


def test_the_sandbox_command_says_where_it_listens(tmp_path: Path) -> None:
    """`entrega sandbox --json` prints its addresses, takes the rules of a file, and ends by SIGTERM with 0."""
    rules = tmp_path / "rules.json"
    rules.write_text(json.dumps([{"to": "*@slow.example", "wait": 1}]))
    command = [sys.executable, "-m", "pipeline", "sandbox", "--json", "--rules", str(rules), "--log", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    try:
        assert process.stdout is not None
        about = json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
    assert about["http_url"].startswith("http://127.0.0.1:")
    assert about["journal"] == str(tmp_path / "accepted.jsonl")
    rules.write_text('[{"take": "swallow"}]')
    wrong = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert wrong.returncode == 2
    assert "0.take" in wrong.stderr
