"""What somebody with SQL may make the tables say of a delivery, and that `verify` finds it in the history."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from delivery_house import PHONE, House, make_database, open_house
from test_reports import Providers, sent

from pipeline.store.verify_tables import verify_tables
from schemas.deliveries import ReportAction as Said
from schemas.events import EventType
from schemas.outcomes import PageAction


async def faults(house: House, document: UUID | None = None) -> list[str]:
    async with house.store.pool.connection() as conn:
        return [fault.what for fault in (await verify_tables(conn, document=document)).faults]


async def gave_back(house: House) -> UUID:
    """A document whose e-mail was delivered and then came back, and whose SMS never arrived."""
    providers = Providers(house)
    document, attempt = await sent(house, providers, phone=PHONE)
    await house.report(attempt, Said.DELIVERED)
    await house.report(attempt, Said.BOUNCED, permanent=True, reason="unknown-recipient")
    await providers.dispatcher.once()
    text = (await house.attempt(document, "sms"))["attempt_id"]
    await house.report(text, Said.BOUNCED, permanent=True, reason="unknown-number", provider="twilio")
    assert await house.state(document) == ("undeliverable", "unknown-number")
    return document


async def test_every_state_that_came_of_itself_is_told_by_the_history(house: House) -> None:
    """Captured, accepted, delivered, confirmed, complained of, bounced or still open: nothing is found."""
    providers = Providers(house)
    await gave_back(house)
    for action in (Said.DELIVERED, Said.OPENED, Said.COMPLAINED, Said.DEFERRED, Said.DROPPED, Said.ACCEPTED):
        _, attempt = await sent(house, providers, email=f"{action}@example.com")
        await house.report(attempt, action, permanent=False)
    confirmed, _ = await sent(house, providers, email="confirmed@example.com")
    (link,) = await house.ask("SELECT link_id FROM link WHERE document_id = %s", confirmed)
    await house.apply(actions=(PageAction(EventType.HANDED_OVER, link["link_id"], house.clock()),))
    assert await house.state(confirmed) == ("delivered", "handed-over")
    await house.deliver(email="open@example.com")
    assert await faults(house) == []


TAMPERED: dict[str, tuple[str, list[str]]] = {
    "the document's state": (
        "UPDATE document SET state = 'delivered', reason = NULL WHERE document_id = %(document)s",
        ["the tables say delivered, and no delivery does"],
    ),
    "a state that no event tells": (
        "UPDATE document SET state = 'captured', reason = NULL WHERE document_id = %(document)s",
        ["the tables say captured, and no event tells it", "the tables say captured, and no delivery does"],
    ),
    "as if it were going on": (
        "UPDATE document SET state = 'waiting', reason = NULL WHERE document_id = %(document)s",
        ["the tables say waiting, and no delivery is open"],
    ),
    "the attempts": (
        "UPDATE attempt SET state = 'delivered' WHERE document_id = %(document)s",
        ["an attempt says delivered, and the events say bounced"] * 2,
    ),
    "document and delivery": (
        """WITH d AS (UPDATE delivery SET state = 'delivered' WHERE document_id = %(document)s)
           UPDATE document SET state = 'delivered' WHERE document_id = %(document)s""",
        ["a delivery says delivered, and no attempt of it does"],
    ),
    "all three": (
        """WITH a AS (UPDATE attempt SET state = 'delivered' WHERE document_id = %(document)s),
                d AS (UPDATE delivery SET state = 'delivered' WHERE document_id = %(document)s)
           UPDATE document SET state = 'delivered' WHERE document_id = %(document)s""",
        ["an attempt says delivered, and the events say bounced"] * 2,
    ),
    "a confirmation": (
        """WITH d AS (UPDATE delivery SET state = 'delivered', handed_over_at = now() WHERE document_id = %(document)s)
           UPDATE document SET state = 'delivered' WHERE document_id = %(document)s""",
        ["a delivery was confirmed by its recipient, and no event tells it"],
    ),
    "a stop": (
        "UPDATE document SET state = 'refused', reason = 'document-invalid' WHERE document_id = %(document)s",
        ["the tables say refused, and no event tells it", "it is refused, and nothing of it is parked"],
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
async def test_a_changed_row_is_found(house: House, what: str) -> None:
    """An undeliverable document is made to look otherwise, row by row and in all rows at once: each is named."""
    document = await gave_back(house)
    statement, told = TAMPERED[what]
    async with house.store.transaction() as conn:
        parameters: Any = {"document": document}
        await conn.execute(statement.encode(), parameters)
    assert await faults(house, document) == told
    assert set(told) <= set(await faults(house))


async def test_rows_that_are_gone_are_found(postgres: Callable[[], str], tmp_path: Path) -> None:
    """A superuser who deletes attempts, or a document with all that belongs to it, is betrayed by the events."""
    owner = postgres()
    async with open_house(make_database(owner), tmp_path) as house:
        document = await gave_back(house)
        async with await psycopg.AsyncConnection.connect(owner, autocommit=True) as attacker:
            await attacker.execute("SET search_path = entrega")
            await attacker.execute("SET session_replication_role = replica")
            await attacker.execute("DELETE FROM attempt WHERE document_id = %s", [document])
            gone = ["an attempt of it is gone from the tables"] * 2
            assert await faults(house, document) == gone
            await attacker.execute("DELETE FROM delivery WHERE document_id = %s", [document])
            await attacker.execute("DELETE FROM document WHERE document_id = %s", [document])
            assert await faults(house, document) == ["its document is gone from the tables", *gone]
