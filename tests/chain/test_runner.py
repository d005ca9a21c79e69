"""The runner on the real broker and database: every message comes to one outcome, whatever ends the stage.

The stage is the tests' own (chaos/stages.py); all else is what production runs. Numbers M1, M6 and M8 are those of the
losses that stock Faust has (test_transport.py shows them): here the same faults meet the whole runner.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from chaos.runner_worker import POINTS
from chaos.stages import CRASHED
from chaos.system import passable
from runner_stand import SECONDS, Stand

from pipeline import embedded
from pipeline.transport import Outgoing
from schemas.messages import SCHEMA_VERSION


@pytest.fixture
async def stand(kafka: str, migrated: Callable[[], str], tmp_path: Path) -> Stand:
    name = f"r-{uuid.uuid4().hex[:12]}"
    made = Stand(kafka, migrated(), tmp_path, name, f"{name}-out")
    await made.open()
    return made


async def test_every_exit_of_a_stage_is_an_outcome(stand: Stand) -> None:
    """In one batch: done, retry, invalid, a bug (M1), undecodable (M8), newer, twice the same; none is lost."""
    words = ["done", "retry", "invalid", "bug", "done"]
    documents = stand.documents(*words)
    messages = [stand.message(d, word) for d, word in zip(documents, words, strict=True)]
    newer = stand.documents("done")[0]
    broken = [b"\xff\xfe", b"null", b"{}", b'{"document_id": "x"}']
    messages += [Outgoing(stand.source, b"k", value, {"ce_tenant": b"acme", "ce_type": b"t"}) for value in broken]
    messages += [stand.message(newer, "done", schema_version=SCHEMA_VERSION + 1), messages[0], messages[4]]
    await stand.send(messages)
    with stand.worker():
        await stand.until_committed(len(messages))
    done = {UUID(each["document_id"]) for each in await stand.sent()}
    assert done == {documents[0], documents[4]}
    assert len(await stand.sent()) == 2
    states = dict(stand.ask("SELECT document_id, state FROM document"))
    assert [states[d] for d in documents] == ["moving", "waiting", "refused", "parked", "moving"]
    parked = stand.ask('SELECT document_id, reason, "offset" FROM parked ORDER BY "offset" NULLS FIRST, reason')
    assert parked[:2] == [(documents[3], "bug", None), (documents[2], "document-invalid", None)]
    assert [(row[1], row[2]) for row in parked[2:]] == [("undecodable", n) for n in range(5, 9)]
    due = stand.ask("SELECT kind, payload->'message'->>'document_id', tries FROM due ORDER BY tries")
    assert due == [("retry", str(newer), 0), ("retry", str(documents[1]), 1)]
    assert [len(stand.handled(d)) for d in documents] == [1] * 5
    assert stand.handled(newer) == []


async def test_what_cannot_be_committed_or_read_whole_parks_its_document(stand: Stand) -> None:
    """An outcome that the database never takes, and a message of which only the beginning can be read: two documents
    are parked, can be replayed, and the third goes on. Headers that mean nothing, or are null, do no harm.
    """
    documents = stand.documents("unstorable", "done", "done")
    messages = [stand.message(documents[0], "unstorable"), stand.message(documents[1], "done", plan="none")]
    last = stand.message(documents[2], "done")
    strange: Any = {**last.headers, "entrega_try": b"often", "entrega_due": b"\xff", "traceparent": None}
    await stand.send([*messages, replace(last, headers=strange), Outgoing(stand.source, b"k", b"?", {"x": None})])  # type: ignore[dict-item]
    with stand.worker("--cpu"):
        await stand.until_committed(4)
    nobody: Any = None
    assert stand.parked() == {
        documents[0]: ("conversion", "bug"),
        documents[1]: ("conversion", "undecodable"),
        nobody: ("conversion", "undecodable"),
    }
    assert dict(stand.ask("SELECT document_id, state FROM document")) == dict(
        zip(documents, ("parked", "parked", "moving"), strict=True)
    )
    assert stand.ask("SELECT count(*), count(message) FROM parked WHERE document_id IS NOT NULL") == [(2, 2)]
    assert [UUID(each["document_id"]) for each in await stand.sent()] == [documents[2]]


async def test_a_retry_is_planned_once_however_often_its_message_comes(stand: Stand) -> None:
    """A message that Kafka gives again while its retry waits changes nothing; the retry itself is done."""
    (document,) = await stand.words(["retry"])
    first = stand.message(document, "retry")
    with stand.worker():
        await stand.until_committed(1)
    (stand.folder / f"retried-{document}").unlink()
    await stand.send([first])
    with stand.worker():
        await stand.until_committed(2)
        assert stand.ask("SELECT tries FROM due") == [(1,)]
        assert stand.ask("SELECT count(*) FROM event WHERE type = 'retry-scheduled'") == [(1,)]
        assert stand.parked() == {}
        await stand.relay()
        await stand.until_committed(3)
    assert stand.ask("SELECT count(*) FROM due") == [(0,)]
    assert [UUID(each["document_id"]) for each in await stand.sent()] == [document]


async def test_a_replay_under_new_code_sends_on_what_was_recorded(stand: Stand) -> None:
    """New code makes other bytes; a message that comes again is answered by what was logged, bytes and all."""
    words = ["done"] * 5
    documents = stand.documents(*words)
    messages = [stand.message(d, word) for d, word in zip(documents, words, strict=True)]
    await stand.send(messages)
    with stand.worker():
        await stand.until_committed(5)
    await stand.send(messages)
    fresh = stand.documents("done")[0]
    await stand.send([stand.message(fresh, "done")])
    with stand.worker(code="v2"):
        await stand.until_committed(11)
    sent = await stand.sent()
    assert len(sent) == 11
    by_document: dict[str, list[dict[str, Any]]] = {}
    for each in sent:
        by_document.setdefault(each["document_id"], []).append(each)
    for document in documents:
        first, again = by_document[str(document)]
        assert first == again
        assert again["plan"]["template"] == "made by v1"
        assert stand.bytes_of(again) == f"{document} by v1".encode()
        assert stand.handled(document) == ["v1"]
    assert by_document[str(fresh)][0]["plan"]["template"] == "made by v2"
    assert stand.outcomes() == 6
    assert stand.ask("SELECT count(*) FROM event WHERE type = 'converted'") == [(6,)]


@pytest.mark.parametrize("point", POINTS)
async def test_a_crash_loses_nothing_and_writes_nothing_twice(stand: Stand, point: str) -> None:
    """The process ends at this point of a batch and is started again: each document has one outcome and one event."""
    words = ["done"] * 20 if point != "before-transaction" else ["done"] * 10 + ["crash"] + ["done"] * 9
    documents = await stand.words(words)
    crash = [] if point == "before-transaction" else ["--crash", point]
    with stand.worker(*crash) as process:
        assert await asyncio.to_thread(process.wait, SECONDS) == CRASHED
    assert await stand.committed() == 0
    with stand.worker(*crash):
        await stand.until_committed(20)
    sent = await stand.sent()
    assert {UUID(each["document_id"]) for each in sent} == set(documents)
    assert stand.outcomes() == 20
    assert stand.ask("SELECT count(*), count(DISTINCT stream) FROM event WHERE type = 'converted'") == [(20, 20)]
    assert stand.parked() == {}
    twice = [each for each, count in Counter(each["document_id"] for each in sent).items() if count > 1]
    assert len(twice) == (20 if point == "after-produce" else 0)
    by_document = {each["document_id"]: each for each in sent}
    assert all(by_document[each["document_id"]] == each for each in sent)


async def test_a_child_that_dies_or_hangs_takes_only_its_own_document(stand: Stand) -> None:
    """Of eight documents one ends its process and one never ends: both are parked the second time, six go on."""
    words = ["done", "die", "done", "done", "done", "hang", "done", "done"]
    documents = await stand.words(words)
    with stand.worker("--cpu", "--deadline", "1"):
        await stand.until_committed(8)
    killers = {documents[1], documents[5]}
    assert {UUID(each["document_id"]) for each in await stand.sent()} == set(documents) - killers
    assert stand.parked() == {document: ("conversion", "bug") for document in killers}
    assert [len(stand.handled(d)) for d in (documents[1], documents[5])] == [2, 2]


async def test_a_flood_of_bugs_stops_the_stage(stand: Stand) -> None:
    """Bad code does not empty its topic into the dead letters: the process ends with 1, and nothing is acknowledged."""
    documents = await stand.words(["bug"] * 40)
    with stand.worker() as process:
        assert await asyncio.to_thread(process.wait, SECONDS) == 1
    assert await stand.committed() == 0
    assert stand.parked() == {}
    assert stand.outcomes() == 0
    assert all(stand.handled(d) for d in documents[:26])


@asynccontextmanager
async def narrow_broker(migrated: Callable[[], str], folder: Path) -> AsyncIterator[Stand]:
    """A broker of its own, whose topic of the real name takes 3,000 bytes a message."""
    running = embedded.start(passable(folder) / "broker", postgres=False)
    assert running.kafka is not None
    try:
        made = Stand(running.kafka, migrated(), folder, "entrega.document.extracted", "entrega.document.converted")
        await made.open(**{"max.message.bytes": "3000"})
        yield made
    finally:
        embedded.erase(folder / "broker")


async def test_an_output_that_the_broker_refuses_is_parked(migrated: Callable[[], str], tmp_path: Path) -> None:
    """M6: of thirty outputs three are too large for the broker. Twenty-seven arrive, three are parked, none is lost."""
    async with narrow_broker(migrated, tmp_path) as stand:
        words = ["large" if n % 10 == 4 else "done" for n in range(30)]
        documents = await stand.words(words)
        large = {document for document, word in zip(documents, words, strict=True) if word == "large"}
        with stand.worker():
            await stand.until_committed(30)
        sent = {UUID(each["document_id"]) for each in await stand.sent()}
        assert sent == set(documents) - large
        assert stand.parked() == {document: ("signing", "broker-refused") for document in large}
        states = dict(stand.ask("SELECT document_id, state FROM document"))
        assert {d for d, state in states.items() if state == "parked"} == large
        assert stand.outcomes() == 30
