"""Bad input on the running system: each ends with a reason a person understands, and everything else goes on."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import bad_exports
import pytest
from bad_exports import REFUSED
from bad_input_house import Answer, House, environment, signing_files

from pipeline.topology import EXPORT_RECEIVED, STAGES

CORPORA = Path(__file__).parents[2].parent / "shared" / "corpora"
pytestmark = pytest.mark.xdist_group("bad-input")


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    made = House.make()
    try:
        made.start()
        yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("drop")
    for name, content in bad_exports.files().items():
        (made / name).write_bytes(content)
    return made


@pytest.fixture(scope="module")
def dropped(house: House, folder: Path) -> Answer:
    """All files at once, and each document waited for."""
    return house.entrega("ingest", str(folder), "--wait", "--json", "--timeout", "240")


@pytest.fixture(scope="module")
def parked(house: House, dropped: Answer) -> dict[str, dict[str, Any]]:
    """What was parked or refused, by the name of its file; no file has two."""
    rows = [row for row in house.parked() if row["export"]]
    assert max(Counter(row["export"] for row in rows).values()) == 1
    return {row["export"]: row for row in rows}


def test_the_good_documents_go_on(dropped: Answer) -> None:
    """Good documents, in files of their own and beside bad ones in the same file, are delivered to the outbox."""
    wanted = {
        *("GOOD-1", "GOOD-2", "GOOD-3", "GOOD-JSON-1", "GOOD-IDOC-1", "GOOD-IDOC-2", "GOOD-CSV-1", "GOOD-CSV-2"),
        *("GOOD-FLOAT-1", "GOOD-FLOAT-2", "GOOD-CURRENCY", "GOOD-NOBODY", "GOOD-TOTALS", "GOOD-ZIP-1", "GOOD-ZIP-2"),
        *("GOOD-LARGE", "GOOD-DATE", "GOOD-NOLINES"),
    }
    captured = [row["number"] for row in dropped.rows if row["state"] == "captured"]
    assert sorted(captured) == sorted(wanted)
    assert dropped.code == 1  # for some document was refused


def test_the_bad_ones_end_as_refused_or_parked(dropped: Answer) -> None:
    """Every other row is refused, and the buyer whom nobody knows is parked; none is left moving."""
    others = Counter(row["state"] for row in dropped.rows if row["state"] != "captured")
    assert others == {"refused": len(REFUSED), "parked": 1}
    (waiting,) = (row for row in dropped.rows if row["state"] == "parked")
    assert (waiting["number"], waiting["reason"]) == ("NOBODY", "recipient-unknown")


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_tells_reason_rule_place_and_value(parked: dict[str, dict[str, Any]], name: str) -> None:
    """`parked show --json` has the reason's word, the rule, where it is in the file, and what stands there."""
    reason, rule, place, found = REFUSED[name]
    row = parked[name]
    assert row["reason"] == reason
    first = row["findings"][0]
    assert first["rule"] == rule
    assert place in first["place"]
    assert found is None or first["found"].startswith(found)
    assert len(first["message"]) > 20
    assert rule in row["explanation"]
    assert row["state"] == "open"


def test_every_command_tells_the_same_of_a_stop(house: House, parked: dict[str, dict[str, Any]]) -> None:
    """`show`, `undelivered`, `parked list` and `parked show` have one text: place, rule, sentence, found, advice."""
    (finding,) = parked["q-totals.json"]["findings"]
    told = (
        f"TOTALS: The document breaks BR-CO-16. [document-invalid, at conversion]\n"
        f"  totals.amount_due: BR-CO-16: {finding['message']}; found '132.00', expected '{finding['expected']}'\n"
        f"  Mend it in the ERP and export it again.\n"
    )
    for words in (("show", "TOTALS"), ("undelivered",), ("parked", "list"), ("parked", "show", "TOTALS")):
        assert told in house.entrega(*words).printed, words
    (stopped,) = house.entrega("show", "TOTALS", "--json").rows[0]["stopped"]
    (row,) = (row for row in house.entrega("undelivered", "--json").rows if row["number"] == "TOTALS")
    assert stopped["findings"] == row["findings"] == [finding]


def test_a_duplicate_of_what_is_parked_names_the_next_command(
    house: House, folder: Path, parked: dict[str, dict[str, Any]]
) -> None:
    """Dropped once more, nothing is done twice; what is told is why the first one waits, and how it goes on."""
    answer = house.entrega("ingest", str(folder / "p-nobody.json"), "--wait")
    row = parked["p-nobody.json"]
    assert f"Next: entrega parked replay {row['parked_id'][:8]} --data {house.data}\n" in answer.said
    again = next(
        row for row in house.entrega("documents", "--json", "number:NOBODY").rows if row["state"] == "duplicate"
    )
    printed = house.entrega("show", again["document_id"]).printed
    assert f"The same was dropped before, as {row['document_id']}" in printed
    assert f"entrega parked replay {row['parked_id'][:8]}" in printed


def test_a_refused_document_is_found_by_its_number(house: House, parked: dict[str, dict[str, Any]]) -> None:
    """Where the number could be read, people need no line and no id: each format gives it."""
    named = {row["number"]: name for name, row in parked.items() if row["number"]}
    for number, name in (("COMMA", "m-comma.csv"), ("FLOAT", "n-float.json"), ("EURO", "o-currency.json")):
        assert named[number] == name
        assert house.entrega("parked", "show", number, "--json").rows[0]["export"] == name


def test_an_unknown_buyer_is_parked_with_what_was_asked(parked: dict[str, dict[str, Any]]) -> None:
    """The explanation says what nobody has, the command what to do, the details by which identifier it was asked."""
    row = parked["p-nobody.json"]
    assert row["explanation"].endswith("has its VAT number.")
    assert row["command"] == f"parked replay {row['parked_id'][:8]}"
    assert row["detail"]["asked"] == [["vat", "PT999999990"]]
    assert row["detail"]["candidates"] == []


def test_people_read_the_same(house: House, parked: dict[str, dict[str, Any]]) -> None:
    """Without `--json` the same command shows file, address, place, rule, message, found and expected value."""
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "parked", "show", parked["m-comma.csv"]["parked_id"],
         "--data", str(house.data)],
        capture_output=True, text=True, env=environment(), timeout=60, check=True,
    )  # fmt: skip
    for word in ("m-comma.csv", "line 3", "csv-number", "not a number", "13,75", "1234.56"):
        assert word in done.stdout


def test_nothing_else_happened(house: House, dropped: Answer) -> None:
    """One message for each good document, no bug, no killed child, and the worker is the one that was started."""
    captured = [row for row in dropped.rows if row["state"] == "captured"]
    messages = [file for file in (house.data / "outbox").rglob("*.eml") if file.is_file()]
    assert len(messages) == len(captured)
    assert house.worker is not None
    assert house.worker.poll() is None
    assert len(house.logged("ready")) == 1
    assert house.logged("bug", "child-hung", "child-died", "batch-failed", "cannot-commit") == []
    assert not [row for row in house.parked() if row["reason"] == "bug"]
    assert house.entrega("verify", "--json").code == 0


def test_a_huge_file_is_refused_at_the_door(house: House, tmp_path: Path) -> None:
    """One byte over the cap is refused before it is read, by name and size; the file beside it is taken."""
    with open(tmp_path / "huge.json", "wb") as file:
        file.truncate(200 * 1024 * 1024 + 1)
    (tmp_path / "small.json").write_bytes(bad_exports.as_json(bad_exports.document("GOOD-BESIDE-HUGE")))
    answer = house.entrega("ingest", str(tmp_path), "--wait", "--json")
    assert answer.code == 1
    assert [(row["export"], row["state"], row["reason"]) for row in answer.rows] == [
        ("huge.json", "refused", "limit-exceeded"),
        ("small.json", "captured", None),
    ]
    assert "200 MiB are allowed" in answer.rows[0]["explanation"]


def test_a_tenant_that_nobody_set_up_is_refused_at_the_door(house: House, tmp_path: Path) -> None:
    """Its documents could never be planned: the receipt is not given, and those that there are are named."""
    (tmp_path / "a.json").write_bytes(bad_exports.as_json(bad_exports.document("NO-TENANT")))
    answer = house.entrega("ingest", str(tmp_path), "--tenant", "nobody", "--wait", "--json")
    assert (answer.code, answer.rows) == (2, [])
    assert "--tenant: there is no 'nobody'; there is only demo" in answer.said


def test_attacks_of_other_people_are_refused(house: House, tmp_path: Path) -> None:
    """Each XML attack of the corpora is refused for what it is, and what it names is never opened."""
    attacks = CORPORA / "bad" / "xml"
    if not attacks.exists():
        pytest.skip("skipped: no corpora")
    answer = house.entrega("ingest", str(attacks), "--wait", "--json")
    assert answer.code == 1
    assert {row["state"] for row in answer.rows} == {"refused"}
    assert len(answer.rows) == len(list(attacks.iterdir()))
    rows = {row["export"]: row for row in house.parked() if row["export"]}
    for path in attacks.iterdir():
        head = path.read_bytes()[:4096]
        wanted = "xml-doctype" if b"<!DOCTYPE" in head and head.lstrip().startswith(b"<") else None
        findings = next(row for name, row in rows.items() if name[:5] == path.name[:5])["findings"]
        assert findings
        assert wanted is None or wanted in (finding["rule"] for finding in findings), path.name


def test_a_message_that_cannot_be_decoded_is_parked(house: House) -> None:
    """On every stage's topic: parked with its place in Kafka; a replay puts the same bytes back; discarding ends it."""
    nonsense = [(stage.source, b"\xff\0 " + stage.name.encode(), {"ce_type": b"x\0"}) for stage in STAGES]
    nonsense.append(("entrega.document.signed", None, {}))
    nonsense.append(("entrega.document.signed", b'{"tenant": "demo", "schema_version": 1}', {}))
    places = house.produce(*nonsense)

    def raw() -> dict[str, dict[str, Any]]:
        return {f"{row['topic']}/{row['partition']}/{row['offset']}": row for row in house.parked() if row["topic"]}

    found = house.until(lambda: seen if set(places) <= set(seen := raw()) else None, "parked messages")
    for (topic, value, _), place in zip(nonsense, places, strict=True):
        row = found[place]
        assert (row["reason"], row["topic"], row["document_id"]) == ("undecodable", topic, None)
        told = "no value" if value is None else "not fit: " if value.startswith(b"{") else "not JSON"
        assert told in row["explanation"]
    first = places[1]
    assert house.entrega("parked", "replay", found[first]["parked_id"], "--json").code == 0

    def again() -> list[dict[str, Any]]:
        of_topic = [row for place, row in raw().items() if row["topic"] == found[first]["topic"] and place not in found]
        return of_topic

    (back,) = house.until(again, "the replayed message")
    assert back["reason"] == "undecodable"
    assert back["detail"]["headers"] == found[first]["detail"]["headers"] | {"entrega_due": ANY}  # the relay's own
    for parked_id in [
        row["parked_id"] for row in [*found.values(), back] if row["parked_id"] != found[first]["parked_id"]
    ]:
        assert house.entrega("parked", "discard", parked_id, "--reason", "nonsense").code == 0
    assert raw() == {}
    assert house.worker is not None
    assert house.worker.poll() is None


def test_an_export_may_be_produced_to_its_topic(house: House) -> None:
    """A file's bytes without our headers come in by the door and go their way; a tenant nobody knows is parked."""
    good = bad_exports.as_json(bad_exports.document("GOOD-RAW"))
    stray = bad_exports.as_json(bad_exports.document("STRAY"))
    _, place = house.produce(
        (EXPORT_RECEIVED, good, {"name": b"from-erp.json"}), (EXPORT_RECEIVED, stray, {"tenant": b"nobody"})
    )

    def ended() -> list[dict[str, Any]]:
        rows = house.entrega("documents", "number:GOOD-RAW", "--json").rows
        return [row for row in rows if row["state"] == "captured"]

    (row,) = house.until(ended, "the document of the raw export")
    assert row["export"] == "from-erp.json"

    def turned_away() -> list[dict[str, Any]]:
        return [row for row in house.parked() if row["reason"] == "tenant-unknown"]

    (stopped,) = house.until(turned_away, "the stray export")
    assert f"{stopped['topic']}/{stopped['partition']}/{stopped['offset']}" == place
    assert "nobody" in stopped["explanation"]


def test_an_expired_certificate_parks_the_document_until_it_is_renewed(house: House, tmp_path: Path) -> None:
    """Parked at signing, without a signature; with a valid certificate the replay brings it to its end."""
    now = datetime.now(UTC)
    key, certificate = signing_files(tmp_path, now - timedelta(days=1))
    house.stop()
    house.start(ENTREGA_SIGNING_KEY_FILE=str(key), ENTREGA_SIGNING_CERTIFICATE_FILE=str(certificate))
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a.json").write_bytes(bad_exports.as_json(bad_exports.document("EXPIRED")))
    answer = house.entrega("ingest", str(tmp_path / "drop"), "--wait", "--json")
    assert [(row["state"], row["stage"], row["reason"]) for row in answer.rows] == [
        ("parked", "signing", "certificate-unfit")
    ]
    (row,) = house.entrega("parked", "show", "EXPIRED", "--json").rows
    assert "expired on" in row["explanation"]
    story = house.entrega("show", "EXPIRED", "--json").rows[0]
    assert "signed" not in {event["type"] for event in story["events"]}
    assert not {"signature", "detached-signature"} & {artefact["kind"] for artefact in story["artefacts"]}
    house.stop()
    house.start()
    assert house.entrega("parked", "replay", "EXPIRED", "--reason", "renewed").code == 0
    house.until(
        lambda: [
            row for row in house.entrega("documents", "number:EXPIRED", "--json").rows if row["state"] == "captured"
        ],
        "the replayed document",
    )
