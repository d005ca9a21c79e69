"""Everything at once: reports, the recipient, time and two dispatchers, in any interleaving."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from delivery_house import House, make_database, open_house

from schemas.deliveries import Accepted, EmailMessage, Report, SmsMessage
from schemas.deliveries import ReportAction as Said
from schemas.errors import StoreUnavailable
from schemas.events import EventType
from schemas.outcomes import PageAction


@pytest.fixture
async def house(postgres: Callable[[], str], tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(make_database(postgres()), tmp_path, size=16) as house:
        yield house


class Quick:
    """A provider that reports later, and keeps what it took."""

    reports_delivery = True

    def __init__(self, provider: str) -> None:
        self.provider = provider
        self.taken: Counter[UUID] = Counter()

    async def send(self, message: EmailMessage | SmsMessage) -> Accepted:
        self.taken[message.attempt] += 1
        await asyncio.sleep(0)
        return Accepted(provider=self.provider, provider_message_id=str(message.attempt))

    async def close(self) -> None:
        return None


async def persistent(work: Callable[[], Any]) -> None:
    """As runner, relay and dispatcher do: what the database ends (a deadlock) is done again."""
    for _ in range(20):
        try:
            await work()
            return
        except StoreUnavailable:
            await asyncio.sleep(0.01)
    raise AssertionError("never came through")


async def test_one_text_message_at_most(house: House) -> None:
    """Late bounces, late deliveries, receipts, reviews and two dispatchers in any interleaving: one message each."""
    draws = random.Random(11)  # noqa: S311
    email, sms = Quick("sendgrid"), Quick("twilio")
    both = [house.dispatcher({"email": email, "sms": sms}) for _ in range(2)]
    documents = await house.deliver(60, email="a#@example.com", phone="+351912345678")
    await both[0].once()
    rows = await house.ask(
        "SELECT a.document_id, a.attempt_id, l.link_id FROM attempt a JOIN link l USING (attempt_id)"
    )
    house.later(hours=3)  # silence is over for all of them
    work: list[Callable[[], Any]] = []
    confirmed: set[UUID] = set()
    for row in rows:
        for word in draws.sample([Said.BOUNCED, Said.DELIVERED, Said.DEFERRED, Said.DELIVERED], 3):
            report = Report(provider="sendgrid", action=word, attempt=row["attempt_id"], reported_at=house.now)
            work.append(lambda r=report: house.apply(r))  # type: ignore[misc]
        if draws.random() < 0.3:
            action = PageAction(EventType.HANDED_OVER, row["link_id"], house.now)
            work.append(lambda a=action: house.apply(actions=(a,)))  # type: ignore[misc]
            confirmed.add(row["document_id"])
    work += [one.once for one in both for _ in range(10)] + [house.look_again for _ in range(10)]
    draws.shuffle(work)
    limit = asyncio.Semaphore(8)

    async def limited(one: Callable[[], Any]) -> None:
        async with limit:
            await persistent(one)

    await asyncio.gather(*(limited(one) for one in work))
    await persistent(both[0].once)
    assert set(email.taken.values()) == {1}
    assert set(sms.taken.values()) <= {1}
    sent = await house.ask(
        "SELECT delivery_id, count(*) AS n FROM attempt WHERE channel = 'sms' AND tries > 0 GROUP BY delivery_id"
    )
    assert all(row["n"] == 1 for row in sent)
    assert sum(row["n"] for row in sent) == len(sms.taken) > 0
    states = {document: (await house.state(document))[0] for document in documents}
    assert {states[document] for document in confirmed} == {"delivered"}
    assert set(states.values()) <= {"delivered", "waiting"}
    for document, state in states.items():
        attempts = await house.attempts(document)
        open_sms = ("sms", "accepted") in attempts
        bounced = attempts[0] == ("email", "bounced")
        assert state == "delivered" or (bounced and open_sms), (state, attempts)
