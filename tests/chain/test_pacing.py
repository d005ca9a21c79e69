"""Large exports and what is dropped behind them: steps that wait for their turn, on the real database and the whole
system.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest
from chaos.system import System, kill, scene, until
from event_store import PASSWORD
from registration_house import SPEC, House, invoice, open_house

from pipeline import preparing, runner
from pipeline.bench import documents
from pipeline.relay import Relay
from pipeline.settings import load
from pipeline.store import deliveries, due, pacing, work
from pipeline.store.batch import Item
from pipeline.store.database import utc_now
from pipeline.store.migrate import application_url
from pipeline.transport import Outgoing
from schemas.messages import ExportReceived

AHEAD = 6
STEP = pacing.step_size(AHEAD)


@dataclass
class Yard:
    """Relay and extraction; a test plays the stages behind them, and turns the clock."""

    house: House
    seconds: float = 0
    sent: list[Outgoing] = field(default_factory=list)

    async def produce(self, messages: Sequence[Outgoing]) -> None:
        self.sent += messages

    async def relay(self) -> list[ExportReceived]:
        """One round, some time after the last: the steps that it lets go."""
        self.seconds += pacing.LOOK.total_seconds() + 1
        store = self.house.store
        store.clock = lambda: utc_now() + timedelta(seconds=self.seconds)
        await Relay(store, self.produce, deliveries.reviewer(store), AHEAD).once()
        return [ExportReceived.model_validate(orjson.loads(each.value)) for each in self.sent]

    async def round(self) -> list[tuple[UUID, int]]:
        """One round, and extraction takes what it let go: of which exports, and which steps."""
        steps = await self.relay()
        rows = {row for each in self.sent if (row := runner.due_row(each.headers))}
        self.sent.clear()
        for message in steps:
            item = Item(message, b"", await self.house.stage.handle(message))
            await work.commit(self.house.store, SPEC, [item])
        async with self.house.store.statement() as conn:
            await due.done(conn, rows)
        return [(message.export_id, message.step) for message in steps]

    async def become(self, state: str, export: UUID, most: int = 1000) -> None:
        """So many of an export's documents that are on their way come to a state."""
        async with self.house.store.transaction() as conn:
            await conn.execute(
                """UPDATE document SET state = %s WHERE document_id IN (
                     SELECT document_id FROM document WHERE export_id = %s AND state = 'moving' LIMIT %s)""",
                [state, export, most],
            )

    async def leave_one_of_each(self) -> None:
        """All but one document of each export's last step have gone to delivery: there is room for one step."""
        async with self.house.store.transaction() as conn:
            await conn.execute(
                """UPDATE document SET state = 'waiting' WHERE state = 'moving' AND document_id NOT IN (
                     SELECT DISTINCT ON (d.export_id) d.document_id
                       FROM document d JOIN export e ON e.export_id = d.export_id AND e.step = d.export_step
                      WHERE d.state = 'moving')"""
            )

    async def drop(self, first: int, count: int, tenant: str = "demo") -> UUID:
        numbers = range(first, first + count)
        return await self.house.drop(*(invoice(f"2026-{number}") for number in numbers), tenant=tenant)


@pytest.fixture
async def yard(migrated: Callable[[], str], tmp_path: Path) -> AsyncIterator[Yard]:
    async with open_house(application_url(migrated(), PASSWORD), tmp_path) as house:
        house.stage = replace(house.stage, limit=STEP)
        yield Yard(house)


async def test_an_export_runs_ahead_so_far_and_waits(yard: Yard) -> None:
    """The next step goes when fewer than `ahead` documents are on their way to delivery, and no sooner."""
    export = await yard.drop(0, 5 * STEP)
    assert [await yard.round() for _ in range(4)] == [[(export, 0)], [(export, 1)], [], []]
    await yard.become("waiting", export, most=1)
    assert [await yard.round() for _ in range(2)] == [[(export, 2)], []]


async def test_what_waits_for_a_provider_holds_nothing_up(yard: Yard) -> None:
    """The provider is down, and every document that delivery has taken waits for it: the export is read to its end."""
    export = await yard.drop(0, 6 * STEP)
    for step in range(6):
        assert await yard.round() == [(export, step)]
        await yard.become("waiting", export)
    assert len(await yard.house.documents()) == 6 * STEP


async def test_an_export_whose_documents_are_all_parked_goes_on(yard: Yard) -> None:
    """Nobody knows its buyers: it is read to its end, and every document is parked once."""
    yard.house.set_profile()
    export = await yard.drop(0, 5 * STEP + 1)
    assert [await yard.round() for _ in range(7)] == [[(export, step)] for step in range(6)] + [[]]
    assert [row["state"] for row in await yard.house.documents()] == ["parked"] * (5 * STEP + 1)


async def test_a_small_export_does_not_wait_for_a_large_one(yard: Yard) -> None:
    """Its first step goes at once, whatever is on its way."""
    await yard.drop(0, 6 * STEP)
    for _ in range(3):
        await yard.round()
    small = await yard.drop(1000, 1)
    assert await yard.round() == [(small, 0)]


async def test_small_exports_that_never_cease_do_not_stop_a_large_one(yard: Yard) -> None:
    """With its own documents through it takes its next step, though others fill the way."""
    large = await yard.drop(0, 3 * STEP)
    for number in range(AHEAD):
        await yard.drop(1000 + number, 1)
    await yard.round()
    assert await yard.round() == []
    await yard.become("waiting", large)
    assert await yard.round() == [(large, 1)]


async def test_large_exports_take_turns_by_tenant(yard: Yard) -> None:
    """One tenant's three exports get together what the other's only one gets."""
    yard.house.set_profile("other", learn_parties=True)
    many = [await yard.drop(100 * number, 9 * STEP) for number in range(3)]
    one = await yard.drop(0, 9 * STEP, tenant="other")
    await yard.round()
    turns: list[UUID] = []
    for _ in range(8):
        await yard.leave_one_of_each()
        [(export, _)] = await yard.round()
        turns.append(export)
    assert turns[::2].count(one) in (0, 4)
    assert sorted(map(turns.count, (*many, one))) == [1, 1, 2, 4]


async def test_a_step_that_is_under_way_takes_its_room(yard: Yard) -> None:
    """What was let go and is not registered yet counts as a whole step: two exports do not take the same room."""
    first, second = await yard.drop(0, 3 * STEP), await yard.drop(100, 3 * STEP)
    await yard.round()
    assert len(await yard.house.documents()) == AHEAD
    await yard.become("waiting", first, most=1)
    [let_go] = await yard.relay()
    assert await yard.relay() == [let_go]
    assert let_go.export_id in (first, second)


LARGE, SMALL = 200, 3


@pytest.mark.xdist_group("chaos")
async def test_a_small_export_overtakes_a_large_one_and_a_kill_in_mid_export_loses_nothing() -> None:
    """By the history of a whole system: when the small one had ended, most of the large one had not; and though the
    worker got kill -9 between two steps, each document was registered once and captured once."""
    with scene("pacing") as system:
        (system.data / "entrega.toml").write_text("documents_ahead = 20\nworkers = 2\n")
        (system.data / "profiles").mkdir()
        (system.data / "profiles" / f"{documents.TENANT}.yaml").write_text(documents.PROFILE)
        preparing.prepare(load(system.data))
        with system.kept():
            await until(system.ready, 60, "a worker")
            ingest(system, "large", 0, LARGE)
            await until(lambda: registered(system, "large"), 60, "the first step")
            ingest(system, "small", LARGE, SMALL)
            await until(lambda: captured(system, "small") == SMALL, 60, "the small export's end")
            worker = system.child("worker")
            assert worker is not None
            kill(worker)
            assert 0 < registered(system, "large") < LARGE, "the kill came in mid-export"
            await until(lambda: captured(system, "large") == LARGE, 120, "the large export's end")
            assert [registered(system, "large"), registered(system, "small")] == [LARGE, SMALL]
            assert system.ask("SELECT count(DISTINCT number) FROM document") == [(LARGE + SMALL,)]
            assert set(system.ask(EVENTS)) == {(1, 1)}
            overtaking = system.count(BEFORE_THE_LAST_OF, "large", "small")
            assert overtaking is not None
            assert overtaking < LARGE / 2, f"{overtaking} of the large export's documents were captured before"


EVENTS = """
    SELECT count(*) FILTER (WHERE type = 'extracted'), count(*) FILTER (WHERE type = 'captured')
      FROM event WHERE stream LIKE 'document:%%' GROUP BY stream"""
CAPTURED = """
    SELECT v.recorded_at FROM event v JOIN document d ON v.stream = 'document:' || d.document_id
      JOIN export e USING (export_id) WHERE v.type = 'captured' AND e.name = %s"""
BEFORE_THE_LAST_OF = (
    f"SELECT count(*) FROM ({CAPTURED}) AS a WHERE recorded_at < (SELECT max(recorded_at) FROM ({CAPTURED}) AS b)"  # noqa: S608
)


def ingest(system: System, name: str, first: int, count: int) -> None:
    (system.data / name).write_bytes(documents.export(first, count, 3))
    system.cli("ingest", system.data / name, "--tenant", documents.TENANT)


def registered(system: System, name: str) -> int:
    return system.count("SELECT count(*) FROM document JOIN export USING (export_id) WHERE name = %s", name) or 0


def captured(system: System, name: str) -> int:
    return system.count(f"SELECT count(*) FROM ({CAPTURED}) AS c", name) or 0  # noqa: S608  constants
