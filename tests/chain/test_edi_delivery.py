"""Interchanges on a real database: each partner's control numbers have no gap and no repetition, whatever dies."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import yaml
from delivery_house import House, make_database, open_house

from connectors.edi.folder import FolderEdi
from connectors.edi.outbox import OutboxEdi
from connectors.email.outbox import OutboxEmail
from connectors.storage import put
from pipeline.store import interchanges
from pipeline.store.interchanges import Drawing
from schemas.deliveries import InterchangeMessage
from schemas.messages import ArtefactKind
from schemas.tenants import DeliveryPolicy

OURS, THEIRS = "ZZ:ACME", "14:5412345000013"
SET = b"ST*997*0001~\nAK1*IN*1~\nAK9*A*1*1*1~\nSE*4*0001~\n"
SOON = DeliveryPolicy(quiet_channels=(), unknown_minutes={"edi": 0.0}, retry_minutes=(0.0,) * 9)


class Death(BaseException):
    """Passes every `except Exception`, as kill -9 does."""


@pytest.fixture
async def house(postgres: Callable[[], str], tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(make_database(postgres()), tmp_path) as house:
        profile = tmp_path / "profiles" / "acme.yaml"
        said = yaml.safe_load(profile.read_text())
        profile.write_text(yaml.safe_dump({**said, "mailboxes": {"x12": OURS}}))
        yield house


def message(house: House) -> dict[str, Any]:
    """An EDI message in the store, as conversion leaves it."""
    ref = put(
        house.storage, "acme", uuid4(), ArtefactKind.E_FORMAT, SET, media_type="application/edi-x12", name="a.edi"
    )
    return {"envelope": "x12", "format": "x12-4010", "options": {}, "document": ref.wire()}


def numbers(folder: Path) -> list[int]:
    """The control numbers (ISA13) of what stands in the partner's mailbox."""
    return sorted(int(path.read_bytes()[90:99]) for path in folder.glob("**/*.edi") if path.stat().st_size)


async def test_an_interchange_reaches_the_mailbox_under_its_number(house: House, tmp_path: Path) -> None:
    """ISA to IEA with the number that was drawn, named by sender and number; the log says which number it was."""
    (document,) = await house.deliver(email=None, mailbox=THEIRS, interchange=message(house))
    await house.dispatcher({"edi": FolderEdi(tmp_path / "edi")}).once()
    (path,) = (tmp_path / "edi").glob("14*/*.edi")
    place = path.relative_to(tmp_path / "edi").as_posix()
    assert re.fullmatch(r"14_5412345000013/ZZ_ACME-x12-000000001-[0-9a-f]{8}\.edi", place)
    text = path.read_text("ascii")
    assert text.startswith("ISA*00*")
    assert "*ZZ*ACME           *14*5412345000013  *" in text
    assert text.rstrip().endswith("IEA*1*000000001~")
    assert await house.state(document) == ("accepted", None)
    (event,) = await house.ask("SELECT data FROM event WHERE type = 'requested'")
    assert event["data"]["control_number"] == 1
    assert event["data"]["link"] is None


async def test_numbers_have_no_gap_although_two_dispatchers_race(house: House, tmp_path: Path) -> None:
    """Forty interchanges for two partners, two dispatchers at once: 1 to 20 for each, none twice."""
    for partner in ("14:5412345000013", "14:5412345000020"):
        await house.deliver(20, email=None, mailbox=partner, interchange=message(house))
    both = [house.dispatcher({"edi": FolderEdi(tmp_path / "edi")}, batch=3) for _ in range(2)]
    while any(await asyncio.gather(*(one.once() for one in both))):
        pass
    found = {folder.name: numbers(folder) for folder in (tmp_path / "edi").glob("14*")}
    assert found == {name: list(range(1, 21)) for name in ("14_5412345000013", "14_5412345000020")}


async def test_a_number_survives_every_death(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the process dies after drawing, after composing or after handing over: the number stays the delivery's,
    the next delivery has the next one, and one interchange stands in the mailbox for each."""
    edi = FolderEdi(tmp_path / "edi")
    deliveries = await house.deliver(1, email=None, mailbox=THEIRS, interchange=message(house), policy=SOON)

    dies = house.dispatcher({"edi": edi})
    monkeypatch.setattr(dies.taking, "_compose", _death)  # the number is drawn, nothing is composed
    with pytest.raises(Death):
        await dies.once()
    house.later(minutes=2)
    dies = house.dispatcher({"edi": edi})
    monkeypatch.setattr(dies.taking, "begin", _death)  # composed and stored, not committed
    with pytest.raises(Death):
        await dies.once()
    house.later(minutes=2)
    with pytest.raises(Death):
        await house.dispatcher({"edi": _Dies(edi)}).once()  # handed over, not recorded
    house.later(minutes=2)
    deliveries += await house.deliver(1, email=None, mailbox=THEIRS, interchange=message(house), policy=SOON)
    alive = house.dispatcher({"edi": edi})
    while await alive.once():
        pass
    assert numbers(tmp_path / "edi") == [1, 2]
    for document in deliveries:
        assert await house.state(document) == ("accepted", None)


async def test_a_number_that_was_taken_back_goes_to_the_next(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An attempt that had its number and was cancelled before the first call leaves no gap; one that was called keeps
    its number."""
    edi = FolderEdi(tmp_path / "edi")
    (first,) = await house.deliver(1, email=None, mailbox=THEIRS, interchange=message(house), policy=SOON)
    dies = house.dispatcher({"edi": edi})
    monkeypatch.setattr(dies.taking, "_compose", _death)  # number 1 is drawn, nothing is composed
    with pytest.raises(Death):
        await dies.once()
    await house.ask("UPDATE attempt SET state = 'cancelled', leased_until = NULL RETURNING 1")
    await house.ask("UPDATE delivery SET state = 'cancelled' RETURNING 1")
    house.later(minutes=2)
    await house.deliver(3, email=None, mailbox=THEIRS, interchange=message(house), policy=SOON)
    both = [house.dispatcher({"edi": edi}, batch=1) for _ in range(2)]
    while any(await asyncio.gather(*(one.once() for one in both))):
        pass
    assert numbers(tmp_path / "edi") == [1, 2, 3]
    assert await house.attempts(first) == [("edi", "cancelled")]
    taken = await house.ask(
        "SELECT count(*) FROM interchange JOIN attempt USING (delivery_id) WHERE state = 'accepted'"
    )
    assert taken[0]["count"] == 3


async def test_a_number_is_not_given_away_while_its_delivery_is_put_back(house: House) -> None:
    """A draw that gives away the number of a refused delivery is not committed yet when a person puts that delivery
    back: it waits for the series, finds its number gone, and has the next one. Read beside that draw it would have had
    the same."""
    documents = await house.deliver(2, email=None, mailbox=THEIRS, interchange=message(house))
    rows = await house.ask("SELECT delivery_id FROM delivery ORDER BY document_id = %s DESC", documents[0])
    first, second = (Drawing(row["delivery_id"], "acme", "x12", OURS, THEIRS) for row in rows)
    async with house.store.transaction() as conn:
        assert await interchanges.draw(conn, [first], house.now) == {first.delivery_id: 1}
    state = "UPDATE attempt SET state = %s, unknowns = 0 WHERE document_id = %s"
    await house.tell(state, "refused", documents[0])

    async def draw_again() -> dict[UUID, int]:
        async with house.store.transaction() as conn:
            return await interchanges.draw(conn, [first], house.now)

    async with house.store.transaction() as conn:
        given = await interchanges.draw(conn, [second], house.now)
        await house.tell(state, "planned", documents[0])
        racing = asyncio.create_task(draw_again())
        (own,) = await (await conn.execute("SELECT pg_backend_pid() AS pid")).fetchall()
        waits = "SELECT FROM pg_stat_activity WHERE %s = ANY(pg_blocking_pids(pid))"
        while not racing.done() and not await house.ask(waits, own["pid"]):
            pass
    assert given == {second.delivery_id: 1}
    assert await racing == {first.delivery_id: 2}


async def test_the_outbox_keeps_interchanges_and_says_captured(house: House, tmp_path: Path) -> None:
    """By default nothing leaves the house, EDI neither."""
    (document,) = await house.deliver(email=None, mailbox=THEIRS, interchange=message(house))
    await house.dispatcher({"edi": OutboxEdi(tmp_path / "outbox")}).once()
    assert await house.state(document) == ("captured", None)
    assert len(list((tmp_path / "outbox").glob("*.edi"))) == 1


async def test_a_mailbox_that_cannot_be_written_gives_way_to_mail(house: House, tmp_path: Path) -> None:
    """After the retries the next channel takes over, and the number goes to the partner's next interchange."""
    (tmp_path / "edi").write_text("not a folder")
    policy = DeliveryPolicy(quiet_channels=(), retry_minutes=(0.0,))
    (document,) = await house.deliver(mailbox=THEIRS, interchange=message(house), policy=policy)
    dispatcher = house.dispatcher({"edi": FolderEdi(tmp_path / "edi"), "email": OutboxEmail(tmp_path / "outbox")})
    while await dispatcher.once():
        pass
    assert await house.attempts(document) == [("edi", "refused"), ("email", "captured")]
    (tmp_path / "edi").unlink()  # the partner's next interchange has the number that nobody got
    await house.deliver(email=None, mailbox=THEIRS, interchange=message(house), policy=policy)
    await dispatcher.once()
    assert numbers(tmp_path / "edi") == [1]


async def _death(*_: object) -> None:
    raise Death


class _Dies(FolderEdi):
    """The interchange is out, and nothing is recorded."""

    def __init__(self, sender: FolderEdi) -> None:
        super().__init__(sender.folder)

    async def send(self, message: InterchangeMessage) -> Any:
        await super().send(message)
        raise Death
