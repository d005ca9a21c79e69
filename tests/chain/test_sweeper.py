"""The sweeper and the relay on the real database: what is being tried is not sent on beside it, what is lost is.

The stage is played by its own commits, and the broker by the answer that the sweeper asks of it: a test says what is
worked on at which moment. That the broker is asked rightly is shown by test_real_services.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from event_store import PASSWORD
from test_registration import House, invoice

from connectors.profiles import FolderProfiles
from connectors.storage.folder import FolderStorage
from pipeline import runner, topology
from pipeline.door import Door
from pipeline.relay import Relay
from pipeline.runner import outgoing
from pipeline.store import deliveries, due, inbox, retries, work
from pipeline.store.batch import Item
from pipeline.store.database import Store
from pipeline.store.directory import PostgresDirectory
from pipeline.store.migrate import application_url
from pipeline.store.personal import KeyRing
from pipeline.sweeper import TIMES, Sweeper
from pipeline.topology import StageSpec
from pipeline.transport import Outgoing, OutputRefused
from schemas.outcomes import Done, Result, Retry
from stages.extraction import Extraction

EXTRACTION, CONVERSION = topology.BY_NAME["extraction"], topology.BY_NAME["conversion"]
ACKNOWLEDGEMENT = topology.BY_NAME["acknowledgement"]
AWAY = Retry("store-unavailable", "it does not answer")


@dataclass
class Pace:
    """A clock that the test turns."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Works:
    """Relay and sweeper over a house; `sent` is what the broker has got and no stage has taken yet."""

    house: House
    clock: Pace
    sent: list[Outgoing] = field(default_factory=list)
    waits_since: datetime | None = None
    """When the oldest message was written that a stage has not acknowledged."""
    meanwhile: Callable[[], Awaitable[object]] | None = None
    """What a stage does after the sweeper's first look, before the broker answers."""

    async def produce(self, messages: Sequence[Outgoing]) -> None:
        self.sent += messages

    async def relay(self) -> int:
        return await Relay(self.house.store, self.produce, deliveries.reviewer(self.house.store), 300).once()

    async def sweep(self) -> int:
        return await Sweeper(self.house.store, self.produce, self._oldest).once()

    async def _oldest(self, _: StageSpec) -> datetime | None:
        if self.meanwhile is not None:
            await self.meanwhile()
        return self.waits_since

    async def come_to(self, spec: StageSpec, message: Outgoing, result: Result) -> None:
        """As the runner does: commit the result; then its due row is done with, if nothing is to be tried again."""
        tries = int(message.headers.get("entrega_try", b"0"))
        item = Item(spec.takes.model_validate(orjson.loads(message.value)), message.value, result, tries)
        await work.commit(self.house.store, spec, [item])
        row = runner.due_row(message.headers)
        if row is not None and not (isinstance(item.result, Retry) and row == retries.row_of(spec, item)):
            async with self.house.store.transaction() as conn:
                await due.done(conn, [row])

    async def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        async with self.house.store.transaction() as conn:
            cursor = await conn.execute(query.encode(), values)
            return [tuple(row.values()) for row in await cursor.fetchall()]

    async def tell(self, query: str, *values: Any) -> None:
        async with self.house.store.transaction() as conn:
            await conn.execute(query.encode(), values)

    async def converting(self) -> tuple[UUID, Outgoing]:
        """A document that extraction has sent to conversion, and its message."""
        await self.house.drop(invoice())
        await self.relay()
        async with self.house.store.transaction() as conn:
            await due.done(conn, [row for each in self.sent if (row := runner.due_row(each.headers))])
        message = Item(EXTRACTION.takes.model_validate(orjson.loads(self.sent.pop().value)), b"")
        message.result = await self.house.stage.handle(message.message)
        (extracted,) = await work.commit(self.house.store, EXTRACTION, [message])
        assert isinstance(extracted, dict)
        return UUID(extracted["document_id"]), outgoing(CONVERSION.source, extracted, self.clock())


@pytest.fixture
async def works(migrated: Callable[[], str], tmp_path: Path) -> AsyncIterator[Works]:
    clock = Pace()
    store = Store(application_url(migrated(), PASSWORD), KeyRing.create(tmp_path / "ring"), clock=clock, size=4)
    await store.open()
    (tmp_path / "profiles").mkdir()
    profiles, storage = FolderProfiles(tmp_path / "profiles"), FolderStorage(tmp_path / "artefacts")
    stage = Extraction(storage, profiles, PostgresDirectory(store.url), clock)
    house = House(store, Door(store, storage, "demo", tmp_path), stage, tmp_path)
    house.set_profile(learn_parties=True)
    yield Works(house, clock)
    await store.close()


async def test_an_export_that_is_being_tried_again_is_not_sent_on_beside_it(works: Works) -> None:
    """However long a try takes and whenever the sweeper looks, there is one chain of tries, and its count goes on."""
    await works.house.drop(invoice())
    for tries, wait in enumerate(retries.SCHEDULE_SECONDS[:4]):
        works.clock.pass_(wait)
        assert await works.relay() == 1
        assert await works.sweep() == 0
        works.waits_since = works.clock.now
        works.clock.pass_(90)
        assert await works.sweep() == 0
        works.waits_since = None
        (message,) = works.sent
        works.sent.clear()
        assert int(message.headers.get("entrega_try", b"0")) == tries
        await works.come_to(EXTRACTION, message, AWAY)
        assert await works.ask("SELECT tries, fired_at FROM due") == [(tries + 1, None)]
        assert await works.sweep() == 0
    assert works.sent == []


async def test_a_try_whose_message_was_lost_is_made_once_more_and_counts_as_the_same(works: Works) -> None:
    """The process died while it tried, and the broker says that nothing waits: one message, with the try's number."""
    await works.house.drop(invoice())
    await works.relay()
    await works.come_to(EXTRACTION, works.sent.pop(), AWAY)
    works.clock.pass_(30)
    await works.relay()
    (lost,) = works.sent
    works.sent.clear()
    works.clock.pass_(30)
    assert await works.sweep() == 0  # its budget is not over
    works.clock.pass_(31)
    assert [await works.sweep(), await works.sweep()] == [1, 0]
    assert [await works.relay(), await works.relay()] == [1, 0]
    (again,) = works.sent
    assert (again.value, again.headers["entrega_try"]) == (lost.value, lost.headers["entrega_try"])
    await works.come_to(EXTRACTION, again, await works.house.stage.handle(_model(EXTRACTION, again)))
    assert await works.ask("SELECT count(*) FROM due") == [(0,)]
    assert [row["state"] for row in await works.house.documents()] == ["moving"]


async def test_copies_of_a_try_make_one_chain(works: Works) -> None:
    """Kafka gives a try three times, one of them after the next try is under way: each step is planned once."""
    await works.house.drop(invoice())
    await works.relay()
    first = works.sent.pop()
    for _ in range(2):
        await works.come_to(EXTRACTION, first, AWAY)
    works.clock.pass_(30)
    assert await works.relay() == 1
    second = works.sent.pop()
    await works.come_to(EXTRACTION, first, AWAY)
    await works.come_to(EXTRACTION, second, AWAY)
    await works.come_to(EXTRACTION, second, AWAY)
    assert await works.ask("SELECT tries FROM due") == [(2,)]
    works.clock.pass_(120)
    assert await works.relay() == 1
    await works.come_to(EXTRACTION, second, AWAY)
    assert await works.ask("SELECT tries, fired_at IS NULL FROM due") == [(2, False)]
    assert await works.ask("SELECT count(*) FROM event WHERE type = 'retry-scheduled'") == [(2,)]


async def test_a_document_that_is_being_tried_again_waits_until_it_has_an_outcome(works: Works) -> None:
    """A signer that was away for minutes: the sweeper never sends on what waits for its next try, or is in it."""
    document, message = await works.converting()
    await works.come_to(CONVERSION, message, AWAY)
    works.clock.pass_(90)
    assert await works.sweep() == 0
    await works.relay()
    assert [row["state"] for row in await works.house.documents()] == ["waiting"]
    works.clock.pass_(50)
    assert await works.sweep() == 0
    await works.come_to(CONVERSION, works.sent.pop(), _converted(message))
    assert await works.ask("SELECT count(*) FROM due") == [(0,)]
    assert [(row["document_id"], row["state"]) for row in await works.house.documents()] == [(document, "moving")]


async def test_what_arrived_while_the_sweeper_asked_is_neither_sent_on_nor_parked(works: Works) -> None:
    """A document is sent on for the last time, and arrives between the sweeper's look and the broker's answer."""
    _, message = await works.converting()
    await works.tell("UPDATE document SET resent = %s", TIMES)
    works.clock.pass_(61)

    async def arrives() -> None:
        works.clock.pass_(1)
        await works.come_to(CONVERSION, message, _converted(message))

    works.meanwhile = arrives
    assert await works.sweep() == 0
    assert works.sent == []
    assert await works.ask("SELECT state, stage, resent FROM document") == [("moving", "conversion", 0)]
    assert await works.ask("SELECT count(*) FROM parked") == [(0,)]


async def test_what_never_arrives_is_sent_on_three_times_and_then_parked(works: Works) -> None:
    """A document that the next stage has never seen: three more messages, a minute apart, then a person has to look."""
    document, message = await works.converting()
    for _ in range(TIMES):
        works.clock.pass_(61)
        assert [await works.sweep(), await works.sweep()] == [1, 0]
    assert [_model(CONVERSION, each) for each in works.sent] == [_model(CONVERSION, message)] * TIMES
    works.clock.pass_(61)
    await works.sweep()
    assert len(works.sent) == TIMES
    assert await works.ask("SELECT document_id, stage, reason, state FROM parked") == [
        (document, "extraction", "lost", "open")
    ]
    assert [(row["state"], row["reason"]) for row in await works.house.documents()] == [("parked", "lost")]


async def test_a_report_is_not_relayed_twice_while_it_is_worked_on(works: Works) -> None:
    """It came long ago, for the relay was away: the sweeper counts from when it was sent, and finds it when lost."""
    inbox_id = await inbox.receive(works.house.store, tenant="demo", source="twilio", headers={}, body=b"")
    works.clock.pass_(600)
    assert await works.relay() == 1
    works.sent.clear()
    assert await works.sweep() == 0
    works.clock.pass_(61)
    assert await works.sweep() == 1
    assert await works.relay() == 1
    (message,) = works.sent
    assert orjson.loads(message.value)["inbox_id"] == str(inbox_id)
    await works.come_to(ACKNOWLEDGEMENT, message, Done())
    works.clock.pass_(61)
    assert await works.sweep() == 0


async def test_a_slow_double_that_fails_takes_nothing_back(works: Works) -> None:
    """Two workers have the same message after a rebalance: one converts it, the other one's store fails too late."""
    _, message = await works.converting()
    await works.come_to(CONVERSION, message, _converted(message))
    await works.tell("UPDATE document SET state = 'delivered', stage = 'delivery'")
    await works.come_to(CONVERSION, message, AWAY)
    assert await works.ask("SELECT state, stage FROM document") == [("delivered", "delivery")]
    assert await works.ask("SELECT count(*) FROM due") == [(0,)]
    assert await works.ask("SELECT count(*) FROM event WHERE type = 'retry-scheduled'") == [(0,)]


async def test_what_was_superseded_on_its_way_stays_so(works: Works) -> None:
    """A correction comes while the first revision is converted: that one goes no further than the dispatcher's look."""
    works.house.set_profile(learn_parties=True, on_conflict="supersede")
    document, message = await works.converting()
    await works.house.drop(invoice(due_date="2026-03-31"))
    await works.house.extract()
    assert {row["state"] for row in await works.house.documents()} == {"moving", "superseded"}
    await works.come_to(CONVERSION, message, _converted(message))
    states = dict(await works.ask("SELECT document_id, state FROM document"))
    assert states[document] == "superseded"


async def test_what_the_broker_will_never_take_leaves_no_row_behind(works: Works) -> None:
    """A planned message is larger than the broker allows: its export is refused, and nobody sends it on for ever."""
    await works.house.drop(invoice())

    async def refuse(messages: Sequence[Outgoing]) -> None:
        raise OutputRefused(messages)

    assert await Relay(works.house.store, refuse, deliveries.reviewer(works.house.store), 300).once() == 1
    assert await works.ask("SELECT count(*) FROM due") == [(0,)]
    assert await works.ask("SELECT state, reason FROM export") == [("refused", "broker-refused")]
    works.clock.pass_(120)
    assert await works.sweep() == 0


def _model(spec: StageSpec, message: Outgoing) -> Any:
    return spec.takes.model_validate(orjson.loads(message.value))


def _converted(message: Outgoing) -> Done:
    """What conversion would send on; what stands in it matters to nobody here."""
    return Done(message=_model(CONVERSION, message))
